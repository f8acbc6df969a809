"""Answers between the budgets whose best plans are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from mediagym.data.errors import MediaGymError
from mediagym.data.formats import Currency
from mediagym.data.types import Floats

from .estimates import Estimate

Goal = Literal["conversions", "cpa", "roas"]
_GRID = 2001  # budgets among which the one that meets a goal is looked for


@dataclass(frozen=True)
class FrontierAnswer:
    """What the best plan of a budget is expected to bring."""

    cents: NDArray[np.int64]  # (campaigns,) whose sum is the budget
    conversions: Estimate
    revenue: Estimate | None  # None: not known
    next_cpa: Estimate | None  # what one more conversion costs; None: it brings none

    @property
    def budget(self) -> float:
        """Units of the currency."""
        return int(self.cents.sum()) / 100


@dataclass(frozen=True)
class Frontier:
    """Best plans by budget, as ``frontier.json`` holds them, and all between them."""

    content: Mapping[str, Any]  # with two points or more

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Campaigns, in the order of every split."""
        return tuple(row["name"] for row in self.content["points"][0]["campaigns"])

    @cached_property
    def currency(self) -> Currency:
        """Currency of all amounts."""
        return Currency(self.content["currency"])

    @cached_property
    def budgets(self) -> Floats:
        """Budgets of the points, increasing, units of the currency."""
        return np.array([point["spent"] for point in self.content["points"]], np.float64)

    @cached_property
    def _splits(self) -> Floats:
        rows = [[row["budget"] for row in point["campaigns"]] for point in self.content["points"]]
        return np.asarray(rows, np.float64)

    def at(self, budget: float) -> FrontierAnswer:
        """Return the answer for a budget: exact at the points, interpolated between them.

        Splits are interpolated linearly, so that they keep every bound that is a share of the total
        or the same amount at both points; estimates by monotone cubic interpolation.

        Args:
            budget: units of the currency, within the budgets of the points.

        Raises:
            MediaGymError: the budget is outside them.
        """
        least, most = float(self.budgets[0]), float(self.budgets[-1])
        if not least <= budget <= most:
            raise MediaGymError(
                f"{self.currency.whole(budget)} is outside the budgets whose best plans are known, "
                f"{self.currency.whole(least)} to {self.currency.whole(most)}. To plan it, enter "
                "it as the budget and optimise."
            )
        return FrontierAnswer(
            cents=self._cents(budget),
            conversions=self._estimate("conversions", budget),
            revenue=self._revenue(budget),
            next_cpa=self._next_cpa(budget),
        )

    def budget_for(self, goal: Goal, value: float) -> float:
        """Return the least budget that reaches a volume, or the most that keeps a cost or return.

        Raises:
            MediaGymError: no budget of the frontier does, with what comes closest.
        """
        grid = np.linspace(self.budgets[0], self.budgets[-1], _GRID)
        conversions = self._curve("conversions", "mean")(grid)
        if goal == "conversions":
            measure, is_met = conversions, conversions >= value
        elif goal == "cpa":
            measure = grid / np.maximum(conversions, 1e-300)
            is_met = measure <= value
        else:
            if self.content["points"][0]["revenue"] is None:
                raise MediaGymError("Revenue is not known, so no budget has a known ROAS.")
            measure = self._curve("revenue", "mean")(grid) / grid
            is_met = measure >= value
        if not is_met.any():
            best = float(measure.min() if goal == "cpa" else measure.max())
            raise MediaGymError(
                f"No budget from {self.currency.whole(float(grid[0]))} to "
                f"{self.currency.whole(float(grid[-1]))} meets it; the closest is "
                f"{self._written(goal, best)}."
            )
        met = np.flatnonzero(is_met)
        return float(grid[met[0] if goal == "conversions" else met[-1]])

    def _written(self, goal: Goal, value: float) -> str:
        if goal == "cpa":
            return f"a CPA of {self.currency.exact(value)}"
        return f"{value:,.0f} conversions" if goal == "conversions" else f"a ROAS of {value:.2f}"

    def _cents(self, budget: float) -> NDArray[np.int64]:
        exact = [np.interp(budget, self.budgets, split) for split in self._splits.T]
        amounts = 100 * np.asarray(exact)
        cents = np.floor(amounts + 1e-6).astype(np.int64)
        order = np.argsort(cents - amounts, kind="stable")
        cents[order[: round(100 * budget) - int(cents.sum())]] += 1
        return cents

    def _curve(self, what: str, part: str) -> PchipInterpolator:
        values = [point[what][part] for point in self.content["points"]]
        return PchipInterpolator(self.budgets, values)

    def _estimate(self, what: str, budget: float) -> Estimate:
        mean, low, high = (float(self._curve(what, p)(budget)) for p in ("mean", "p05", "p95"))
        return Estimate(mean, low, high)

    def _revenue(self, budget: float) -> Estimate | None:
        first = self.content["points"][0]["revenue"]
        return None if first is None else self._estimate("revenue", budget)

    def _next_cpa(self, budget: float) -> Estimate | None:
        steps = self.content["marginal"]
        last = int(np.searchsorted(self.budgets[1:], budget))
        cpa = steps[min(last, len(steps) - 1)]["cpa"]
        if cpa is None or cpa["mean"] is None:
            return None
        return Estimate(cpa["mean"], cpa["p05"], cpa["p95"])


def frontier_of(content: Mapping[str, Any]) -> Frontier | None:
    """Return the frontier of ``frontier.json``; None if it has too few points for answers."""
    return Frontier(content) if len(content["points"]) >= 2 else None
