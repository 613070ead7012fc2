"""Every table, in the order data flows. Facts are per portal.

``*_pk`` columns are our own keys; ``*_id`` columns are the platforms'.
"""

from store.tables.alerts import alert
from store.tables.arrivals import inbox
from store.tables.backfills import backfill, backfill_webinar
from store.tables.base import metadata
from store.tables.gone import gone_address, gone_contact
from store.tables.leaving import erasure, past_effect
from store.tables.ledger import effect, lease, run, run_change
from store.tables.people import decision_log, hand_match, occurrence_person, person
from store.tables.plugins import plugin_trouble
from store.tables.questions import contact_property, registration_form
from store.tables.recordings import recording, recording_file
from store.tables.requests import registration_request
from store.tables.who import (
    connection,
    hubspot_user,
    portal,
    portal_zoom,
    setting_version,
    zoom_user,
)
from store.tables.zoom_facts import (
    instance,
    occurrence,
    registrant_alias,
    registration_fact,
    session,
    webinar,
)

__all__ = [
    "alert",
    "backfill",
    "backfill_webinar",
    "connection",
    "contact_property",
    "decision_log",
    "effect",
    "erasure",
    "gone_address",
    "gone_contact",
    "hand_match",
    "hubspot_user",
    "inbox",
    "instance",
    "lease",
    "metadata",
    "occurrence",
    "occurrence_person",
    "past_effect",
    "person",
    "plugin_trouble",
    "portal",
    "portal_zoom",
    "recording",
    "recording_file",
    "registrant_alias",
    "registration_fact",
    "registration_form",
    "registration_request",
    "run",
    "run_change",
    "session",
    "setting_version",
    "webinar",
    "zoom_user",
]
