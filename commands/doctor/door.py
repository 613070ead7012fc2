"""The public address, as the world meets it: the web process, and Zoom's check of the webhook."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator

from commands.doctor.findings import Finding, fail, fine
from commands.doctor.reach import Answer, Silence, ask
from commands.doctor.settings import Surroundings, is_here
from webhooks.signatures import answer_validation, sign
from webhooks.zoom import PATH, VALIDATION

PUBLIC, WEBHOOK = "public address", "Zoom webhook"
_UNREACHED = "neither Zoom's webhooks nor browsers arrive; webinars are read all the same, later"
_LISTENS = "./run web belongs there, or your proxy before it"
_UNTOLD = "Zoom switches the subscription off; what happens is noticed at the next read only"


def check_public_address(around: Surroundings) -> Iterator[Finding]:
    """Whether ROLLCALL_PUBLIC_URL leads to a web process of ours."""
    root = around.config.web.public_url
    answer = ask("GET", f"{root}/healthz")
    if isinstance(answer, Silence):
        hint = "" if is_here(root) else "; if it works elsewhere, your router leads nobody back in"
        remedy = f"{answer.remedy}; {_LISTENS}{hint}"
        yield fail(PUBLIC, answer.why, _UNREACHED, remedy)
    elif (answer.status, answer.body) == (200, b"alive\n"):
        yield fine(PUBLIC, f"{root} leads to the web process")
    else:
        what, remedy = _explain(answer, root)
        yield fail(PUBLIC, what, _UNREACHED, remedy)


def _explain(answer: Answer, root: str) -> tuple[str, str]:
    what = f"{root} answers {answer.status}"
    if 300 <= answer.status < 400:
        return (
            f"{what} and leads on to {answer.leads_to}",
            "set ROLLCALL_PUBLIC_URL to the address it leads to: webhooks follow no redirects",
        )
    if answer.status in (502, 503, 504):
        return what, "start the web process; the proxy must send requests to ROLLCALL_BIND"
    if answer.status == 400:
        remedy = "let the proxy pass the Host header on; give the web process this very address"
        return what, remedy
    return f"{what}, and not as Rollcall does", "let the proxy send all paths to ROLLCALL_BIND"


def check_webhook(around: Surroundings) -> Iterator[Finding]:
    """Whether Zoom's check of the address would be passed, with each of the secrets."""
    secrets_ = around.config.zoom.webhook_secrets
    for place, secret in enumerate(secrets_, start=1):
        which = f" with secret {place} of {len(secrets_)}" if len(secrets_) > 1 else ""
        yield _validate(around.config.web.public_url + PATH, secret, which)


def _validate(url: str, secret: str, which: str) -> Finding:
    """Send what Zoom sends: https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint"""
    token = secrets.token_urlsafe(16)
    payload = {"event": VALIDATION, "payload": {"plainToken": token}}
    body = json.dumps(payload, separators=(",", ":")).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": sign(secret, timestamp, body),
    }
    answer = ask("POST", url, body=body, headers=headers)
    if isinstance(answer, Silence):
        return fail(WEBHOOK, f"{answer.why}{which}", _UNTOLD, f"{answer.remedy}; {_LISTENS}")
    if answer.status == 200 and _is_right(answer.body, secret, token):
        return fine(WEBHOOK, f"{url} answers Zoom's check{which}")
    if answer.status == 401:
        return fail(
            WEBHOOK,
            f"{url} refuses the signature{which}",
            f"the web process has another secret, or another time; {_UNTOLD}",
            "give every process the same ZOOM_WEBHOOK_SECRET, start them again, set the clocks",
        )
    if answer.status in (403, 404, 405):
        return fail(
            WEBHOOK,
            f"{url} answers {answer.status}{which}",
            f"something before the web process keeps Zoom away; {_UNTOLD}",
            f"let the proxy, and any bot protection, pass POST {PATH} unchanged",
        )
    what = "something else than Zoom expects" if answer.status == 200 else str(answer.status)
    return fail(
        WEBHOOK,
        f"{url} answers {what}{which}",
        f"the address would not pass Zoom's check; {_UNTOLD}",
        "mend the public address first; the body must arrive unchanged",
    )


def _is_right(body: bytes, secret: str, token: str) -> bool:
    try:
        return bool(json.loads(body) == answer_validation(secret, token))
    except ValueError:
        return False
