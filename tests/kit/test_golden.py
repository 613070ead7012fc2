"""The golden figures are those the application comes to from the same sessions."""

from __future__ import annotations

import pytest

from engine.attendance import Instance, Session, percent_attended, total_seconds, unite
from plugins import exclusions
from rollcall import Context
from rollcall_testkit.asking import TENANT
from rollcall_testkit.golden import GoldenPerson, GoldenWebinar
from rollcall_testkit.golden_webinars import GOLDEN_WEBINARS, NOW, golden_webinar

EVERYBODY = [
    pytest.param(webinar, person, id=f"{webinar.name}-{person.kind}")
    for webinar in GOLDEN_WEBINARS
    for person in webinar.people
]


def instances(webinar: GoldenWebinar) -> list[Instance]:
    return [
        Instance(str(number), begin, end) for number, (begin, end) in enumerate(webinar.instances)
    ]


@pytest.mark.parametrize(("webinar", "person"), EVERYBODY)
def test_B11_seconds_percent_and_moments_are_what_the_engine_makes_of_the_sessions(
    webinar: GoldenWebinar, person: GoldenPerson
) -> None:
    rows = [
        Session(person.kind, str(one.instance), one.joined_at, one.left_at)
        for one in person.sessions
    ]
    found = list(unite(rows, instances(webinar)))
    attendance = person.attendance
    if attendance is None:
        assert not found
        return
    (presence,) = found
    assert (presence.seconds, presence.first_join_at, presence.last_leave_at) == (
        attendance.seconds,
        attendance.first_join_at,
        attendance.last_leave_at,
    )
    length = webinar.occurrence.length_seconds
    assert length == total_seconds(instances(webinar))
    assert attendance.percent == percent_attended(presence.seconds, length)


@pytest.mark.parametrize(("webinar", "person"), EVERYBODY)
def test_the_built_in_rules_exclude_whom_the_webinar_says(
    webinar: GoldenWebinar, person: GoldenPerson
) -> None:
    context = Context(TENANT, {}, person.contact, person.totals, NOW)
    verdict = exclusions.should_exclude(person.person, context)
    assert (verdict.reason if verdict else "") == person.excluded


def test_nobody_is_there_twice() -> None:
    people = [person.person for webinar in GOLDEN_WEBINARS for person in webinar.people]
    references = [person.reference for person in people]
    addresses = [person.email for person in people if person.email]
    assert len(set(references)) == len(references)
    assert len(set(addresses)) == len(addresses)


def test_who_is_looked_for_in_vain_is_told_who_there_is() -> None:
    with pytest.raises(KeyError, match="everyday, restarted, series"):
        golden_webinar("yesterday")
    with pytest.raises(KeyError, match="came_back, gave_up, came_late"):
        golden_webinar("restarted").find("sleeps")
    assert golden_webinar("restarted").find("gave_up").person.first_name == "Gus"
