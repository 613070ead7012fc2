"""What both doors share: a body of bounded size, one row stored, an answer that means it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from flask import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

from store.inbox import Source, place_of, trace_of
from store.inbox_drivers import Delivery
from store.intake import Intake, NotStored
from store.runs import Pool
from store.sealing import Sealer

LARGEST_BODY = 512 * 1024
RETRY_AFTER_SECONDS = 30

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """Where deliveries go, and who is told.

    ``ring`` rings for a pool of workers; ``count`` counts a delivery by source and result.
    """

    intake: Intake
    sealer: Sealer
    ring: Callable[[Pool], None]
    count: Callable[[str, str], None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def read_body(self, request: Request, source: Source) -> bytes:
        """The raw body. Raises RequestEntityTooLarge above 512 KiB, chunked or not."""
        # A body without a length is cut off at the limit and not refused: one byte more shows it.
        request.max_content_length = LARGEST_BODY + 1
        try:
            body = request.get_data(cache=False)
            if len(body) > LARGEST_BODY:
                raise RequestEntityTooLarge
        except RequestEntityTooLarge:
            self._note_refusal(source, "too_large", 413)
            raise
        return body

    def store(
        self, source: Source, body: bytes, *, identity: bytes, event: str, account_id: str
    ) -> Response:
        """Store a verified delivery and answer: 204 when it is kept, 503 when it may not be."""
        status = self.keep(source, body, identity=identity, event=event, account_id=account_id)
        return Response(status=status, headers=more_headers(status))

    def keep(
        self, source: Source, body: bytes, *, identity: bytes, event: str, account_id: str
    ) -> int:
        """Store a verified delivery: the status to answer with."""
        digest = hashlib.sha256(identity).hexdigest()
        sealed = self.sealer.seal(body, place_of(digest))
        try:
            is_new = self.intake.store(
                Delivery(source, digest, sealed, self.now(), event, account_id)
            )
        except NotStored as error:
            # Also when the commit's own answer was lost: the sender comes again, and the digest
            # tells whether the row is there.
            self.count(source, "refused_database")
            log.error(
                "delivery_not_stored",
                source=source,
                delivery_event=event,
                error=error.why,
                what_happens="answered 503, so it is sent again",
            )
            return 503
        result = "stored" if is_new else "repeated"
        self.count(source, result)
        log.info(
            f"delivery_{result}",
            source=source,
            delivery=trace_of(digest),
            delivery_event=event,
            account=account_id,
        )
        self.ring("live")
        return 204

    def refuse(self, source: Source, result: str, status: int) -> Response:
        """Answer with a status alone; nothing is stored."""
        self._note_refusal(source, result, status)
        return Response(status=status)

    def _note_refusal(self, source: Source, result: str, status: int) -> None:
        self.count(source, result)
        log.warning("delivery_refused", source=source, reason=result, status=status)


def more_headers(status: int) -> list[tuple[str, str]]:
    """What an answer of that status says beside it: when to come again."""
    return [("Retry-After", str(RETRY_AFTER_SECONDS))] if status == 503 else []


def read_name(value: object) -> str:
    """A name or number of a body, short and fit for a column; "" for anything else.

    No zero bytes, which PostgreSQL refuses, and no halves of characters.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)) or "\x00" in str(value):
        return ""
    return str(value).encode("utf-8", "replace").decode()[:64]
