"""Zoom behaviour that nobody has proved, or whose timing varies: one switch each."""

from __future__ import annotations

from collections.abc import Mapping

ZOOM_SWITCHES: Mapping[str, object] = {
    # Seconds; https://developers.zoom.us/docs/integrations/oauth/
    "zoom_access_token_seconds": 3600,
    "zoom_code_seconds": 300,
    # Seconds; https://developers.zoom.us/docs/api/using-zoom-apis/
    "zoom_page_token_seconds": 900,
    # Comma-separated; empty accepts any.
    "zoom_redirect_uris": "",
    # "date" (ISO) or "seconds": both are seen in Retry-After.
    "zoom_retry_after": "date",
    # 4711, 104 or 201.
    "zoom_missing_scope_code": 4711,
    # "no_permission" (code 200 on each call) or "scope_left_out" (of the token).
    "zoom_missing_report_role": "no_permission",
    "zoom_second_install_kills_first": False,
    "zoom_refresh_kills_access_token": False,
    "zoom_add_limit_headers": True,
    "zoom_add_limit_across_webinars": False,
    "zoom_add_answers_status": True,
    "zoom_required_answers_enforced": False,
    "zoom_choices_enforced": False,
    "zoom_questions_announced": True,
    "zoom_approved_event_on_add": False,
    "zoom_cancelled_registrant_readable": True,
    "zoom_delete_registrant_announced": False,
    "zoom_participant_events": False,
    # Six months are promised, and only a year ago is said to be refused; days.
    # https://developers.zoom.us/docs/api/meetings/#tag/reports
    "zoom_report_days": 365,
    # So long after its last planned end a webinar is known by its number; days, 0 for ever.
    "zoom_ended_webinar_known_days": 0,
    "zoom_old_object_nested": False,
    "zoom_list_one_item_per_occurrence": False,
    "zoom_ended_webinar_listed_days": 30,
    "zoom_practice_in_instances": False,
    "zoom_past_participants_registrant_id": True,
    # Another root (scheme://host:port) downloads redirect to; empty serves them in place.
    "zoom_download_root": "",
}
