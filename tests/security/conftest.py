"""Two tenants in one application, the first with one of everything that has an id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from store.database import writing
from store.tables import (
    backfill,
    backfill_webinar,
    connection,
    inbox,
    portal_zoom,
    run,
    run_change,
)
from tests.api.conftest import (
    NOW,
    OTHER_PORTAL,
    PORTAL,
    add_people,
    add_webinar,
    seed,
)
from tests.oauth.conftest import any_site, platforms, site
from tests.oauth.support import Site
from tests.security.callers import RUN

__all__ = ["any_site", "platforms", "site"]


@pytest.fixture
def tenants(site: Site) -> Site:
    """Tenant A (``PORTAL``) with a webinar, people, a run and a parked delivery; B is connected."""
    return with_tenants(site)


@pytest.fixture
def any_tenants(any_site: Site) -> Site:
    """The same, once on SQLite and once on PostgreSQL."""
    return with_tenants(any_site)


def with_tenants(site: Site) -> Site:
    """The application with both tenants."""
    seed(site.engine)
    add_people(
        site.engine,
        1,
        [
            {"email": "ada@acme.example", "outcome": "failing", "reason": "rejected"},
            {"identity_key": "row:1", "outcome": "excluded", "reason": "no_email"},
        ],
    )
    add_webinar(site.engine, "95000000002", portal_id=OTHER_PORTAL, host=9)
    with writing(site.engine) as to:
        for platform, account_id in (("hubspot", OTHER_PORTAL), ("zoom", "zoom-account-b")):
            made = to.execute(
                connection.insert().values(
                    platform=platform,
                    account_id=account_id,
                    tokens=b"sealed",
                    expires_at=NOW,
                    scopes=[],
                    created_at=NOW,
                )
            )
        to.execute(
            portal_zoom.insert().values(
                portal_id=OTHER_PORTAL,
                connection_id=made.inserted_primary_key[0],
                account_id="zoom-account-b",
            )
        )
        to.execute(
            run.insert().values(
                id=RUN,
                portal_id=PORTAL,
                webinar_pk=1,
                occurrence_pk=1,
                group_id=RUN,
                trigger="sync_now",
                pool="bulk",
                state="done",
                not_before=NOW,
                created_at=NOW,
                finished_at=NOW,
            )
        )
        to.execute(
            run_change.insert().values(run_id=RUN, email="ada@acme.example", effect="contact")
        )
        to.execute(
            backfill.insert().values(
                id=RUN,
                portal_id=PORTAL,
                since=NOW,
                webinar_ids=[],
                account_ids=["zoom-account"],
                state="done",
                not_before=NOW,
                created_at=NOW,
            )
        )
        to.execute(
            backfill_webinar.insert().values(
                backfill_id=RUN,
                portal_id=PORTAL,
                account_id="zoom-account",
                webinar_id="95000000001",
                topic="Topic 001",
                host_email="host0@acme.example",
                sessions=[],
            )
        )
        to.execute(
            inbox.insert().values(
                source="zoom",
                digest="1",
                body=b"sealed",
                received_at=NOW,
                state="dead",
                account_id="zoom-account",
                attempts=9,
                error="could not be read",
            )
        )
    return site


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """Every line logged in the test."""
    with structlog.testing.capture_logs() as captured:
        yield captured
