"""The database: reachable, writable, with this version's tables, on our time, opened by our keys.

Nothing stays of what is tried: the one row that is written is rolled back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, insert, make_url, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from commands.doctor.findings import Finding, fail, fine, warn
from commands.doctor.settings import Surroundings
from store.clock import LARGEST_SKEW_SECONDS, read_clock_ms
from store.connections import open_tokens
from store.database import open_database
from store.figures import read_figures
from store.migration import alembic_config
from store.sealing import SealBroken, Sealer
from store.tables import connection as connections
from store.tables import lease

CONNECT_SECONDS = 5
LONGEST_WAIT_SECONDS = 120.0
OPENED_FOR_TRIAL = 5
DATABASE, TABLES = "database", "tables"
_DOWN = "webhooks are refused (Zoom repeats them for 85 minutes), and no work is done"


def check_database(
    around: Surroundings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[Finding]:
    """Everything that is asked of the database, one thing after the other."""
    url = around.config.database_url
    if (missing := _missing_file(url)) is not None:
        yield warn(
            DATABASE,
            f"there is no {missing} yet",
            "nothing has been started here so far",
            "./run migrate makes it; ./run serve does so by itself",
        )
        return
    try:
        engine = _open(url)
    except (SQLAlchemyError, ImportError):
        yield fail(DATABASE, "its driver is not known here", _DOWN, "begin it with postgresql://")
        return
    try:
        with engine.connect() as connection:
            yield fine(DATABASE, f"{make_url(url).render_as_string(hide_password=True)} answers")
            standing = _check_tables(connection, url)
            yield standing
            yield _check_clock(connection, clock)
            connection.rollback()
            if standing.status != "failed":
                yield _check_writes(connection)
                yield from _check_contents(connection, around, clock())
    except DBAPIError as error:
        yield fail(DATABASE, f"fails: {_words(error)}", _DOWN, _remedy(_words(error)))
    finally:
        engine.dispose()


def _missing_file(url: str) -> str | None:
    """The file of an SQLite database that does not exist."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or not parts.database:
        return None
    return None if Path(parts.database).exists() else parts.database


def _open(url: str) -> Engine:
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite":
        return open_database(url, pool_size=1, connect_timeout=CONNECT_SECONDS)
    # Without the pragmas of `open_database`, which change a file that is not one of ours.
    return create_engine(
        f"sqlite:///file:{quote(parts.database or '')}?mode=rw&uri=true",
        connect_args={"timeout": CONNECT_SECONDS},
    )


def _words(error: DBAPIError) -> str:
    """The driver's own words, the first line of them."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error).__name__


_REMEDIES = {
    "password authentication failed": "check user and password in ROLLCALL_DATABASE_URL",
    "does not exist": "create the database and its user, or check ROLLCALL_DATABASE_URL",
    "refused": "start PostgreSQL, or let it listen where ROLLCALL_DATABASE_URL says",
    "resolve": "check the host in ROLLCALL_DATABASE_URL",
    "translate host": "check the host in ROLLCALL_DATABASE_URL",
    "timeout": "let a firewall pass connections to the database",
    "too many": "raise max_connections, or run fewer processes",
    "not a database": "ROLLCALL_DATABASE_URL names a file that is none of SQLite's",
    "unable to open": "let the user Rollcall runs as read and write the file and its folder",
}


def _remedy(words: str) -> str:
    lowered = words.lower()
    known = (remedy for part, remedy in _REMEDIES.items() if part in lowered)
    return next(known, "check ROLLCALL_DATABASE_URL and the database's own log")


def _check_tables(connection: Connection, url: str) -> Finding:
    standing = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(alembic_config(url))
    head = scripts.get_current_head()
    if standing == head:
        return fine(TABLES, f"at {head}, this version's")
    if standing is None:
        return fail(TABLES, "there are none", "no process can work", "./run migrate")
    if standing in {script.revision for script in scripts.walk_revisions()}:
        return fail(
            TABLES,
            f"at {standing}, this version needs {head}",
            "this version's processes fail where they use what is missing",
            "./run migrate, while the older version may go on working",
        )
    return warn(
        TABLES,
        f"at {standing}, which this version does not know",
        "a newer version made them; this one works on them if it is one version older, not more",
        "go on with the upgrade, or ask with the newer version's ./run doctor",
    )


def _check_clock(connection: Connection, clock: Callable[[], datetime]) -> Finding:
    skew = clock().timestamp() - read_clock_ms(connection) / 1000
    if abs(skew) <= LARGEST_SKEW_SECONDS:
        return fine("clock", f"{abs(skew):.1f} s from the database's")
    return fail(
        "clock",
        f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the database's",
        "what is due comes at the wrong time; beyond five minutes HubSpot's requests are refused",
        "set the clock of this machine, or of the database's, by NTP: timedatectl set-ntp true",
    )


def _check_writes(connection: Connection) -> Finding:
    """Write a row into the smallest table, and take it back."""
    row = {"name": f"doctor:{secrets.token_hex(8)}", "owner": "doctor", "until_ms": 0, "fence": 0}
    try:
        connection.execute(insert(lease), row)
    except DBAPIError as error:
        words = _words(error)
        if "locked" in words:
            return warn(
                "database writes",
                f"somebody else has been writing for {CONNECT_SECONDS} s",
                "everybody waits for whoever writes",
                "try again; if it stays so, look for a program that keeps the file open",
            )
        return fail(
            "database writes",
            f"refused: {words}",
            _DOWN,
            "name the primary, not a replica, in ROLLCALL_DATABASE_URL; look for a full disk and"
            " for missing rights",
        )
    finally:
        connection.rollback()
    return fine("database writes", "a row was written and taken back")


def _check_contents(
    connection: Connection, around: Surroundings, now: datetime
) -> Iterator[Finding]:
    if not {"ROLLCALL_ENCRYPTION_KEYS"} & around.wrong:
        yield _check_keys(connection, Sealer(around.config.encryption_keys))
    figures = read_figures(connection, now)
    connection.rollback()
    dead, waited = figures.deliveries.get("dead", 0), figures.oldest_delivery_seconds
    if waited > LONGEST_WAIT_SECONDS:
        yield fail(
            "deliveries",
            f"the oldest has waited for {waited / 60:.0f} minutes",
            "nobody works off what arrives; nothing is lost",
            "start ./run worker and ./run scheduler, and look at their logs",
        )
    elif dead:
        yield warn(
            "deliveries",
            f"{dead} parked",
            "they were stored and could not be merged",
            "docs/how-to/operate.md, Dead letters, says how to replay them",
        )
    else:
        yield fine("deliveries", "none waits for long, none is parked")


def _check_keys(connection: Connection, sealer: Sealer) -> Finding:
    held = select(connections.c.id).where(connections.c.status == "connected")
    ids = connection.execute(held.order_by(connections.c.id.desc()).limit(OPENED_FOR_TRIAL))
    tried = 0
    for (connection_id,) in ids.all():
        try:
            open_tokens(connection, sealer, connection_id)
        except SealBroken:
            return fail(
                "keys",
                "tokens in the database do not open with ROLLCALL_ENCRYPTION_KEYS",
                "nothing can be read or written for these customers",
                "add the key that sealed them behind the present one, separated by a comma",
            )
        tried += 1
    return fine("keys", f"tokens of {tried} connections open" if tried else "nothing is sealed yet")
