"""One run of the contract suite, in a process of its own: every golden question asked once.

Reads what to do as JSON from its standard input. On its standard output it says before each
question which one it is, and in the end what it saw, a JSON value a line.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from rollcall.conformance.seal import Seal
from rollcall_testkit.asking import Misbehaved, NotAPlugin, Plugin, Question, load_plugin, questions
from rollcall_testkit.golden_webinars import GOLDEN_WEBINARS
from rollcall_testkit.watch import LONGEST_SECONDS, Ears, TooLong, Watch, time_limit
from rollcall_testkit.words import fingerprint

ADDRESSES = frozenset(
    person.person.email
    for webinar in GOLDEN_WEBINARS
    for person in webinar.people
    if person.person.email
)


@dataclass(slots=True)
class Seen:
    """What one run saw. ``offences`` are (check, hook, what); ``answers`` and ``seconds`` by key.

    ``refusal`` says why the application would not load the plugin.
    """

    name: str = ""
    version: str = ""
    refusal: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    offences: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def gave_up(self) -> set[str]:
        """Hooks that are not asked again, because they did not come back."""
        return {hook for check, hook, _ in self.offences if check == "in_time"}


def main() -> int:
    """Ask, watch and tell; the exit status is 0 whatever the plugin does."""
    asked = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.dont_write_bytecode = True
    ears, watch, seen = Ears(), Watch(), Seen()
    sys.path[:0] = asked["paths"]
    plugin = _load(asked["plugin"], asked["settings"], watch, seen)
    if plugin is not None:
        seen.name, seen.version = plugin.description.name, plugin.description.version
        wanted = list(questions(plugin, GOLDEN_WEBINARS))
        for question in reversed(wanted) if asked["reversed"] else wanted:
            if question.hook not in seen.gave_up:
                _say(out, {"asking": question.key})
                _ask(plugin, question, watch, ears, seen)
    _say(out, asdict(seen))
    return 0


def _load(target: str, settings: Mapping[str, Any], watch: Watch, seen: Seen) -> Plugin | None:
    plugin = None
    with watch.over(network_alone=True):
        try:
            plugin = load_plugin(target, settings)
        except NotAPlugin as refusal:
            seen.refusal = str(refusal)
    if watch.reached:
        seen.offences.append(("no_network", "import", "called the network"))
    return plugin


def _ask(plugin: Plugin, question: Question, watch: Watch, ears: Ears, seen: Seen) -> None:
    seal = Seal((question.subject, question.context))
    before = _contents(question)
    ears.said()
    offence = None
    began = time.perf_counter()
    try:
        with watch.over(), time_limit():
            answer = plugin.ask(question)
        seen.answers[question.key] = "; ".join(map(fingerprint, answer))
    except TooLong:
        offence = ("in_time", f"did not answer within {LONGEST_SECONDS:g} s")
    except Misbehaved as error:
        offence = ("raises_nothing" if error.has_raised else "right_types", str(error))
    seen.seconds[question.key] = time.perf_counter() - began
    found = [offence] if offence else []
    if watch.reached:  # what it met there is no fault of its own
        found = [("no_network" if net else "pure", what) for net, what in watch.reached]
    if seal.mend() or _contents(question) != before:
        found = [("no_mutation", "changed the values it was handed")]
    if spoken := _addresses(ears.said()):
        found.append(("no_addresses", f"logged or printed {spoken} of the golden addresses"))
    seen.offences += [(check, question.hook, what) for check, what in found]


def _contents(question: Question) -> str:
    """The mappings a plugin is handed, which it could fill by the back door."""
    return f"{dict(question.context.settings)!r} {dict(question.context.contact.properties)!r}"


def _addresses(text: str) -> int:
    return sum(address.lower() in text.lower() for address in ADDRESSES)


def _say(out: IO[str], what: object) -> None:
    out.write(json.dumps(what) + "\n")
    out.flush()


if __name__ == "__main__":
    raise SystemExit(main())
