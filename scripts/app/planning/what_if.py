"""What another budget, or another amount for single campaigns, would bring: answered at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mediagym.data.errors import MediaGymError
from mediagym.data.settings import merged
from mediagym.data.types import Floats
from mediagym.envs.constraints import Constraints

from .bounds import bounds_of, known_spend, names_of
from .curves import Curve
from .estimates import Estimate
from .frontier import Frontier, FrontierAnswer
from .split import equal_marginal_split

_STEP = 0.01  # half width of the step that a curve's slope is taken over, as a share of the spend
_SCALES = (0.25, 4.0)  # multiples of a curve by which it may be made to agree with the plan


@dataclass(frozen=True)
class CampaignAnswer:
    """One campaign of an answer; amounts over the flight in units of the currency."""

    name: str
    budget: float
    planned: float  # in the plan that the answer is beside
    per_day: float
    extrapolated: bool  # its mean day is dearer than its dearest known day
    fixed: bool  # by the user


@dataclass(frozen=True)
class WhatIf:
    """An answer without a new plan."""

    budget: float  # units of the currency
    conversions: Estimate
    revenue: Estimate | None  # None: not known
    next_cpa: Estimate | None  # of the best plan of this budget
    campaigns: tuple[CampaignAnswer, ...]
    lost: float  # conversions that the fixed amounts cost against the best split; 0 without

    @property
    def extrapolated_share(self) -> float:
        """Share of the budget on campaigns whose mean day is extrapolated."""
        beyond = sum(row.budget for row in self.campaigns if row.extrapolated)
        return beyond / self.budget if self.budget else 0.0

    @property
    def cpa(self) -> float | None:
        """Cost per conversion; None without conversions."""
        return self.budget / self.conversions.mean if self.conversions.mean else None


def what_if(
    frontier: Frontier,
    plan: Mapping[str, Any],
    group: Mapping[str, Any],
    budget: float,
    fixed: Mapping[str, float],
    curves: Sequence[Curve] | None,
) -> WhatIf:
    """Return what a budget would bring, with single campaigns at other amounts.

    Without fixed amounts it is the frontier's own answer. With them, the other campaigns share the
    rest so that the next unit brings as much on each; every curve is scaled so that its slope at
    the frontier's split is the return of the frontier there, so the best split stays the best.

    Args:
        frontier: best plans by budget.
        plan: ``plan.json`` beside it.
        group: keys of ``constraints`` of its job that differ from the defaults.
        budget: units of the currency.
        fixed: amounts over the flight by campaign, units of the currency.
        curves: response curves in the order of `frontier.names`; None: not known.

    Raises:
        MediaGymError: budget or amounts are out of range or contradict a bound; or amounts were
            given and there are no curves.
    """
    best = frontier.at(budget)
    if not fixed:
        return _answer(frontier, plan, best, best.cents, (), curves, 0.0)
    if curves is None:
        raise MediaGymError(
            "Amounts of single campaigns need the advertiser's response curves, which are not "
            "calculated yet. Wait for the calibration, or enter them as locks and optimise."
        )
    bounds = _with_fixed(plan, group, budget, fixed)
    scales = _scales(curves, best, bounds)
    cents = equal_marginal_split(curves, bounds, scales)
    gains = [
        scale * bounds.days * (curve.conversions(_daily(new, bounds)) - curve.conversions(old))
        for scale, curve, new, old in zip(
            scales, curves, cents, best.cents / 100 / bounds.days, strict=True
        )
    ]
    lost = max(-float(sum(gains)), 0.0)  # no split beats the best one
    return _answer(frontier, plan, best, cents, tuple(fixed), curves, lost)


def _daily(cents: np.int64, bounds: Constraints) -> float:
    return float(cents) / 100 / bounds.days


def _with_fixed(
    plan: Mapping[str, Any], group: Mapping[str, Any], budget: float, fixed: Mapping[str, float]
) -> Constraints:
    """Return the job's bounds for a total, with the amounts of single campaigns."""
    own = {name: {"floor": None, "cap": None, "fixed": amount} for name, amount in fixed.items()}
    keys = merged(group, {"total": budget, "campaigns": own})
    for name, amount in fixed.items():
        if amount == 0:
            keys["campaigns"][name] = {"off": True}
    days, currency = plan["flight"]["days"], plan["currency"]
    return bounds_of(keys, names_of(plan), days, currency, known_spend(plan))


def _scales(curves: Sequence[Curve], best: FrontierAnswer, bounds: Constraints) -> Floats:
    """Return multiples of the curves that give each the frontier's return at its split."""
    slopes = []
    for curve, cents in zip(curves, best.cents, strict=True):
        spend = max(_daily(cents, bounds), 0.01)
        low, high = (1 - _STEP) * spend, (1 + _STEP) * spend
        slopes.append((curve.conversions(high) - curve.conversions(low)) / (high - low))
    if best.next_cpa is None:
        return np.ones(len(curves))
    wanted = 1 / best.next_cpa.mean
    return np.clip(wanted / np.maximum(slopes, 1e-300), *_SCALES)


def _answer(
    frontier: Frontier,
    plan: Mapping[str, Any],
    best: FrontierAnswer,
    cents: NDArray[np.int64],
    fixed: Sequence[str],
    curves: Sequence[Curve] | None,
    lost: float,
) -> WhatIf:
    planned = {
        name: row["budget"] for name, row in zip(names_of(plan), plan["campaigns"], strict=True)
    }
    days = plan["flight"]["days"]
    known = known_spend(plan).known if curves is None else [curve.known_most for curve in curves]
    rows = []
    for name, amount, most in zip(frontier.names, cents, known, strict=True):
        per_day = int(amount) / 100 / days
        rows.append(
            CampaignAnswer(
                name=name,
                budget=int(amount) / 100,
                planned=planned[name],
                per_day=per_day,
                extrapolated=per_day > most,
                fixed=name in fixed,
            )
        )
    left = max(1 - lost / best.conversions.mean, 0.0) if best.conversions.mean else 1.0
    return WhatIf(
        budget=int(cents.sum()) / 100,
        conversions=best.conversions.scaled(left),
        revenue=None if best.revenue is None else best.revenue.scaled(left),
        next_cpa=best.next_cpa,
        campaigns=tuple(rows),
        lost=lost,
    )
