"""Before a replay: which rules are others now, and what could not be withdrawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from api.blueprint import new_blueprint
from api.callers import caller
from api.parts import parts
from api.webinars import chosen_occurrences, portal_webinar
from schemas.api_runs import ReplayFactsSchema
from schemas.tenant_settings import dump_settings
from store.database import reading
from store.replay_facts import people_by_settings, plugin_versions, written_for_excluded
from store.settings import read_settings

blueprint = new_blueprint("replay_facts", "What a replay would decide anew.")

WITHDRAWABLE = frozenset({"register", "call_contact"})
"""HubSpot lets a registration be cancelled and a call record be emptied; nothing else ends."""


@blueprint.get("/webinars/<webinar_id>/replay")
@blueprint.response(200, ReplayFactsSchema)
def get_replay_facts(webinar_id: str) -> dict[str, Any]:
    """Settings and plugins that changed since the webinar's people were decided upon."""
    with reading(parts().engine) as connection:
        webinar_row = portal_webinar(connection, webinar_id)
        pks = [row["id"] for row in chosen_occurrences(connection, webinar_row["id"], None)]
        people = people_by_settings(connection, pks)
        version, settings = read_settings(connection, caller().portal_id)
        before = read_settings(connection, caller().portal_id, min(people, default=version))[1]
        return {
            "settings_version": version,
            "decided_under": [
                {"version": number, "people": many} for number, many in people.items()
            ],
            "changed_settings": differing(dump_settings(before), dump_settings(settings)),
            "changed_plugins": _changed_plugins(connection, pks),
            "written_for_excluded": [
                {"kind": kind, "count": many, "withdrawable": kind in WITHDRAWABLE}
                for kind, many in written_for_excluded(connection, pks).items()
            ],
        }


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The settings that differ; those of plugins one by one, as ``plugins.<name>``."""
    names = [name for name in after if name != "plugins" and before[name] != after[name]]
    was, now = before["plugins"], after["plugins"]
    of_plugins = [name for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    return [*names, *(f"plugins.{name}" for name in of_plugins)]


def _changed_plugins(connection: Connection, pks: Sequence[int]) -> list[dict[str, Any]]:
    before: dict[str, list[str]] = defaultdict(list)
    for row in plugin_versions(connection, pks):
        before[row["plugin"]].append(row["version"])
    changed = []
    for name, versions in before.items():
        loaded = parts().registry.find(name)
        present = loaded.description.version if loaded is not None else None
        older = [version for version in versions if version != present]
        if older:
            title = loaded.description.title if loaded is not None else name
            changed.append({"name": name, "title": title, "version": present, "before": older})
    return changed
