"""Previews and replays: explained, tried with other rules, and asked about before they withdraw."""

from __future__ import annotations

from typing import Any

import pytest

from store.tables import effect, occurrence_person, run
from tests.console.desk import NOW, Desk, assert_inert
from tests.console.test_pages import NASTY
from tests.oauth.support import PORTAL


def checked(desk: Desk, path: str) -> set[str]:
    """What is chosen in a form as it opens."""
    return {str(a["id"]) for _, a in desk.page(path).tags if "checked" in a}


class TestPreview:
    def test_B03_it_says_what_it_does_and_begins_with_the_rules_in_force(self, desk: Desk) -> None:
        webinar_id, place = desk.webinar()
        path = f"/console/webinars/{webinar_id}/preview"
        text = desk.text(path)
        assert "writes nothing" in text and "Zoom is not read" in text
        chosen = checked(desk, path)
        assert {"contact_exclusion-full", "secondary_email-skip", "plugin-1"} <= chosen
        page = desk.browser.get(path).text
        on = [part.split('"')[0] for part in page.split('name="plugins" value="')[1:]]
        domains = page.split("</textarea>")[0].rpartition(">")[2]
        form = {"contact_exclusion": "full", "secondary_email": "skip", "has_plugins": "yes"}
        shown = desk.do(path, excluded_contact_domains=domains, plugins=on, **form)
        assert "Nothing is written" in shown and "Preview" in shown
        (opened,) = desk.rows(run, occurrence_pk=place)
        assert (opened["is_dry"], opened["settings_patch"]) == (True, {})

    @pytest.mark.parametrize(
        ("form", "patch"),
        [
            (
                {"excluded_contact_domains": "acme.no\n*.x.no"},
                {"excluded_contact_domains": ["acme.no", "*.x.no"]},
            ),
            ({"contact_exclusion": "update_only"}, {"contact_exclusion": "update_only"}),
            ({"secondary_email": "hold"}, {"secondary_email": "hold"}),
            ({"occurrence": "0"}, {}),
        ],
        ids=["domains", "exclusion", "secondary", "date"],
    )
    def test_B03_rules_that_differ_are_tried_and_no_others(
        self, desk: Desk, form: dict[str, Any], patch: dict[str, Any]
    ) -> None:
        webinar_id, place = desk.webinar()
        desk.do(f"/console/webinars/{webinar_id}/preview", **form)
        (opened,) = desk.rows(run, occurrence_pk=place)
        assert opened["settings_patch"] == patch

    def test_a_plugin_that_is_unticked_is_tried_without(self, desk: Desk) -> None:
        webinar_id, place = desk.webinar()
        path = f"/console/webinars/{webinar_id}/preview"
        page = desk.browser.get(path).text
        names = [part.split('"')[0] for part in page.split('name="plugins" value="')[1:]]
        shown = desk.do(path, has_plugins="yes", plugins=names[1:])
        (opened,) = desk.rows(run, occurrence_pk=place)
        assert opened["settings_patch"] == {"plugins": {names[0]: {"enabled": False}}}
        assert "not started yet" in shown

    def test_what_is_no_domain_is_said_beside_it_and_what_was_typed_stays(self, desk: Desk) -> None:
        webinar_id, place = desk.webinar()
        answer = desk.send(
            f"/console/webinars/{webinar_id}/preview", excluded_contact_domains=NASTY
        )
        assert answer.status_code == 400
        assert "Not a domain" in answer.text and 'aria-invalid="true"' in answer.text
        assert 'aria-describedby="domains-hint domains-complaint"' in answer.text
        assert "&lt;script&gt;alert" in answer.text
        assert_inert(answer.text)
        assert desk.rows(run, occurrence_pk=place) == []


class TestReplay:
    def test_B09_it_marks_what_changed_and_lists_what_cannot_be_withdrawn(self, desk: Desk) -> None:
        webinar_id, place = desk.webinar()
        assert "Nobody of this webinar has been decided upon yet" in desk.text(
            f"/console/webinars/{webinar_id}/replay"
        )
        desk.settings(excluded_contact_domains=["acme.no"])
        keys = desk.people(
            place, *({"email": f"p{n}@acme.no", "outcome": "excluded"} for n in range(3))
        )
        old = {"settings_version": 1, "decided_at": NOW}
        by = {"decided_by": "exclusions", "decided_by_version": "0.0.1"}
        desk.change(occurrence_person, keys, **old, **by)
        for kind in ("register", "attend"):
            desk.put(
                effect,
                portal_id=str(PORTAL),
                key=f"{webinar_id}{kind}",
                kind=kind,
                occurrence_pk=place,
                occurrence_person_pk=keys[0],
                state="applied",
                wanted={},
                wanted_hash="1",
                applied={},
                applied_hash="1",
                applied_at=NOW,
            )
        text = desk.text(f"/console/webinars/{webinar_id}/replay")
        assert "Zoom is not read" in text
        assert "3 people were decided upon under an older one (version 1: 3)" in text
        assert "Excluded contact domains … Changed" in text
        assert "was 0.0.1, is " in text
        assert "Registrations 1 ✓ Can be withdrawn" in text
        assert "Attendances 1 … Cannot be withdrawn" in text
        assert "mode-preview" in checked(desk, f"/console/webinars/{webinar_id}/replay")

    @pytest.mark.parametrize("withdraw", ["yes", ""], ids=["with withdrawal", "without"])
    def test_B09_a_preview_comes_first_and_doing_it_is_asked_once_more(
        self, desk: Desk, withdraw: str
    ) -> None:
        webinar_id, place = desk.webinar()
        path = f"/console/webinars/{webinar_id}/replay"
        desk.do(path, withdraw=withdraw)
        (dry,) = desk.rows(run, occurrence_pk=place)
        assert (dry["is_dry"], dry["is_withdrawal"]) == (True, withdraw == "yes")
        asked = desk.do(path, withdraw=withdraw, mode="now", occurrence="0")
        assert "What will change" in asked and "What will not change" in asked
        assert "Timeline events and attendance cannot be removed" in asked
        assert ("Replay and withdraw" in asked) == (withdraw == "yes")
        assert len(desk.rows(run, occurrence_pk=place)) == 1
        shown = desk.do(path, withdraw=withdraw, mode="now", sure="yes", occurrence="0")
        assert "Zoom is not read" in shown
        (real,) = [row for row in desk.rows(run, occurrence_pk=place) if not row["is_dry"]]
        assert (real["is_replay"], real["must_read"]) == (True, False)
        assert real["is_withdrawal"] is (withdraw == "yes")

    def test_B09_withdrawing_needs_a_super_admin_and_says_so(self, desk: Desk) -> None:
        webinar_id, place = desk.webinar()
        member = desk.member()
        path = f"/console/webinars/{webinar_id}/replay"
        answer = member.send(path, mode="now", sure="yes", withdraw="yes")
        assert answer.status_code == 403
        assert "Only a super admin" in answer.text
        assert desk.rows(run, occurrence_pk=place) == []
        assert "Zoom is not read" in member.do(path, mode="now", sure="yes")
