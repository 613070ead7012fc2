"""Values between our own processes: frames on a pipe, each a kind, a length and a body.

Bodies are pickles. Both ends are forks of one process, so the classes cannot differ and the bytes
come from nowhere else; JSON would need a second description of every contract value and three times
the time. The way back from a child that has run plugins is narrower still: `loads_decisions` builds
nothing but decisions, so a plugin that scribbles on the pipe can spoil an answer but not run code.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle  # nosec B403 - between our own forks
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import rollcall
from engine import dispatch
from rollcall.conformance.seal import Shape, find_shape

_HEADER = struct.Struct("!cQ")


class BrokenFrame(Exception):
    """The pipe ended inside a frame, or holds something that is none."""


def write_frame(fd: int, kind: bytes, body: bytes) -> None:
    """Write one frame; raises ``BrokenPipeError`` when nobody reads any more."""
    view = memoryview(_HEADER.pack(kind, len(body)) + body)
    while view:
        view = view[os.write(fd, view) :]


def read_frame(fd: int) -> tuple[bytes, bytes] | None:
    """The next frame's kind and body, or None at the end of the pipe."""
    header = _read(fd, _HEADER.size)
    if not header:
        return None
    kind, length = _HEADER.unpack(header)
    body = _read(fd, length)
    if len(body) < length:
        raise BrokenFrame
    return kind, body


def take_frame(buffer: bytearray) -> tuple[bytes, bytes] | None:
    """Remove the first complete frame from ``buffer`` and return it; None when there is none."""
    if len(buffer) < _HEADER.size:
        return None
    kind, length = _HEADER.unpack_from(buffer)
    end = _HEADER.size + length
    if len(buffer) < end:
        return None
    body = bytes(buffer[_HEADER.size : end])
    del buffer[:end]
    return kind, body


def dumps(value: object) -> bytes:
    """Pickle contract values, field by field; four times as fast as the way Python would go."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _REDUCERS
    pickler.dump(value)
    return stream.getvalue()


def loads(body: bytes) -> Any:
    """What `dumps` wrote. Only for bytes that no plugin has touched."""
    return pickle.loads(body)  # nosec B301 - from our own parent process


def loads_decisions(body: bytes) -> list[dispatch.Decision]:
    """Decisions from a process that has run plugins; raises `BrokenFrame` for anything else."""
    try:
        decisions = _DecisionUnpickler(io.BytesIO(body)).load()
    except Exception as error:
        raise BrokenFrame from error
    if not isinstance(decisions, list):
        raise BrokenFrame
    return decisions


class _DecisionUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = _IN_DECISIONS.get((module, name))
        if found is None:
            raise BrokenFrame(f"{module}.{name} is no part of a decision")
        return found


def _freeze(mapping: dict[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(mapping)


def _reducer(kind: type, shape: Shape) -> Callable[[Any], tuple[Any, ...]]:
    return lambda value: (kind, shape.read(value))


def _shapes(module: Any) -> dict[type, Shape]:
    """The dataclasses a module offers."""
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type)]
    return {kind: shape for kind in kinds if (shape := find_shape(kind)) is not None}


_REDUCERS: dict[type, Callable[[Any], Any]] = {
    **copyreg.dispatch_table,
    **{
        kind: _reducer(kind, shape)
        for kind, shape in {**_shapes(rollcall), **_shapes(dispatch)}.items()
    },
    MappingProxyType: lambda mapping: (_freeze, (dict(mapping),)),
}
_IN_DECISIONS: Mapping[tuple[str, str], Any] = {
    (kind.__module__, kind.__qualname__): kind
    for kind in (
        *(dispatch.Decision, dispatch.Opinion, dispatch.StampedEffect, dispatch.PluginFailure),
        *(rollcall.ContactWanted, rollcall.PropertyUpdate, rollcall.MarketingParticipation),
        *(rollcall.TimelineEvent, rollcall.CallRecord, rollcall.MarketingEventText),
        *(rollcall.AuditEntry, rollcall.FollowUp, _freeze),
    )
}


def _read(fd: int, length: int) -> bytes:
    """``length`` bytes, or fewer at the end of the pipe."""
    chunks = bytearray()
    while len(chunks) < length and (chunk := os.read(fd, min(length - len(chunks), 1 << 20))):
        chunks += chunk
    return bytes(chunks)
