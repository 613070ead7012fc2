"""HubSpot's bin: who was deleted before we ever heard of them is not created again.

Read before the first contact is written and once a day from then on, a bounded stretch at a time.
Only keyed hashes of the addresses are kept, with the contact's id.
https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import islice

import structlog

from clients.errors import Rejected
from clients.hubspot import HubSpot
from jobs.slices import Slice
from schemas.hubspot_contacts import ContactRow
from store.database import reading
from store.gone import ensure_hash, forget_contacts, note_deleted, noted_contacts
from store.portals import BinMark, note_bin, read_bin_mark

EVERY = timedelta(days=1)
GO_ON_AFTER = timedelta(minutes=10)
"""A bin that one stretch did not exhaust is gone on with so much later."""
PAGES = 50
"""Pages of 100 read at once: some five seconds of HubSpot's limit of 110 calls in ten."""
TOLD = 1000
"""Deletions HubSpot told of whose addresses are looked up at once."""

log = structlog.get_logger(__name__)


def refresh_bin(slice_: Slice) -> None:
    """Learn who is in the portal's bin, as far as that is due. Raises SliceOver, LeaseLost."""
    _look_up_told(slice_)
    runtime, portal_id = slice_.runtime, slice_.run["portal_id"]
    now = runtime.clock()
    with reading(runtime.database) as connection:
        mark = read_bin_mark(connection, portal_id)
    if mark.read_at is not None and now - mark.read_at < (GO_ON_AFTER if mark.after else EVERY):
        return
    after = _read_stretch(slice_, mark)
    with slice_.writing() as connection:
        note_bin(connection, portal_id, BinMark(now, after))
    if after:
        log.info("bin_to_be_continued", portal=portal_id)


def _read_stretch(slice_: Slice, mark: BinMark) -> str:
    """Read the next pages of the bin; where to go on, "" at its end."""
    portal_id, after = slice_.run["portal_id"], mark.after
    try:
        for page in islice(_hubspot(slice_).deleted_contacts(after), PAGES):
            after = page.next_token
            _note(slice_, page.rows)
            with slice_.writing() as connection:
                # Should the slice end here, the next one goes on behind this page.
                note_bin(connection, portal_id, BinMark(mark.read_at, after))
            slice_.keep()
    except Rejected as refusal:
        # A mark from yesterday may mean nothing any more; nobody's sync waits for that.
        log.warning("bin_not_read", portal=portal_id, why=str(refusal))
        return ""
    return after


def _look_up_told(slice_: Slice) -> None:
    """Learn the addresses of deleted contacts that HubSpot told of by their ids alone."""
    runtime, portal_id = slice_.runtime, slice_.run["portal_id"]
    with reading(runtime.database) as connection:
        told = noted_contacts(connection, portal_id, "deleted", TOLD)
    if not told:
        return
    _note(slice_, _hubspot(slice_).read_contacts_by_id(told, archived=True))
    with slice_.writing() as connection:
        forget_contacts(connection, portal_id, told, "deleted")


def _hubspot(slice_: Slice) -> HubSpot:
    return slice_.runtime.platforms.hubspot(slice_.run["portal_id"], slice_.run["pool"])


def _note(slice_: Slice, rows: Iterable[ContactRow]) -> None:
    portal_id = slice_.run["portal_id"]
    with slice_.writing() as connection:
        keyed = ensure_hash(connection, slice_.runtime.sealer, portal_id)
        contacts = {keyed.of(email): row.contact_id for row in rows for email in row.emails}
        note_deleted(connection, portal_id, contacts)
