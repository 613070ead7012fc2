"""A portal's settings: every key with its default, and patches checked key by key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal

from marshmallow import EXCLUDE, Schema, ValidationError, validate
from marshmallow import fields as ma

from schemas.plugin_forms import PluginForm, check_form

Scope = Literal["none", "all", "selected"]

MAX_DOMAINS = 500
MAX_USERS = 5000
MAX_MAPPINGS = 200
MAX_TEXT = 255

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PROPERTY = r"^[a-z][a-z0-9_]{0,254}$"


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PluginChoice:
    """What a portal decided about one plugin.

    ``order`` is its place among the plugins, None where the portal left it as declared.
    ``settings`` are as they were entered; the plugin's own schema loads them.
    """

    enabled: bool = True
    order: int | None = None
    settings: Mapping[str, Any] = field(default_factory=_empty)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a portal can set; a fresh install syncs nothing until somebody says so.

    Domains are lower-case; ``*.acme.example`` stands for every sub-domain of ``acme.example``.
    Users are Zoom user ids. ``question_mapping`` is contact property by registration question,
    ``question_answers`` Zoom's answer by the property's value, again by question: only for values
    that are no answers of Zoom's as they stand. ``question_values`` is the answer, again by
    question, for contacts that have none.
    """

    webinar_sync: Scope = "none"
    webinar_sync_users: tuple[str, ...] = ()
    recording_sync: Scope = "none"
    recording_sync_users: tuple[str, ...] = ()
    excluded_host_domains: tuple[str, ...] = ()
    excluded_recording_domains: tuple[str, ...] = ()
    excluded_contact_domains: tuple[str, ...] = ()
    contact_exclusion: Literal["full", "update_only"] = "full"
    secondary_email: Literal["skip", "resolve", "hold"] = "skip"
    recreate_deleted: bool = False
    join_link: Literal["public", "personal"] = "public"
    registration_accounts: Literal["primary", "all"] = "primary"
    recording_target: Literal["call", "marketing_event"] = "call"
    question_mapping: Mapping[str, str] = field(default_factory=_empty)
    question_answers: Mapping[str, Mapping[str, str]] = field(default_factory=_empty)
    question_values: Mapping[str, str] = field(default_factory=_empty)
    raw_retention_days: int = 30
    plugins: Mapping[str, PluginChoice] = field(default_factory=_empty)

    def plugin_order(self, declared: Sequence[str]) -> tuple[str, ...]:
        """Names of the plugins that are switched on, in the order they are asked.

        ``declared`` are the loaded plugins in declared order; they are on unless switched off. A
        plugin the portal switched on that is not loaded comes last: it may not just disappear.
        """
        missing = sorted(
            name for name, choice in self.plugins.items() if choice.enabled and name not in declared
        )
        places = {name: place for place, name in enumerate([*declared, *missing])}
        choices = {name: self.plugins.get(name, PluginChoice()) for name in places}

        def place(name: str) -> tuple[int, int]:
            order = choices[name].order
            return (places[name] if order is None else order, places[name])

        return tuple(sorted((name for name in places if choices[name].enabled), key=place))

    def plugin_settings(self) -> dict[str, dict[str, Any]]:
        """Each plugin's settings as entered, by name."""
        return {name: dict(choice.settings) for name, choice in self.plugins.items()}


class Domain(ma.String):
    """A domain name in lower case, or ``*.`` and one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip().lower()
        text = text.removeprefix("@")
        name = text.removeprefix("*.")
        try:
            labels = name.encode("idna").decode("ascii").split(".")
        except UnicodeError:
            labels = []
        is_domain = len(labels) >= 2 and len(name) <= 253 and not labels[-1].isdigit()
        if not (is_domain and all(_LABEL.fullmatch(label) for label in labels)):
            raise ValidationError(
                "Not a domain. Write acme.com, or *.acme.com for its sub-domains."
            )
        return text


class AnswerMap(ma.Dict):
    """Zoom's answer by the property's value; complaints name the value, and it alone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            texts = {
                str(name): [text for part in parts.values() for text in part]
                for name, parts in error.messages.items()
            }
            raise ValidationError(texts) from error


def _question() -> ma.String:
    always = "Always filled from the contact's own name and e-mail address."
    return ma.String(
        validate=[
            validate.Length(min=1, max=MAX_TEXT),
            validate.NoneOf(("first_name", "last_name", "email"), error=always),
        ]
    )


def _one_of(*choices: str) -> ma.String:
    return ma.String(validate=validate.OneOf(choices))


def _domains() -> ma.List[Any]:
    return ma.List(Domain(), validate=validate.Length(max=MAX_DOMAINS))


def _users() -> ma.List[Any]:
    user = ma.String(validate=validate.Length(min=1, max=64))
    return ma.List(user, validate=validate.Length(max=MAX_USERS))


class PluginChoiceSchema(Schema):
    """One plugin's entry in the settings."""

    enabled = ma.Boolean(metadata={"description": "Whether the plugin is asked at all."})
    order = ma.Integer(
        allow_none=True,
        validate=validate.Range(0, 1000),
        metadata={"description": "Its place among the plugins; null: as declared."},
    )
    settings = ma.Dict(
        keys=ma.String(), metadata={"description": "Values for the plugin's own form."}
    )


class SettingsSchema(Schema):
    """Every setting; a patch holds the ones to change."""

    webinar_sync = _one_of("none", "all", "selected")
    webinar_sync_users = _users()
    recording_sync = _one_of("none", "all", "selected")
    recording_sync_users = _users()
    excluded_host_domains = _domains()
    excluded_recording_domains = _domains()
    excluded_contact_domains = _domains()
    contact_exclusion = _one_of("full", "update_only")
    secondary_email = _one_of("skip", "resolve", "hold")
    recreate_deleted = ma.Boolean()
    join_link = _one_of("public", "personal")
    registration_accounts = _one_of("primary", "all")
    recording_target = _one_of("call", "marketing_event")
    question_mapping = ma.Dict(
        keys=_question(),
        values=ma.String(
            validate=validate.Regexp(_PROPERTY, error="Not the internal name of a property.")
        ),
        validate=validate.Length(max=MAX_MAPPINGS),
    )
    question_answers = ma.Dict(
        keys=_question(),
        values=AnswerMap(
            keys=ma.String(validate=validate.Length(min=1, max=MAX_TEXT)),
            values=ma.String(validate=validate.Length(min=1, max=MAX_TEXT)),
            validate=validate.Length(max=MAX_MAPPINGS),
        ),
        validate=validate.Length(max=MAX_MAPPINGS),
    )
    question_values = ma.Dict(
        keys=_question(),
        values=ma.String(validate=validate.Length(min=1, max=MAX_TEXT)),
        validate=validate.Length(max=MAX_MAPPINGS),
    )
    raw_retention_days = ma.Integer(validate=validate.Range(1, 365))
    plugins = ma.Dict(
        keys=ma.String(validate=validate.Length(min=1, max=40)),
        values=ma.Nested(PluginChoiceSchema),
        validate=validate.Length(max=200),
    )


class _StoredPluginChoiceSchema(PluginChoiceSchema):
    class Meta:
        unknown = EXCLUDE


class _StoredSettingsSchema(SettingsSchema):
    """As stored by any version of Rollcall: a key this version does not know is left out."""

    class Meta:
        unknown = EXCLUDE

    plugins = ma.Dict(keys=ma.String(), values=ma.Nested(_StoredPluginChoiceSchema))


_PATCH = SettingsSchema()
_STORED = _StoredSettingsSchema()
_KEYS = tuple(f.name for f in fields(Settings))


def load_settings(values: Mapping[str, Any]) -> Settings:
    """The settings of stored values, defaults filled in. Raises ValidationError."""
    loaded = _STORED.load(dict(values))
    for name, value in loaded.items():
        if isinstance(value, list):
            loaded[name] = tuple(_unique(value))
    plugins = {
        name: PluginChoice(**{**choice, "settings": MappingProxyType(choice.get("settings", {}))})
        for name, choice in loaded.pop("plugins", {}).items()
    }
    for name in ("question_mapping", "question_answers", "question_values"):
        loaded[name] = MappingProxyType(loaded.get(name, {}))
    return replace(Settings(), **loaded, plugins=MappingProxyType(plugins))


def dump_settings(settings: Settings) -> dict[str, Any]:
    """The settings as JSON values, every key present."""
    values = {name: getattr(settings, name) for name in _KEYS}
    return {
        **{k: list(v) if isinstance(v, tuple) else v for k, v in values.items()},
        "question_mapping": dict(settings.question_mapping),
        "question_values": dict(settings.question_values),
        "question_answers": {name: dict(one) for name, one in settings.question_answers.items()},
        "plugins": {
            name: {
                "enabled": choice.enabled,
                "order": choice.order,
                "settings": dict(choice.settings),
            }
            for name, choice in settings.plugins.items()
        },
    }


def apply_patch(
    values: Mapping[str, Any],
    patch: Mapping[str, Any],
    plugin_forms: Mapping[str, PluginForm],
) -> dict[str, Any]:
    """Stored values with the patch applied, every key present.

    A key replaces what was there; ``plugins`` is merged plugin by plugin. Raises ValidationError
    whose messages name every unknown key and every bad value of the patch.
    """
    before = load_settings(values)
    changes, problems = _load_patch(patch)
    choices = changes.pop("plugins", {})
    wrong = _check_plugins(choices, before.plugins, plugin_forms)
    if wrong:
        problems["plugins"] = {**wrong, **problems.get("plugins", {})}
    if problems:
        raise ValidationError(problems)
    plugins = dump_settings(before)["plugins"]
    for name, choice in choices.items():
        plugins[name] = {**_as_json(PluginChoice()), **plugins.get(name, {}), **choice}
    return dump_settings(load_settings({**dump_settings(before), **changes, "plugins": plugins}))


def _load_patch(patch: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The readable part of the patch, and what is wrong with the rest."""
    try:
        return dict(_PATCH.load(dict(patch))), {}
    except ValidationError as error:
        # Plugins are looked at only where their entries were readable.
        readable = error.valid_data if isinstance(error.valid_data, dict) else {}
        problems = dict(error.messages_dict)
        return {} if "plugins" in problems else dict(readable), problems


def _check_plugins(
    choices: Mapping[str, Any],
    known: Mapping[str, PluginChoice],
    forms: Mapping[str, PluginForm],
) -> dict[str, Any]:
    problems: dict[str, Any] = {}
    for name, choice in choices.items():
        if name not in forms and name not in known:
            problems[name] = ["There is no plugin of this name."]
        elif "settings" in choice:
            entered, wrong = check_form(choice["settings"], forms.get(name))
            choice["settings"] = entered
            if wrong:
                problems[name] = {"value": {"settings": wrong}}
    return problems


def _as_json(choice: PluginChoice) -> dict[str, Any]:
    return {**asdict(replace(choice, settings={})), "settings": dict(choice.settings)}


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def list_problems(messages: Any) -> list[str]:
    """Marshmallow's messages as lines ``path: complaint``, for people and programs alike."""
    return [f"{'.'.join(path)}: {text}" if path else text for path, text in _walk(messages, ())]


def _walk(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if not isinstance(messages, Mapping):
        for complaint in messages if isinstance(messages, list) else [messages]:
            yield path, str(complaint)
        return
    for name, below in messages.items():
        # Below a name in a Dict field marshmallow says whether it means the key or the value.
        is_of_dict = len(path) == 2 and name in ("key", "value")
        yield from _walk(below, path if is_of_dict else (*path, str(name)))
