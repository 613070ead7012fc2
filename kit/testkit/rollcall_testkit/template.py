"""Makes a plugin's package from the template, which is one of copier's, rendered with Jinja."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from jinja2 import Environment, StrictUndefined

_BROUGHT_ALONG = Path(__file__).parent / "template"
_IN_THE_CHECKOUT = Path(__file__).parents[2] / "template"
_SUFFIX = ".jinja"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


class BadName(Exception):
    """The name cannot be a plugin's; the text says what can."""


def answers_for(name: str) -> dict[str, str]:
    """The answers to the template's questions that follow from a name. Raises `BadName`."""
    package = name.replace("-", "_")
    if not _NAME.fullmatch(name) or keyword.iskeyword(package) or name.endswith("-"):
        raise BadName(
            f"{name!r} is no name for a plugin: use a-z, 0-9 and -, starting with a letter,"
            " at most 40 characters, such as loyalty-points"
        )
    return {"name": name, "package": package, "title": name.replace("-", " ").capitalize()}


def template_folder() -> Path:
    """Where the template is: in the wheel, or beside the kit in Rollcall's checkout."""
    return _BROUGHT_ALONG if _BROUGHT_ALONG.is_dir() else _IN_THE_CHECKOUT


def render(name: str, into: Path) -> list[Path]:
    """Write the package; gives its files. Raises `BadName`, or `FileExistsError` before writing."""
    answers = answers_for(name)
    if into.exists() and any(into.iterdir()):
        raise FileExistsError(f"{into} is not empty: nothing was written")
    jinja = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    source = template_folder() / "project"
    made = []
    for path in sorted(source.rglob(f"*{_SUFFIX}")):
        place = jinja.from_string(str(path.relative_to(source))).render(answers)
        target = into / place.removesuffix(_SUFFIX)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        target.write_text(jinja.from_string(text).render(answers), encoding="utf-8")
        made.append(target)
    return made
