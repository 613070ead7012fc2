"""Registrations as a portal may keep them: erased people nameless, links without their tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from engine.registration_outcomes import stand_in_name
from store.gone import erased_among, lock_erasures
from store.registration_facts import RegistrationEntry
from store.registration_requests import nameless_among
from store.sealing import Sealer
from store.settings import read_settings


def presentable(
    connection: Connection, sealer: Sealer, portal_id: str, entries: Iterable[RegistrationEntry]
) -> list[RegistrationEntry]:
    """The registrations to merge; every one has to come through here.

    Of erased people only an identity is left, and the link that lets somebody in under a person's
    name is kept only where the portal asked for it.
    """
    given = _without_stand_ins(connection, portal_id, list(entries))
    lock_erasures(connection, portal_id, is_shared=True)
    hidden = erased_among(connection, sealer, portal_id, {entry.email for entry in given})
    _, settings = read_settings(connection, portal_id)
    if settings.join_link != "personal":
        given = [replace(entry, join_url="") for entry in given]
    return [
        replace(entry, email=hidden[entry.email], first_name="", last_name="", join_url="")
        if entry.email in hidden
        else entry
        for entry in given
    ]


def _without_stand_ins(
    connection: Connection, portal_id: str, entries: list[RegistrationEntry]
) -> list[RegistrationEntry]:
    """Without the first names Rollcall itself made up for contacts that have none."""
    suspects = [one.email for one in entries if one.first_name == stand_in_name(one.email)]
    nameless = nameless_among(connection, portal_id, suspects) if suspects else frozenset()
    return [replace(one, first_name="") if one.email in nameless else one for one in entries]
