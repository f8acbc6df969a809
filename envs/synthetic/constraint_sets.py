"""Constraint sets of random rules, to test that every flight keeps them or is refused.

Each rule is there or not at random: floors and caps of every node, daily caps and floors, ramps,
change days, bounds and blackouts of dates, locks, minimum runs, a band of day totals.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...data.storage import shipped_yaml
from ...data.types import Floats
from ..constraints import (
    Constraints,
    ConstraintSettings,
    FlightStart,
    Named,
    measured_against_rhythm,
    parse_constraints,
    with_rhythm,
)

_WEEK = 7
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FIRST_DAY = 19723  # 2024-01-01
Rng = np.random.Generator


class ConstraintSet(NamedTuple):
    """What a random constraint set is parsed from."""

    campaigns: tuple[Named, ...]
    settings: dict[str, Any]  # keys of conf/constraints
    days: int
    first_day: int  # days since 1970-01-01
    live: Floats  # (campaigns,) daily budgets before the flight, dollars
    rhythm: Floats  # (days, campaigns) > 0, where levels are measured against it

    def parsed(self) -> Constraints:
        """Return the set, checked to be feasible.

        Raises:
            ConfigError, ConstraintError: if no plan satisfies it.
        """
        settings = ConstraintSettings.of(self.settings, "constraints")
        start = FlightStart(self.live, self.first_day)
        constraints = parse_constraints(settings, self.campaigns, self.days, start=start)
        if constraints.ramp is None or not measured_against_rhythm(settings):
            return constraints
        return with_rhythm(constraints, self.rhythm)


def constraint_set(
    rng: Rng,
    campaigns: Sequence[Named],
    days: tuple[int, int] = (5, 21),
    first_day: int | None = None,
) -> ConstraintSet:
    """Draw a set.

    Args:
        rng: generator.
        campaigns: the campaigns to budget.
        days: least and most length of the flight, both possible.
        first_day: of the flight, days since 1970-01-01; None: a day of the first week of 2024.
    """
    length, count = int(rng.integers(days[0], days[1] + 1)), len(campaigns)
    first = _FIRST_DAY + int(rng.integers(0, _WEEK)) if first_day is None else first_day
    mean = float(np.exp(rng.uniform(np.log(20), np.log(2000))))  # of a campaign's day
    total = round(mean * count * length, 2)
    live = mean * rng.lognormal(0, 0.7, count) * (rng.random(count) < 0.9)
    rhythm = np.resize(rng.uniform(0.6, 1.6, (_WEEK, count)), (length, count))
    draw = _Draw(rng, tuple(campaigns), mean, length, first)
    settings = shipped_yaml("constraints/default") | {
        "total": total,
        "total_type": draw.one_of("equal", "equal", "at_most"),
        "channel": {
            "floor": draw.one_of(None, None, "5%", "10%"),
            "cap": draw.one_of(None, None, None, "70%"),
        },
        "campaign": {
            "floor": draw.one_of(None, "0.5%", "2%"),
            "cap": draw.one_of(None, None, "50%"),
            "daily_cap": draw.maybe(0.3, lambda: draw.amount(2, 6)),
            "daily_floor": draw.maybe(0.2, lambda: draw.amount(0.001, 0.05)),
        },
        "channels": draw.maybe(0.3, draw.channels),
        "campaigns": draw.maybe(0.4, draw.nodes),
        "most_times_recent": None,
        "steadiness": None,
        "min_run": draw.maybe(0.2, lambda: int(rng.integers(2, 8))),
        "calendar": draw.maybe(0.4, draw.calendar),
        "locks": draw.maybe(0.3, draw.locks),
        **draw.movement(),
    }
    return ConstraintSet(tuple(campaigns), settings, length, first, live, rhythm)


class _Draw:
    """Draws values of the keys."""

    def __init__(
        self, rng: Rng, campaigns: tuple[Named, ...], mean: float, days: int, first: int
    ) -> None:
        self.rng, self.campaigns, self.mean = rng, campaigns, mean
        self.days, self.first = days, first

    def one_of(self, *values: Any) -> Any:
        return values[int(self.rng.integers(len(values)))]

    def maybe(self, probability: float, draw: Callable[[], Any]) -> Any:
        return draw() if self.rng.random() < probability else None

    def amount(self, low: float, high: float) -> str:
        """Return an amount between two multiples of a campaign's mean day, in whole cents."""
        return f"${max(self.mean * float(self.rng.uniform(low, high)), 0.01):.2f}"

    def movement(self) -> dict[str, Any]:
        """Return ramp, change days, band of day totals and change limit."""
        ramp = self.one_of("default", "typed", "typed", None)
        changes = self.maybe(
            0.3,
            lambda: self.one_of(
                {"every": int(self.rng.integers(2, 8))}, {"weekdays": self.days_off()}
            ),
        )
        limited = ramp is None and changes is None and self.rng.random() < 0.3
        if limited:
            return {"ramp": None, "changes": None, "pacing": [1, 1], "change_limit": "25%"}
        pacing = self.one_of(None, None, [0.5, 1.5], [0.8, 1.3])
        own: dict[str, Any] = {"changes": changes, "pacing": pacing, "change_limit": None}
        if ramp == "typed":
            own["ramp"] = self.ramp() | {"against": self.one_of("rhythm", "yesterday")}
        elif ramp is None:
            own["ramp"] = None
        return own

    def days_off(self) -> list[str]:
        size = int(self.rng.integers(1, 4))
        return [_WEEKDAYS[i] for i in sorted(self.rng.choice(_WEEK, size, replace=False))]

    def ramp(self) -> dict[str, Any]:
        return {
            "up": self.maybe(0.9, lambda: f"{self.rng.integers(0, 80)}%"),
            "down": self.maybe(0.9, lambda: f"{self.rng.integers(0, 80)}%"),
            "least": self.amount(0.01, 0.3),
        }

    def channels(self) -> dict[str, Any]:
        name = self.one_of(*dict.fromkeys(campaign.channel for campaign in self.campaigns))
        return {name: {"floor": self.one_of("5%", "15%"), "cap": self.one_of(None, "60%")}}

    def nodes(self) -> dict[str, Any]:
        """Return keys of one to three campaigns that differ from the others'."""
        share = 100 / len(self.campaigns)
        keys: tuple[Callable[[], dict[str, Any]], ...] = (
            lambda: {"off": True},
            lambda: {"fixed": f"{share * self.rng.uniform(0.3, 1.5):.2f}%"},
            lambda: {"floor": f"{share * self.rng.uniform(0.1, 0.9):.2f}%"},
            lambda: {"cap": f"{share * self.rng.uniform(1, 2.5):.2f}%"},
            lambda: {"daily_cap": self.amount(0.5, 4)},
            lambda: {"ramp": self.ramp()},
        )
        chosen = self.rng.choice(len(self.campaigns), int(self.rng.integers(1, 4)), replace=False)
        return {self.campaigns[k].name: self.one_of(*keys)() for k in chosen}

    def calendar(self) -> list[dict[str, Any]]:
        rows = []
        for _ in range(int(self.rng.integers(1, 4))):
            start = int(self.rng.integers(0, self.days))
            end = min(start + int(self.rng.integers(0, 3)), self.days - 1)
            row = {"start": self.date(start), "end": self.date(end), "campaigns": self.some()}
            kind = self.one_of("promotion", "promotion", "holiday", "blackout")
            bounds = {
                "least": self.maybe(0.5, lambda: self.amount(0.05, 0.5)),
                "most": self.maybe(0.6, lambda: self.amount(0.5, 3)),
            }
            rows.append(row | {"kind": kind} | (bounds if kind != "blackout" else {}))
        return rows

    def locks(self) -> list[dict[str, Any]]:
        count = int(self.rng.integers(1, 4))
        days = self.rng.choice(self.days, min(count, self.days), replace=False)
        return [
            {
                "date": self.date(int(day)),
                "campaign": self.one_of(*self.campaigns).name,
                "amount": self.amount(0, 2),
            }
            for day in days
        ]

    def some(self) -> Any:
        if self.rng.random() < 0.5:
            return "all"
        size = int(self.rng.integers(1, len(self.campaigns)))
        chosen = sorted(self.rng.choice(len(self.campaigns), size, replace=False))
        return [self.campaigns[k].name for k in chosen]

    def date(self, day: int) -> str:
        return str(np.datetime64(self.first + day, "D"))
