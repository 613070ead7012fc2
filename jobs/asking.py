"""Asking a portal's plugins through the guard, except those that are paused there.

What goes wrong is counted against the plugin, in the database: three chunks in a row pause it for
the portal, in every process, until a person has it asked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import structlog

from engine.dispatch import Decision, PluginFailure, Question, RecordingQuestion
from engine.offences import Offence, judge, offence_of
from jobs.gathering import Rules
from jobs.guard import ChunkAnswer
from jobs.guard_process import Suspect
from jobs.runtime import Runtime
from plugins.registry import LoadedPlugin, Registry
from store.database import reading, writing
from store.plugin_health import (
    Trouble,
    note_answers,
    note_offences,
    paused_elsewise,
    read_troubles,
    retry_plugins,
)

CHUNK = 500

log = structlog.get_logger(__name__)

Questions = Sequence[Question] | Sequence[RecordingQuestion]


def ask_plugins(runtime: Runtime, questions: Questions, rules: Rules) -> list[Decision]:
    """A decision per question, in order, by the plugins the rules enable and that are not paused.

    The questions are one portal's. Raises `GuardError`.
    """
    decisions: list[Decision] = []
    for start in range(0, len(questions), CHUNK):
        decisions += _ask_chunk(runtime, questions[start : start + CHUNK], rules)
    _tell_of_failures(decisions)
    return decisions


def _ask_chunk(runtime: Runtime, questions: Questions, rules: Rules) -> list[Decision]:
    portal_id = questions[0].context_base.tenant.portal_id
    with reading(runtime.database) as connection:
        troubles = read_troubles(connection, portal_id, installed_versions(runtime.registry))
    stored = {name: choice.settings for name, choice in rules.settings.plugins.items()}
    paused = {
        name: f"is paused: it {trouble.words}"
        for name, trouble in troubles.items()
        if trouble.paused_at is not None
    }
    answer = runtime.guard.decide(questions, stored, rules.order, paused)
    _tell_of_suspects(answer.suspects, len(questions))
    if not rules.is_trial:
        asked = [
            plugin
            for plugin in runtime.registry.plugins
            if plugin.name in rules.order and plugin.name not in paused
        ]
        _note(runtime, portal_id, questions, answer, asked, troubles)
    return answer.decisions


def _note(
    runtime: Runtime,
    portal_id: str,
    questions: Questions,
    answer: ChunkAnswer,
    asked: Sequence[LoadedPlugin],
    troubles: Mapping[str, Trouble],
) -> None:
    """Count the chunk against the plugins that offended, and in favour of those that did not."""
    versions = {plugin.name: plugin.version for plugin in asked}
    offences = [
        offence_of(PluginFailure(one.plugin, versions[one.plugin], one.hook, one.message))
        for one in answer.suspects
        if one.plugin in versions
    ]
    suspects = {one.plugin for one in answer.suspects}
    failing = {one.plugin for decision in answer.decisions for one in decision.failures}
    # Of all others it is known that they did well, and nothing is counted against them.
    unclear = [
        plugin
        for plugin in asked
        if plugin.name not in suspects and (plugin.name in failing or plugin.name in troubles)
    ]
    found, answered = judge(questions, answer.decisions, unclear)
    offences += found
    forgiven = [name for name in answered if name in troubles]
    if not offences and not forgiven:
        return
    with writing(runtime.database) as connection:
        note_answers(connection, portal_id, forgiven)
        paused = note_offences(connection, portal_id, offences, runtime.clock())
    _tell_of_pauses(portal_id, [one for one in offences if one.plugin in paused])


def retry_new_versions(runtime: Runtime) -> bool:
    """Have plugins asked again of which another version was installed since they were paused.

    Whether there were any.
    """
    versions = installed_versions(runtime.registry)
    with reading(runtime.database) as connection:
        found = paused_elsewise(connection, versions)
    for portal_id, names in found.items():
        with writing(runtime.database) as connection:
            retry_plugins(connection, portal_id, names, runtime.clock())
        log.info("plugins_retried", portal=portal_id, plugins=names)
    return bool(found)


def installed_versions(registry: Registry) -> dict[str, str]:
    """The plugins' versions by name."""
    return {plugin.name: plugin.version for plugin in registry.plugins}


def _tell_of_suspects(suspects: Iterable[Suspect], people: int) -> None:
    for one in suspects:
        log.error(
            "plugin_left_out", plugin=one.plugin, hook=one.hook, what=one.message, people=people
        )


def _tell_of_pauses(portal_id: str, offences: Iterable[Offence]) -> None:
    for one in offences:
        log.error(
            "plugin_paused",
            portal=portal_id,
            plugin=one.plugin,
            version=one.version,
            what=one.why,
        )


def _tell_of_failures(decisions: Iterable[Decision]) -> None:
    """One line for each way a plugin failed, however many people it failed for."""
    failures = Counter(
        (one.plugin, one.version, one.hook, one.message)
        for decision in decisions
        for one in decision.failures
    )
    for (plugin, version, hook, message), people in failures.items():
        log.warning(
            "plugin_failed", plugin=plugin, version=version, hook=hook, what=message, people=people
        )
