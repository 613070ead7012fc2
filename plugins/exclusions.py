"""Who is left out of HubSpot, and why: the rules every portal has."""

from __future__ import annotations

from collections.abc import Callable

from plugins.addresses import find_domain_rule, is_valid_address
from rollcall import Context, Exclusion, Person, PluginDescription, hookimpl

Rule = Callable[[Person, Context], Exclusion | None]


@hookimpl
def describe_plugin() -> PluginDescription:
    return PluginDescription(
        name="exclusions",
        title="Exclusions",
        version="1.0.0",
        summary="Leaves out colleagues, speakers, excluded domains and addresses that cannot sync.",
    )


@hookimpl
def should_exclude(person: Person, context: Context) -> Exclusion | None:
    for rule in _RULES:
        exclusion = rule(person, context)
        if exclusion is not None:
            return exclusion
    return None


def _without_address(person: Person, context: Context) -> Exclusion | None:
    if person.email:
        return None
    if person.has_zoom_identity:
        return Exclusion("unmatched", "Zoom knows this person but gave no e-mail address")
    return Exclusion("no_email", "Zoom gave no e-mail address")


def _invalid_address(person: Person, context: Context) -> Exclusion | None:
    if is_valid_address(person.email):
        return None
    return Exclusion("invalid_email", "the e-mail address is not a valid one")


def _speaker(person: Person, context: Context) -> Exclusion | None:
    if person.role == "attendee":
        return None
    return Exclusion("role", f"took part as {person.role}")


def _denied(person: Person, context: Context) -> Exclusion | None:
    if person.status != "denied":
        return None
    return Exclusion("denied", "the registration was denied in Zoom")


def _hubspot_user(person: Person, context: Context) -> Exclusion | None:
    if not person.is_hubspot_user:
        return None
    return Exclusion("hubspot_user", "the address belongs to a user of this HubSpot account")


def _excluded_domain(person: Person, context: Context) -> Exclusion | None:
    rule = find_domain_rule(person.email, context.tenant.excluded_contact_domains)
    if rule is None:
        return None
    if context.tenant.contact_exclusion == "update_only" and context.contact.contact_id is not None:
        return None
    return Exclusion("excluded_domain", f"domain {rule} in Contact exclusions")


def _secondary_address(person: Person, context: Context) -> Exclusion | None:
    policy = context.tenant.secondary_email
    if context.contact.match != "secondary" or policy == "resolve":
        return None
    if policy == "hold":
        detail = "a secondary address of a contact; the portal wants to decide each time"
        return Exclusion("held_secondary", detail, hold=True)
    return Exclusion("secondary_email", "a secondary address of a contact")


def _deleted_contact(person: Person, context: Context) -> Exclusion | None:
    if not context.contact.is_deleted or context.tenant.recreate_deleted:
        return None
    return Exclusion("deleted_contact", "the contact was deleted in HubSpot")


_RULES: tuple[Rule, ...] = (
    _without_address,
    _invalid_address,
    _speaker,
    _denied,
    _hubspot_user,
    _excluded_domain,
    _secondary_address,
    _deleted_contact,
)
"""The first that speaks names the reason."""
