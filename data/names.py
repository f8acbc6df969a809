"""Names of campaigns and channels as users write them: in full, by a short id, or in part."""

import difflib
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import yaml

from .errors import ConfigError, shown

Value = TypeVar("Value")

_PLAIN = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_HASHED = re.compile(r".*_[0-9a-f]{10}")
_WORDS = {"true", "false", "null", "nan", "inf", "yes", "no", "on", "off", "y", "n"}  # not text
_ID_LENGTH, _HASH_LENGTH = 32, 10  # characters
_LISTED = 12  # names in a message; more are counted


def short_ids(names: Sequence[str]) -> tuple[str, ...]:
    """Short ids of names, which Hydra's override grammar, YAML and every shell take unquoted.

    An id depends on its name alone: neither other names nor their order change it. A name is its
    own id if it starts with a letter, consists of a-z and 0-9 with single `-` or `_` between them,
    has at most 32 characters, is not a word that YAML or Hydra reads as something else than text
    (`true`, `off`, `null`), and does not end like a hash. The id of any other name is what its
    letters and digits are in ASCII, at most 21 characters, then `_` and 10 hexadecimal digits of
    the name's SHA-256: `google/Search Network` is `google-search-network_2a758935b2`.

    Args:
        names: campaigns or channels, full names.

    Returns:
        (names,) ids: a-z, 0-9, `-` and `_`, a letter first, 1 to 32 characters. A name that is
        its own id shares it with no other; two other names would share one only if 40 bits of
        their hashes agreed, and `resolve` would then take it for neither.
    """
    return tuple(_short_id(name) for name in names)


@lru_cache(maxsize=2**14)
def _short_id(name: str) -> str:
    plain = _PLAIN.fullmatch(name) and len(name) <= _ID_LENGTH and name not in _WORDS
    if plain and not _HASHED.fullmatch(name):
        return name
    latin = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", latin.lower())
    if not words or not words[0][0].isalpha():
        words.insert(0, "c")  # so that no id reads as a number
    slug = "-".join(words)[: _ID_LENGTH - _HASH_LENGTH - 1].rstrip("-")
    content = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug}_{content[:_HASH_LENGTH]}"


def resolve(given: object, names: Sequence[str]) -> str | None:
    """Full name that a user means, or None if there is none or more than one.

    In this order: the full name (`google/YouTube`), its short id, then the name without its
    channel (`YouTube`) or the short id of that, if only one campaign has it.

    Args:
        given: what the user wrote; not text where YAML or Hydra made a truth value, a number, a
            date or null of a name such as `true` or `1.5`, which then stands for the name that
            YAML reads as that value.
        names: full names, `channel/type` or a channel alone.
    """
    matches = _matches(given, names)
    return matches[0] if len(matches) == 1 else None


def _matches(given: object, names: Sequence[str]) -> list[str]:
    """All names that a text may mean: those of the first way of writing that has any."""
    names = list(dict.fromkeys(names))
    partial = [(name, _without_channel(name)) for name in names if "/" in name]
    if not isinstance(given, str):
        full = [name for name in names if _read_as(name, given)]
        return full or [name for name, part in partial if _read_as(part, given)]
    if given in names:
        return [given]
    by_id = [name for name in names if _short_id(name) == given]
    return by_id or [name for name, part in partial if given in (part, _short_id(part))]


def _without_channel(name: str) -> str:
    return name.partition("/")[2]


def _read_as(text: str, value: object) -> bool:
    """True if YAML reads a bare text as this value."""
    try:
        node, read = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return False
    whole = isinstance(node, yaml.ScalarNode) and node.value == text  # no comment, no mapping
    return whole and type(read) is type(value) and read == value


def by_full_name(
    given: Mapping[Any, Value], names: Sequence[str], key: str, kind: str, example: str
) -> dict[str, tuple[Value, str]]:
    """Values by full name, each with the name as it was given.

    Args:
        given: values by full name, short id or name without its channel.
        names: full names.
        key: setting, such as `constraints.campaigns`, for messages.
        kind: `campaign` or `channel`.
        example: how to write the setting, with `ID` where the name stands.

    Raises:
        ConfigError: a name is unknown, stands for several, or is given twice.
    """
    resolved: dict[str, tuple[Value, str]] = {}
    for written, value in given.items():
        name = full_name(written, names, key, f"{kind} of this flight", example)
        if name in resolved:
            raise ConfigError(
                f"{key}: {shown(written)} is the {kind} {_printable(name)}, which is given as "
                f"{shown(resolved[name][1])} too. Allowed: each {kind} once. To fix: write its "
                "keys in one place"
            )
        resolved[name] = (value, str(written))
    return resolved


def full_name(given: object, names: Sequence[str], key: str, kind: str, example: str) -> str:
    """`resolve`, with an error for what is no name.

    Args:
        given: what the user wrote.
        names: full names.
        key: setting, for messages.
        kind: what the names are, such as `campaign of this flight`.
        example: how to write the setting, with `ID` where the name stands.

    Raises:
        ConfigError: lists the names with their ids, and how to write them.
    """
    matches = _matches(given, names)
    if len(matches) == 1:
        return matches[0]
    if matches:
        what = f"may be {' or '.join(map(_printable, matches[:_LISTED]))}"
        fix = f"write the full name or the id, {_written(example, matches[0])}"
    else:
        near = _closest(str(given), names, 1, 0.4)
        what = f"is not a {kind}"
        example = _written(example, near[0] if near else names[0])
        fix = f"did you mean {_printable(near[0])}?" if near else "use one of these names."
        fix += f" By its id: {example}"
    raise ConfigError(
        f"{key}: {shown(given)} {what}. Allowed: {_listed(given, names)}. To fix: {fix}"
    )


def _closest(given: str, names: Sequence[str], count: int, cutoff: float) -> list[str]:
    """Names like a text, the closest first, compared with and without their channels."""
    forms = {_without_channel(name).casefold(): name for name in names if "/" in name}
    forms |= {name.casefold(): name for name in names}
    near = difflib.get_close_matches(given.casefold(), forms, n=2 * count, cutoff=cutoff)
    return list(dict.fromkeys(forms[form] for form in near))[:count]


def _listed(given: object, names: Sequence[str]) -> str:
    """Names with their ids; of many, the closest."""
    some = names if len(names) <= _LISTED else _closest(str(given), names, _LISTED, 0.0)
    texts = [
        _printable(name) if name == id_ else f"{_printable(name)} (id {id_})"
        for name, id_ in zip(some, short_ids(some), strict=True)
    ]
    more = len(names) - len(some)
    return ", ".join(texts) + (f" and {more} more" if more else "")


def _written(example: str, name: str) -> str:
    return example.replace("ID", _short_id(name))


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else " " for c in name)
