"""Records of the rules by which a plan can be carried out: ramps, guardrails, promotions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from .money import dollars, refused

if TYPE_CHECKING:
    from .constraints import Constraints

Cents = NDArray[np.int64]


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
