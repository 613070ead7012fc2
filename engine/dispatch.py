"""Asks every plugin about every person, each plugin guarded against itself.

A chunk is worked off plugin by plugin, so that a supervisor is told once per plugin and hook what
is about to run. Whatever a plugin raises or returns costs its own effects and nothing else; one
that may exclude and cannot answer makes the person wait. Failure texts name a kind of error and a
line of the plugin's code, never what the plugin was told about somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rollcall import (
    EXCLUSION_REASONS,
    Attendance,
    ContactWanted,
    Context,
    Effect,
    Exclusion,
    MarketingParticipation,
    Person,
    PluginError,
    PropertyUpdate,
    Recording,
    Registrant,
)
from rollcall.conformance.answers import Rubbish, check_effects, check_exclusions, describe_error
from rollcall.conformance.asking import ARGUMENTS, DECIDED, EFFECT_HOOKS
from rollcall.conformance.seal import Seal

UNAVAILABLE = "plugin_unavailable"
PRIVACY_DELETED = "privacy_deleted"
"""The one reason nobody can overrule."""


class Plugin(Protocol):
    """What dispatch needs of a loaded plugin; the registry's ``LoadedPlugin`` is one."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def calls(self) -> Mapping[str, Callable[..., list[Any]]]: ...
    def load_settings(self, stored: Mapping[str, Any], /) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """One person of one occurrence, and what is known about them.

    ``registrant`` and ``attendance`` are None where there is none to decide about.
    ``context_base`` is the context but for the settings, which are each plugin's own.
    ``include_anyway``: somebody decided so by hand, which overrules all but `PRIVACY_DELETED`.
    ``is_released``: somebody decided that the person need not wait any longer.
    ``privacy_deleted``: erased on the person's own demand. No plugin is asked, and a portal that
    switches plugins off changes nothing about it.
    """

    person: Person
    registrant: Registrant | None
    attendance: Attendance | None
    context_base: Context
    include_anyway: bool = False
    privacy_deleted: bool = False
    is_released: bool = False

    @property
    def reference(self) -> str:
        """Whose the decision is: the person's reference."""
        return self.person.reference


@dataclass(frozen=True, slots=True)
class RecordingQuestion:
    """One recording; ``context_base`` has an empty contact and no totals."""

    recording: Recording
    context_base: Context

    @property
    def reference(self) -> str:
        """Which recording the decision is about: its instance's UUID."""
        return self.recording.instance_uuid


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one plugin said against a person; ``reason`` as it is shown."""

    plugin: str
    version: str
    reason: str
    detail: str
    hold: bool


@dataclass(frozen=True, slots=True)
class StampedEffect:
    """An effect and who asked for it."""

    plugin: str
    version: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin did not answer ``hook`` as the contract says; ``message`` says what it did."""

    plugin: str
    version: str
    hook: str
    message: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the plugins make of one question.

    At most one of ``excluded_by`` and ``held_by`` is set, and then there are no effects.
    ``opinions`` keeps all of them in declared order, overruled ones too.
    """

    reference: str
    excluded_by: Opinion | None = None
    held_by: Opinion | None = None
    opinions: tuple[Opinion, ...] = ()
    effects: tuple[StampedEffect, ...] = ()
    failures: tuple[PluginFailure, ...] = ()


Announce = Callable[[str, str], None]
"""Told ``(plugin, hook)`` before a plugin is called for a chunk."""

Answer = list[Exclusion] | list[Effect] | str
"""What a plugin made of one question; a text says what went wrong."""


def decide(
    questions: Sequence[Question | RecordingQuestion],
    plugins: Mapping[str, Plugin],
    settings: Mapping[str, Mapping[str, Any]],
    order: Sequence[str],
    *,
    unavailable: Mapping[str, str] | None = None,
    left_out: Mapping[str, PluginFailure] | None = None,
    announce: Announce = lambda plugin, hook: None,
) -> Iterator[Decision]:
    """One decision per question, in order.

    ``order`` names the enabled plugins as declared; one that is not in ``plugins`` is not asked.
    ``settings`` are as the portal stored them. ``unavailable`` says of enabled plugins that may
    exclude why they cannot be asked: their people are held. ``left_out`` are plugins that must not
    be asked, each with the failure of whatever loses its effects by that.
    """
    chunk = _Chunk(questions, announce)
    withheld, missed = unavailable or {}, left_out or {}
    asked = {
        name: plugins[name]
        for name in order
        if name in plugins and name not in withheld and name not in missed
    }
    loaded = {name: chunk.load(plugin, settings.get(name, {})) for name, plugin in asked.items()}
    for name in order:
        if name in withheld:
            chunk.hold(name, withheld[name])
        elif name in asked and "should_exclude" in asked[name].calls:
            chunk.ask(asked[name], "should_exclude", loaded[name])
    for name, plugin in asked.items():
        for hook in EFFECT_HOOKS:
            if hook in plugin.calls:
                chunk.ask(plugin, hook, loaded[name])
    for name in order:
        if name in missed and name in plugins:
            chunk.miss(plugins[name], missed[name])
    return (draft.decision() for draft in chunk.drafts)


def hooks_for(
    plugin: Plugin, question: Question | RecordingQuestion, *, is_decided: bool
) -> list[str]:
    """The plugin's hooks that have something to say about the question.

    ``is_decided``: the person is excluded or held, so no effects are asked for.
    """
    return [
        hook
        for hook in plugin.calls
        if (hook == "should_exclude" or not is_decided) and _subject(question, hook) is not None
    ]


class _Chunk:
    """The decisions in the making, and the guard around each plugin."""

    def __init__(
        self, questions: Sequence[Question | RecordingQuestion], announce: Announce
    ) -> None:
        known: dict[StampedEffect, StampedEffect] = {}
        self.drafts = [_Draft(question, known) for question in questions]
        self._seal = Seal(questions)
        self._announce = announce

    def load(self, plugin: Plugin, stored: Mapping[str, Any]) -> Mapping[str, Any] | str:
        """The plugin's settings, or what is wrong with them."""
        self._announce(plugin.name, "settings")
        try:
            return plugin.load_settings(stored)
        except PluginError as error:
            return str(error)
        except (Exception, SystemExit) as error:
            return describe_error(error)

    def hold(self, name: str, why: str) -> None:
        """Everybody waits for a plugin that cannot be asked."""
        for draft in self.drafts:
            if draft.subject("should_exclude") is not None:
                draft.opinions.append(Opinion(name, "", UNAVAILABLE, why, hold=True))

    def miss(self, plugin: Plugin, failure: PluginFailure) -> None:
        """Everybody loses the effects of a plugin that is not asked, where it has a say at all."""
        for draft in self.drafts:
            if any(hook in plugin.calls and draft.subject(hook) for hook in EFFECT_HOOKS):
                draft.fail(failure)

    def ask(self, plugin: Plugin, hook: str, settings: Mapping[str, Any] | str) -> None:
        """Put the question to one plugin for everybody it concerns."""
        subjects = [(draft, draft.subject(hook)) for draft in self.drafts]
        concerned = [(draft, subject) for draft, subject in subjects if subject is not None]
        if not concerned:
            return
        answers: list[Answer]
        if isinstance(settings, str):
            answers = [settings] * len(concerned)
        else:
            self._announce(plugin.name, hook)
            call = plugin.calls[hook]
            answers = [
                _ask_one(call, hook, subject, _context(draft.question.context_base, settings))
                for draft, subject in concerned
            ]
            if self._seal.mend():
                answers = ["changed the values it was handed"] * len(concerned)
        for (draft, _), answer in zip(concerned, answers, strict=True):
            draft.take(plugin, hook, answer)


def _ask_one(
    call: Callable[..., list[Any]], hook: str, subject: object, context: Context
) -> Answer:
    try:
        answers = call(**{ARGUMENTS[hook]: subject, "context": context})
        if hook == "should_exclude":
            return check_exclusions(answers)
        return check_effects(answers, hook)
    except Rubbish as rubbish:
        return str(rubbish)
    except (Exception, SystemExit) as error:
        return describe_error(error)


def _context(base: Context, settings: Mapping[str, Any]) -> Context:
    return Context(base.tenant, settings, base.contact, base.totals, base.now)


class _Draft:
    """A decision in the making."""

    def __init__(
        self,
        question: Question | RecordingQuestion,
        known: dict[StampedEffect, StampedEffect],
    ) -> None:
        self.question = question
        self._known = known
        self.opinions: list[Opinion] = []
        self._effects: list[StampedEffect] = []
        self._failures: list[PluginFailure] = []
        if isinstance(question, Question) and question.privacy_deleted:
            detail = "erased on the person's demand"
            self.opinions.append(Opinion("engine", "", PRIVACY_DELETED, detail, hold=False))

    def subject(self, hook: str) -> object | None:
        """What the hook is asked about, or None when it has nothing to say about this question."""
        if hook != "should_exclude" and self._verdict() is not None:
            return None
        return _subject(self.question, hook)

    def fail(self, failure: PluginFailure) -> None:
        """Keep that a plugin's effects are lost."""
        self._failures.append(failure)

    def take(self, plugin: Plugin, hook: str, answer: Answer) -> None:
        """Stamp a plugin's answer and keep it."""
        name, version = plugin.name, plugin.version
        if isinstance(answer, str):
            self.fail(PluginFailure(name, version, hook, answer))
            if hook == "should_exclude":
                self.opinions.append(Opinion(name, version, UNAVAILABLE, answer, hold=True))
            return
        for said in answer:
            if isinstance(said, Exclusion):
                self.opinions.append(
                    Opinion(name, version, _shown(name, said.reason), said.detail, said.hold)
                )
            else:
                self._effects.append(self._stamp(StampedEffect(name, version, said)))

    def _stamp(self, stamped: StampedEffect) -> StampedEffect:
        """One value for all equal ones of the chunk, which makes its way through the pipe once."""
        if type(stamped.effect) not in _COMMON:
            return stamped
        return self._known.setdefault(stamped, stamped)

    def decision(self) -> Decision:
        verdict = self._verdict()
        held = verdict is not None and verdict.hold
        return Decision(
            self.question.reference,
            excluded_by=None if held else verdict,
            held_by=verdict if held else None,
            opinions=tuple(self.opinions),
            effects=tuple(self._effects),
            failures=tuple(self._failures),
        )

    def _verdict(self) -> Opinion | None:
        """The opinion that counts: an exclusion before a hold, then as declared."""
        if not self.opinions:
            return None
        question = self.question
        overruled = isinstance(question, Question) and question.include_anyway
        released = overruled or (isinstance(question, Question) and question.is_released)
        standing = [
            opinion
            for opinion in self.opinions
            # A plugin that could not be asked might have said what nobody can overrule.
            if opinion.reason in (PRIVACY_DELETED, UNAVAILABLE)
            or not (released if opinion.hold else overruled)
        ]
        return min(standing, key=lambda opinion: opinion.hold, default=None)


_COMMON = (ContactWanted, MarketingParticipation, PropertyUpdate)
"""Effects that many people of a chunk have in common."""


def _subject(question: Question | RecordingQuestion, hook: str) -> object | None:
    """What of the question the hook is about, None when it has nothing of the kind."""
    if isinstance(question, RecordingQuestion):
        return question.recording if hook == "on_recording" else None
    if hook == "should_exclude":
        return None if question.privacy_deleted else question.person
    if hook == "on_attendance":
        return question.attendance
    registrant = question.registrant
    if hook == "on_registrant" and registrant and registrant.status in DECIDED:
        return registrant
    return None


def _shown(plugin: str, reason: str) -> str:
    return reason if reason in EXCLUSION_REASONS else f"plugin:{plugin}:{reason}"
