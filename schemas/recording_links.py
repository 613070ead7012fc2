"""Links to recordings that stay the same, name one row each, and cannot be made up."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

_SIGNED = re.compile(r"([0-9]{1,18})\.([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RecordingLinks:
    """Makes and checks links; ``secret`` is the installation's, ``public_url`` how we are reached.

    A link says which recording, and nothing else: whether it may be seen is asked at each use.
    """

    secret: str = field(repr=False)
    public_url: str

    def link(self, recording_pk: int, portal_id: str, uuid: str) -> str:
        """The link to the portal's recording of this session."""
        signature = self._sign(recording_pk, portal_id, uuid)
        return f"{self.public_url}/recordings/{recording_pk}.{signature}"

    def is_genuine(self, signed: str, recording_pk: int, portal_id: str, uuid: str) -> bool:
        """Whether ``signed`` is the end of the link we made for this recording."""
        found = _SIGNED.fullmatch(signed)
        wanted = self._sign(recording_pk, portal_id, uuid)
        return found is not None and hmac.compare_digest(found[2], wanted)

    def _sign(self, recording_pk: int, portal_id: str, uuid: str) -> str:
        named = "\x1f".join(("recording", str(recording_pk), portal_id, uuid))
        digest = hmac.new(self.secret.encode(), named.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(digest).decode().rstrip("=")


def read_recording_pk(signed: str) -> int | None:
    """The key of the recording a link speaks of, None when it has not the form of a link."""
    found = _SIGNED.fullmatch(signed)
    return int(found[1]) if found is not None else None
