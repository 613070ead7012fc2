"""Work that waits for somebody to connect again: why it waits, and how it goes on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Select, exists, or_, select, update

from store.tables import connection as connections
from store.tables import inbox, occurrence, occurrence_person, portal, portal_zoom, run, webinar


def find_connection_problem(connection: Connection, occurrence_pk: int) -> str:
    """Why nothing can be read or written for an occurrence, and what to do; "" when all is well."""
    place = connection.execute(
        select(occurrence.c.portal_id, webinar.c.account_id)
        .join(webinar, webinar.c.id == occurrence.c.webinar_pk)
        .where(occurrence.c.id == occurrence_pk)
    ).one()
    hubspot = select(connections.c.id).where(
        connections.c.platform == "hubspot",
        connections.c.account_id == place.portal_id,
        connections.c.status == "connected",
    )
    if connection.execute(hubspot).first() is None:
        return (
            f"HubSpot account {place.portal_id} no longer accepts Rollcall: "
            "connect HubSpot again in the console, and the work goes on by itself"
        )
    zoom = (
        select(connections.c.id)
        .join(portal_zoom, portal_zoom.c.connection_id == connections.c.id)
        .where(
            portal_zoom.c.portal_id == place.portal_id,
            portal_zoom.c.account_id == place.account_id,
            connections.c.status == "connected",
        )
    )
    if connection.execute(zoom).first() is None:
        return (
            f"Zoom account {place.account_id} no longer accepts Rollcall: "
            "connect Zoom again in the console, and the work goes on by itself"
        )
    return ""


def resume_account(connection: Connection, account_id: str, now: datetime) -> None:
    """Let the work of every portal that uses a Zoom account go on; deliveries of it as well."""
    portals = connection.execute(
        select(portal_zoom.c.portal_id).where(portal_zoom.c.account_id == account_id).distinct()
    ).scalars()
    for portal_id in portals.all():
        resume_portal(connection, portal_id, now)
    connection.execute(
        update(inbox)
        .where(inbox.c.source == "zoom", inbox.c.account_id == account_id, inbox.c.state == "new")
        .values(not_before=None, attempts=0)
    )


def resume_portal(connection: Connection, portal_id: str, now: datetime) -> None:
    """Make due whatever of a portal may have ended for want of a connection.

    Its webinars are listed at once, each occurrence whose newest run failed is due (and reads Zoom
    if that run was to), and people no longer wait for somebody to connect.
    """
    connection.execute(
        update(portal).where(portal.c.portal_id == portal_id).values(webinars_listed_at=None)
    )
    mine = occurrence.c.portal_id == portal_id
    for column, ended in (
        (occurrence.c.next_due_at, _ended_in_vain(portal_id)),
        (occurrence.c.next_read_at, _ended_in_vain(portal_id).where(run.c.must_read.is_(True))),
    ):
        connection.execute(
            update(occurrence)
            .where(mine, occurrence.c.id.in_(ended), or_(column.is_(None), column > now))
            .values({column.name: now})
        )
    connection.execute(
        update(occurrence_person)
        .where(
            occurrence_person.c.occurrence_pk.in_(select(occurrence.c.id).where(mine)),
            occurrence_person.c.outcome == "waiting",
            occurrence_person.c.reason == "reconnect",
        )
        .values(reason="queued", detail="will be looked at in the next run")
    )


def _ended_in_vain(portal_id: str) -> Select[tuple[int]]:
    """Occurrences whose newest run (dry ones apart) failed."""
    later = run.alias("later")
    is_outdated = exists().where(
        later.c.occurrence_pk == run.c.occurrence_pk,
        later.c.is_dry.is_(False),
        later.c.created_at > run.c.created_at,
    )
    return select(run.c.occurrence_pk).where(
        run.c.portal_id == portal_id,
        run.c.is_dry.is_(False),
        run.c.state == "failed",
        ~is_outdated,
    )
