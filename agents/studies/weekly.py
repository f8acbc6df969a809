"""`WeeklyStatic`: what practitioners do, a new calibration and a new fixed plan every week."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ...data.history import METRICS, OBSERVED, History
from ...data.types import Floats
from ...envs.calibration import Posterior
from ...envs.constraints import Constraints, rest_of
from ...envs.flight import Observable, Problem
from ...envs.market import step
from ..policies import WeeklyPlan

Replan = Callable[[Posterior, Constraints, int], Floats]
"""(posterior, constraints of the days left, their number) -> plan, (days left, campaigns)."""


class Reports(NamedTuple):
    """What the flights were reported so far."""

    spend: list[Floats]  # dollars per day over, (flights, campaigns) each
    reported: list[Floats]  # conversions, the same
    spent: Floats  # sums of both, (flights, campaigns)
    observed: Floats


class WeeklyStatic(WeeklyPlan):
    """The static plan; every seven days a new calibration and a new plan of the days left."""

    def __init__(
        self,
        problem: Problem,
        history: History,
        calibrate: Callable[[History], Posterior],
        replan: Replan,
    ) -> None:
        """Args: problem; history before the flight; how to calibrate, and how to plan the rest."""
        super().__init__(problem)
        self.history, self.calibrate, self.plan_rest = history, calibrate, replan

    def learn(self, observable: Observable, learnt: Reports | None) -> Reports:
        """Return all days' spend and reports."""
        spent, observed = observable.ledger.spent, observable.belief.observed
        if learnt is None:
            return Reports([], [], spent, observed)
        reported = np.maximum(observed - learnt.observed, 0.0)
        spend = [*learnt.spend, spent - learnt.spent]
        return Reports(spend, [*learnt.reported, reported], spent, observed)

    def replan(self, observable: Observable, learnt: Reports, plans: Floats) -> Floats:
        """Return new plans of the days left, flight by flight."""
        plans, last = plans.copy(), observable.ledger.last
        spend, reported = np.stack(learnt.spend), np.stack(learnt.reported)
        for i in range(plans.shape[1]):
            posterior = self.calibrate(self._with_days(spend[:, i], reported[:, i]))
            cents = np.rint(100 * spend[:, i]).astype(np.int64)
            live = np.rint(100 * last[i]).astype(np.int64)
            constraints = self.problem.constraints
            rest = rest_of(constraints, cents, live if constraints.has_levels else None)
            plans[:, i] = self.plan_rest(posterior, rest, len(plans))
        return plans

    def _with_days(self, spend: Floats, reported: Floats) -> History:
        """Return the history with the days of a flight; clicks and revenue at their usual rates."""
        market, history = self.problem.market, self.history
        clicks = step(market, self.problem.state._replace(stock=spend), spend, None)[1].clicks
        days = {
            "spend": spend,
            "conversions": reported,
            "clicks": clicks,
            "impressions": clicks / market.click_rate,
            "revenue": reported * market.order_value,
        }
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(history, name), days[name]]) for name in METRICS
        }
        dates = history.dates[-1] + 1 + np.arange(len(spend))
        seen = np.full(spend.shape, OBSERVED, history.presence.dtype)
        complete = history.complete
        if complete is not None:
            complete = np.concatenate([complete, np.ones_like(spend)])
        return replace(
            history,
            dates=np.concatenate([history.dates, dates]),
            presence=np.concatenate([history.presence, seen]),
            complete=complete,
            **joined,
        )
