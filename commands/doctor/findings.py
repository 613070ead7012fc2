"""What a check found: one line each, and for what is amiss what it means and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Status = Literal["ok", "warning", "failed"]

SHORTEST_HIDDEN = 4
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``means`` and ``remedy`` are empty where all is well."""

    subject: str
    status: Status
    what: str
    means: str = ""
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """The finding for machines."""
        return {
            "subject": self.subject,
            "status": self.status,
            "what": self.what,
            "means": self.means,
            "remedy": self.remedy,
        }


def fine(subject: str, what: str) -> Finding:
    """All is well."""
    return Finding(subject, "ok", what)


def warn(subject: str, what: str, means: str, remedy: str) -> Finding:
    """It works, though not as well, or not as safely, as it should."""
    return Finding(subject, "warning", what, means, remedy)


def fail(subject: str, what: str, means: str, remedy: str) -> Finding:
    """Something does not work, or must not stay as it is."""
    return Finding(subject, "failed", what, means, remedy)


def worst(findings: Iterable[Finding]) -> Status:
    """The status of all of them together."""
    found = {finding.status for finding in findings}
    return "failed" if "failed" in found else "warning" if "warning" in found else "ok"


def hide(findings: Iterable[Finding], secrets: Iterable[str]) -> list[Finding]:
    """The findings without any of the secrets, whatever a driver put into its message.

    What is shorter than four characters is part of ordinary words and stays.
    """
    hidden = sorted({one for one in secrets if len(one) >= SHORTEST_HIDDEN}, key=len, reverse=True)

    def clean(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, HIDDEN)
        return text

    return [
        replace(
            finding,
            what=clean(finding.what),
            means=clean(finding.means),
            remedy=clean(finding.remedy),
        )
        for finding in findings
    ]


def render(findings: Sequence[Finding]) -> Iterator[str]:
    """The report for people, line by line."""
    width = max((len(finding.subject) for finding in findings), default=0)
    for finding in findings:
        yield f"{finding.status:<8} {finding.subject:<{width}}  {finding.what}"
        if finding.status != "ok":
            margin = " " * (width + 11)
            yield f"{margin}means: {finding.means}"
            yield f"{margin}mend:  {finding.remedy}"
    counts = dict.fromkeys(("ok", "warning", "failed"), 0)
    for finding in findings:
        counts[finding.status] += 1
    yield f"{counts['ok']} ok, {counts['warning']} to look at, {counts['failed']} failed"
