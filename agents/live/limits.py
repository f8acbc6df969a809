"""Constraints of a flight under way: those of its plan, with the keys that are given laid over."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError, DataError
from ...data.names import by_full_name
from ...data.types import Floats
from ...envs.constraints import (
    Constraints,
    ConstraintSettings,
    FlightStart,
    constraints_from_json,
    parse_constraints,
)
from .source import SourcePlan

Cents = NDArray[np.int64]
_NAMED = ("channels", "campaigns")  # settings that hold keys by name
_ENDS = {"off": ("floor", "cap", "fixed"), "fixed": ("floor", "cap", "off")}  # keys that a key ends
_RULES = {  # key -> fields of the set that follow from it
    "ramp": ("ramp", "live_cents"),
    "changes": ("may_change",),
    "calendar": ("day_floor_cents", "day_cap_cents", "passed_over", "promotions"),
    "locks": ("day_floor_cents", "day_cap_cents", "passed_over"),
    "daily_floor": ("day_floor_cents", "day_cap_cents", "passed_over"),
    "min_run": ("min_run",),
    "steadiness": ("steadiness",),
    "cpa": ("guardrails",),
    "roas": ("guardrails",),
}


def limits_of(
    source: SourcePlan, given: Mapping[str, Any], names: Sequence[str], start: FlightStart
) -> Constraints:
    """Return the constraint set of the whole flight.

    Args:
        source: the plan under way.
        given: keys of ``conf/constraints``, None where the plan's stands. Keys of single channels
            and campaigns replace the plan's one by one.
        names: campaigns in the order of the calibration.
        start: live budgets before the flight and its first day.

    Raises:
        ConfigError: for a key that is not allowed, or a name that the plan does not have.
        ConstraintError: if no plan satisfies the constraints.
        DataError: if the plan holds none.
    """
    if tuple(names) != source.names:
        raise DataError(
            f"{source.path}: its campaigns are {', '.join(source.names)}; those of the exports are "
            f"{', '.join(names)}. Use the exports and the keys of data that it was made with."
        )
    rules, plain = _split(given)
    settings = laid_over(source, plain)
    document = {**source.constraints, "settings": settings}
    try:
        base = constraints_from_json(document).in_currency(source.currency)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{source.path}: not a plan as scripts/plan.py writes it: {reason}. Write it again."
        ) from None
    fields = {field for key in _rules_in(given) for field in _RULES[key]}
    if not fields:
        return base
    whole = ConstraintSettings.of(laid_over(source, {**given, **rules}), "constraints")
    campaigns = [_Campaign(name, source.channel_of[name]) for name in names]
    ruled = parse_constraints(whole, campaigns, source.days, source.currency, None, start)
    return replace(base, **{field: getattr(ruled, field) for field in fields})


class _Campaign:
    """A campaign as constraints need it."""

    def __init__(self, name: str, channel: str) -> None:
        self.name, self.channel = name, channel


def _split(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keys of rules and the others; nodes' own rules are left out of the others."""
    rules = {key: value for key, value in given.items() if key in _RULES and value is not None}
    plain = {key: value for key, value in given.items() if key not in _RULES}
    for group in _NAMED:
        nodes = plain.get(group)
        if isinstance(nodes, Mapping):
            plain[group] = {
                name: {key: v for key, v in keys.items() if key not in _RULES}
                if isinstance(keys, Mapping)
                else keys
                for name, keys in nodes.items()
            }
    return rules, plain


def _rules_in(given: Mapping[str, Any]) -> set[str]:
    """Return the keys of rules that are given for all campaigns or for single nodes."""
    found = {key for key, value in given.items() if key in _RULES and value is not None}
    for group in _NAMED:
        nodes = given.get(group)
        for keys in nodes.values() if isinstance(nodes, Mapping) else ():
            found |= set(keys) & set(_RULES) if isinstance(keys, Mapping) else set()
    return found


def with_file(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given keys with those of their file, if there is one, in its place.

    Raises:
        ConfigError: if the file cannot be used, or gives another value for a key that is given.
    """
    if given.get("file") is None:
        return dict(given)
    keys = dict.fromkeys(ConstraintSettings.model_fields) | dict(given)
    return ConstraintSettings.of(keys, "constraints").model_dump() | {"file": None}


def laid_over(source: SourcePlan, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan's constraint settings with those that are given laid over them.

    Raises:
        ConfigError: for a name that is no campaign or channel of the plan.
    """
    settings = dict(source.constraints["settings"])
    channels = tuple(dict.fromkeys(source.channel_of.values()))
    known = {"channels": channels, "campaigns": source.names}
    for key, value in given.items():
        if value is None:
            continue
        if key not in _NAMED or not isinstance(value, Mapping):
            settings[key] = value
            continue
        kind, example = key[:-1], f"'constraints.{key}={{ID: {{floor: 5%}}}}'"
        named = by_full_name(value, known[key], f"constraints.{key}", kind, example)
        nodes = dict(settings.get(key) or {})
        for name, (keys, _) in named.items():
            nodes[name] = _changed(nodes.get(name) or {}, keys)
        settings[key] = nodes
    return settings


def _changed(before: Mapping[str, Any], given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given  # refused with its key where constraints are parsed
    keys = {"off" if key is False else key: value for key, value in given.items()}
    gone = {other for key in keys for other in _ENDS.get(key, ())}
    return {key: value for key, value in before.items() if key not in gone} | keys


def anchor(constraints: Constraints, planned: Cents, days_over: int) -> Floats:
    """Return the plan that policies start from, (days, campaigns) units of the currency.

    It is the plan under way; where the total has changed, its days left are scaled to the money.
    """
    total, rest = int(planned.sum()), int(planned[days_over:].sum())
    if total == constraints.total_cents or not rest:
        return np.asarray(planned / 100)
    factor = max(constraints.total_cents - int(planned[:days_over].sum()), 1) / rest
    scaled = [planned[:days_over], planned[days_over:] * factor]
    return np.asarray(np.concatenate(scaled) / 100)


def require_mapping(value: Any, key: str) -> None:
    """Raise ConfigError if a group of the configuration is no mapping."""
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"{key}: {str(value)[:80]!r} was given. Allowed: a mapping of keys. To fix: leave it "
            "out, or give single keys of it."
        )
