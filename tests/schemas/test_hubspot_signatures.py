"""HubSpot's signatures, against vectors its own client computes alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from schemas.hubspot_signatures import (
    SignedRequest,
    decode_uri,
    public_uri,
    sign_v1,
    sign_v2,
    sign_v3,
    verify,
)
from simulator.hubspot import signatures as independent

# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
URI = "https://www.example.com/webhook_uri"
STAMP = 1_693_657_560_000
NOW = datetime.fromtimestamp(STAMP / 1000, UTC)
BODY = b'{"example_field":"example_value"}'


def signed(**changes: object) -> SignedRequest:
    """A request with a signature of version 3 that fits, unless changed afterwards."""
    stamp = str(STAMP)
    headers = {
        "X-HubSpot-Signature-v3": independent.sign_v3(SECRET, "POST", URI, BODY, stamp),
        "X-HubSpot-Request-Timestamp": stamp,
    }
    return replace(SignedRequest("POST", URI, BODY, headers), **changes)


class TestVectors:
    def test_version_3(self) -> None:
        body = b"{'example_field':'example_value'}"
        wanted = "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="
        assert sign_v3(SECRET, "POST", URI, body, str(STAMP)) == wanted

    def test_version_2(self) -> None:
        wanted = "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"
        assert sign_v2(SECRET, "POST", URI, BODY) == wanted

    def test_version_1(self) -> None:
        wanted = "54b2530692e3a3982727206aeee670ed1d85319cad55d4ddbafcf41725ebf2b3"
        assert sign_v1(SECRET, BODY) == wanted


class TestVersion3:
    @pytest.mark.parametrize("seconds", [-299, 0, 299])
    def test_five_minutes_either_way_are_allowed(self, seconds: int) -> None:
        now = NOW + timedelta(seconds=seconds)
        assert verify(SECRET, signed(), now, accept=("v3",)) == "v3"

    @pytest.mark.parametrize("seconds", [-301, 301, 86_400])
    def test_more_are_not(self, seconds: int) -> None:
        now = NOW + timedelta(seconds=seconds)
        assert verify(SECRET, signed(), now, accept=("v3",)) is None

    @pytest.mark.parametrize(
        "changes",
        [
            {"method": "GET"},
            {"uri": "https://evil.example/webhook_uri"},
            {"uri": URI + "?portalId=1"},
            {"uri": URI + "/"},
            {"uri": URI.replace("https", "http")},
            {"body": BODY + b" "},
        ],
        ids=["method", "host", "query", "path", "scheme", "body"],
    )
    def test_whatever_was_changed_shows(self, changes: dict[str, object]) -> None:
        assert verify(SECRET, signed(**changes), NOW, accept=("v3",)) is None

    def test_it_is_decisive_beside_an_older_one(self) -> None:
        headers = {
            "X-HubSpot-Signature-v3": "wrong",
            "X-HubSpot-Request-Timestamp": str(STAMP),
            "X-HubSpot-Signature": sign_v1(SECRET, BODY),
        }
        request = signed(headers=headers)
        assert verify(SECRET, request, NOW, accept=("v3", "v1")) is None

    @pytest.mark.parametrize(
        ("uri", "decoded"),
        [
            ("https://x/a%3Ab%2Fc%40d", "https://x/a:b/c@d"),
            ("https://x/a?b=%3f%21%24%27%28%29%2A%2C%3B", "https://x/a?b=?!$'()*,;"),
            ("https://x/a%20b%25%26%3D%2B", "https://x/a%20b%25%26%3D%2B"),
            ("https://x/%253A", "https://x/%253A"),
        ],
    )
    def test_few_encodings_are_undone_and_none_twice(self, uri: str, decoded: str) -> None:
        assert decode_uri(uri) == decoded == independent.decode_for_v3(uri)


class TestOlderVersions:
    def request(self, version: str, signature: str) -> SignedRequest:
        headers = {"X-HubSpot-Signature": signature, "X-HubSpot-Signature-Version": version}
        return signed(headers=headers)

    @pytest.mark.parametrize("version", ["v1", "v2"])
    def test_they_count_where_they_are_accepted(self, version: str) -> None:
        signature = {
            "v1": independent.sign_v1(SECRET, BODY),
            "v2": independent.sign_v2(SECRET, "POST", URI, BODY),
        }[version]
        request = self.request(version, signature)
        assert verify(SECRET, request, NOW, accept=("v3", "v2", "v1")) == version
        assert verify(SECRET, request, NOW, accept=("v3",)) is None

    @pytest.mark.parametrize("version", ["v1", "v2", "v4", ""])
    def test_a_wrong_one_does_not(self, version: str) -> None:
        request = self.request(version, "0" * 64)
        assert verify(SECRET, request, NOW, accept=("v3", "v2", "v1")) is None


@pytest.mark.parametrize(
    ("environ", "uri"),
    [
        ({"RAW_URI": "/a%2Fb?c=%20d"}, "https://ours.example/a%2Fb?c=%20d"),
        ({"REQUEST_URI": "/a?b"}, "https://ours.example/a?b"),
        ({"RAW_URI": "http://internal:8000/a?b=c"}, "https://ours.example/a?b=c"),
        ({"RAW_URI": "/a?next=http://x"}, "https://ours.example/a?next=http://x"),
        ({"PATH_INFO": "/a", "QUERY_STRING": "b=c"}, "https://ours.example/a?b=c"),
        ({"PATH_INFO": "/a", "HTTP_HOST": "evil.example"}, "https://ours.example/a"),
    ],
    ids=["raw", "request", "absolute", "query with a URL", "parts", "foreign host"],
)
def test_the_uri_is_the_one_the_world_uses(environ: dict[str, object], uri: str) -> None:
    assert public_uri("https://ours.example/", environ) == uri
