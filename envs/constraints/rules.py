"""Rules by which a plan can be carried out: their records, guardrails, and rows of dates."""

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError
from ...data.names import by_full_name
from ...data.types import Floats
from .money import MAX_CENTS, dollars, multiple, refused

if TYPE_CHECKING:
    from .constraints import Constraints

Cents = NDArray[np.int64]
_EVENT_KEYS = ("start", "end", "campaigns", "kind", "least", "most", "demand", "demand_sd")
_LOCK_KEYS = ("date", "campaign", "amount")


class Ramp(NamedTuple):
    """How fast the campaigns' levels may change; (campaigns,) each.

    A campaign's level on a day is its spend divided by the day's rhythm. From one change day to the
    next a level l may rise to max((1 + up) l, l + least) and fall to min((1 - down) l, l - least).
    """

    up: Floats  # share of the level, >= 0; infinite: it may rise freely
    down: Floats  # share of the level, 0 to 1; 1: it may fall freely
    least_cents: Cents  # cents per day that may always be added or taken away
    yielded: NDArray[np.bool_]  # the default ramp was widened so that a floor or the total fits
    yields: bool = False  # True: during a flight floors and the total win over it

    @property
    def least(self) -> Floats:
        """Units of the currency per day that may always be added or taken away."""
        return np.asarray(self.least_cents / 100)


class Guardrail(NamedTuple):
    """Bound of a node's expected cost per conversion or return over the flight."""

    node: str | None  # channel or campaign; None: all of them
    kind: str  # "cpa": spend / conversions at most; "roas": revenue / spend at least
    bound: float  # units of the currency per conversion, or revenue per unit

    def to_json(self) -> dict[str, Any]:
        """Return the guardrail as plain values."""
        return self._asdict()


class Promotion(NamedTuple):
    """Days on which demand is another than the history tells: an own sale, a rival's campaign."""

    days: tuple[int, ...]  # of the flight, from 0
    campaigns: tuple[int, ...]  # positions
    factor: float  # mean multiple of the expected demand, > 0
    sd: float  # its standard deviation, >= 0

    def to_json(self) -> dict[str, Any]:
        """Return the promotion as plain values."""
        return {**self._asdict(), "days": list(self.days), "campaigns": list(self.campaigns)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Promotion":
        """Return the promotion that ``to_json`` wrote."""
        days, campaigns = (tuple(map(int, document[key])) for key in ("days", "campaigns"))
        return cls(days, campaigns, float(document["factor"]), float(document["sd"]))


_TABLES = {"day_floor_cents": np.int64, "day_cap_cents": np.int64, "passed_over": np.bool_}


def rules_to_json(constraints: "Constraints") -> dict[str, Any]:
    """Return the rules of a set in plain values; null where a rule is not given.

    Amounts are whole cents; columns follow the order of the campaigns.
    """
    ramp, live = constraints.ramp, constraints.live_cents
    tables = {key: getattr(constraints, key) for key in (*_TABLES, "rhythm", "may_change")}
    return {
        "ramp": None
        if ramp is None
        else {
            "up": [None if np.isinf(share) else float(share) for share in ramp.up],
            "down": ramp.down.tolist(),
            "least_cents": ramp.least_cents.tolist(),
            "yielded": ramp.yielded.tolist(),
            "yields": ramp.yields,
        },
        "live_cents": None if live is None else live.tolist(),
        **{key: None if table is None else table.tolist() for key, table in tables.items()},
        "min_run": constraints.min_run,
        "steadiness": constraints.steadiness,
        "guardrails": [rail.to_json() for rail in constraints.guardrails],
        **(
            {"promotions": [each.to_json() for each in constraints.promotions]}
            if constraints.promotions
            else {}
        ),
    }


def rules_from_json(document: Any, constraints: "Constraints") -> dict[str, Any]:
    """Return the fields of a set that `rules_to_json` wrote; none from a document without rules.

    Raises:
        KeyError, TypeError, ValueError: if it did not write the document.
    """
    if document is None:
        return {}
    shape = constraints.days, len(constraints.names)
    ramp, live, may = (document[key] for key in ("ramp", "live_cents", "may_change"))
    return {
        "ramp": None if ramp is None else _ramp(ramp, shape[1]),
        "live_cents": None if live is None else _array(live, np.int64, shape[1:]),
        "may_change": None if may is None else _array(may, np.bool_, shape[:1]),
        "rhythm": None
        if document["rhythm"] is None
        else _array(document["rhythm"], np.float64, shape),
        **{
            key: None if document[key] is None else _array(document[key], kind, shape)
            for key, kind in _TABLES.items()
        },
        "min_run": document["min_run"],
        "steadiness": float(document["steadiness"]),
        "guardrails": tuple(Guardrail(**rail) for rail in document["guardrails"]),
        "promotions": tuple(map(Promotion.from_json, document.get("promotions", ()))),
    }


def _ramp(document: Mapping[str, Any], count: int) -> Ramp:
    up = [np.inf if share is None else float(share) for share in document["up"]]
    return Ramp(
        _array(up, np.float64, (count,)),
        _array(document["down"], np.float64, (count,)),
        _array(document["least_cents"], np.int64, (count,)),
        _array(document["yielded"], np.bool_, (count,)),
        bool(document["yields"]),
    )


def _array(values: Any, kind: type, shape: tuple[int, ...]) -> NDArray[Any]:
    array: NDArray[Any] = np.asarray(values, kind)
    if array.shape != shape:
        raise ValueError(f"{array.shape} numbers where {shape} are needed")
    return array


def parse_guardrails(
    settings: Any,
    nodes: tuple[Mapping[str, Mapping[str, tuple[Any, str]]], ...],
    currency: str | None,
) -> list[Guardrail]:
    """Return the guardrails of all campaigns, of channels and of campaigns.

    Args:
        settings: the group `constraints` of the configuration.
        nodes: keys of the channels and of the campaigns, by name.
        currency: of the amounts.

    Raises:
        ConfigError: naming the key whose value is not allowed.
    """
    found = []
    for kind in ("cpa", "roas"):
        given: list[tuple[str | None, Any, str]] = [(None, getattr(settings, kind), kind)]
        for part in nodes:
            given += [(name, *keys[kind]) for name, keys in part.items() if kind in keys]
        for node, value, where in given:
            if value is None:
                continue
            bound = float(dollars(value, where, currency)) if kind == "cpa" else _roas(value, where)
            if not bound > 0:
                raise refused(where, value, "a number above 0, or null", "raise it")
            found.append(Guardrail(node, kind, bound))
    return found


def _roas(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise refused(where, value, "revenue per unit spent, such as 4", "give a number")
    return float(value)


class DatedRow(NamedTuple):
    """Row of the calendar or of the locks: bounds of some campaigns' days."""

    where: str  # the setting that it stands in, such as `calendar.0`
    first: np.datetime64
    last: np.datetime64 | None  # None: the row is about one date
    campaigns: list[str] | None  # as they are written; None: all
    least: int | None  # cents per day
    most: int | None  # cents per day
    demand: tuple[float, float]  # mean multiple of the expected demand, and its standard deviation


def dated_rows(rows: Any, kind: str, currency: str | None) -> list[DatedRow]:
    """Return the rows of a key, whose campaigns and dates are not looked up.

    Args:
        rows: value of the setting.
        kind: its key, `calendar` or `locks`.
        currency: of the amounts.

    Raises:
        ConfigError: naming the key that is unknown, or whose value is not allowed.
    """
    if rows is None:
        return []
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise refused(kind, rows, "a list of rows", "write [{...}, {...}], or null for none")
    read = _lock if kind == "locks" else _event
    return [read(row, f"{kind}.{i}", currency) for i, row in enumerate(rows)]


def _lock(row: Any, where: str, currency: str | None) -> DatedRow:
    keys = keys_of(row, where, _LOCK_KEYS)
    date, names = _date(keys.get("date"), where), _names([keys.get("campaign")], where)
    amount = amount_of(keys.get("amount"), f"{where}.amount", currency)
    return DatedRow(where, date, None, names, amount, amount, (1.0, 0.0))


def _event(row: Any, where: str, currency: str | None) -> DatedRow:
    keys = keys_of(row, where, _EVENT_KEYS)
    first, end = _date(keys.get("start"), where), keys.get("end")
    last = None if end is None else _date(end, where)
    if last is not None and last < first:
        raise refused(where, str(first), f"dates up to its end, {last}", "correct the dates")
    campaigns = keys.get("campaigns", "all")
    names = None if campaigns == "all" else _names(campaigns, where)
    least, most = (
        None if keys.get(key) is None else amount_of(keys[key], f"{where}.{key}", currency)
        for key in ("least", "most")
    )
    kinds = ("promotion", "holiday", "blackout")
    if keys.get("kind", "promotion") not in kinds:
        raise refused(f"{where}.kind", keys["kind"], ", ".join(kinds), "choose one")
    if keys.get("kind") == "blackout":
        least, most = 0, 0
    factor = multiple(keys.get("demand"), 1.0, f"{where}.demand")
    sd = multiple(keys.get("demand_sd"), 0.0, f"{where}.demand_sd")
    if factor == 0:
        raise refused(f"{where}.demand", 0, "a multiple above 0", "give kind: blackout instead")
    return DatedRow(where, first, last, names, least, most, (factor, sd))


def _date(value: Any, where: str) -> np.datetime64:
    try:
        date = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
        return np.datetime64(date, "D")
    except (TypeError, ValueError):
        allowed = "a date of the flight, written YYYY-MM-DD"
        raise refused(where, value, allowed, "give a date") from None


def _names(given: Any, where: str) -> list[str]:
    names = [given] if isinstance(given, str) or not isinstance(given, Sequence) else list(given)
    if any(not isinstance(name, str) for name in names):
        raise refused(where, names, "all, or campaign names", "name the campaigns")
    return names


def days_of(row: DatedRow, days: int, first_day: int) -> list[int]:
    """Return the days of the flight, from 0, that a row is about.

    Raises:
        ConfigError: if its one date is not of the flight.
    """
    start = int(row.first.astype(int)) - first_day
    end = start if row.last is None else int(row.last.astype(int)) - first_day
    inside = [day for day in range(start, end + 1) if 0 <= day < days]
    if row.last is None and not inside:
        first = np.datetime64(first_day, "D")
        allowed = f"dates of the flight, {first} to {first + days - 1}, written YYYY-MM-DD"
        raise refused(row.where, str(row.first), allowed, "correct the dates")
    return inside


def campaigns_of(row: DatedRow, names: Sequence[str]) -> list[int]:
    """Return the positions of the campaigns that a row is about.

    Raises:
        ConfigError: for a name that is none of ``names``.
    """
    if row.campaigns is None:
        return list(range(len(names)))
    key, given = f"constraints.{row.where}", dict.fromkeys(row.campaigns, True)
    return [list(names).index(n) for n in by_full_name(given, names, key, "campaign", key)]


def amount_of(value: Any, where: str, currency: str | None) -> int:
    """Return an amount per day in cents, limited to `MAX_CENTS`."""
    return min(int(dollars(value, where, currency) * 100), MAX_CENTS)


def keys_of(value: Any, where: str, allowed: Sequence[str]) -> dict[str, Any]:
    """Return a group's keys; none of null.

    Raises:
        ConfigError: if it is no mapping, or has a key that is not allowed.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise refused(where, value, f"the keys {', '.join(allowed)}", "give keys and values")
    for key in value:
        if key not in allowed:
            raise ConfigError(
                f"constraints.{where}: unknown key {key!r}. Allowed: {', '.join(allowed)}. "
                "To fix: remove it"
            )
    return dict(value)
