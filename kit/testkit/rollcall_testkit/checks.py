"""The contract suite: three runs of a plugin, each in a process of its own, compared.

The second run has another seed for hashes and another time zone, the third asks in reverse order:
whatever differs between the first and the second is chance or clock, and whatever differs only in
the third was carried over from one person to the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollcall_testkit.probe import Seen

SLOW_SECONDS = 0.05
PATIENCE_SECONDS = 30.0

CHECKS: Mapping[str, str] = {
    "loads": "Rollcall loads it",
    "raises_nothing": "no hook raises",
    "right_types": "answers are what the contract allows",
    "pure": "hooks leave no trace outside",
    "no_network": "hooks call no network",
    "no_mutation": "what it is handed stays as it was",
    "in_time": "every answer comes in time",
    "deterministic": "the same question has the same answer",
    "no_order": "answers do not depend on who was asked before",
    "no_addresses": "nobody's address is logged",
}
"""Each check and what it promises, in the order they are told."""

_REMEDIES: Mapping[str, str] = {
    "loads": "",
    "raises_nothing": "Rollcall drops its effects for whoever it happens to."
    " Expect None where the contract allows it.",
    "right_types": "Return the frozen values of the contract, or None.",
    "pure": "Return a FollowUp effect: its function runs as a job of its own and may do that.",
    "no_network": "Return a FollowUp effect: its function runs as a job of its own and may call.",
    "no_mutation": "Every plugin is handed the same values. Copy what you want to change.",
    "in_time": "A webinar has ten thousand people. Compute once at import, or in a FollowUp.",
    "deterministic": "No random, uuid, clock or set order: use context.now, and sort.",
    "no_order": "Keep nothing between calls: context.totals holds a person's figures.",
    "no_addresses": "Log context.tenant.portal_id and person.reference instead.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise a plugin does not keep: the check, the hook, what it did and what mends it."""

    check: str
    hook: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.hook} " if self.hook else ""
        return f"{where}{self.what}. {self.remedy}".strip()


@dataclass(frozen=True, slots=True)
class Report:
    """What the suite found; ``asked`` is how many golden questions the plugin was asked."""

    plugin: str
    version: str
    asked: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether the plugin keeps the whole contract."""
        return not self.findings

    def failures(self, check: str) -> list[Finding]:
        """The findings of one check of `CHECKS`."""
        return [finding for finding in self.findings if finding.check == check]

    def __str__(self) -> str:
        name = f"{self.plugin} {self.version}".rstrip()
        lines = [f"{name}, asked {self.asked} questions"]
        for check, promise in CHECKS.items():
            failures = self.failures(check)
            passed = "passed" if self.asked else "      "  # what was never asked passed nothing
            lines.append(f"  {'FAILED' if failures else passed}  {check}: {promise}")
            lines += [f"          {finding}" for finding in failures]
        return "\n".join(lines)


def check_plugin(
    plugin: str, *, settings: Mapping[str, Any] | None = None, paths: Sequence[str] = ()
) -> Report:
    """Hold a plugin to the contract, on every golden webinar.

    ``plugin`` is a module's name, or ``module:object``; ``settings`` as a portal stores them;
    ``paths`` go before this process's own module path.
    """
    asked = {"plugin": plugin, "settings": dict(settings or {}), "paths": list(paths)}
    running = [
        _start(asked | {"reversed": False}, hash_seed=1, time_zone="Etc/GMT+12"),
        _start(asked | {"reversed": False}, hash_seed=2, time_zone="Etc/GMT-14"),
        _start(asked | {"reversed": True}, hash_seed=1, time_zone="Etc/GMT+12"),
    ]
    deadline = time.monotonic() + PATIENCE_SECONDS
    runs = [_finish(process, deadline) for process in running]
    if stuck := [run for run in runs if isinstance(run, Finding)]:
        return Report(plugin, "", 0, tuple(stuck[:1]))
    seen = [run for run in runs if isinstance(run, Seen)]
    first = seen[0]
    if first.refusal:
        return Report(plugin, "", 0, (_finding("loads", "", f"it {first.refusal}"),))
    found = dict.fromkeys([*_offences(seen), *_slow(seen), *_differences(*seen)])
    return Report(first.name, first.version, len(first.seconds), tuple(found))


def _start(asked: Mapping[str, Any], *, hash_seed: int, time_zone: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "TZ": time_zone}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "rollcall_testkit.probe"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asked))
    process.stdin.close()
    process.stdin = None
    return process


def _finish(process: subprocess.Popen[str], deadline: float) -> Seen | Finding:
    """What the run saw; a finding when it never came to its end."""
    try:
        out, err = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return _finding("in_time", _last_asked(out), "never came back")
    said = [json.loads(line) for line in out.splitlines()]
    if not said or "offences" not in said[-1]:
        what = f"ended the process ({err.strip().splitlines()[-1] if err.strip() else 'no words'})"
        return _finding("raises_nothing", _last_asked(out), what)
    told = said[-1]
    return Seen(**told | {"offences": [tuple(offence) for offence in told["offences"]]})


def _last_asked(out: str) -> str:
    asked = [json.loads(line).get("asking", "") for line in out.splitlines()]
    return str(asked[-1]).partition(",")[0] if asked else "import"


def _offences(seen: Iterable[Seen]) -> Iterator[Finding]:
    for run in seen:
        yield from (_finding(*offence) for offence in run.offences)


def _slow(seen: Sequence[Seen]) -> Iterator[Finding]:
    """Hooks whose quickest of three answers was too slow: a busy machine is nobody's fault."""
    gave_up = {hook for run in seen for hook in run.gave_up}
    slowest: dict[str, float] = {}
    for key in seen[0].seconds:
        hook = key.partition(",")[0]
        quickest = min(run.seconds.get(key, 0.0) for run in seen)
        slowest[hook] = max(slowest.get(hook, 0.0), quickest)
    for hook, seconds in slowest.items():
        if seconds > SLOW_SECONDS and hook not in gave_up:
            took = f"took {seconds * 1000:.0f} ms for one answer, of {SLOW_SECONDS * 1000:.0f}"
            yield _finding("in_time", hook, took)


def _differences(first: Seen, again: Seen, backwards: Seen) -> Iterator[Finding]:
    by_chance = _hooks_that_differ(first, again)
    by_order = _hooks_that_differ(first, backwards) - by_chance
    for hook in sorted(by_chance):
        yield _finding("deterministic", hook, "answered the same question in two ways")
    for hook in sorted(by_order):
        yield _finding("no_order", hook, "answered otherwise when people were asked in reverse")


def _hooks_that_differ(one: Seen, other: Seen) -> set[str]:
    both = one.answers.keys() & other.answers.keys()
    return {key.partition(",")[0] for key in both if one.answers[key] != other.answers[key]}


def _finding(check: str, hook: str, what: str) -> Finding:
    return Finding(check, hook, what, _REMEDIES[check])
