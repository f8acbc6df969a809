"""A small world of known response curves: its calibration, its best plans by budget, its plan."""

import itertools
from typing import Any

import numpy as np
from scipy.optimize import minimize

NAMES = ("google/Search", "google/Video", "meta")
DAYS = 30
SCALES = np.array([6.0, 2.5, 3.0])  # conversions per day = scale * spend ** power
POWERS = np.array([0.5, 0.4, 0.6])
KNOWN = (600.0, 200.0, 250.0)  # dearest known day
BUDGETS = (6000.0, 9000.0, 12000.0, 15000.0, 18000.0)


def conversions_of(spend: Any) -> Any:
    """Conversions per day of each campaign."""
    return SCALES * np.maximum(spend, 0.0) ** POWERS


def best_split(total: float, floor: float = 0.005) -> np.ndarray:
    """Best daily spend of each campaign with a floor as a share of the total, by scipy."""
    day = total / DAYS
    least = floor * day
    found = minimize(
        lambda share: -float(conversions_of(share * day).sum()),
        np.full(3, 1 / 3),
        bounds=[(max(least / day, 1e-6), 1.0)] * 3,
        constraints={"type": "eq", "fun": lambda share: share.sum() - 1},
        options={"ftol": 1e-12, "maxiter": 500},
        method="SLSQP",
    )
    return np.asarray(found.x * day)


def spread(mean: float) -> dict[str, float]:
    """An estimate with an interval around it."""
    return {"mean": mean, "p05": 0.8 * mean, "p95": 1.25 * mean}


def calibration() -> dict[str, Any]:
    """Content of ``calibration.json``: each curve up to twice the dearest known day."""
    campaigns = {}
    for k, name in enumerate(NAMES):
        spend = np.linspace(0, 2 * KNOWN[k], 61)
        middle = SCALES[k] * spend ** POWERS[k]
        rows = [(factor * middle).tolist() for factor in (0.7, 0.85, 1.0, 1.15, 1.4)]
        rates = [(np.diff(row) / np.diff(spend)).tolist() for row in rows]
        curve = {"spend": spend.tolist(), "conversions": rows, "known_max": KNOWN[k]}
        curve["marginal"] = rates
        campaigns[name] = {"curve": curve}
    return {"quantiles": [0.05, 0.25, 0.5, 0.75, 0.95], "campaigns": campaigns}


def frontier() -> dict[str, Any]:
    """Content of ``frontier.json``: the true best plans of some budgets."""
    points = [_point(budget) for budget in BUDGETS]
    marginal = []
    for low, high in itertools.pairwise(points):
        gained = high["conversions"]["mean"] - low["conversions"]["mean"]
        cost = (high["spent"] - low["spent"]) / gained
        row = {"from": low["spent"], "to": high["spent"], "conversions": gained, "roas": None}
        marginal.append({**row, "cpa": spread(cost)})
    return {"currency": "USD", "planned_budget": 12000.0, "points": points, "marginal": marginal}


def _point(budget: float) -> dict[str, Any]:
    cents = np.rint(100 * DAYS * best_split(budget)).astype(int)
    cents[0] += round(100 * budget) - cents.sum()
    total = DAYS * float(conversions_of(cents / 100 / DAYS).sum())
    rows = [
        {"name": name, "budget": int(c) / 100, "share": int(c) / cents.sum()}
        for name, c in zip(NAMES, cents, strict=True)
    ]
    return {
        "budget": budget,
        "spent": budget,
        "conversions": spread(total),
        "revenue": spread(200 * total),
        "cpa": {"mean": budget / total},
        "campaigns": rows,
    }


def plan(budget: float = 12000.0) -> dict[str, Any]:
    """What the planner's answers need of ``plan.json``."""
    point = _point(budget)
    rows = []
    for k, row in enumerate(point["campaigns"]):
        channel, _, kind = row["name"].partition("/")
        rows.append({
            "channel": channel, "campaign_type": kind or None, "budget": row["budget"],
            "recent_max_daily": KNOWN[k], "season_max_daily": None, "observed_max_daily": KNOWN[k],
        })  # fmt: skip
    return {
        "currency": "USD",
        "flight": {"start": "2024-07-01", "end": "2024-07-30", "days": DAYS},
        "totals": {"budget": budget},
        "campaigns": rows,
    }
