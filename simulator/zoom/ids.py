"""Identifiers in the shapes Zoom uses, from a seeded generator so that runs can be repeated."""

from __future__ import annotations

import base64
import random
import secrets
import uuid

UUID_STYLES = ("any", "plain", "slash", "inner_slash", "double_slash")


class Ids:
    """Makes ids; not safe to share between threads without the world's lock.

    `secrets` are all tokens and codes given out.
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.secrets: list[str] = []

    def opaque(self) -> str:
        """22 URL-safe characters: accounts, users, registrants."""
        return base64.urlsafe_b64encode(self._random.randbytes(16)).decode().rstrip("=")

    def secret(self) -> str:
        """A long opaque token; never the same in two runs, as a token must not outlive one."""
        self.secrets.append(secrets.token_urlsafe(48))
        return self.secrets[-1]

    def session_uuid(self, style: str = "any") -> str:
        """The base64 UUID of one session of a webinar.

        `slash` begins with `/` and `double_slash` contains `//`: a caller has to encode those twice
        (https://developers.zoom.us/docs/api/using-zoom-apis/). `plain` has no slash at all.
        """
        text = base64.b64encode(self._random.randbytes(16)).decode()
        if style == "any":
            return text
        body = text.replace("/", "A")
        if style == "slash":
            return "/" + body[1:]
        if style == "inner_slash":
            return body[:5] + "/" + body[6:]
        if style == "double_slash":
            return body[:5] + "//" + body[7:]
        return body

    def webinar_number(self) -> int:
        """Eleven digits, more than 32 bits hold."""
        return self._random.randrange(80_000_000_000, 99_999_999_999)

    def file_id(self) -> str:
        """A hyphenated UUID: recording files."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def digits(self, count: int) -> str:
        """That many decimal digits: passcodes."""
        return "".join(self._random.choices("0123456789", k=count))
