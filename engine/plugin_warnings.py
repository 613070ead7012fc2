"""Plugins that cannot be asked, or failed: whom that keeps waiting, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.causes import Cause, count_people

Blamed = Mapping[str, str]
"""Plugins by name, with what a paused one did (the end of a sentence); "" for one not paused."""

REMEDY = "Have the plugin mended, then retry it under Plugins, or switch it off there."


def find_held(people: int, blamed: Blamed) -> Iterator[Cause]:
    """That people wait for a plugin."""
    if people:
        yield Cause(
            "plugin_unavailable",
            f"A plugin that may exclude people cannot be asked, so {count_people(people)} wait."
            + _about_pauses(blamed),
            f"{REMEDY} Either way they go on by themselves.",
            people,
            "open_settings",
            "Open plugins",
        )


def find_failed(people: int, blamed: Blamed) -> Iterator[Cause]:
    """That people lack what a plugin should have added."""
    if people:
        yield Cause(
            "plugin_failed",
            f"A plugin failed for {count_people(people)}: what it adds is missing, all the rest is"
            " there." + _about_pauses(blamed),
            f"The list shows for each person what it did. {REMEDY}",
            people,
            "show_people",
            "Show what failed",
            {"outcome": "failing", "reason": "plugin_failed"},
        )


def _about_pauses(blamed: Blamed) -> str:
    return "".join(
        f" “{name}” is paused, which means it is not asked any more: it {words}."
        for name, words in blamed.items()
        if words
    )
