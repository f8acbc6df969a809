"""Parsing of the rules by which a plan can be carried out: ramps, change days, bounds of days.

They need to know what the campaigns spend on the day before the flight and its first date; without
them there are none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...data.names import by_full_name
from ...data.storage import shipped_yaml
from ...data.types import Floats
from .money import cents, displayed, refused, share
from .reach import reachable
from .rules import (
    Cents,
    Promotion,
    Ramp,
    amount_of,
    campaigns_of,
    dated_rows,
    days_of,
    keys_of,
    parse_guardrails,
)

if TYPE_CHECKING:
    from .constraints import Constraints

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MAX_SHARE = 1000.0  # share of the level by which it may rise per change
_MAX_RUN = 366  # days
_RAMP_KEYS = ("up", "down", "least", "against", "live")
Nodes = Mapping[str, Mapping[str, tuple[Any, str]]]  # by name: keys, each with value and place


class FlightStart(NamedTuple):
    """The day before the flight."""

    live: Floats  # (campaigns,) daily budgets, units of the currency
    first_day: int  # of the flight, days since 1970-01-01


class Rules(Protocol):
    """The keys of `conf/constraints` that are read here."""

    ramp: Any
    changes: Any
    calendar: Any
    locks: Any
    min_run: Any
    steadiness: Any
    cpa: Any
    roas: Any


def with_rules(
    constraints: "Constraints",
    settings: Rules,
    nodes: tuple[Nodes, Nodes],
    start: FlightStart,
) -> "Constraints":
    """Return the set with its rules, checked to be feasible.

    Args:
        constraints: total, floors and caps.
        settings: the group `constraints` of the configuration.
        nodes: keys of the channels and of the campaigns, by name.
        start: live budgets and first date.

    Raises:
        ConfigError: naming the key whose value is not allowed.
        ConstraintError: naming the node that cannot be reached, with both amounts.
    """
    changes = _change_days(settings.changes, constraints.days, start.first_day)
    ramp = _ramp(settings.ramp, nodes, constraints)
    _require_one_limit(constraints.change_limit, ramp is not None)
    free = ramp is None and changes is None
    floors, caps, passed = _days(constraints, settings, nodes[1], start.first_day)
    if constraints.change_limit is not None and not (floors is None and caps is None):
        text = "null where single days have bounds (calendar, locks, daily_floor)"
        raise refused("change_limit", constraints.change_limit, text, "give a ramp instead")
    daily = constraints.daily_cap_cents  # amounts of single days win over caps by recent spend
    set_up = replace(
        constraints,
        ramp=ramp,
        live_cents=None if free else _live(settings.ramp, constraints, start),
        may_change=changes,
        day_floor_cents=floors,
        day_cap_cents=caps,
        daily_cap_cents=daily if caps is None else np.maximum(daily, caps.max(0)),
        passed_over=passed,
        min_run=_run(settings.min_run),
        steadiness=_steadiness(settings.steadiness),
        guardrails=tuple(parse_guardrails(settings, nodes, constraints.currency)),
        promotions=tuple(_promotions(settings.calendar, constraints, start.first_day)),
    )
    return reachable(set_up)


def check_rules(
    settings: Rules, nodes: tuple[Nodes, Nodes], total: int, change_limit: float | None
) -> None:
    """Refuse what is wrong whatever the campaigns, their spend and the dates are.

    Args:
        settings: the group `constraints` of the configuration.
        nodes: keys of channels and of campaigns, by any name.
        total: cents that shares refer to.
        change_limit: share of yesterday's spend; None: no limit.

    Raises:
        ConfigError: naming the key that is unknown, or whose value is not allowed.
    """
    _change_days(settings.changes, 1, 0)
    base = _ramp_keys(settings.ramp)
    row = {key: (base.get(key), f"ramp.{key}") for key in ("up", "down", "least")}
    own = [_own_ramp(keys, name) for part in nodes for name, keys in part.items()]
    for each in ({}, *own):
        _one_ramp(row | each, total, None)
    for name, amount in (base.get("live") or {}).items():
        amount_of(amount, f"ramp.live.{name}", None)
    _require_one_limit(change_limit, settings.ramp is not None or any(own))
    for keys in nodes[1].values():
        value, where = keys.get("daily_floor", (None, ""))
        if value is not None:
            cents(value, total, where, True)
    dated_rows(settings.calendar, "calendar", None)
    dated_rows(settings.locks, "locks", None)
    _run(settings.min_run)
    _steadiness(settings.steadiness)
    parse_guardrails(settings, nodes, None)


def _require_one_limit(change_limit: float | None, has_ramp: bool) -> None:
    if change_limit is not None and has_ramp:
        text = "null where there is a ramp"
        raise refused("change_limit", change_limit, text, "keep one of the two")


def measured_against_rhythm(settings: Rules) -> bool:
    """True if ramps are measured against a campaign's rhythm of the week."""
    if not isinstance(settings.ramp, Mapping) or settings.changes is not None:
        return False
    return bool(settings.ramp.get("against", "rhythm") == "rhythm")


def _ramp(value: Any, nodes: tuple[Nodes, Nodes], constraints: "Constraints") -> Ramp | None:
    own = [_own_ramp(keys, f"{name}") for part in nodes for name, keys in part.items()]
    if value is None and not any(own):
        return None
    base, rows = _ramp_keys(value), []
    for name, channel in constraints.channel_of.items():
        row = {key: (base.get(key), f"ramp.{key}") for key in ("up", "down", "least")}
        for part, node in zip(nodes, (channel, name), strict=True):
            row |= _own_ramp(part[node], node)
        rows.append(
            _one_ramp(row, constraints.total_cents // constraints.days, constraints.currency)
        )
    up, down, least = (np.array(column) for column in zip(*rows, strict=True))
    count = len(constraints.names)
    default = shipped_yaml("constraints/default")["ramp"] or {}
    same = all(base.get(key) == default.get(key) for key in ("up", "down", "least"))
    yields = same and not any(own)
    if not yields:  # who switches a campaign off does not ask for days on which it fades out
        down = np.where([_is_off(nodes[1][name]) for name in constraints.names], 1.0, down)
    return Ramp(up, down, least.astype(np.int64), np.zeros(count, bool), yields)


def _is_off(keys: Mapping[str, tuple[Any, str]]) -> bool:
    """True if a campaign is switched off and has no ramp of its own."""
    return keys.get("off", (False, ""))[0] is True and keys.get("ramp", (None, ""))[0] is None


def _ramp_keys(value: Any) -> dict[str, Any]:
    keys = keys_of(value, "ramp", _RAMP_KEYS)
    against, live = keys.get("against", "rhythm"), keys.get("live")
    if against not in ("rhythm", "yesterday"):
        raise refused("ramp.against", against, "rhythm or yesterday", "choose one")
    if live is not None and not isinstance(live, Mapping):
        raise refused("ramp.live", live, "a mapping from campaign names to amounts", "name them")
    return keys


def _own_ramp(keys: Mapping[str, tuple[Any, str]], node: str) -> dict[str, tuple[Any, str]]:
    value, where = keys.get("ramp", (None, ""))
    own = {} if value is None else keys_of(value, where, ("up", "down", "least"))
    return {key: (given, f"{where}.{key}") for key, given in own.items()}


def _one_ramp(
    row: Mapping[str, tuple[Any, str]], day: int, currency: str | None
) -> tuple[float, float, int]:
    """Return up, down and least in cents, of which shares refer to the cents of a mean day."""
    up, down = (_change(*row[key], key) for key in ("up", "down"))
    value, where = row["least"]
    return up, down, 0 if value is None else cents(value, day, where, False, currency)


def _change(value: Any, where: str, key: str) -> float:
    most = _MAX_SHARE if key == "up" else 1.0
    if value is None:
        return np.inf if key == "up" else 1.0
    given = float(share(value, where))
    if given > most:
        raise refused(where, value, f"a share from 0% to {most:.0%}, or null", "lower it")
    return given


def _live(value: Any, constraints: "Constraints", start: FlightStart) -> Cents:
    live: Cents = np.rint(100 * np.maximum(start.live, 0)).astype(np.int64)
    given = _ramp_keys(value).get("live")
    if given is None:
        return live
    example = "'constraints.ramp.live={ID: 200}'"
    named = by_full_name(given, constraints.names, "constraints.ramp.live", "campaign", example)
    for name, (amount, written) in named.items():
        where = f"ramp.live.{written}"
        live[constraints.names.index(name)] = amount_of(amount, where, constraints.currency)
    return live


def _change_days(value: Any, days: int, first_day: int) -> NDArray[np.bool_] | None:
    if value is None:
        return None
    keys = keys_of(value, "changes", ("weekdays", "every"))
    allowed = "{weekdays: [Mon, Thu]} or {every: 7}"
    if len([key for key in keys.values() if key is not None]) != 1:
        raise refused("changes", value, allowed, "give one of the two")
    may = np.zeros(days, bool)
    may[0] = True  # the plan is entered on its first day
    every, weekdays = keys.get("every"), keys.get("weekdays")
    if every is not None:
        if isinstance(every, bool) or not isinstance(every, int) or not 1 <= every <= _MAX_RUN:
            raise refused("changes.every", every, "a whole number of days, 1 or more", allowed)
        may[::every] = True
        return may
    if not isinstance(weekdays, Sequence) or isinstance(weekdays, str) or not weekdays:
        raise refused("changes.weekdays", weekdays, "a list such as [Mon, Thu]", allowed)
    for name in weekdays:
        short = str(name)[:3].title()
        if short not in _WEEKDAYS:
            raise refused("changes.weekdays", name, ", ".join(_WEEKDAYS), "write Mon")
        may[(first_day + np.arange(days) + 3) % 7 == _WEEKDAYS.index(short)] = True
    return may


def _days(
    constraints: "Constraints", settings: Rules, campaigns: Nodes, first_day: int
) -> tuple[Cents | None, Cents | None, NDArray[np.bool_] | None]:
    """Return floors and caps of single days and the days that ramps pass over."""
    shape = constraints.days, len(constraints.names)
    low = np.zeros(shape, np.int64)
    high = np.broadcast_to(constraints.daily_cap_cents, shape).copy()
    passed = np.zeros(shape, bool)
    for k, name in enumerate(constraints.names):
        value, where = campaigns[name].get("daily_floor", (None, ""))
        if value is not None:
            low[:, k] = cents(value, constraints.total_cents, where, True, constraints.currency)
    for rows, kind in ((settings.calendar, "calendar"), (settings.locks, "locks")):
        for row in dated_rows(rows, kind, constraints.currency):
            days = days_of(row, constraints.days, first_day)
            some, least, most = campaigns_of(row, constraints.names), row.least, row.most
            cells = np.ix_(days, some)
            passed[cells] = True
            if least is not None:
                low[cells] = least
            if most is not None:
                high[cells] = np.minimum(constraints.daily_cap_cents[some], most)
                low[cells] = np.minimum(low[cells], high[cells]) if least is None else least
            for k in (k for k in some if (low[days, k] > high[days, k]).any()):
                if not constraints.has_recent_cap(k):
                    amount, cap = low[days, k].max(), high[days, k].min()
                    given, most_ = (
                        displayed(float(c), constraints.currency) for c in (amount, cap)
                    )
                    allowed = f"at most the day's cap of {constraints.names[k]}, {most_}"
                    raise refused(row.where, given, allowed, "raise the cap or lower the amount")
                high[days, k] = np.maximum(high[days, k], low[days, k])
    low = np.minimum(low, high) if passed.any() else low
    if (low > high).any():
        k = int(np.argwhere((low > high).any(0))[0, 0])
        where = campaigns[constraints.names[k]]["daily_floor"][1]
        given = campaigns[constraints.names[k]]["daily_floor"][0]
        raise refused(where, given, "at most the daily cap", "lower the floor")
    return (
        low if low.any() else None,
        high if passed.any() else None,
        passed if passed.any() else None,
    )


def _promotions(rows: Any, constraints: "Constraints", first_day: int) -> Iterator[Promotion]:
    """Yield what the rows of the calendar say of demand; rows that change nothing are left out."""
    for row in dated_rows(rows, "calendar", constraints.currency):
        days = days_of(row, constraints.days, first_day)
        if row.demand != (1.0, 0.0) and days:
            yield Promotion(tuple(days), tuple(campaigns_of(row, constraints.names)), *row.demand)


def _run(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MAX_RUN:
        raise refused("min_run", value, f"days, 1 to {_MAX_RUN}, or null", "start from 7")
    return value


def _steadiness(value: Any) -> float:
    if value is None:
        return 0.0
    given = float(share(value, "steadiness"))
    if given > 0.5:
        raise refused("steadiness", value, "a share from 0% to 50%, or null", "start from 0.3%")
    return given
