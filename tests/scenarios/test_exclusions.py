"""S17-S19, S28, Q2-Q4, Q9, B12: who is left out of HubSpot, and what of the others gets in."""

from __future__ import annotations

import pytest

from store.database import writing
from store.tables import person
from tests.scenarios.audience import ON_SQLITE, Audience, gather_audience
from tests.scenarios.stage import Stage

pytestmark = ON_SQLITE

ADA = "ada@northquay.example"
ALIAS = "ada@lowmoor.example"
ALL_HOUR = [[0, 3600]]
HOST = "hanna.host@acme.example"
LINK = "rollcall_last_registered_webinar"

CAST = {
    ADA: ("in_sync", ""),
    "mia.marketing@acme.example": ("excluded", "hubspot_user"),
    "sam.sales@acme.example": ("excluded", "hubspot_user"),
    "eva@rival.example": ("excluded", "excluded_domain"),
    "eva@hr.partner.example": ("excluded", "excluded_domain"),
    "eva@partner.example": ("in_sync", ""),
    "nobody@nowhere": ("excluded", "invalid_email"),
    "tim@example.c": ("failing", "rejected"),
    ALIAS: ("excluded", "secondary_email"),
    HOST: ("excluded", "role"),
}
"""Everybody with the outcome they should have."""


@pytest.fixture
def audience(stage: Stage) -> Audience:
    """A customer with excluded domains, whose contacts are Sam of their own staff and Ada."""
    audience = gather_audience(
        stage, excluded_contact_domains=["rival.example", "*.partner.example"]
    )
    audience.add_contact("sam.sales@acme.example", firstname="Sam")
    audience.add_contact(ADA, hs_additional_emails=ALIAS)
    return audience


def sync(audience: Audience, *people: str) -> int:
    webinar_id = audience.hold(dict.fromkeys(people, ALL_HOUR))
    audience.stage.work()
    audience.settle()
    return webinar_id


def held(audience: Audience, email: str) -> dict[str, str]:
    """The properties of a contact."""
    return dict(audience.stage.simulator.contacts()[email]["properties"])


def test_S18_S19_S28_Q3_Q4_Q9_each_rule_excludes_its_own_and_names_the_reason(
    audience: Audience,
) -> None:
    sync(audience, *CAST)
    assert audience.outcomes() == CAST
    assert set(audience.stage.simulator.contacts()) == {
        ADA,
        "eva@partner.example",
        "sam.sales@acme.example",
    }
    assert audience.zoom_people() == len(audience.people()) == len(CAST)
    details = {row["email"]: row["detail"] for row in audience.people()}
    assert details["eva@rival.example"] == "domain rival.example in Contact exclusions"
    assert details["eva@hr.partner.example"] == "domain *.partner.example in Contact exclusions"
    assert details["nobody@nowhere"] == "the e-mail address is not a valid one"
    assert "invalid" in details["tim@example.c"], "HubSpot's own words are shown"


def test_S19_nothing_is_written_to_a_user_who_is_a_contact_already(audience: Audience) -> None:
    sync(audience, ADA, "sam.sales@acme.example")
    assert not [name for name in held(audience, "sam.sales@acme.example") if "rollcall" in name]


class TestUpdateOnly:
    def test_Q2_excluded_fully_an_existing_contact_is_not_updated(self, audience: Audience) -> None:
        audience.add_contact("eva@rival.example")
        sync(audience, "eva@rival.example", "fred@rival.example")
        assert set(audience.outcomes().values()) == {("excluded", "excluded_domain")}
        assert not [name for name in held(audience, "eva@rival.example") if "rollcall" in name]

    def test_Q2_update_only_updates_who_is_there_and_creates_nobody(
        self, audience: Audience
    ) -> None:
        audience.stage.set(contact_exclusion="update_only")
        audience.add_contact("eva@rival.example")
        sync(audience, "eva@rival.example", "fred@rival.example")
        assert audience.outcomes() == {
            "eva@rival.example": ("in_sync", ""),
            "fred@rival.example": ("excluded", "excluded_domain"),
        }
        assert held(audience, "eva@rival.example")["rollcall_attendance_count"] == "1"
        assert "fred@rival.example" not in audience.stage.simulator.contacts()


def test_Q9_what_somebody_hosted_does_not_count_as_attended(audience: Audience) -> None:
    audience.stage.set(excluded_contact_domains=[])
    sync(audience, HOST)
    audience.include(HOST)
    audience.stage.work()
    # Included by hand, so a contact after all; of a host no attendance is counted.
    assert held(audience, HOST)["rollcall_attendance_count"] == "0"


def test_S17_of_a_registration_only_names_and_address_reach_hubspot(audience: Audience) -> None:
    webinar_id = audience.hold({})
    row = {
        "email": "zoe@northquay.example",
        "first_name": "Zoe",
        "last_name": "Zander",
        "phone": "+47 555 0100",
        "city": "Bergen",
        "org": "Fjordline",
    }
    path = f"/zoom/webinars/{webinar_id}/registrants"
    audience.control("POST", path, {"registrants": [row], "silent": True})
    audience.stage.work()
    audience.settle()
    written = {
        name: value
        for name, value in held(audience, "zoe@northquay.example").items()
        if not name.startswith(("hs_", "rollcall_")) and "date" not in name
    }
    assert written == {"email": row["email"], "firstname": "Zoe", "lastname": "Zander"}


class TestJoinLinks:
    def test_B12_no_property_and_no_table_holds_a_personal_link(self, audience: Audience) -> None:
        sync(audience, ADA)
        assert "/register/" in held(audience, ADA)[LINK]
        for contact in audience.stage.simulator.contacts().values():
            assert "tk=" not in str(contact["properties"])
        assert [row["join_url"] for row in audience.people()] == [""]

    def test_B12_a_portal_may_ask_for_the_personal_link_and_take_it_back(
        self, audience: Audience
    ) -> None:
        audience.stage.set(join_link="personal")
        sync(audience, ADA)
        assert "tk=" in held(audience, ADA)[LINK]
        audience.stage.set(join_link="public")
        audience.stage.work()
        assert "tk=" not in held(audience, ADA)[LINK]
        assert [row["join_url"] for row in audience.people()] == [""]


def test_what_a_contact_holds_already_is_not_written_to_it_again(audience: Audience) -> None:
    sync(audience, ADA)
    before = audience.stage.simulator.writes()
    with writing(audience.stage.database) as connection:
        connection.execute(person.update().values(contact={}, must_read=True))
    audience.sync_now()
    assert audience.stage.simulator.writes() == before
