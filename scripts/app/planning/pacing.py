"""A plan that is under way against what was spent and reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mediagym.data.formats import Currency, name_of
from mediagym.data.pace import Standing, pace_band, standing
from mediagym.data.types import Floats

from .daily_reports import DailyReports
from .estimates import Estimate

_WEEK = 7  # last days whose delivery is the rate of today
_MOST_RATE = 2.0  # spend over plan at which the rate of delivery is cut: platforms go no further


@dataclass(frozen=True)
class PaceRow:
    """Spend and results of a node so far, and where they end; amounts in units of the currency."""

    name: str
    spent: float
    planned: float  # for the same days
    budget: float  # of the whole flight
    projected: float  # spend at the end if the rest is delivered at the rate of the last week
    conversions: float  # reported so far
    expected: float  # for the same days
    standing: Standing


@dataclass(frozen=True)
class Pacing:
    """How a flight stands after the days that the exports have."""

    as_of: date | None  # last day that counts; None: the flight has not begun
    currency: str | None  # of all amounts; None: not named
    start: date  # first day of the flight
    days_over: int
    days: int
    band: tuple[float, float] | None  # ratios that are in pace; None: not known yet
    total: PaceRow
    channels: tuple[PaceRow, ...]
    campaigns: tuple[PaceRow, ...]
    conversions_end: Estimate | None  # at the end if the rest goes as planned; None: no interval
    notes: tuple[str, ...]
    flags: tuple[str, ...]
    spent_by_day: Floats  # (days over,) units of the currency
    planned_by_day: Floats  # (days,) the same


@dataclass(frozen=True)
class _Planned:
    """The plan as arrays, campaigns in its order."""

    names: tuple[str, ...]
    channels: tuple[str, ...]  # by campaign
    first: date
    spend: NDArray[np.int64]  # (days, campaigns) cents as planned, on days that are over too
    conversions: Floats  # (days, campaigns) expected
    total: Estimate  # conversions of the flight

    @classmethod
    def of(cls, plan: Mapping[str, Any]) -> "_Planned":
        rows = [day["campaigns"] for day in plan["days"]]
        cents = [
            [
                round(100 * (row["budget"] if row["planned"] is None else row["planned"]))
                for row in day
            ]
            for day in rows
        ]
        expected = [[row["conversions"]["mean"] for row in day] for day in rows]
        spread = plan["totals"]["conversions"]
        return cls(
            names=tuple(name_of(row) for row in plan["campaigns"]),
            channels=tuple(row["channel"] for row in plan["campaigns"]),
            first=date.fromisoformat(plan["flight"]["start"]),
            spend=np.array(cents, np.int64),
            conversions=np.array(expected, np.float64),
            total=Estimate(spread["mean"], spread["p05"], spread["p95"]),
        )


def pacing(plan: Mapping[str, Any], actuals: DailyReports) -> Pacing:
    """Return the pace of a flight.

    A last day on which a channel that was to spend has no row is not over yet. Early in the flight
    75 to 125 % of the plan is in pace, at its end 99 to 101 %; the first day is not known yet, and
    a paused campaign is never behind.

    Args:
        plan: content of ``plan.json``.
        actuals: the newest exports of the same advertiser.
    """
    planned = _Planned.of(plan)
    days = len(planned.spend)
    end = date.fromisoformat(plan["flight"]["end"])
    so_far = actuals.window(planned.first, end, planned.names)
    over, notes = so_far.days, _outside(plan, actuals, planned)
    if over and _is_partial(so_far, planned):
        notes.append(
            f"{so_far.last} is left out: a channel that was to spend has no row for it yet."
        )
        over -= 1
    band = pace_band(over, days)
    spent = np.round(100 * so_far.spend[:over]).astype(np.int64)
    every = np.ones(len(planned.names), np.bool_)
    row = _Rows(planned, spent, so_far.conversions[:over], band)
    channels = tuple(dict.fromkeys(planned.channels))
    owners = np.array([channels.index(channel) for channel in planned.channels])
    campaigns = tuple(
        row.of(name, np.arange(len(every)) == k) for k, name in enumerate(planned.names)
    )
    return Pacing(
        as_of=None if not over else date.fromordinal(planned.first.toordinal() + over - 1),
        currency=plan["currency"],
        start=planned.first,
        days_over=over,
        days=days,
        band=band,
        total=row.of("All campaigns", every),
        channels=tuple(row.of(name, owners == c) for c, name in enumerate(channels)),
        campaigns=campaigns,
        conversions_end=_conversions_end(planned, so_far.conversions[:over]),
        notes=tuple(notes),
        flags=tuple(_flags(campaigns, band, plan["currency"])),
        spent_by_day=spent.sum(1) / 100,
        planned_by_day=planned.spend.sum(1) / 100,
    )


@dataclass(frozen=True)
class _Rows:
    planned: _Planned
    spent: NDArray[np.int64]  # (days over, campaigns) cents
    conversions: Floats  # (days over, campaigns) reported
    band: tuple[float, float] | None

    def of(self, name: str, some: NDArray[np.bool_]) -> PaceRow:
        """Return the row of some campaigns together."""
        over = len(self.spent)
        plan, spent = self.planned.spend[:, some].sum(1), self.spent[:, some].sum(1)
        so_far, due = int(spent.sum()), int(plan[:over].sum())
        lately, wanted = int(spent[-_WEEK:].sum()), int(plan[max(over - _WEEK, 0) : over].sum())
        rate = min(lately / wanted, _MOST_RATE) if wanted > 0 and over else 1.0
        rest = int(plan[over:].sum())
        is_paused = over > 0 and int(spent[-1]) == 0 and (rest == 0 or due == 0 == so_far)
        return PaceRow(
            name=name,
            spent=so_far / 100,
            planned=due / 100,
            budget=int(plan.sum()) / 100,
            projected=(so_far + rate * rest) / 100,
            conversions=float(self.conversions[:, some].sum()),
            expected=float(self.planned.conversions[:over, some].sum()),
            standing=standing(so_far, due, self.band, is_paused=is_paused),
        )


def _is_partial(so_far: DailyReports, planned: _Planned) -> bool:
    """Return whether a channel that was to spend has no row on the last day."""
    last = so_far.days - 1
    for channel in set(planned.channels):
        own = np.array([name == channel for name in planned.channels])
        if planned.spend[last, own].sum() > 0 and not so_far.reported[last, own].any():
            return True
    return False


def _outside(plan: Mapping[str, Any], actuals: DailyReports, planned: _Planned) -> list[str]:
    others = [name for name in actuals.names if name not in planned.names]
    if not others:
        return []
    end = date.fromisoformat(plan["flight"]["end"])
    spent = actuals.window(planned.first, end, others).spend.sum(0)
    named = [name for name, amount in zip(others, spent, strict=True) if amount > 0]
    if not named:
        return []
    return [f"Spend outside of the plan, which does not have them: {', '.join(named)}."]


def _conversions_end(planned: _Planned, reported: Floats) -> Estimate | None:
    """Return what was reported and, with the plan's relative interval, what is to come."""
    rest, mean = float(planned.conversions[len(reported) :].sum()), planned.total.mean
    if not mean or planned.total.p05 is None:
        return None
    to_come, so_far = planned.total.scaled(rest / mean), float(reported.sum())
    return Estimate(so_far + to_come.mean, so_far + to_come.p05, so_far + to_come.p95)


def _flags(
    rows: tuple[PaceRow, ...], band: tuple[float, float] | None, currency: str | None
) -> list[str]:
    money, flags = Currency(currency), []
    for row in rows:
        if band is None or row.standing.status not in ("under", "over"):
            continue
        share = "" if row.standing.ratio is None else f"{row.standing.ratio:.0%} of plan, "
        side = "behind" if row.standing.status == "under" else "ahead"
        flags.append(
            f"{row.name} is {side}: {share}{money.exact(row.spent)} spent of "
            f"{money.exact(row.planned)} planned."
        )
    return flags
