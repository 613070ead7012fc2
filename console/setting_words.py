"""The global settings as the page shows them: what each does, and what it does not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a choice; ``text`` says what follows from it."""

    value: str
    label: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting with several answers. ``users`` is the setting that holds who is selected."""

    name: str
    label: str
    does: str
    does_not: str
    options: tuple[Option, ...]
    users: str = ""


_SCOPES = (
    Option("none", "None"),
    Option("selected", "Selected", "only webinars hosted by the Zoom users chosen below"),
    Option("all", "All", "whoever hosts them"),
)

WEBINARS = (
    Choice(
        "webinar_sync",
        "Sync webinar data",
        "Writes registrants, attendees and marketing events of these hosts' webinars to HubSpot,"
        " past ones included as far as Zoom still has them.",
        "It takes nothing back: what was written stays when it is switched off.",
        _SCOPES,
        "webinar_sync_users",
    ),
    Choice(
        "recording_sync",
        "Sync webinar recordings and transcripts",
        "Adds recordings, and transcripts once Zoom has them, of webinars that are synced.",
        "It does not copy videos to HubSpot, only links and text; a webinar that is not synced has"
        " no recording synced either.",
        _SCOPES,
        "recording_sync_users",
    ),
    Choice(
        "recording_target",
        "Where a recording is shown",
        "Decides which record in HubSpot carries the recording.",
        "It does not move recordings that are there already.",
        (
            Option("call", "A call record", "on the timelines of everybody who came"),
            Option(
                "marketing_event",
                "The webinar's marketing event",
                "also when nobody came, and on no contact's timeline",
            ),
        ),
    ),
)

CONTACTS = (
    Choice(
        "secondary_email",
        "People who use a contact's secondary address",
        "Decides what happens when somebody registers with an address that is not the contact's"
        " primary one.",
        "It never creates a second contact, and never changes anybody's primary address.",
        (
            Option("skip", "Leave them out", "excluded, with the reason secondary address"),
            Option("resolve", "Count them for the contact", "as if the primary address was used"),
            Option("hold", "Hold for review", "waiting until somebody releases them by hand"),
        ),
    ),
    Choice(
        "contact_exclusion",
        "What an excluded contact domain stops",
        "Decides how far the contact exclusions reach.",
        "It does not change which domains are excluded; those are under Exclusions.",
        (
            Option("full", "Everything", "neither created nor updated, and nothing on timelines"),
            Option("update_only", "New contacts only", "contacts that exist are still updated"),
        ),
    ),
    Choice(
        "recreate_deleted",
        "Contacts that were deleted in HubSpot",
        "Decides whether somebody whose contact was deleted may get one again.",
        "It never brings back people whose data was erased on their demand.",
        (
            Option("no", "Leave them deleted"),
            Option("yes", "Create them again", "when they register or attend once more"),
        ),
    ),
    Choice(
        "join_link",
        "The link in “Last registered Zoom webinar”",
        "Decides which link the contact property holds.",
        "It does not change the links Zoom itself sends to registrants.",
        (
            Option("public", "The webinar's public link", "safe to use in e-mails"),
            Option(
                "personal",
                "The registrant's own join link",
                "whoever has it can join in this person's name",
            ),
        ),
    ),
)

WORKFLOWS = (
    Choice(
        "registration_accounts",
        "Zoom accounts workflows may register for",
        "Decides for whose webinars the action “Add contact to Zoom webinar” registers contacts.",
        "It does not change which webinars are synced.",
        (
            Option("primary", "The primary business unit's", "as HubSpot's own integration does"),
            Option("all", "All connected accounts", "in whichever account the webinar is"),
        ),
    ),
)

SECTIONS = (
    ("Webinars", WEBINARS),
    ("Contacts", CONTACTS),
    ("Workflows", WORKFLOWS),
)
