"""How the portal's connections and work fare, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from api.blueprint import new_blueprint
from api.callers import caller
from api.parts import parts
from engine.health import AccountHealth, HealthFacts, HealthWarning, find_health_warnings
from schemas.api_health import PortalHealthSchema
from store.clock import measure_skew
from store.connections import Grant, hubspot_grant, zoom_grants
from store.database import reading
from store.health_facts import (
    Deliveries,
    count_alerts,
    last_begun,
    read_deliveries,
    read_open_runs,
)

blueprint = new_blueprint("health", "Connections, deliveries and runs of the portal.")


@blueprint.get("/health")
@blueprint.response(200, PortalHealthSchema)
def get_health() -> dict[str, Any]:
    """Connections, deliveries, runs and clock of this portal alone, and what is wrong with them."""
    given, portal_id = parts(), caller().portal_id
    now = given.clock()
    with reading(given.engine) as connection:
        grants = _grants(connection, portal_id)
        keys = dict.fromkeys((grant.platform, grant.account_id) for grant in grants)
        deliveries = read_deliveries(connection, list(keys), now)
        runs = read_open_runs(connection, portal_id, now)
        told, waiting = count_alerts(connection, portal_id)
        begun = last_begun(connection, portal_id, now)
    skew = measure_skew(given.engine, given.clock)
    by_account = {(one.source, one.account_id): one for one in deliveries}
    facts = HealthFacts(
        accounts=_merge(grants, by_account, begun, now),
        runs_wait_since=runs.oldest_at,
        overdue=told,
        skew_seconds=skew,
    )
    return {
        "accounts": [_show_account(grant) for grant in grants],
        "webhooks": [{**asdict(one), "platform": one.source} for one in deliveries],
        "runs": asdict(runs),
        "alerts": {"told": told, "waiting": waiting},
        "clock_skew_seconds": skew,
        "warnings": [_show_warning(one) for one in find_health_warnings(facts, now)],
    }


def _grants(connection: Connection, portal_id: str) -> list[Grant]:
    own = hubspot_grant(connection, portal_id)
    return ([own] if own is not None else []) + zoom_grants(connection, portal_id)


def _merge(
    grants: Iterable[Grant],
    deliveries: Mapping[tuple[str, str], Deliveries],
    begun: Mapping[str, datetime],
    now: datetime,
) -> list[AccountHealth]:
    """Each grant with its account's deliveries; of several grants to an account the first has them.

    Of an account that several people connected, one living grant is enough.
    """
    alive = {(g.platform, g.account_id) for g in grants if g.status == "connected"}
    left = dict(deliveries)
    merged = []
    for grant in grants:
        key = (grant.platform, grant.account_id)
        if grant.status != "connected" and key in alive:
            continue
        mine = left.pop(key, None)
        outage = parts().outage(grant.platform, grant.account_id) if mine is not None else None
        merged.append(
            AccountHealth(
                platform=grant.platform,
                account_id=grant.account_id,
                status=grant.status,
                connected_at=grant.status_changed_at or now,
                is_reduced=grant.is_reduced,
                outage_since=outage.since if outage is not None else None,
                last_at=mine.last_at if mine is not None else None,
                waiting=mine.waiting if mine is not None else 0,
                oldest_at=mine.oldest_at if mine is not None else None,
                parked=mine.parked if mine is not None else 0,
                began_at=begun.get(grant.account_id) if mine is not None else None,
            )
        )
    return merged


def _show_account(grant: Grant) -> dict[str, Any]:
    return {
        "platform": grant.platform,
        "account_id": grant.account_id,
        "status": grant.status,
        "reduced": grant.is_reduced,
        "connected_at": grant.status_changed_at,
        "renewed_at": grant.refreshed_at,
        "not_answering": parts().outage(grant.platform, grant.account_id),
        "paused_seconds": parts().pause(grant.platform, grant.account_id),
    }


def _show_warning(warning: HealthWarning) -> dict[str, Any]:
    return {
        "code": warning.code,
        "title": warning.title,
        "meaning": warning.meaning,
        "remedy": warning.remedy,
        "account_id": warning.account_id,
        "action": {"name": warning.action, "label": warning.label},
    }
