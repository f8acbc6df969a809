"""Days of a plan: money, estimates with intervals by day and so far, and what happened."""

from typing import Any

import numpy as np

from .estimate import known_spreads, spreads
from .records import Plan, campaign_keys, to_units


def day_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return one row per day.

    Intervals of days are of that day's counts; those so far are of each draw's sum up to the day,
    which is not the sum of the days' quantiles.
    """
    expected, counted = (x.sum(-1) for x in plan.forecast[:2])
    revenue, counted_revenue = (x.sum(-1) for x in plan.forecast[2:])
    by_day = spreads(expected, counted)
    revenue_by_day = known_spreads(revenue, counted_revenue)
    so_far = spreads(expected.cumsum(1), counted.cumsum(1))
    revenue_so_far = known_spreads(revenue.cumsum(1), counted_revenue.cumsum(1))
    money = plan.cents.sum(1)
    cells = _campaign_rows(plan)
    return [
        {
            "date": str(date),
            "status": "actual" if t < plan.actual_days else "planned",
            "budget": to_units(int(money[t])),
            "conversions": by_day[t],
            "revenue": revenue_by_day[t],
            "cumulative": {
                "budget": to_units(int(money[: t + 1].sum())),
                "conversions": so_far[t],
                "revenue": revenue_so_far[t],
            },
            "campaigns": cells[t],
        }
        for t, date in enumerate(plan.dates)
    ]


def _campaign_rows(plan: Plan) -> list[list[dict[str, Any]]]:
    """Return the campaigns' rows of each day."""
    names, most = plan.constraints.names, plan.known.most
    estimates = spreads(plan.forecast.expected, plan.forecast.counted)
    return [
        [
            {
                **campaign_keys(plan.constraints, name),
                "budget": to_units(int(plan.cents[t, k])),
                "planned": _planned(plan, t, k),
                "conversions": estimates[t * len(names) + k],
                "extrapolated": bool(plan.cents[t, k] / 100 > most[k]),
                "actual": _actual(plan, t, k),
            }
            for k, name in enumerate(names)
        ]
        for t in range(len(plan.cents))
    ]


def _planned(plan: Plan, t: int, k: int) -> float | None:
    """Return what the plan before had for a day that is over; None otherwise."""
    actuals = plan.actuals
    if actuals is None or actuals.planned is None or t >= plan.actual_days:
        return None
    return to_units(int(actuals.planned[t, k]))


def _actual(plan: Plan, t: int, k: int) -> dict[str, float | None] | None:
    """Return what was spent and reported on a day that is over; None of the others."""
    actuals = plan.actuals
    if actuals is None or t >= plan.actual_days:
        return None
    conversions, revenue = float(actuals.conversions[t, k]), float(actuals.revenue[t, k])
    return {
        "spend": to_units(int(actuals.spend[t, k])),
        "conversions": None if np.isnan(conversions) else conversions,
        "revenue": None if np.isnan(revenue) else revenue,
    }
