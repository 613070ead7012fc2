"""Sealing of secrets and raw bodies: encrypted, and bound to the row they belong to."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from rollcall.errors import NeedsAttention


class SealBroken(NeedsAttention):
    """A sealed value cannot be opened here: wrong key, damaged, or moved from another row."""


class Sealer:
    """Seals with the first key, opens with any. ``place`` names the row, e.g. ``connection:7``.

    The place is kept inside the sealed value and compared on opening, so a value copied to another
    row or tenant does not open. Fernet: https://cryptography.io/en/latest/fernet/
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, value: bytes, place: str) -> bytes:
        """``value`` sealed for ``place``."""
        return self._fernet.encrypt(place.encode() + b"\x00" + value)

    def open(self, sealed: bytes, place: str) -> bytes:
        """The value sealed for ``place``. Raises SealBroken."""
        try:
            found, _, value = self._fernet.decrypt(sealed).partition(b"\x00")
        except InvalidToken as error:
            raise SealBroken(
                f"the sealed value of {place} cannot be opened with the keys given; add the key "
                "that sealed it to ROLLCALL_ENCRYPTION_KEYS"
            ) from error
        if found != place.encode():
            raise SealBroken(f"the sealed value of {place} belongs to another row and is refused")
        return value

    def seal_json(self, value: object, place: str) -> bytes:
        """``value`` as JSON, sealed for ``place``."""
        return self.seal(json.dumps(value).encode(), place)

    def open_json(self, sealed: bytes, place: str) -> object:
        """The JSON value sealed for ``place``. Raises SealBroken."""
        return json.loads(self.open(sealed, place))

    def reseal(self, sealed: bytes) -> bytes:
        """The same value sealed with the first key (key rotation)."""
        return self._fernet.rotate(sealed)
