"""Overrides with names that Hydra's grammar cannot parse, rewritten so that it can."""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from mediagym.data.errors import shown
from mediagym.data.names import short_ids

_NAMED = r"\+{0,2}(?P<key>constraints\.(?:campaigns|channels)|(?:advertiser\.)?campaigns)"
_MAPPING = re.compile(rf"{_NAMED}=\{{(?P<entries>.*)\}}", re.DOTALL)
_DOTTED = re.compile(rf"{_NAMED}\.(?P<name>.+)\.(?P<leaf>\w+)=(?P<value>.*)", re.DOTALL)
_ENTRY = re.compile(r"\s*(?P<name>.+?)\s*:\s*\{(?P<keys>[^{}]*)\}\s*(?:,|$)", re.DOTALL)
_EVIDENCE = re.compile(r"(?P<key>priors\.evidence)=\[.*\]", re.DOTALL)
_CAMPAIGN = re.compile(
    r"(?<=campaign:)\s*(?P<name>[^{}]+?)\s*"
    r"(?=,\s*(?:spend|sd|elasticity|conversions|instead_of)\s*:|\})"
)
_EXAMPLE = {"floor": "5%"}


class _Entry(NamedTuple):
    """One campaign or channel of an override, with its keys as text."""

    name: str
    keys: str


def advice(override: str) -> str | None:
    """One line on how to write an override of named campaigns or channels.

    Args:
        override: a word of the command line that Hydra could not use.

    Returns:
        The message, with an override that Hydra parses: the given one if its values can be
        parsed, or else an example. None if the word is about no names.
    """
    if match := _EVIDENCE.fullmatch(override):
        written = _CAMPAIGN.sub(lambda found: f" {_word(_unquoted(found['name']))}", override)
        name = next((found["name"] for found in _CAMPAIGN.finditer(override)), None)
        known = name is not None and _parsed(written) is not None
        return _message(match["key"], _unquoted(name), written) if name and known else None
    match = _MAPPING.fullmatch(override) or _DOTTED.fullmatch(override)
    if match is None:
        return None
    key, entries = match["key"], list(_entries(match))
    in_place = key.startswith("constraints.")  # there a mapping replaces null
    text = ", ".join(f"{_word(entry.name)}: {{{entry.keys}}}" for entry in entries)
    written = f"{'' if in_place else '+'}{key}={{{text}}}"
    parsed, names = _parsed(written), [entry.name for entry in entries]
    changed = next((name for name in names if _word(name) != name), names[0] if names else "")
    if not in_place:
        return _message(key, changed, written) if parsed else None
    if not parsed or len(parsed) != len(names):  # its values are not read either, or a name twice
        name = _unquoted(override.partition("{")[2].partition(":")[0].strip()) or "ID"
        written, names, parsed = f"{key}={{{_word(name)}: {{floor: 5%}}}}", [name], {"": _EXAMPLE}
        changed = name
    return _message(key, changed, written, dict(zip(names, parsed.values(), strict=True)))


def _entries(match: re.Match[str]) -> Iterator[_Entry]:
    """Campaigns or channels of an override; none if its text has another form."""
    groups = match.groupdict()
    if "leaf" in groups:
        yield _Entry(_unquoted(groups["name"]), f"{groups['leaf']}: {groups['value']}")
        return
    text, found, end = groups["entries"].strip(), [], 0
    while entry := _ENTRY.match(text, end):
        found.append(_Entry(_unquoted(entry["name"]), entry["keys"]))
        end = entry.end()
    if not text[end:].strip():
        yield from found


def _unquoted(name: str) -> str:
    """Name without quotes around all of it; single ones only if the name has its channel."""
    if (
        len(name) > 2
        and name[0] == name[-1]
        and (name[0] == '"' or (name[0] == "'" and "/" in name))
    ):
        return name[1:-1]
    return name


def _word(name: str) -> str:
    """Name, if Hydra reads it as the same text, or its short id."""
    parsed = _parsed(f"key={{{name}: 1}}")
    return name if parsed == {name: 1} else short_ids([name])[0]


def _parsed(override: str) -> Any:
    """Value of an override, or None if Hydra cannot parse it."""
    try:
        return OverridesParser.create().parse_override(override).value()
    except HydraException:
        return None


def _message(key: str, name: str, written: str, content: Mapping[str, Any] | None = None) -> str:
    """The message about a name, with the override and the line of a file that say the same."""
    file = ""
    if content is not None:
        group = key.rpartition(".")[2]
        line = yaml.safe_dump(
            {group: dict(content)},
            default_flow_style=True,
            allow_unicode=True,
            width=10**6,  # characters: one line
            sort_keys=False,
        )
        file = f", or constraints.file=FILE with this line in FILE: {line.strip()[1:-1]}"
    return (
        f"{key}: {shown(name)} cannot be written so on the command line. Allowed: "
        "{NAME: {KEY: VALUE}} with short ids and names of letters a-z, digits, spaces and / - _ . "
        f"%; amounts as 5% or $5000. To fix: write {shlex.quote(written)}{file}"
    )
