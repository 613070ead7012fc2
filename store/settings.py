"""Settings by version, and what a change of them sets going."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from rollcall.errors import NeedsAttention
from schemas.plugin_forms import PluginForm
from schemas.tenant_settings import (
    PluginChoice,
    Settings,
    apply_patch,
    dump_settings,
    load_settings,
)
from store.plugin_health import forgive
from store.registration_facts import forget_join_links
from store.runs import open_runs_for_dirty
from store.switches import (
    effective_webinars,
    make_due,
    make_recordings_due,
    mark_dirty,
    plan_recordings_anew,
    webinars_with_recordings,
)
from store.tables import portal, setting_version

WITHOUT_EFFECT_ON_PEOPLE = frozenset(
    {
        "recording_sync",
        "recording_sync_users",
        "excluded_recording_domains",
        "recording_target",
        "registration_accounts",
        "question_mapping",
        "question_answers",
        "question_values",
        "raw_retention_days",
    }
)
"""Settings no decision about a person depends on."""


CONCERNING_RECORDINGS = frozenset(
    {
        "webinar_sync",
        "webinar_sync_users",
        "excluded_host_domains",
        "recording_sync",
        "recording_sync_users",
        "excluded_recording_domains",
    }
)
"""Settings that decide whether recordings are synced."""


def read_settings(
    connection: Connection, portal_id: str, version: int | None = None
) -> tuple[int, Settings]:
    """The settings in force, or those of ``version``; defaults for a version never saved."""
    number = version
    if number is None:
        number = connection.execute(
            select(portal.c.settings_version).where(portal.c.portal_id == portal_id)
        ).scalar_one()
    return number, load_settings(_stored(connection, portal_id, number))


class ChangedMeanwhile(NeedsAttention):
    """The settings are not those any more that a change was meant for."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else changed the settings meanwhile, so nothing was changed. Look at what is"
            " in force now, then save again."
        )


def save_settings(
    connection: Connection,
    portal_id: str,
    patch: Mapping[str, Any],
    author: str,
    now: datetime,
    plugin_forms: Mapping[str, PluginForm],
    based_on: int | None = None,
) -> int:
    """Apply the patch as a new version; its number (the old one when nothing changes).

    People whose decision may change become dirty, and webinars (or their recordings) the change
    switches on become due for a read, so what was missed arrives by itself. A paused plugin that is
    switched or set otherwise begins anew. Raises marshmallow's ValidationError, and
    `ChangedMeanwhile` when the version in force is another than ``based_on`` (None: any will do).
    """
    # One change at a time, each on top of the one before.
    number = connection.execute(
        select(portal.c.settings_version).where(portal.c.portal_id == portal_id).with_for_update()
    ).scalar_one()
    if based_on is not None and based_on != number:
        raise ChangedMeanwhile
    stored = _stored(connection, portal_id, number)
    before = load_settings(stored)
    values = apply_patch(stored, patch, plugin_forms)
    changed = {name for name, value in dump_settings(before).items() if values[name] != value}
    if not changed:
        return int(number)
    connection.execute(
        setting_version.insert().values(
            portal_id=portal_id,
            version=number + 1,
            values=values,
            author=author,
            created_at=now,
        )
    )
    connection.execute(
        update(portal).where(portal.c.portal_id == portal_id).values(settings_version=number + 1)
    )
    after = load_settings(values)
    if "join_link" in changed:
        forget_join_links(connection, portal_id)
    if changed & CONCERNING_RECORDINGS:
        had = webinars_with_recordings(connection, portal_id, before)
        has = webinars_with_recordings(connection, portal_id, after)
        make_recordings_due(connection, has - had, now)
    forgive(connection, portal_id, _plugins_changed(before, after))
    if changed & {"recording_target", "plugins"}:
        plan_recordings_anew(connection, portal_id, now)
    if changed - WITHOUT_EFFECT_ON_PEOPLE:
        was_on = effective_webinars(connection, portal_id, before)
        is_on = effective_webinars(connection, portal_id, after)
        make_due(connection, is_on - was_on, now)
        mark_dirty(connection, portal_id)
        open_runs_for_dirty(connection, portal_id, trigger="setting", pool="bulk", now=now)
    return int(number) + 1


def _plugins_changed(before: Settings, after: Settings) -> list[str]:
    """Plugins that were switched, or whose settings are others: somebody has seen to them."""

    def choice(settings: Settings, name: str) -> tuple[bool, Mapping[str, Any]]:
        found = settings.plugins.get(name, PluginChoice())
        return found.enabled, found.settings

    return [name for name in after.plugins if choice(before, name) != choice(after, name)]


def _stored(connection: Connection, portal_id: str, version: int) -> Mapping[str, Any]:
    values: Mapping[str, Any] | None = connection.execute(
        select(setting_version.c["values"]).where(
            setting_version.c.portal_id == portal_id, setting_version.c.version == version
        )
    ).scalar()
    return values or {}
