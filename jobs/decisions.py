"""Decisions about people: the questions are put, the guard asks the plugins, answers are kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from engine.dispatch import Decision, Opinion, Question
from engine.effective import WhyNot, why_webinar_not
from engine.merge import merge_properties
from jobs.asking import ask_plugins
from jobs.companions import barred_of, unite_companions
from jobs.gathering import NAME_PROPERTIES, Appearance, PersonPlan, Rules
from jobs.runtime import Runtime
from rollcall import (
    Attendance,
    ContactSnapshot,
    ContactWanted,
    Context,
    Occurrence,
    Person,
    Registrant,
    Tenant,
    Totals,
    Webinar,
)
from schemas.tenant_settings import Settings
from store.erasure import DETAIL, REASON
from store.people import role_of


def decide_people(
    runtime: Runtime, plans: Sequence[PersonPlan], rules: Rules, now: datetime
) -> list[PersonPlan]:
    """The same people with decisions, and with what their contacts should hold.

    People who are one contact are counted together, but for those who are kept out of HubSpot.
    """

    common = _Common(rules)
    united = unite_companions(runtime.database, plans, common.counts)
    decided = _decide(runtime, united, common, now)
    barred = barred_of(decided)
    if barred:
        leads = set(barred.values())
        again = {plan.person["id"] for plan in decided if plan.lead_pk in leads}
        parts = [plan for plan in plans if plan.person["id"] in again]
        united = unite_companions(runtime.database, parts, common.counts, barred)
        anew = {plan.person["id"]: plan for plan in _decide(runtime, united, common, now)}
        decided = [anew.get(plan.person["id"], plan) for plan in decided]
    return _with_contacts(decided, rules)


def _decide(
    runtime: Runtime, plans: Sequence[PersonPlan], common: _Common, now: datetime
) -> list[PersonPlan]:
    rules = common.rules
    questions = [
        question
        for plan in plans
        for question in _questions_of(plan.person, plan.appearances, common, now, plan.counted)
    ]
    decisions = _ask(runtime, questions, rules)
    return [
        replace(
            plan,
            appearances=tuple(
                replace(
                    item, decision=decisions.get(_reference(item)) or _switched_off(item, rules)
                )
                for item in plan.appearances
            ),
        )
        for plan in plans
    ]


def decide_nameless(
    runtime: Runtime, appearances: Sequence[Appearance], rules: Rules, now: datetime
) -> list[Appearance]:
    """The same participants with decisions."""
    common = _Common(rules)
    questions = [
        question
        for appearance in appearances
        for question in _questions_of(None, (appearance,), common, now)
    ]
    decisions = _ask(runtime, questions, rules)
    return [
        replace(item, decision=decisions.get(_reference(item)) or _switched_off(item, rules))
        for item in appearances
    ]


def _ask(runtime: Runtime, questions: Sequence[Question], rules: Rules) -> dict[str, Decision]:
    decisions = ask_plugins(runtime, questions, rules)
    return {decision.reference: decision for decision in decisions}


def _reference(appearance: Appearance) -> str:
    return str(appearance.row["id"])


_SWITCHED_OFF: Mapping[WhyNot, str] = {
    "global_off": "webinar sync is off for the whole account",
    "host_not_selected": "the host is not among the users whose webinars sync",
    "host_domain_excluded": "the host's domain is excluded",
    "webinar_off": "sync is off for this webinar",
    "user_off": "the host's newly scheduled webinars do not sync",
}


def why_off(webinar: RowMapping | Mapping[str, Any], rules: Rules) -> WhyNot | None:
    """The switch that keeps the webinar from being synced; None when it is synced."""
    return why_webinar_not(
        rules.settings,
        webinar["host_id"],
        webinar["host_email"],
        webinar["sync"],
        rules.zoom_users.get((webinar["account_id"], webinar["host_id"])),
    )


def _switched_off(item: Appearance, rules: Rules) -> Decision:
    """The decision about somebody of a webinar that is not synced at all; no plugin is asked."""
    switch = why_off(item.webinar, rules)
    if item.is_erased:
        erased = Opinion("engine", "", REASON, DETAIL, hold=False)
        return Decision(_reference(item), excluded_by=erased, opinions=(erased,))
    if item.webinar["is_zoom_events"]:
        reason, detail = "zoom_events", "the webinar belongs to a Zoom Event"
    else:
        reason, detail = "sync_off", _SWITCHED_OFF[switch] if switch else ""
    opinion = Opinion("settings", "", reason, detail, hold=False)
    return Decision(_reference(item), excluded_by=opinion, opinions=(opinion,))


@dataclass(frozen=True, slots=True)
class _Common:
    """What the questions of many people have in common: made once, and sent to the guard once."""

    rules: Rules
    _tenants: dict[str, Tenant] = field(default_factory=dict)
    _occurrences: dict[int, Occurrence] = field(default_factory=dict)
    _effective: dict[int, bool] = field(default_factory=dict)  # by webinar

    def tenant(self, portal_id: str) -> Tenant:
        """The customer as plugins see it."""
        if portal_id not in self._tenants:
            self._tenants[portal_id] = tenant_of(portal_id, self.rules.settings)
        return self._tenants[portal_id]

    def occurrence(self, item: Appearance) -> Occurrence:
        """The appearance's occurrence as plugins see it."""
        pk = item.occurrence["id"]
        if pk not in self._occurrences:
            self._occurrences[pk] = occurrence_value(item.webinar, item.occurrence)
        return self._occurrences[pk]

    def is_effective(self, item: Appearance) -> bool:
        """Whether the appearance's webinar is synced."""
        webinar = item.webinar
        if webinar["id"] not in self._effective:
            is_on = why_off(webinar, self.rules) is None
            self._effective[webinar["id"]] = is_on and not webinar["is_zoom_events"]
        return self._effective[webinar["id"]]

    def counts(self, item: Appearance) -> bool:
        """Whether the totals count it; hosts and panelists take part and are not counted."""
        return self.is_effective(item) and role_of(item.webinar, item.row["email"]) == "attendee"


def _questions_of(
    person: Mapping[str, Any] | None,
    appearances: Sequence[Appearance],
    common: _Common,
    now: datetime,
    counted: Sequence[Appearance] | None = None,
) -> list[Question]:
    if counted is None:
        counted = [item for item in appearances if common.counts(item)]
    context = Context(
        tenant=common.tenant(appearances[0].row["portal_id"] if appearances else ""),
        settings={},
        contact=_snapshot(person),
        totals=_totals(counted, common.rules),
        now=now,
    )
    return [_question(item, context, common) for item in appearances if common.is_effective(item)]


def tenant_of(portal_id: str, settings: Settings) -> Tenant:
    """The customer as plugins see it."""
    return Tenant(
        portal_id=portal_id,
        excluded_contact_domains=tuple(settings.excluded_contact_domains),
        contact_exclusion=settings.contact_exclusion,
        secondary_email=settings.secondary_email,
        recreate_deleted=settings.recreate_deleted,
        recording_target=settings.recording_target,
    )


def _question(item: Appearance, context: Context, common: _Common) -> Question:
    """The question about an appearance; one that is carried wants nothing itself."""
    row = item.row
    person = Person(
        reference=_reference(item),
        email=row["email"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        role=role_of(item.webinar, row["email"]),
        identity=row["identity"],
        status=row["status"],
        is_hubspot_user=row["email"] in common.rules.hubspot_users,
        has_zoom_identity=row["has_zoom_identity"],
    )
    occurrence = common.occurrence(item)
    registrant = attendance = None
    if row["status"] is not None and item.carried_by is None:
        registrant = Registrant(
            person, occurrence, row["status"], row["registered_at"], row["cancelled_at"]
        )
    is_settled = item.occurrence["settled_at"] is not None
    if is_settled and row["attended_in_read"] and item.carried_by is None:
        attendance = _attendance(person, occurrence, item)
    return Question(
        person,
        registrant,
        attendance,
        context,
        include_anyway=row["is_included_by_hand"],
        privacy_deleted=item.is_erased,
        is_released=row["is_released_by_hand"],
    )


def _attendance(person: Person, occurrence: Occurrence, item: Appearance) -> Attendance:
    """What the report says; no time at all for somebody whom a correction took out of it."""
    row = item.row
    began_at = item.occurrence["started_at"]
    return Attendance(
        person,
        occurrence,
        row["first_join_at"] or began_at,
        row["last_leave_at"] or began_at,
        row["attended_seconds"],
        row["attended_percent"],
    )


def occurrence_value(webinar: RowMapping, occurrence: RowMapping) -> Occurrence:
    """The occurrence as plugins see it."""
    return Occurrence(
        occurrence_id=occurrence["occurrence_id"],
        webinar=Webinar(
            webinar_id=webinar["webinar_id"],
            account_id=webinar["account_id"],
            topic=webinar["topic"],
            host_id=webinar["host_id"],
            host_email=webinar["host_email"],
            public_url=webinar["public_url"],
        ),
        scheduled_at=occurrence["start_at"],
        started_at=occurrence["started_at"],
        ended_at=occurrence["ended_at"],
        length_seconds=occurrence["length_seconds"],
        is_settled=occurrence["settled_at"] is not None,
    )


def _snapshot(person: Mapping[str, Any] | None) -> ContactSnapshot:
    if person is None:
        return ContactSnapshot()
    return ContactSnapshot(
        contact_id=person["contact_id"],
        match=person["contact_match"],
        is_deleted=person["is_deleted"],
        properties=dict(person["contact"]),
    )


def _totals(appearances: Sequence[Appearance], rules: Rules) -> Totals:
    """Counted from facts each time, so that a cancellation or a correction recounts by itself."""
    approved = [item for item in appearances if item.row["status"] == "approved"]
    percents = [
        item.row["attended_percent"]
        for item in appearances
        if item.occurrence["settled_at"] is not None and item.row["attended_seconds"] > 0
    ]
    last = max(
        (item for item in approved if item.row["registered_at"] is not None),
        key=lambda item: (item.row["registered_at"], item.row["id"]),
        default=None,
    )
    return Totals(
        registrations=len({item.webinar["id"] for item in approved}),
        attendances=len(percents),
        average_percent=sum(percents) / len(percents) if percents else None,
        last_registered_url=last.webinar["public_url"] if last else "",
        last_join_url=last.row["join_url"]
        if last and rules.settings.join_link == "personal"
        else "",
    )


def _with_contacts(plans: Sequence[PersonPlan], rules: Rules) -> list[PersonPlan]:
    """What each contact should hold; of several people who are one, the lead's write covers all."""
    members: dict[int, list[PersonPlan]] = defaultdict(list)
    for plan in plans:
        members[plan.lead_pk or plan.person["id"]].append(plan)
    return [
        plan if plan.is_led else _with_contact(plan, members[plan.person["id"]], rules)
        for plan in plans
    ]


def _with_contact(plan: PersonPlan, members: Sequence[PersonPlan], rules: Rules) -> PersonPlan:
    appearances = [item for member in members for item in member.appearances]
    if len(members) > 1:
        appearances.sort(key=_by_start)
    synced = [item for item in appearances if item.verdict is None]
    effects = [
        effect for item in synced if item.decision is not None for effect in item.decision.effects
    ]
    merged = merge_properties(effects, rules.order, plan.person["contact"])
    wants_contact = any(isinstance(stamped.effect, ContactWanted) for stamped in effects)
    return replace(
        plan,
        wants_contact=wants_contact,
        properties=merged.values,
        names=_names(plan) if wants_contact else {},
        losers=merged.losers,
        is_historical=_is_historical(appearances),
    )


def _is_historical(appearances: Sequence[Appearance]) -> bool:
    """Whether all that changed about the contact lies in webinars of a quiet backfill."""
    dirty = [item for item in appearances if item.is_dirty]
    return bool(dirty) and all(
        item.occurrence["is_historical"] and not item.row["is_live"] for item in dirty
    )


def _by_start(item: Appearance) -> tuple[str, int]:
    """Oldest occurrence first, as ``load_appearances`` has them."""
    return str(item.occurrence["start_at"] or ""), item.row["id"]


def _names(plan: PersonPlan) -> dict[str, str]:
    newest = plan.appearances[-1].row
    values = (newest["first_name"], newest["last_name"])
    return {name: value for name, value in zip(NAME_PROPERTIES, values, strict=True) if value}
