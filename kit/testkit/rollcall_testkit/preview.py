"""What a plugin would write for a webinar: hook calls in, rows out, and no platform anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rollcall import Effect, Exclusion
from rollcall_testkit.asking import (
    Misbehaved,
    Plugin,
    Question,
    load_plugin,
    questions_about,
    questions_about_recordings,
)
from rollcall_testkit.golden import GoldenPerson, GoldenWebinar
from rollcall_testkit.words import tell


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One thing the plugin would have done; ``effect`` is None where ``what`` says why not."""

    who: str
    hook: str
    what: str
    effect: Effect | Exclusion | None = None


def preview(
    plugin: str | object, webinar: GoldenWebinar, settings: Mapping[str, Any] | None = None
) -> tuple[PreviewRow, ...]:
    """The rows of every person and recording, in the webinar's order.

    ``plugin`` is a module's name or a plugin object; ``settings`` as a portal stores them. Whom the
    plugin or Rollcall's own rules exclude, nothing more is asked about. Raises `NotAPlugin`.
    """
    loaded = load_plugin(plugin, settings)
    rows: list[PreviewRow] = []
    for person in webinar.people:
        rows += _about(loaded, webinar, person)
    for question in questions_about_recordings(loaded, webinar):
        rows += _answer(loaded, question)
    return tuple(rows)


def format_preview(rows: Iterable[PreviewRow]) -> str:
    """The rows as a table for a terminal."""
    table = [("WHO", "HOOK", "WHAT"), *((row.who, row.hook, row.what) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(2)]
    return "\n".join(
        f"{who:{widths[0]}}  {hook:{widths[1]}}  {what}".rstrip() for who, hook, what in table
    )


def _about(plugin: Plugin, webinar: GoldenWebinar, golden: GoldenPerson) -> list[PreviewRow]:
    rows: list[PreviewRow] = []
    for question in questions_about(plugin, webinar, golden):
        rows += _answer(plugin, question)
        if question.hook == "should_exclude" and rows:
            return rows
    if golden.excluded:
        rows.append(PreviewRow(golden.kind, "", f"left out by Rollcall: {golden.excluded}"))
    return rows or [PreviewRow(golden.kind, "", "nothing")]


def _answer(plugin: Plugin, question: Question) -> list[PreviewRow]:
    try:
        answers = plugin.ask(question)
    except Misbehaved as error:
        return [PreviewRow(question.who, question.hook, f"FAILED: {error}")]
    return [PreviewRow(question.who, question.hook, tell(answer), answer) for answer in answers]
