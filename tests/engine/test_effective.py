"""The switches as one formula, in every combination that matters."""

from __future__ import annotations

from typing import Any

import pytest

from engine.effective import (
    are_recordings_effective,
    is_webinar_effective,
    why_recordings_not,
    why_webinar_not,
)
from schemas.tenant_settings import Settings

ON = Settings(webinar_sync="all", recording_sync="all")


def changed(**values: Any) -> Settings:
    return Settings(**{"webinar_sync": "all", "recording_sync": "all", **values})


WEBINAR_CASES = [
    # settings, host address, the webinar's switch, the host's switch, first switch that is off
    pytest.param(Settings(), "h@acme.no", "on", True, "global_off", id="S07-S16 global off"),
    pytest.param(ON, "h@acme.no", "default", True, None, id="S07 all"),
    pytest.param(
        changed(webinar_sync="selected", webinar_sync_users=("host",)),
        "h@acme.no",
        "default",
        True,
        None,
        id="S07 selected",
    ),
    pytest.param(
        changed(webinar_sync="selected", webinar_sync_users=("other",)),
        "h@acme.no",
        "on",
        True,
        "host_not_selected",
        id="S07 not selected, though the webinar is on",
    ),
    pytest.param(
        changed(excluded_host_domains=("acme.no",)),
        "h@ACME.no",
        "on",
        True,
        "host_domain_excluded",
        id="S08 host's domain",
    ),
    pytest.param(
        changed(excluded_host_domains=("acme.no",)), "h@sub.acme.no", "on", True, None, id="S08 Q3"
    ),
    pytest.param(
        changed(excluded_host_domains=("*.acme.no",)),
        "h@sub.acme.no",
        "on",
        True,
        "host_domain_excluded",
        id="S08 sub-domain",
    ),
    pytest.param(
        changed(excluded_host_domains=("*.acme.no",)), "h@acme.no", "on", True, None, id="S08 *."
    ),
    pytest.param(
        changed(excluded_contact_domains=("acme.no",), excluded_recording_domains=("acme.no",)),
        "h@acme.no",
        "on",
        True,
        None,
        id="Q1 other lists do not count",
    ),
    pytest.param(ON, "h@acme.no", "off", True, "webinar_off", id="S15 webinar off"),
    pytest.param(ON, "h@acme.no", "on", False, None, id="S15 on overrules the user"),
    pytest.param(ON, "h@acme.no", "default", False, "user_off", id="S13 user off"),
    pytest.param(ON, "h@acme.no", "default", None, None, id="S13 unknown user starts on"),
]


@pytest.mark.parametrize(("settings", "email", "webinar", "user", "why"), WEBINAR_CASES)
def test_S16_whether_a_webinar_is_synced(
    settings: Settings, email: str, webinar: str, user: bool | None, why: str | None
) -> None:
    arguments = (settings, "host", email, webinar, user)
    assert why_webinar_not(*arguments) == why
    assert is_webinar_effective(*arguments) == (why is None)


@pytest.mark.parametrize(
    ("settings", "webinar", "recordings", "user", "why"),
    [
        pytest.param(ON, "default", "default", True, None, id="S14 on"),
        pytest.param(ON, "off", "on", True, "webinar_off", id="S16 webinar comes first"),
        pytest.param(
            changed(recording_sync="none"), "on", "on", True, "recordings_global_off", id="S16 none"
        ),
        pytest.param(
            changed(recording_sync="selected", recording_sync_users=("x",)),
            "on",
            "on",
            True,
            "recordings_host_not_selected",
            id="S16 selected",
        ),
        pytest.param(
            changed(excluded_recording_domains=("acme.no",)),
            "on",
            "on",
            True,
            "recordings_domain_excluded",
            id="S09 domain",
        ),
        pytest.param(ON, "on", "off", True, "recordings_off", id="S15 recordings off"),
        pytest.param(ON, "on", "default", False, "user_recordings_off", id="S14 user off"),
        pytest.param(ON, "on", "on", False, None, id="S15 on overrules the user"),
        pytest.param(ON, "on", "default", None, None, id="S14 unknown user starts on"),
    ],
)
def test_S16_whether_recordings_are_synced(
    settings: Settings, webinar: str, recordings: str, user: bool | None, why: str | None
) -> None:
    arguments = (settings, "host", "h@acme.no", webinar, True, recordings, user)
    assert why_recordings_not(*arguments) == why
    assert are_recordings_effective(*arguments) == (why is None)
