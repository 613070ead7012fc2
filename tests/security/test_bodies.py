"""X9 and X13: whatever a body or a search holds, the process goes on and says what is wrong."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import PORTAL, add_people, add_webinar
from tests.oauth.support import PUBLIC_URL, Site
from tests.security.callers import everything, filled, methods_of, proxied, rules
from tests.security.test_tenants import OF_TENANT_A
from tests.webhooks.support import Delivery

DEEP = 100_000
MIB = 1024 * 1024

STRANGE = {
    "more than a megabyte": b'{"x":"' + b"a" * (MIB + 1) + b'"}',
    "nested lists": b"[" * DEEP + b"]" * DEEP,
    "nested objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "nested and never closed": b'{"settings":' + b"[" * DEEP,
    "not a number": b'{"raw_retention_days":NaN,"question_mapping":{"q":NaN}}',
    "infinity": b'{"raw_retention_days":1e400,"question_mapping":{"q":-Infinity}}',
    "a number of 5,000 digits": b'{"raw_retention_days":' + b"9" * 5000 + b"}",
    "the same key twice": b'{"sync":"off","sync":"elsewhere","email":"a@b.example","email":7}',
    "a byte order mark": b'\xef\xbb\xbf{"sync":"off"}',
    "UTF-16": '{"sync":"off"}'.encode("utf-16"),
    "no UTF-8": b'{"sync":"\xff\xfe","email":"\xc0\x80"}',
    "half a character": b'{"email":"\\ud800@x.example","business_unit":"\\udfff"}',
    "a zero byte": b'{"email":"a\\u0000@x.example","business_unit":"\\u0000"}',
    "nothing": b"",
    "a text": b'"x"',
    "null": b"null",
    "half an object": b'{"sync":',
    "a packed body": b"\x1f\x8b\x08\x00" + b"\x00" * 64,
}


def doors(site: Site) -> list[tuple[str, str]]:
    """Method and path of every route that takes a body, for tenant A."""
    return [
        (method, filled(rule, OF_TENANT_A))
        for rule in rules(site)
        for method in methods_of(rule)
        if method in ("POST", "PATCH", "PUT")
        and rule.rule.startswith(("/api/", "/actions/", "/webhooks/"))
    ]


class TestX9:
    def test_X9_a_strange_body_at_any_door_is_refused_or_kept_for_looking_at(
        self, tenants: Site
    ) -> None:
        for (kind, body), (method, path) in product(STRANGE.items(), doors(tenants)):
            if path == "/webhooks/zoom":
                answer = Delivery(body).to_zoom(tenants)
            else:
                answer = proxied(tenants, PORTAL, method, path, body)
            assert answer.status_code < 500, f"{kind}: {method} {path}"
            if kind == "more than a megabyte":
                assert answer.status_code == 413, f"{method} {path}"
            assert len(answer.data) < 20_000, path
        # What was taken can be read again by whoever asks next.
        for path in ("/api/settings", "/api/webinars", "/api/connection", "/api/plugins"):
            assert proxied(tenants, PORTAL, "GET", path).status_code == 200, path
        assert "NaN" not in str(everything(tenants)["portal"])

    def test_X9_a_body_without_end_is_read_to_the_limit_and_no_further(self, tenants: Site) -> None:
        class Endless(io.RawIOBase):
            taken = 0

            def readable(self) -> bool:
                return True

            def seek(self, *to: Any) -> int:
                return 0

            def readinto(self, into: Any) -> int:
                assert Endless.taken < 3 * MIB, "still reading"
                into[:] = b"a" * len(into)
                Endless.taken += len(into)
                return len(into)

        for method, path in doors(tenants):
            Endless.taken = 0
            answer = tenants.app.test_client().open(
                path,
                method=method,
                base_url=PUBLIC_URL,
                input_stream=Endless(),
                headers={
                    "Transfer-Encoding": "chunked",
                    "X-HubSpot-Signature-v3": "x",
                    "X-HubSpot-Request-Timestamp": "1",
                },
                environ_overrides={"wsgi.input_terminated": True},
            )
            assert answer.status_code in (401, 413), f"{method} {path}: {answer.status_code}"

    def test_X9_no_database_is_given_what_it_cannot_hold(self, any_tenants: Site) -> None:
        kinds = ("a zero byte", "half a character", "not a number")
        for kind, (method, path) in product(kinds, doors(any_tenants)):
            answer = proxied(any_tenants, PORTAL, method, path, STRANGE[kind])
            assert answer.status_code < 500, f"{kind}: {method} {path}"
        for path in ("/api/webinars/%00", "/api/webinars?search=%00", "/api/webinars/1/people/%00"):
            assert proxied(any_tenants, PORTAL, "GET", path).status_code in (400, 404, 405), path

    def test_X9_a_packed_body_is_never_unpacked(self, tenants: Site) -> None:
        packed = gzip.compress(b'{"webinar_sync":"all"}')
        headers = {"Content-Encoding": "gzip"}
        answer = proxied(tenants, PORTAL, "PATCH", "/api/settings", packed, headers)
        assert answer.status_code == 400
        assert proxied(tenants, PORTAL, "GET", "/api/settings").json["webinar_sync"] == "none"


SPECIALS = (
    "'",
    "''; DROP TABLE person; --",
    "' OR '1'='1",
    '" OR ""="',
    "1) OR (1=1",
    "%",
    "_",
    "\\",
    "%' --",
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "a" * 5000,
    "9" * 40,
    "-1",
    "NaN",
    "é́‮",
)


def parameters(site: Site) -> Iterator[tuple[str, str]]:
    """Path and name of every value that a list can be asked with, by our own description."""
    described = proxied(site, PORTAL, "GET", "/api/openapi.json").json
    for path, operations in described["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", []):
            if isinstance(parameter, dict) and parameter.get("in") == "query":
                for name, value in OF_TENANT_A.items():
                    path = path.replace(f"{{{name}}}", value)
                yield path, parameter["name"]


class TestX13:
    def test_X13_nothing_in_a_search_or_filter_is_taken_for_SQL(self, tenants: Site) -> None:
        before, asked = everything(tenants), list(parameters(tenants))
        assert ("/api/webinars", "search") in asked and len(asked) >= 15
        for path, name in asked:
            for special in SPECIALS:
                address = f"{path}?{name}={quote(special, safe='')}"
                answer = proxied(tenants, PORTAL, "GET", address)
                assert answer.status_code in (200, 400, 404), f"{address[:200]}: {answer.text}"
        assert everything(tenants) == before

    @pytest.mark.parametrize("special", ["%", "_", "\\", "'"])
    def test_X13_a_wildcard_is_searched_for_as_the_character_it_is(
        self, tenants: Site, special: str
    ) -> None:
        add_webinar(tenants.engine, "95000000009")
        with tenants.engine.begin() as to:
            to.exec_driver_sql(
                "UPDATE webinar SET topic = ? WHERE webinar_id = '95000000009'",
                (f"a {special} b",),
            )
        path = f"/api/webinars?search={quote(special)}"
        rows = proxied(tenants, PORTAL, "GET", path).json["results"]
        assert [row["id"] for row in rows] == ["95000000009"]

    def test_X13_the_decision_log_too(self, tenants: Site) -> None:
        add_people(tenants.engine, 1, [{"email": "o'brien_%@acme.example"}])
        path = "/api/webinars/95000000001/people?email="
        assert len(proxied(tenants, PORTAL, "GET", path + "o'brien_%25").json["results"]) == 1
        assert proxied(tenants, PORTAL, "GET", path + "%25%25").json["results"] == []
        assert json.loads(proxied(tenants, PORTAL, "GET", path + "ada").text)["results"]
