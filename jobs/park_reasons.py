"""Why a delivery was parked, in sentences for people: what happened, and what they can do now.

They name the account and the event; never a body, an address, or what an exception quotes.
"""

from __future__ import annotations

from sqlalchemy import RowMapping

from store.inbox import trace_of

_PLATFORMS = {"zoom": "Zoom", "hubspot": "HubSpot"}
_NO_MORE = "It is not tried again by itself"


def unusable(row: RowMapping, why: str) -> str:
    """It cannot be read, or Zoom refuses for good what it asks for."""
    return (
        f"{_name(row)} could not be used: {why}. Nothing of it was taken in. {_NO_MORE}; replay it "
        "once the cause is gone, which for a form Rollcall does not know is its next version."
    )


def unkeepable(row: RowMapping, error: Exception) -> str:
    """It holds something that no table has a place for."""
    return (
        f"{_name(row)} holds something that cannot be read or kept ({type(error).__name__}): too "
        f"long, nested too deeply, or no text. {_NO_MORE}; replaying it helps only after an update."
    )


def stumbled(row: RowMapping, error: Exception) -> str:
    """A fault of ours; what it quotes may be somebody's, so only its kind is named."""
    return (
        f"Rollcall itself made an error ({type(error).__name__}), which its operator finds in the "
        f"logs under the delivery {trace_of(row['digest'])}"
    )


def in_vain(row: RowMapping, attempts: int, why: str) -> str:
    """It was tried for hours; ``why`` is what the last attempt met."""
    return (
        f"{_name(row)} was tried {attempts} times in vain, the last time because: {why}. "
        f"{_NO_MORE}; replay it once that is over."
    )


def deadly(row: RowMapping) -> str:
    """Processes died while they were merging it and nothing else."""
    return (
        f"{_name(row)} was being merged, alone, when {row['deaths']} processes ended abruptly, for "
        "want of memory or by a crash. It was set aside so that the others go on. "
        f"{_NO_MORE}; replay it once Rollcall has more memory or was updated."
    )


def _name(row: RowMapping) -> str:
    platform, account_id = _PLATFORMS[row["source"]], row["account_id"]
    account = f"{platform} account {account_id}" if account_id else f"an unnamed {platform} account"
    return f"{row['event'] or 'A delivery'} of {account}"
