"""Zoom in Zoom's words. https://developers.zoom.us/docs/api/meetings/

Lists come as generators of pages, each page needing the token of the one before. A token lives 15
minutes; when it has run out, :class:`clients.errors.PageTokenExpired` is raised in the middle: the
caller starts a new generator and takes its rows again (so it must merge, never append blindly).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from clients.downloads import Download
from clients.errors import Rejected
from clients.limiter import Bucket
from clients.transport import Transport
from schemas import zoom_api as wire
from schemas import zoom_reports as reports
from schemas.base import Page
from schemas.zoom_api import (
    PanelistRow,
    QuestionRow,
    RegistrantInput,
    RegistrantRow,
    Registration,
    UserSettings,
    WebinarDetail,
    WebinarRow,
    ZoomUserRow,
)
from schemas.zoom_batches import (
    BatchRegistration,
    batch_registrants_body,
    read_batch_registrations,
)
from schemas.zoom_reports import (
    HistoryRow,
    InstanceDetail,
    InstanceRow,
    ParticipantRow,
    RecordingDetail,
)

T = TypeVar("T")

PAGE_SIZE = 300
REGISTRANT_BATCH = 30
TEXT_LIMIT = 10 * 1024 * 1024
RegistrantQuery = Literal["approved", "pending", "denied"]


def encode_uuid(uuid: str) -> str:
    """Return a session's UUID fit for a path: encoded twice if it starts with ``/`` or has ``//``.

    https://developers.zoom.us/docs/api/using-zoom-apis/#meeting-id-and-uuid
    """
    encoded = quote(uuid, safe="")
    return quote(encoded, safe="") if uuid.startswith("/") or "//" in uuid else encoded


class Zoom:
    """One Zoom account's API. Raises the errors of :mod:`clients.errors`.

    A single object that lacks its id raises marshmallow.ValidationError; unreadable rows of a list
    are counted on their page.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # --- users

    def me(self) -> ZoomUserRow:
        """Return the user who authorised the app, with ``account_id``."""
        return wire.read_user(self._get("light", "/users/me"))

    def users(self) -> Iterator[Page[ZoomUserRow]]:
        """Yield the account's active users."""
        return self._pages("medium", "/users", wire.read_users)

    def user_settings(self, user_id: str) -> UserSettings:
        """Return what the user's licence allows."""
        route = "/users/{user}/settings"
        return wire.read_user_settings(self._get("medium", route, {"user": user_id}))

    # --- webinars

    def user_webinars(
        self, user_id: str, webinar_type: Literal["scheduled", "upcoming"] = "scheduled"
    ) -> Iterator[Page[WebinarRow]]:
        """Yield the webinars a user hosts; ended ones drop out, so absence means nothing.

        A recurring webinar may come once for each occurrence.
        """
        route = "/users/{user}/webinars"
        params = {"type": webinar_type}
        return self._pages("medium", route, wire.read_webinars, {"user": user_id}, params)

    def webinar(self, webinar_id: str, *, show_previous_occurrences: bool = False) -> WebinarDetail:
        """Return a webinar with its occurrences, the past ones too when asked for."""
        params = {"show_previous_occurrences": "true"} if show_previous_occurrences else {}
        parts = {"webinar": webinar_id}
        return wire.read_webinar(self._get("light", "/webinars/{webinar}", parts, params))

    def panelists(self, webinar_id: str) -> Page[PanelistRow]:
        """Return all panelists, in one page."""
        route = "/webinars/{webinar}/panelists"
        return wire.read_panelists(self._get("medium", route, {"webinar": webinar_id}))

    # --- registration

    def registrants(
        self, webinar_id: str, status: RegistrantQuery = "approved", occurrence_id: str = ""
    ) -> Iterator[Page[RegistrantRow]]:
        """Yield the registrants of one status; Zoom lists no cancelled ones.

        ``Page.total_records`` is the count of the whole list: it is complete when all its pages'
        rows, unreadable ones included, add up to that.
        """
        route = "/webinars/{webinar}/registrants"
        params = {"status": status} | ({"occurrence_id": occurrence_id} if occurrence_id else {})
        parts = {"webinar": webinar_id}
        return self._pages("medium", route, wire.read_registrants, parts, params)

    def registration_questions(self, webinar_id: str) -> tuple[QuestionRow, ...]:
        """Return the questions of the registration form besides first name and address."""
        route = "/webinars/{webinar}/registrants/questions"
        return wire.read_questions(self._get("light", route, {"webinar": webinar_id}))

    def add_registrant(
        self, webinar_id: str, registrant: RegistrantInput, occurrence_ids: Sequence[str] = ()
    ) -> Registration:
        """Register somebody. Not idempotent: Zoom counts three additions of a person a day.

        Raises Rejected with Zoom's ``code`` (3027 host, 3000 by text, 3034 work address, 3038 over,
        300 invalid ``fields``), NotFound (3001), RateLimited with policy ``registrant``, and
        Unconfirmed, after which the registrant lists must be read before it is tried again.
        https://developers.zoom.us/docs/api/meetings/#tag/webinars
        """
        params = {"occurrence_ids": ",".join(occurrence_ids)} if occurrence_ids else {}
        return wire.read_registration(
            self._call(
                "POST",
                "light",
                "/webinars/{webinar}/registrants",
                {"webinar": webinar_id},
                params,
                body=wire.registrant_body(registrant),
            )
        )

    def add_registrants(
        self, webinar_id: str, registrants: Sequence[RegistrantInput]
    ) -> tuple[BatchRegistration, ...]:
        """Register up to ``REGISTRANT_BATCH`` people by address and name; single webinars only.

        Whoever is missing in the answer was left out without a word (a host, a panelist, an address
        Zoom does not take). Nobody is approved by it. Raises as :meth:`add_registrant` does, and
        ValueError for too many; after a refusal for want of room some of them may be registered.
        https://developers.zoom.us/docs/api/meetings/#tag/webinars/post/webinars/{webinarId}/batch_registrants
        """
        if not 0 < len(registrants) <= REGISTRANT_BATCH:
            raise ValueError(f"a batch holds 1 to {REGISTRANT_BATCH} people")
        return read_batch_registrations(
            self._call(
                "POST",
                "heavy",
                "/webinars/{webinar}/batch_registrants",
                {"webinar": webinar_id},
                body=batch_registrants_body(registrants),
            )
        )

    # --- what happened

    def past_instances(self, webinar_id: str) -> Page[InstanceRow]:
        """Return all past sessions of a webinar, in one page."""
        route = "/past_webinars/{webinar}/instances"
        return reports.read_instances(self._get("light", route, {"webinar": webinar_id}))

    def report_detail(self, uuid: str) -> InstanceDetail:
        """Return the actual start and end of one session. NotFound also means not ready yet."""
        return reports.read_instance_detail(
            self._get("heavy", "/report/webinars/{uuid}", {"uuid": uuid})
        )

    def report_participants(self, uuid: str) -> Iterator[Page[ParticipantRow]]:
        """Yield the joins of one session, hosts and panelists included. By UUID only: a numeric id
        means the latest session. NotFound also means not ready yet.
        """
        route = "/report/webinars/{uuid}/participants"
        params = {"include_fields": "registrant_id"}
        return self._pages("heavy", route, reports.read_participants, {"uuid": uuid}, params)

    def past_participants(self, uuid: str) -> Iterator[Page[ParticipantRow]]:
        """Yield the joins of one session as anybody may read them who may see webinars.

        For installers without the right to reports. By UUID only, as with reports. NotFound also
        means not ready yet.
        """
        route = "/past_webinars/{uuid}/participants"
        return self._pages("medium", route, reports.read_past_participants, {"uuid": uuid})

    def history_meetings(self, start: date, end: date) -> Iterator[Page[HistoryRow]]:
        """Yield the account's webinar sessions that ended between two days (at most a month)."""
        params = {
            "from": start.isoformat(),
            "to": end.isoformat(),
            "date_type": "end_time",
            "meeting_type": "webinar",
        }
        return self._pages("heavy", "/report/history_meetings", reports.read_history, {}, params)

    def recordings(self, uuid: str) -> RecordingDetail:
        """Return the cloud recording of one session. NotFound (3301): none, or not ready yet."""
        route = "/meetings/{uuid}/recordings"
        return reports.read_recording(self._get("light", route, {"uuid": uuid}))

    def download(self, url: str, byte_range: str = "") -> Download:
        """Open a recording's file, or a part of it (a ``Range`` header); close it afterwards."""
        return self._transport.download(url, byte_range)

    def download_text(self, url: str) -> str:
        """Return a small file's text. Raises Rejected when it is longer than 10 MiB."""
        opened = self.download(url)
        try:
            content = bytearray()
            for chunk in opened.chunks():
                content += chunk
                if len(content) > TEXT_LIMIT:
                    raise Rejected("Zoom's transcript is longer than 10 MiB")
        finally:
            opened.close()
        return content.decode("utf-8-sig", errors="replace")

    # --- shared

    def _get(
        self,
        bucket: Bucket,
        route: str,
        parts: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        return self._call("GET", bucket, route, parts or {}, params)

    def _call(
        self,
        method: str,
        bucket: Bucket,
        route: str,
        parts: Mapping[str, str],
        params: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Any:
        encoded = {name: encode_uuid(part) for name, part in parts.items()}
        path = route.format(**encoded)
        return self._transport.call(
            method, route, path=path, params=params, body=body, bucket=bucket
        )

    def _pages(
        self,
        bucket: Bucket,
        route: str,
        read: Callable[[Any], Page[T]],
        parts: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Iterator[Page[T]]:
        asked = {**(params or {}), "page_size": PAGE_SIZE}
        while True:
            page = read(self._get(bucket, route, parts, asked))
            yield page
            if not page.next_token or page.next_token == asked.get("next_page_token"):
                return
            asked["next_page_token"] = page.next_token
