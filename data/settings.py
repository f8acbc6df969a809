"""Base class of settings records: validates a YAML mapping, one readable error per wrong key."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import ConfigError, shown
from .storage import shipped_yaml

Model = TypeVar("Model", bound="Settings")
RENAMED: Mapping[str, str] = shipped_yaml("renamed")["keys"]  # former key -> current


class Settings(BaseModel):
    """Base of settings records: frozen, without defaults, unknown keys forbidden."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of(cls: type[Model], mapping: Mapping[str, Any], where: str) -> Model:
        """Settings from a mapping, validated.

        Args:
            mapping: keys and values of group ``where``.
            where: name of the group, for messages.

        Raises:
            ConfigError: a key is unknown or missing, or its value is not allowed; names the first.
        """
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


def _explain(error: ValidationError, where: str, model: type[Settings]) -> str:
    """Return the first error as one sentence: the key, the value, what is allowed."""
    first = error.errors()[0]
    key = ".".join([where, *map(str, first["loc"])])
    if first["type"] == "extra_forbidden":
        allowed = list(_record_at(model, first["loc"][:-1]).model_fields)
        if key in RENAMED:
            return f"{key}: this key is now called {RENAMED[key]}. Rename it and run again."
        near = difflib.get_close_matches(str(first["loc"][-1]), allowed, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{key}: unknown key; allowed here: {', '.join(allowed)}{hint}"
    if first["type"] == "missing":
        return f"{key}: no value; every key of {where} needs one. Set {key} and run again."
    given = shown(first["input"]) if isinstance(first["input"], str) else first["input"]
    return f"{key}: got {given}; {first['msg'].lower()}. Change {key} and run again."


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
