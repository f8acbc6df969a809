"""The form of a plan: its fields, the body of the job that they ask for, and back."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

from mediagym.data.names import short_ids
from mediagym.data.settings import merged
from mediagym.data.storage import CONF, shipped_yaml

from .numbers import PLAIN, is_ambiguous, ungrouped

Fields = Mapping[str, str]  # texts as a browser sends them; an empty one is the default
Errors = dict[str, str]  # one sentence by field

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KINDS = ("promotion", "holiday", "blackout")
_AMOUNTS = ("floor", "cap", "fixed", "daily_floor", "daily_cap")
NODE_KEYS = {  # columns of the table of bounds, by kind of node
    "channel": ("floor", "cap", "fixed", "ramp_up", "ramp_down", "cpa", "roas"),
    "campaign": (*_AMOUNTS, "ramp_up", "ramp_down", "cpa", "roas"),
}
MAIN_KEYS = ("floor", "cap", "fixed")  # columns of the first table of bounds; the rest: the second
ROWS = 12  # most rows of the calendar, and of locks of single days
_CALENDAR = ("start", "end", "campaigns", "kind", "least", "most", "demand", "demand_sd")
_LOCK = ("date", "campaign", "amount")
_CHOICES = ("campaigns", "kind", "campaign")  # columns that are never empty
_NUMBERS = {  # fields that hold a number -> their key
    "days": ("env", "days"),
    "margin": ("objective", "margin"),
    "cpa": ("constraints", "cpa"),
    "roas": ("constraints", "roas"),
    "min_run": ("constraints", "min_run"),
    "most_times_recent": ("constraints", "most_times_recent"),
}
_WHOLE = ("days", "min_run", "change_every")
_TEXTS = {  # fields that hold an amount or a share -> their key
    "total": ("constraints", "total"),
    "channel_floor": ("constraints", "channel", "floor"),
    "channel_cap": ("constraints", "channel", "cap"),
    "campaign_floor": ("constraints", "campaign", "floor"),
    "campaign_cap": ("constraints", "campaign", "cap"),
    "ramp_up": ("constraints", "ramp", "up"),
    "ramp_down": ("constraints", "ramp", "down"),
    "ramp_least": ("constraints", "ramp", "least"),
    "steadiness": ("constraints", "steadiness"),
}
_CENTS = re.compile(r"(?<=\.\d\d)\d")  # the third decimal
_RATIOS = ("roas", "pacing_low", "pacing_high", "most_times_recent", "demand", "demand_sd")
NONE = "none"  # what is typed to take a default bound away


class Node(NamedTuple):
    """A channel or campaign of the table of bounds."""

    kind: str  # channel or campaign
    name: str  # full name
    id: str  # its part of the names of fields

    def field(self, key: str) -> str:
        """Return the name of the field of one of its keys."""
        return f"{self.kind}.{self.id}.{key}"

    def live(self, budgets: Mapping[str, float]) -> float | None:
        """Return its daily budget of today, of those of the campaigns; None: not known."""
        if self.kind == "campaign":
            return budgets.get(self.name)
        own = [amount for name, amount in budgets.items() if name.partition("/")[0] == self.name]
        return sum(own) if own else None


def nodes_of(names: Sequence[str]) -> list[Node]:
    """Return channels, each followed by its campaigns, in the order of the names."""
    channels = dict.fromkeys(name.partition("/")[0] for name in names)
    nodes = []
    for channel in channels:
        nodes.append(Node("channel", channel, *short_ids([channel])))
        own = [name for name in names if name.partition("/")[0] == channel]
        nodes += [Node("campaign", name, *short_ids([name])) for name in own]
    return nodes


@lru_cache(maxsize=1)
def defaults() -> dict[str, Any]:
    """Return the groups of the configuration whose keys the form has."""
    groups = {"constraints": "constraints/default", "env": "env/default"}
    content: dict[str, Any] = {name: shipped_yaml(file) for name, file in groups.items()}
    content["objective"] = shipped_yaml("objective/conversions")
    content["agent"] = next(
        entry["agent"]
        for entry in yaml.safe_load((CONF / "plan.yaml").read_text(encoding="utf-8"))["defaults"]
        if isinstance(entry, dict) and "agent" in entry
    )
    return content


def body_of(
    fields: Fields, names: Sequence[str], base: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], Errors]:
    """Return the body of the job that a form asks for, and what is wrong with single fields.

    Only what differs from the defaults is in the body. Amounts are checked by `bounds_of` and by
    the job itself, which know what they are shares of.

    Args:
        fields: texts by name of field.
        names: campaigns, full names.
        base: values of fields that are left alone; None: the defaults.
    """
    errors = _ambiguous(fields)
    body: dict[str, Any] = {}
    for field, number in _NUMBERS.items():
        _put(body, number, _number(fields, field, errors))
    for field, text in _TEXTS.items():
        _put(body, text, _amount(fields.get(field, "")))
    _put(body, ("agent",), fields.get("agent") or None)
    _put(body, ("objective", "name"), fields.get("objective") or None)
    _put(body, ("constraints", "total_type"), fields.get("total_type") or None)
    _put(body, ("constraints", "changes"), _changes(fields, errors))
    _put(body, ("constraints", "pacing"), _pacing(fields, errors))
    for group, kind in (("channels", "channel"), ("campaigns", "campaign")):
        nodes = [node for node in nodes_of(names) if node.kind == kind]
        own = {node.name: keys for node in nodes if (keys := _node(fields, node, errors))}
        _put(body, ("constraints", group), own or None)
    for key, columns in (("calendar", _CALENDAR), ("locks", _LOCK)):
        _put(body, ("constraints", key), _rows(fields, key, columns, errors) or None)
    return _without_defaults(body, defaults() if base is None else base), errors


def fields_of(
    body: Mapping[str, Any], names: Sequence[str], base: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Return the fields of the form that asks for a body.

    Args:
        body: keys that differ from the base.
        names: campaigns, full names.
        base: values of the other keys; None: the defaults.
    """
    content = merged(defaults() if base is None else base, body)
    rules = dict.fromkeys(defaults()["constraints"]) | content.get("constraints", {})
    agent, objective = content.get("agent", ""), content.get("objective", {})
    fields = {field: _value_text(content, path) for field, path in (_NUMBERS | _TEXTS).items()}
    fields |= {
        "agent": agent if isinstance(agent, str) else agent["name"],
        "objective": objective if isinstance(objective, str) else objective.get("name", ""),
        "total_type": rules["total_type"] or "",
    }
    changes = rules["changes"] or {}
    fields["change_every"] = _text(changes.get("every"))
    fields |= {f"change_{day}": "on" for day in changes.get("weekdays") or ()}
    low, high = rules["pacing"] or (None, None)
    fields |= {"pacing_low": _text(low), "pacing_high": _text(high)}
    for node in nodes_of(names):
        keys = (rules[f"{node.kind}s"] or {}).get(node.name) or {}
        for key in NODE_KEYS[node.kind]:
            path = ("ramp", key.removeprefix("ramp_")) if key.startswith("ramp_") else (key,)
            fields[node.field(key)] = _bound_text(keys, path)
        fields[node.field("off")] = "on" if keys.get("off") else ""
    for key, columns in (("calendar", _CALENDAR), ("locks", _LOCK)):
        for number, row in enumerate(rules[key] or []):
            fields |= {f"{key}.{number}.{column}": _cell(row, column) for column in columns}
    return fields


def rows_shown(fields: Fields, key: str) -> range:
    """Return the numbers of the rows of the calendar or of locks: those in use and one more."""
    used = [
        int(name.split(".")[1])
        for name, text in fields.items()
        if name.startswith(f"{key}.")
        and text
        and name.split(".")[1].isdecimal()
        and name.rpartition(".")[2] not in _CHOICES
    ]
    return range(min(max(used, default=-1) + 2, ROWS))


def _put(body: dict[str, Any], path: Sequence[str], value: Any) -> None:
    if value is None:
        return
    *groups, last = path
    for group in groups:
        body = body.setdefault(group, {})
    body[last] = None if value == NONE else value


def _at(content: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = content
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _without_defaults(body: dict[str, Any], base: Any) -> dict[str, Any]:
    """Return the keys of a body whose values are not the default's."""
    kept = {}
    for key, value in body.items():
        default = base.get(key) if isinstance(base, Mapping) else None
        if isinstance(value, dict) and isinstance(default, Mapping):
            if inner := _without_defaults(value, default):
                kept[key] = inner
        elif value != default:
            kept[key] = value
    return kept


def _amount(text: str) -> Any:
    """Return an amount as the configuration takes it; None if the field is empty."""
    text = ungrouped(text)
    if PLAIN.fullmatch(text):
        number = float(text)
        return int(number) if number.is_integer() else number
    return text.casefold() if text.casefold() == NONE else text or None


def _ambiguous(fields: Fields) -> Errors:
    """Return what is wrong with amounts that two notations read differently."""
    return {
        field: f"“{text}” may mean {text.replace('.', ',')} or {_CENTS.sub('', text)}. "
        "Write it in one of these ways."
        for field, text in ((name, value.strip()) for name, value in fields.items())
        if is_ambiguous(text) and field.rpartition(".")[2] not in _RATIOS
    }


def _number(fields: Fields, field: str, errors: Errors) -> Any:
    text = fields.get(field, "").strip()
    value = _amount(text)
    if value in (None, NONE):
        return value
    whole = field.rpartition(".")[2] in _WHOLE
    if isinstance(value, str) or (whole and not isinstance(value, int)):
        errors[field] = f"“{text}” is not a {'whole ' if whole else ''}number."
        return None
    return value


def _changes(fields: Fields, errors: Errors) -> Any:
    days = [day for day in WEEKDAYS if fields.get(f"change_{day}")]
    every = _number(fields, "change_every", errors)
    if days and every is not None:
        errors["change_every"] = "Choose weekdays or a number of days, not both."
        return None
    if days and len(days) < len(WEEKDAYS):
        return {"weekdays": days}
    return None if every is None else {"every": every}


def _pacing(fields: Fields, errors: Errors) -> Any:
    low, high = (_number(fields, f"pacing_{end}", errors) for end in ("low", "high"))
    if low is None and high is None:
        return None
    if low is None or high is None:
        missing = "pacing_low" if low is None else "pacing_high"
        errors.setdefault(missing, "Give both ends, such as 0.5 and 1.5, or none.")
        return None
    return [low, high]


def _node(fields: Fields, node: Node, errors: Errors) -> dict[str, Any]:
    """Return the keys of a channel or a campaign that its row has."""
    keys: dict[str, Any] = {}
    if fields.get(node.field("off")):
        return {"off": True}
    for key in NODE_KEYS[node.kind]:
        field = node.field(key)
        is_number = key in ("cpa", "roas")
        value = _number(fields, field, errors) if is_number else _amount(fields.get(field, ""))
        path = ("ramp", key.removeprefix("ramp_")) if key.startswith("ramp_") else (key,)
        _put(keys, path, value)
    return keys


def _rows(fields: Fields, key: str, columns: Sequence[str], errors: Errors) -> list[dict[str, Any]]:
    """Return the rows of the calendar, or of locks, that hold anything but a choice."""
    rows = []
    for number in range(ROWS):
        texts = {column: fields.get(f"{key}.{number}.{column}", "").strip() for column in columns}
        if not any(text for column, text in texts.items() if column not in _CHOICES):
            continue
        row: dict[str, Any] = {}
        for column, text in texts.items():
            if column in ("demand", "demand_sd"):
                value = _number(fields, f"{key}.{number}.{column}", errors)
            elif column in ("least", "most", "amount"):
                value = _amount(text)
            elif column == "campaigns":
                value = text if text in ("", "all") else [text]
            else:
                value = text
            if value not in ("", None):
                row[column] = value
        first = columns[0]
        if first not in row:
            errors[f"{key}.{number}.{first}"] = "Choose the day."
        if key == "calendar":
            row.setdefault("end", row.get("start"))
        rows.append(row)
    return rows


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _value_text(content: Mapping[str, Any], path: Sequence[str]) -> str:
    """Return the text of a key; `none` where a default is taken away."""
    *groups, last = path
    group = _at(content, groups)
    if not isinstance(group, Mapping) or last not in group:
        return ""
    value = group[last]
    return NONE if value is None and _at(defaults(), path) is not None else _text(value)


def _bound_text(keys: Mapping[str, Any], path: Sequence[str]) -> str:
    """Return the text of a node's bound; `none` where a default is taken away."""
    for key in path[:-1]:
        keys = keys.get(key) or {}
    if path[-1] not in keys:
        return ""
    return NONE if keys[path[-1]] is None else str(keys[path[-1]])


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    return _text(value[0] if isinstance(value, list) and value else value)
