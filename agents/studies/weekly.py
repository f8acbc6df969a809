"""`WeeklyStatic`: what practitioners do, a new calibration and a new fixed plan every week."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ...data.history import METRICS, OBSERVED, History
from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.calibration import Posterior
from ...envs.constraints import Constraints, rest_of
from ...envs.flight import Observable, Problem
from ...envs.market import step

WEEK = 7  # days between calibrations
Replan = Callable[[Posterior, Constraints, int], Floats]
"""(posterior, constraints of the days left, their number) -> plan, (days left, campaigns)."""


class WeeklyMemory(NamedTuple):
    """What the flights were reported so far."""

    spend: list[Floats]  # dollars per day over, (flights, campaigns) each
    reported: list[Floats]  # conversions, the same
    spent: Floats  # sums of both, (flights, campaigns)
    observed: Floats
    plans: Floats  # (days, flights, campaigns) dollars of the plans in force


class WeeklyStatic:
    """The static plan; every seven days a new calibration and a new plan of the days left."""

    name = "weekly"
    open_loop = False

    def __init__(
        self,
        problem: Problem,
        history: History,
        calibrate: Callable[[History], Posterior],
        replan: Replan,
    ) -> None:
        """Args: problem; history before the flight; how to calibrate, and how to plan the rest."""
        self.problem, self.history = problem, history
        self.calibrate, self.replan = calibrate, replan

    def act(self, observable: Observable, memory: WeeklyMemory | None) -> tuple[Array, Array, Any]:
        """Return the day of each flight's plan, and its total."""
        ledger, observed = observable.ledger, observable.belief.observed
        if memory is None:
            plans = self.problem.static_plan[:, None] + 0 * ledger.spent
            memory = WeeklyMemory([], [], ledger.spent, observed, plans)
        else:
            memory = memory._replace(
                spend=[*memory.spend, ledger.spent - memory.spent],
                reported=[*memory.reported, np.maximum(observed - memory.observed, 0.0)],
                spent=ledger.spent,
                observed=observed,
            )
            if ledger.day % WEEK == 0:
                memory = memory._replace(plans=self._replanned(memory, ledger.last))
        today = memory.plans[ledger.day]
        return today, today.sum(-1), memory

    def _replanned(self, memory: WeeklyMemory, last: Array) -> Floats:
        """Return the plans with the days left replaced, flight by flight."""
        plans, over = memory.plans.copy(), len(memory.spend)
        spend, reported = np.stack(memory.spend), np.stack(memory.reported)
        for i in range(plans.shape[1]):
            posterior = self.calibrate(self._with_days(spend[:, i], reported[:, i]))
            cents = np.rint(100 * spend[:, i]).astype(np.int64)
            live = np.rint(100 * last[i]).astype(np.int64)
            constraints = self.problem.constraints
            rest = rest_of(constraints, cents, live if constraints.has_levels else None)
            plans[over:, i] = self.replan(posterior, rest, len(plans) - over)
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
