"""Asks one plugin about golden webinars as the application would: same loading, same checks."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pluggy

from rollcall import Context, Effect, Exclusion, PluginDescription, PluginError, Tenant, Totals
from rollcall.conformance.answers import Rubbish, check_effects, check_exclusions, describe_error
from rollcall.conformance.asking import ARGUMENTS, DECIDED
from rollcall.conformance.validation import Rejected, describe, load_settings, manage
from rollcall.context import ContactSnapshot
from rollcall_testkit.golden import GoldenPerson, GoldenWebinar
from rollcall_testkit.golden_webinars import NOW

TENANT = Tenant(portal_id="4242")
"""The customer every golden question is asked for."""


class NotAPlugin(Exception):
    """The module is no plugin the application would load; the text says why, and the remedy."""


class Misbehaved(Exception):
    """An answer that costs the plugin its effects, in the words the application uses.

    ``has_raised`` tells an error of the plugin's from an answer that breaks the contract.
    """

    def __init__(self, what: str, *, has_raised: bool) -> None:
        super().__init__(what)
        self.has_raised = has_raised


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin the application would load, with its settings as it gets them."""

    manager: pluggy.PluginManager
    description: PluginDescription
    settings: Mapping[str, Any]

    @property
    def hooks(self) -> frozenset[str]:
        """The hooks it answers, ``describe_plugin`` apart."""
        (plugin,) = self.manager.get_plugins()
        named = {caller.name for caller in self.manager.get_hookcallers(plugin) or ()}
        return frozenset(named) & ARGUMENTS.keys()

    def ask(self, question: Question) -> tuple[Exclusion | Effect, ...]:
        """Its answer, checked and drained. Raises `Misbehaved`."""
        call = getattr(self.manager.hook, question.hook)
        try:
            answers = call(
                **{ARGUMENTS[question.hook]: question.subject, "context": question.context}
            )
            if question.hook == "should_exclude":
                return tuple(check_exclusions(answers))
            return tuple(check_effects(answers, question.hook))
        except Rubbish as rubbish:
            raise Misbehaved(str(rubbish), has_raised=False) from None
        except (Exception, SystemExit) as error:
            raise Misbehaved(describe_error(error), has_raised=True) from error


@dataclass(frozen=True, slots=True)
class Question:
    """One call of one hook; ``who`` is the kind of golden person, or the recording's number."""

    hook: str
    webinar: str
    who: str
    subject: Any
    context: Context

    @property
    def key(self) -> str:
        """What names the question in every run of the suite."""
        return f"{self.hook}, {self.webinar}: {self.who}"


def load_plugin(target: str | object, settings: Mapping[str, Any] | None = None) -> Plugin:
    """The plugin of a module (``package.module`` or ``package.module:object``) or of an object.

    ``settings`` are as a portal stores them, over the plugin's defaults. Raises `NotAPlugin`.
    """
    plugin = _import(target) if isinstance(target, str) else target
    try:
        manager = manage(plugin)
        description = describe(manager)
        return Plugin(manager, description, load_settings(description, settings or {}))
    except Rejected as rejected:
        raise NotAPlugin(f"{rejected.what}. {rejected.remedy}") from None
    except PluginError as error:
        raise NotAPlugin(str(error)) from None


def questions(plugin: Plugin, webinars: Iterable[GoldenWebinar]) -> Iterator[Question]:
    """Everything the application would ask it, should the plugin itself exclude nobody."""
    for webinar in webinars:
        for person in webinar.people:
            yield from questions_about(plugin, webinar, person)
        yield from questions_about_recordings(plugin, webinar)


def questions_about(
    plugin: Plugin, webinar: GoldenWebinar, golden: GoldenPerson
) -> Iterator[Question]:
    """What is asked about one person; no ``on_*`` hook about whom the built-in rules exclude."""
    context = Context(TENANT, plugin.settings, golden.contact, golden.totals, NOW)
    subjects: dict[str, Any] = {"should_exclude": golden.person}
    if not golden.excluded:
        registrant = golden.registrant
        if registrant is not None and registrant.status in DECIDED:
            subjects["on_registrant"] = registrant
        if golden.attendance is not None:
            subjects["on_attendance"] = golden.attendance
    for hook, subject in subjects.items():
        if hook in plugin.hooks:
            yield Question(hook, webinar.name, golden.kind, subject, context)


def questions_about_recordings(plugin: Plugin, webinar: GoldenWebinar) -> Iterator[Question]:
    """What is asked about the webinar's recordings: without a contact and without totals."""
    if "on_recording" not in plugin.hooks:
        return
    context = Context(TENANT, plugin.settings, ContactSnapshot(), Totals(), NOW)
    for number, recording in enumerate(webinar.recordings, start=1):
        yield Question("on_recording", webinar.name, f"recording {number}", recording, context)


def _import(target: str) -> object:
    name, _, attribute = target.partition(":")
    try:
        found: object = importlib.import_module(name)
        for part in filter(None, attribute.split(".")):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        raise NotAPlugin(f"cannot be imported: {type(error).__name__}: {error}") from error
    return found
