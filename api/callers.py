"""Who is calling: HubSpot on behalf of a user, by signature, or a person's console session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import g, request, session

from api.errors import refuse
from api.parts import ApiParts, parts
from oauth.sign_in import is_own_request
from schemas.hubspot_signatures import SignedRequest, public_uri, verify
from store.callers import is_installed, is_super_admin
from store.database import reading

SIGNATURE_HEADER = "X-HubSpot-Signature-v3"
CSRF_HEADER = "X-CSRF-Token"
MAX_BODY_BYTES = 1024 * 1024
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller. The portal comes from here and from nowhere else in the request."""

    portal_id: str
    user_id: str


def authenticate() -> None:
    """Let the request in, or answer 401; a signature that does not verify is never passed over."""
    request.max_content_length = MAX_BODY_BYTES
    if "\x00" in request.path or b"%00" in request.query_string:
        refuse(400, "There are zero bytes in the address.")  # PostgreSQL has no place for them.
    given = parts()
    if SIGNATURE_HEADER in request.headers:
        found = _signed_caller(given)
    else:
        found = _session_caller(given)
    with reading(given.engine) as connection:
        if not is_installed(connection, found.portal_id):
            refuse(401, "Rollcall is not installed in this HubSpot account. Install it first.")
    g.rollcall_caller = found


def caller() -> Caller:
    """The verified caller of this request."""
    return cast(Caller, g.rollcall_caller)


def require_super_admin() -> None:
    """Answer 403 unless the caller is a super admin of the portal, or installed Rollcall."""
    who = caller()
    with reading(parts().engine) as connection:
        if not is_super_admin(connection, who.portal_id, who.user_id):
            refuse(
                403,
                "Only a super admin of the HubSpot account, or whoever installed Rollcall, may"
                " change this.",
            )


def _signed_caller(given: ApiParts) -> Caller:
    signed = SignedRequest(
        request.method,
        public_uri(given.public_url, request.environ),
        request.get_data(),
        dict(request.headers),
    )
    if verify(given.hubspot_secret, signed, given.clock(), accept=("v3",)) is None:
        refuse(401, "The request's signature is not HubSpot's, or is older than five minutes.")
    return Caller(_signed_value("portalId"), _signed_value("userId"))


def _signed_value(name: str) -> str:
    """HubSpot appends the value to the address a page asks for; the page may have put its own."""
    values = request.args.getlist(name)
    if len(values) != 1 or not values[0]:
        refuse(401, f"The signed request has to name exactly one {name}.")
    return values[0]


def _session_caller(given: ApiParts) -> Caller:
    portal_id, user_id = session.get("portal_id"), session.get("user_id")
    if not portal_id or not user_id:
        refuse(401, "Sign in first.")
    if request.method not in _SAFE_METHODS and not is_own_request(given.public_url):
        refuse(403, f"The {CSRF_HEADER} header is missing or wrong. Reload the page.")
    return Caller(str(portal_id), str(user_id))
