"""docs/reference/hooks.md, made from the contract's own signatures and docstrings."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterable
from typing import Any, get_args

import rollcall
from commands.contract_surface import hooks, signature_of
from rollcall import context, description, effects, errors, events

_OPENING = """\
# Hooks, values and effects

Made from the code of `rollcall` by `./run contract`: version {version}, and
[what a version promises](contract.md). A plugin is a module, or an object, with functions marked
`@hookimpl`; it implements any of the hooks and takes any of their arguments.
"""
_ROLES = {
    "describe_plugin": "once, when the plugin is loaded",
    "should_exclude": "for each person, before anything else",
    "on_registrant": "for each registration, once it is approved or cancelled",
    "on_attendance": "for each person who came, once the figures are settled",
    "on_recording": "for each recording, once it can be watched",
}
_SECTIONS = (
    ("What happened", events),
    ("What a plugin may see besides", context),
    ("What a plugin says about itself", description),
    ("What a plugin may ask for", effects),
)


def render() -> str:
    """The whole page."""
    parts = [_OPENING.format(version=rollcall.__version__), "## Hooks\n"]
    parts += [_hook(name, hook) for name, hook in hooks().items()]
    for title, module in _SECTIONS:
        parts += [f"## {title}\n", *_choices(module), *map(_value, _values(module))]
    parts += ["## Errors\n", *map(_error, _errors())]
    return "\n".join(parts)


def _hook(name: str, hook: Any) -> str:
    text, _, example = (inspect.getdoc(hook) or "").partition("Example::")
    code = inspect.cleandoc(example)
    told = f"### {name}\n\n```python\ndef {name}{signature_of(hook)}\n```\n\n"
    return f"{told}Asked {_ROLES[name]}.\n\n{_prose(text)}\n\n```python\n{code}\n```\n"


def _values(module: Any) -> Iterable[type]:
    return [
        value
        for value in _public(module)
        if isinstance(value, type)
        and dataclasses.is_dataclass(value)
        and value.__module__ == module.__name__
    ]


def _public(module: Any) -> Iterable[Any]:
    """What the contract promises of the module's names, in the order they are defined."""
    return (getattr(rollcall, name) for name in vars(module) if name in rollcall.__all__)


def _value(kind: type) -> str:
    rows = [
        f"| `{field.name}` | `{str(field.type).replace('|', chr(92) + '|')}` | {_default(field)} |"
        for field in dataclasses.fields(kind)
    ]
    table = "\n".join(["| field | type | default |", "|---|---|---|", *rows, ""]) if rows else ""
    return f"### {kind.__name__}\n\n{_prose(inspect.getdoc(kind) or '')}\n\n{table}"


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f"`{field.default!r}`"
    return "" if field.default_factory is dataclasses.MISSING else "empty"


def _choices(module: Any) -> Iterable[str]:
    """The words a field of a narrow type may hold."""
    for name in vars(module):
        choices = get_args(getattr(rollcall, name)) if name in rollcall.__all__ else ()
        if choices and all(isinstance(choice, str) for choice in choices):
            yield f"`{name}`: {', '.join(f'`{choice}`' for choice in choices)}\n"
    if module is effects:
        reasons = ", ".join(f"`{reason}`" for reason in sorted(rollcall.EXCLUSION_REASONS))
        yield f"`EXCLUSION_REASONS`: {reasons}\n"


def _errors() -> Iterable[type]:
    return [value for value in vars(errors).values() if isinstance(value, type)]


def _error(kind: type) -> str:
    return f"### {kind.__name__}\n\n{_prose(inspect.getdoc(kind) or '')}\n"


def _prose(text: str) -> str:
    """Docstrings' double backticks and roles as Markdown has them."""
    plain = re.sub(r":\w+:`([^`]+)`", r"`\1`", text.strip())
    return plain.replace("``", "`")
