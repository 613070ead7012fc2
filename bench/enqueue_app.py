"""The usual way to take in a webhook: verify it, insert a row, enqueue a job for it, answer.

Written as sparingly as the drivers allow: no ORM, one connection a thread, one statement a request.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections.abc import Callable

from flask import Flask, Response, request
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

Insert = Callable[[str, bytes], None]


def create_app() -> Flask:
    """The application of the environment that Rollcall's web process gets too."""
    app = Flask("enqueue")
    secret = os.environ["ZOOM_WEBHOOK_SECRET"].encode()
    insert = _insert_into(os.environ["ROLLCALL_DATABASE_URL"])
    queue = Queue(
        "events",
        connection=Redis.from_url(os.environ["ROLLCALL_REDIS_URL"]),
        serializer=JSONSerializer,
    )

    @app.get("/nothing")
    def nothing() -> Response:
        return Response(status=204)

    @app.post("/webhooks/zoom")
    def take_in() -> Response:
        body = request.get_data()
        timestamp = request.headers["x-zm-request-timestamp"]
        proof = hmac.digest(secret, b"v0:" + timestamp.encode() + b":" + body, "sha256").hex()
        if not hmac.compare_digest("v0=" + proof, request.headers["x-zm-signature"]):
            return Response(status=401)
        digest = hashlib.sha256(body).hexdigest()
        insert(digest, body)
        queue.enqueue("bench.events.work_off", digest)
        return Response(status=204)

    return app


def _insert_into(url: str) -> Insert:
    own = threading.local()
    if url.startswith("sqlite"):
        return _insert_into_sqlite(url.removeprefix("sqlite:///"), own)
    return _insert_into_postgresql(url.replace("postgresql+psycopg", "postgresql"), own)


def _insert_into_sqlite(path: str, own: threading.local) -> Insert:
    import sqlite3

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS event (digest TEXT PRIMARY KEY, body BLOB NOT NULL)"
        )
        return connection

    def insert(digest: str, body: bytes) -> None:
        if not hasattr(own, "connection"):
            own.connection = connect()
        own.connection.execute(
            "INSERT INTO event VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, body)
        )

    return insert


def _insert_into_postgresql(url: str, own: threading.local) -> Insert:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS event (digest TEXT PRIMARY KEY, body BYTEA NOT NULL)"
        )

    def insert(digest: str, body: bytes) -> None:
        if not hasattr(own, "connection"):
            own.connection = psycopg.connect(url, autocommit=True)
        own.connection.execute(
            "INSERT INTO event VALUES (%s, %s) ON CONFLICT DO NOTHING", (digest, body), prepare=True
        )

    return insert
