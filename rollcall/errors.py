"""Errors named by their remedy: try again, give up, or ask a person.

Every error Rollcall raises on purpose descends from :class:`RollcallError`, so a caller decides by
class what happens next and never by reading a message.
"""

from __future__ import annotations


class RollcallError(Exception):
    """Root of all errors; its text is fit to be shown to a person (no secrets, no addresses)."""


class Retryable(RollcallError):
    """The same request may succeed later, by itself.

    ``retry_after`` is the number of seconds to wait, or None when nobody said.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Permanent(RollcallError):
    """The same request will always fail: its payload, a plugin or a setting has to change."""


class NeedsAttention(RollcallError):
    """A person has to act (reconnect, grant a permission) before anything else can succeed."""


class PluginError(Permanent):
    """A plugin broke the contract; the text names the plugin and what it did."""
