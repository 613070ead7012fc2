"""Who is calling: only HubSpot, by its signature over the raw body and our public address."""

from __future__ import annotations

import structlog
from flask import Request, abort
from werkzeug.exceptions import RequestEntityTooLarge

from actions.parts import ActionParts
from schemas.hubspot_signatures import SignedRequest, public_uri, verify

LARGEST_BODY = 256 * 1024

log = structlog.get_logger(__name__)


def read_verified_body(parts: ActionParts, request: Request) -> bytes:
    """The raw body, proved to be HubSpot's; else answers 401, or 413 above 256 KiB.

    HubSpot documents version 2 for workflow actions; version 3 is decisive where it is there.
    Version 1 is not taken: it says nothing of the address, so a webhook's would fit here.
    https://developers.hubspot.com/docs/apps/developer-platform/add-features/custom-workflow-actions
    """
    # A body without a length is cut off at the limit and not refused: one byte more shows it.
    request.max_content_length = LARGEST_BODY + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        body = b" " * (LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        log.warning("action_refused", reason="too_large", route=request.path)
        abort(413)
    signed = SignedRequest(
        request.method, public_uri(parts.public_url, request.environ), body, dict(request.headers)
    )
    if verify(parts.hubspot_secret, signed, parts.now(), accept=("v3", "v2")) is None:
        log.warning("action_refused", reason="bad_signature", route=request.path)
        abort(401)
    return body
