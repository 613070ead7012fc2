"""Errors: a page for people, JSON for programs, a traceback for nobody."""

from __future__ import annotations

from typing import Any

import pytest

import console.pages
from oauth.notices import Notice
from tests.oauth.support import PUBLIC_URL, Site


@pytest.fixture
def broken(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """An application whose pages stumble over something nobody foresaw."""

    def stumble(*args: Any) -> Any:
        raise RuntimeError("SELECT secret FROM nowhere")

    monkeypatch.setattr(console.pages, "signed_in", stumble)
    monkeypatch.setattr("api.callers._session_caller", stumble)
    return site


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/nowhere", 404, "There is no such page"),
        ("GET", "/console/nowhere", 404, "There is no such page"),
        ("GET", "/oauth/nowhere", 404, "There is no such page"),
        ("GET", "/console/static/../../config.py", 404, "There is no such page"),
        ("GET", "/console/static/%2e%2e/pages.py", 404, "There is no such page"),
        ("POST", "/", 405, "This page takes no such request"),
        ("DELETE", "/console/", 405, "This page takes no such request"),
        ("GET", "/<script>alert(1)</script>", 404, "There is no such page"),
    ],
)
def test_a_person_gets_a_page_with_a_way_back(
    site: Site, method: str, path: str, status: int, words: str
) -> None:
    answer = site.app.test_client().open(path, method=method, base_url=PUBLIC_URL)
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert words in answer.text
    assert "Back to Rollcall" in answer.text
    assert "<script>" not in answer.text
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nowhere", 404), ("POST", "/api/openapi.json", 405), ("GET", "/api/users", 401)],
)
def test_a_program_gets_json(site: Site, method: str, path: str, status: int) -> None:
    answer = site.app.test_client().open(path, method=method, base_url=PUBLIC_URL)
    assert answer.status_code == status
    assert set(answer.json) == {"message", "category", "errors"}


class TestTheUnforeseen:
    def test_a_person_reads_that_it_is_not_their_fault(
        self, broken: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = broken.browser().get("/")
        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.text
        assert "Syncing goes on by itself" in answer.text
        assert "Traceback" not in answer.text and "SELECT" not in answer.text
        assert "SELECT secret FROM nowhere" in caplog.text  # for the operator

    def test_a_program_reads_the_same_as_json(self, broken: Site) -> None:
        answer = broken.browser().get("/api/settings")
        assert answer.status_code == 500
        assert "went wrong on our side" in answer.json["message"]
        assert "SELECT" not in answer.text

    def test_the_database_away_is_told_alike(self, site: Site) -> None:
        browser = site.browser()
        browser.install_hubspot()
        with site.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE connection RENAME TO elsewhere")
        for path in ("/", "/console/", "/oauth/zoom/install"):
            answer = browser.get(path)
            assert answer.status_code == 500
            assert "Something went wrong on our side" in answer.text
            assert "elsewhere" not in answer.text and "Traceback" not in answer.text


def test_a_form_too_large_is_refused_with_a_page(site: Site) -> None:
    browser = site.browser()
    answer = browser.post("/console/sign-out", {"csrf_token": "x" * (1024 * 1024 + 1)})
    assert answer.status_code == 413
    assert "That is too much" in answer.text


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil"])
@pytest.mark.parametrize("path", ["/", "/api/settings", "/oauth/hubspot/install"])
def test_X17_a_foreign_host_name_is_not_answered(site: Site, host: str, path: str) -> None:
    answer = site.app.test_client().get(path, base_url=f"http://{host}:8000")
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert host not in answer.text or answer.mimetype == "application/json"


def test_X17_an_address_that_came_through_a_proxy_is_not_believed(site: Site) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = site.browser().get("/oauth/hubspot/install", headers=headers)
    assert "evil.example" not in answer.headers["Location"]


def test_X11_a_notice_is_shown_as_text(site: Site) -> None:
    @site.app.get("/notice")
    def show() -> None:
        raise Notice("<b>a</b>", "<script>b</script>", link="/x?a=1&b='2'", link_text="<i>c</i>")

    page = site.browser().get("/notice").text
    assert "&lt;script&gt;" in page
    assert "<script>" not in page and "<b>" not in page and "<i>" not in page
