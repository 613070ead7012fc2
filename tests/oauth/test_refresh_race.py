"""Many processes find the same token run out at the same moment."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from config import Zoom
from oauth.endpoints import zoom_endpoint
from oauth.tokens import TokenKeeper
from store.connections import open_tokens
from store.database import open_database, reading
from store.sealing import Sealer
from tests.oauth.support import ACCOUNT, HOST, Site, connect

PROCESSES, THREADS = 25, 2


def ask_for_a_token(
    database_url: str, keys: Sequence[str], app: Zoom, key: int, start: Any, answers: Any
) -> None:
    """A process with some threads that all need the token, two hours from now."""
    engine = open_database(database_url)
    keeper = TokenKeeper(
        engine,
        Sealer(keys),
        {"zoom": zoom_endpoint(app)},
        now=lambda: datetime.now(UTC) + timedelta(hours=2),
    )

    def ask() -> None:
        start.wait(60)
        try:
            answers.put(keeper.access_token(key).token)
        except Exception as error:
            answers.put(f"failed: {error!r}")

    threads = [threading.Thread(target=ask) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()


def test_one_of_them_renews_it_and_all_go_on_with_what_it_got_F26(any_site: Site) -> None:
    """The simulator's refresh tokens die on use: a second renewal would end the connection."""
    key = connect(any_site)
    before = len(any_site.token_calls("zoom"))
    any_site.add_fault("zoom", "slow", "/oauth/token", seconds=0.5)
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload([__name__])  # what they need is imported once
    start, answers = forked.Barrier(PROCESSES * THREADS), forked.Queue()
    config = any_site.config
    needs = (config.database_url, config.encryption_keys, config.zoom, key, start, answers)
    processes = [forked.Process(target=ask_for_a_token, args=needs) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    given = [answers.get(timeout=60) for _ in range(PROCESSES * THREADS)]
    for process in processes:
        process.join(30)

    assert any_site.token_calls("zoom")[before:] == [200]
    assert len(set(given)) == 1
    with reading(any_site.engine) as connection:
        stored = open_tokens(connection, Sealer(any_site.config.encryption_keys), key)
    assert given[0] == stored.access
    (row,) = any_site.rows("zoom")
    assert (row["account_id"], row["status"]) == (ACCOUNT, "connected")
    me = requests.get(
        f"{any_site.config.zoom.api_url}/users/me",
        headers={"Authorization": f"Bearer {given[0]}"},
        timeout=10,
    )
    assert me.json()["id"] == HOST
