"""Base class of settings records: validates a YAML mapping, one readable error per wrong key."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import ConfigError, shown
from .storage import shipped_yaml

Model = TypeVar("Model", bound="Settings")
MAX_SEED = 2**32 - 1  # largest seed that numpy's and torch's global generators take
MAX_DEPTH = 32  # mappings and lists inside each other
MAX_VALUES = 100_000  # keys and list items of a group
MAX_TEXT = 4096  # characters of a key or a text
MAX_WHOLE = 2**63 - 1  # absolute value of a whole number
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
RENAMED: Mapping[str, str] = shipped_yaml("renamed")["keys"]  # former key -> current


class Settings(BaseModel):
    """Base of settings records: frozen, without defaults, unknown keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def of(cls: type[Model], mapping: Mapping[str, Any], where: str) -> Model:
        """Settings from a mapping, validated.

        Args:
            mapping: keys and values of group ``where``.
            where: name of the group, for messages.

        Raises:
            ConfigError: a key is unknown or missing, or its value is not allowed; names the first.
        """
        if not isinstance(mapping, Mapping):
            raise ConfigError(
                f"{where}: {given_text(mapping)} was given. Allowed: a mapping with the keys "
                f"{', '.join(cls.model_fields)}. To fix: change {where} and run again."
            )
        require_plain(mapping, where)
        try:
            return cls(**{str(key): value for key, value in mapping.items()})
        except ValidationError as error:
            raise ConfigError(_explain(error, where, cls)) from None


class Command(Settings):
    """Base of a command's options: the part of a whole configuration that the command reads.

    A field whose type is a settings record is the group of that name; a field whose type is
    another ``Command`` reads its own part of the same configuration.
    """

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Parse the fields of this record and leave all other keys alone.

        Args:
            config: plain containers, as the command line composes them.

        Raises:
            ConfigError: names the first key that is unknown, missing or not allowed.
        """
        parsed: dict[str, Any] = {}
        require_plain(config, "configuration")
        for name, field in cls.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, Command):
                parsed[name] = kind.read(config)
            elif name in config:
                value = config[name]
                if isinstance(kind, type) and issubclass(kind, Settings):
                    value = kind.of(value, name)
                parsed[name] = value
        try:
            return cls.of(parsed, "configuration")
        except ConfigError as error:  # these keys belong to no group
            raise ConfigError(str(error).replace("configuration.", "")) from None


def merged(before: Any, value: Any) -> Any:
    """Return a value with the keys of a mapping, at any depth, laid over those before it."""
    if not isinstance(before, Mapping) or not isinstance(value, Mapping):
        return value
    return {**before, **{key: merged(before.get(key), new) for key, new in value.items()}}


def with_changes(defaults: Mapping[str, Any], changes: Any, where: str) -> dict[str, Any]:
    """Return the keys of a group with those that differ, at any depth, laid over them.

    Args:
        defaults: all keys of the group.
        changes: mapping of the keys that differ; None: no key does.
        where: name of the group, for messages.

    Raises:
        ConfigError: the changes are no mapping. Unknown keys are left to ``Settings.of``.
    """
    if changes is not None and not isinstance(changes, Mapping):
        raise ConfigError(
            f"{where}: {given_text(changes)} was given; expected a mapping of the keys that differ "
            f"from conf/{where}."
        )
    return dict(merged(defaults, changes or {}))


def _explain(error: ValidationError, where: str, model: type[Settings]) -> str:
    """Return the first error as one sentence: the key, the value, what is allowed."""
    first = error.errors()[0]
    key = ".".join([where, *map(_key_text, first["loc"])])
    if first["type"] == "extra_forbidden":
        allowed = list(_record_at(model, first["loc"][:-1]).model_fields)
        if key in RENAMED:
            return f"{key}: this key is now called {RENAMED[key]}. Rename it and run again."
        near = difflib.get_close_matches(str(first["loc"][-1]), allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{key}: unknown key; allowed here: {', '.join(allowed)}{hint}"
    if first["type"] == "missing":
        return f"{key}: no value; every key of {where} needs one. Set {key} and run again."
    given, reason = given_text(first["input"]), first["msg"].lower()
    if len(reason) > _MAX_REASON:  # a message of a validator that quotes the value
        reason = f"{reason[:_MAX_REASON]}..."
    return f"{key}: got {given}; {reason}. Change {key} and run again."


_MAX_GIVEN = 200  # characters of a value, and of a key, in a message
_MAX_REASON = 400  # characters of a validator's message


def given_text(value: Any) -> str:
    """Return a value for a message: texts quoted, all short and on one line."""
    if isinstance(value, str):
        return shown(value)
    try:
        text = str(value)
    except (ValueError, RecursionError):  # more than 4,300 digits, or too many brackets
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= _MAX_GIVEN and text.isprintable() else shown(text)


def _key_text(key: int | str) -> str:
    text = str(key)
    return text if len(text) <= _MAX_GIVEN and text.isprintable() else shown(text)


def require_plain(group: Mapping[Any, Any], where: str) -> None:
    """Refuse values that no setting takes, before anything is made of them.

    These are more than ``MAX_VALUES`` values, or more than ``MAX_DEPTH`` levels; texts and keys of
    more than ``MAX_TEXT`` characters, with a NUL, or that cannot be written as UTF-8; whole numbers
    beyond ``MAX_WHOLE``.

    Raises:
        ConfigError: naming the key.
    """
    left: list[tuple[str, Any, int]] = [(where, group, 0)]
    count = 0
    while left:
        key, value, depth = left.pop()
        count += 1
        problem = _problem_of(value) if depth <= MAX_DEPTH else f"at most {MAX_DEPTH} levels"
        if count > MAX_VALUES:
            key, problem = where, f"at most {MAX_VALUES} keys and values"
        if problem:
            raise ConfigError(
                f"{_key_text(key)}: {given_text(value)} was given. Allowed: {problem}. "
                "To fix: change it and run again."
            )
        if isinstance(value, Mapping):
            for inner, item in value.items():
                if isinstance(inner, str) and (problem := _problem_of(inner)):
                    raise ConfigError(
                        f"{_key_text(key)}: the key {shown(inner)} was given. Allowed: {problem}. "
                        "To fix: rename it and run again."
                    )
                left.append((f"{key}.{inner}".removeprefix("configuration."), item, depth + 1))
        elif isinstance(value, list | tuple):
            left += [(f"{key}.{i}", item, depth + 1) for i, item in enumerate(value)]


def _problem_of(value: Any) -> str:
    """Return what is allowed instead of a value; "" if nothing is wrong with it."""
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        return "whole numbers below 2**63"
    if not isinstance(value, str):
        return ""
    if len(value) > MAX_TEXT:
        return f"texts of at most {MAX_TEXT} characters"
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        return "texts without NUL and half characters"
    return ""


def _record_at(model: type[Settings], path: Sequence[int | str]) -> type[Settings]:
    """Return the record that a path of keys leads to, through lists and mappings of records."""
    for key in path:
        if isinstance(key, str) and key in model.model_fields:
            model = next(_records_in(model.model_fields[key].annotation), model)
    return model


def _records_in(annotation: Any) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in get_args(annotation):
        yield from _records_in(part)
