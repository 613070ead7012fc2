"""Is what a plugin answered what the contract allows? Foreign values are rebuilt, never kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from traceback import extract_tb
from types import GeneratorType, MappingProxyType
from typing import Any, get_args

from rollcall import (
    Audience,
    AuditEntry,
    CallRecord,
    ContactWanted,
    Effect,
    Exclusion,
    FollowUp,
    MarketingEventText,
    MarketingParticipation,
    Overwrite,
    Participation,
    PropertyUpdate,
    TimelineEvent,
)

MAX_EFFECTS = 100
MAX_BYTES = 64 * 1024

IDENTITY = frozenset({"email", "hs_additional_emails", "hs_object_id"})
"""Properties that would turn a contact into somebody else."""

_USUAL = (GeneratorType, list, tuple)
_OVERWRITES: tuple[str, ...] = get_args(Overwrite)
_PARTICIPATIONS: tuple[str, ...] = get_args(Participation)
_AUDIENCES: tuple[str, ...] = get_args(Audience)

_CODE = re.compile(r"[a-z0-9_]{1,64}")
_PROPERTY = re.compile(r"[a-z0-9_]{1,255}")
_EVENT_TYPE = re.compile(r"[A-Za-z0-9_.{}-]{1,255}")
_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", re.ASCII)


class Rubbish(Exception):
    """The answer breaks the contract; the text says how, without quoting any of it."""


def check_exclusions(answers: Iterable[Any]) -> list[Exclusion]:
    """The exclusions, rebuilt; raises `Rubbish` for anything else."""
    return [_check_exclusion(answer) for answer in answers]


def check_effects(answers: Iterable[Any], hook: str) -> list[Effect]:
    """The effects of all answers to one question, rebuilt; raises `Rubbish`.

    Generators are drained here, and no further than an honest plugin would go.
    """
    effects: list[Effect] = []
    size = 0
    for answer in answers:
        if type(answer) not in _USUAL and not _is_iterable(answer):
            raise Rubbish(f"returned {type(answer).__name__}, not effects")
        for effect in answer:
            if len(effects) == MAX_EFFECTS:
                raise Rubbish(f"returned more than {MAX_EFFECTS} effects for one question")
            checked, weight = _check_effect(effect, hook)
            size += weight
            if size > MAX_BYTES:
                raise Rubbish(f"returned more than {MAX_BYTES // 1024} KiB for one question")
            effects.append(checked)
    return effects


def describe_error(error: BaseException) -> str:
    """The kind of error and where; its text may speak of somebody."""
    frames = extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"raised {type(error).__name__}{where}"


def _is_iterable(answer: object) -> bool:
    return isinstance(answer, Iterable) and not isinstance(answer, str | bytes | Mapping)


def _check_exclusion(answer: Any) -> Exclusion:
    if type(answer) is not Exclusion:
        raise Rubbish(f"returned {type(answer).__name__}, neither an Exclusion nor None")
    if type(answer.hold) is not bool:
        raise Rubbish("returned an Exclusion whose hold is no bool")
    if _size(answer.reason, answer.detail) > MAX_BYTES:
        raise Rubbish(f"returned more than {MAX_BYTES // 1024} KiB for one question")
    if not _CODE.fullmatch(answer.reason):
        raise Rubbish("returned an Exclusion whose reason is not a code of a-z, 0-9 and _")
    return answer


def _check_effect(effect: Any, hook: str) -> tuple[Effect, int]:
    check = _CHECKS.get(type(effect))
    if check is None:
        raise Rubbish(f"returned {type(effect).__name__} among its effects")
    if hook == "on_recording" and type(effect) not in _OF_A_RECORDING:
        raise Rubbish(f"returned {type(effect).__name__} for a recording, which is no person")
    if hook != "on_recording" and type(effect) in _OF_RECORDINGS_ALONE:
        raise Rubbish(f"returned {type(effect).__name__} for a person")
    if type(effect) is TimelineEvent and (effect.audience is None) == (hook == "on_recording"):
        wrong = "without an audience" if effect.audience is None else "with an audience"
        raise Rubbish(f"returned a TimelineEvent {wrong}")
    return check(effect)


def _check_wanted(effect: ContactWanted) -> tuple[Effect, int]:
    return effect, 0


def _check_property(effect: PropertyUpdate) -> tuple[Effect, int]:
    size = _size(effect.name, effect.value)
    if not _PROPERTY.fullmatch(effect.name):
        raise Rubbish("returned a PropertyUpdate whose name is not one of a-z, 0-9 and _")
    if effect.name in IDENTITY:
        raise Rubbish(f"returned a PropertyUpdate of {effect.name}, which says who somebody is")
    _check_choice(effect.overwrite, _OVERWRITES)
    return effect, size


def _check_participation(effect: MarketingParticipation) -> tuple[Effect, int]:
    _check_choice(effect.state, _PARTICIPATIONS)
    return effect, 0


def _check_event(effect: TimelineEvent) -> tuple[Effect, int]:
    size = _size(effect.type)
    if not _EVENT_TYPE.fullmatch(effect.type):
        raise Rubbish("returned a TimelineEvent whose type is no event type's name")
    if effect.audience is not None:
        _check_choice(effect.audience, _AUDIENCES)
    properties, more = _check_texts(effect.properties)
    if not all(_PROPERTY.fullmatch(name) for name in properties):
        raise Rubbish("returned a TimelineEvent with a property not named with a-z, 0-9 and _")
    return TimelineEvent(effect.type, properties, effect.audience), size + more


def _check_call(effect: CallRecord) -> tuple[Effect, int]:
    size = _size(effect.title, effect.body)
    _check_choice(effect.audience, _AUDIENCES)
    if type(effect.with_transcript) is not bool or type(effect.with_player) is not bool:
        raise Rubbish("returned a CallRecord whose with_transcript or with_player is no bool")
    return effect, size


def _check_event_text(effect: MarketingEventText) -> tuple[Effect, int]:
    return effect, _size(effect.text)


def _check_entry(effect: AuditEntry) -> tuple[Effect, int]:
    return effect, _size(effect.message)


def _check_follow_up(effect: FollowUp) -> tuple[Effect, int]:
    size = _size(effect.function)
    if not _FUNCTION.fullmatch(effect.function):
        raise Rubbish("returned a FollowUp whose function is not module:function")
    arguments, more = _check_texts(effect.arguments)
    return FollowUp(effect.function, arguments), size + more


def _check_choice(value: object, choices: tuple[str, ...]) -> None:
    # Exactly str: a look-alike would compare as it likes, and travel on with the effect.
    if type(value) is not str or value not in choices:
        raise Rubbish(f"returned a value other than {', '.join(choices)}")


def _check_texts(texts: object) -> tuple[Mapping[str, str], int]:
    """A copy, for the plugin may go on filling the same dictionary."""
    if not isinstance(texts, Mapping):
        raise Rubbish(f"returned {type(texts).__name__} in place of a mapping")
    copy = dict(texts)
    return MappingProxyType(copy), _size(*copy, *copy.values())


def _size(*texts: object) -> int:
    """Bytes on the wire; raises `Rubbish` for what is no text or cannot be sent or stored."""
    size = 0
    for text in texts:
        if type(text) is not str:
            raise Rubbish(f"returned {type(text).__name__} where text belongs")
        if "\0" in text:  # PostgreSQL has no place for it, and everybody's decisions are stored
            raise Rubbish("returned text with a zero byte")
        try:
            size += len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            raise Rubbish("returned text that is not Unicode") from None
    return size


_CHECKS: Mapping[type, Callable[[Any], tuple[Effect, int]]] = {
    ContactWanted: _check_wanted,
    PropertyUpdate: _check_property,
    MarketingParticipation: _check_participation,
    TimelineEvent: _check_event,
    CallRecord: _check_call,
    MarketingEventText: _check_event_text,
    AuditEntry: _check_entry,
    FollowUp: _check_follow_up,
}
_OF_RECORDINGS_ALONE = frozenset({CallRecord, MarketingEventText})
_OF_A_RECORDING = frozenset({TimelineEvent, AuditEntry, FollowUp}) | _OF_RECORDINGS_ALONE
