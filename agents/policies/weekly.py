"""`weekly`: a new estimate and a new fixed plan every week, as practitioners do.

Between those days the plan is carried out and reports change nothing. ``WeeklyPlan`` is the rhythm;
``Weekly`` estimates by the particle filter over the posterior's draws and plans the days left, by
gradient through the whole simulator, for the average over them. Estimating and then planning as if
nothing more would be learnt is certainty-equivalent or "passive" control (Bertsekas, "Dynamic
Programming and Optimal Control", vol. 1, 4th ed., 2017, chapter 6).
"""

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.calibration import Posterior
from ...envs.flight import Observable, Problem, posterior_draws, weights
from ...envs.market import Market, MarketState
from ...envs.planning import best_rest
from ..experiment import Experiment
from .rolling_horizon import MAX_DRAWS, FilterMemory, updated

WEEK = 7  # days between plans


class WeeklyMemory(NamedTuple):
    """The plans in force, and what their makers know."""

    plans: Floats  # (days, flights, campaigns) dollars
    learnt: Any  # all reports so far, in a form of the policy's own


class WeeklyPlan(ABC):
    """The static plan, whose days left are planned anew at the beginning of every week."""

    name = "weekly"
    open_loop = False

    def __init__(self, problem: Problem, every: int = WEEK) -> None:
        """Args: problem; days between plans."""
        self.problem, self.every = problem, every

    @abstractmethod
    def learn(self, observable: Observable, learnt: Any) -> Any:
        """Return what is known at the beginning of a day; ``learnt`` is None on the first."""

    @abstractmethod
    def replan(self, observable: Observable, learnt: Any, plans: Floats) -> Floats:
        """Return new plans of the days left, (days left, flights, campaigns) dollars.

        Args:
            observable: view at the beginning of today.
            learnt: what is known.
            plans: the days left of the plans in force, in the same shape.
        """

    def act(self, observable: Observable, memory: WeeklyMemory | None) -> tuple[Array, Array, Any]:
        """Return the day of each flight's plan, and its total."""
        today = observable.ledger.day
        learnt = self.learn(observable, memory and memory.learnt)
        if memory is None:
            plans = self.problem.static_plan[:, None] + 0 * observable.ledger.spent
        else:
            plans = memory.plans
        if today and today % self.every == 0:
            left = self.replan(observable, learnt, plans[today:])
            plans = np.concatenate([plans[:today], left])
        return plans[today], plans[today].sum(-1), WeeklyMemory(plans, learnt)


class WeeklySettings(Settings):
    """The keys of ``conf/agent/weekly.yaml``."""

    name: Literal["weekly"]
    every: Annotated[int, Field(ge=1, le=366)]
    draws: Annotated[int, Field(ge=2, le=MAX_DRAWS)]
    sample: Annotated[int, Field(ge=1, le=1000)]
    iterations: Annotated[int, Field(ge=1, le=100_000)]


class Weekly(WeeklyPlan):
    """Every week draws of the posterior re-weighted by the reports, and the plan best for them."""

    def __init__(self, problem: Problem, posterior: Posterior, settings: WeeklySettings) -> None:
        """Args: problem; posterior before the flight; settings of filter and solver."""
        super().__init__(problem, settings.every)
        self.settings, self.draws = settings, posterior_draws(posterior, settings.draws)

    def learn(self, observable: Observable, learnt: FilterMemory | None) -> FilterMemory:
        """Return the particles after the reports."""
        return updated(self.draws, observable, learnt)

    def replan(self, observable: Observable, learnt: FilterMemory, plans: Floats) -> Floats:
        """Return the plans that are best on average over the particles."""
        initial = np.ascontiguousarray(plans.swapaxes(0, 1))
        left = observable.ledger, self._markets(learnt), initial, self.settings.iterations
        return best_rest(self.problem, *left).swapaxes(0, 1)

    def _markets(self, learnt: FilterMemory) -> tuple[Market, MarketState]:
        """Return equally weighted draws for each flight, (flights x sample, campaigns).

        Every campaign is resampled by itself, at evenly spaced quantiles of its weights
        (systematic resampling: Kitagawa, J. Comp. Graph. Stat. 5(1), 1996).
        """
        particle_set, count = learnt.particle_set, self.settings.sample
        cumulative = np.cumsum(weights(particle_set), 1)
        quantiles = (np.arange(count) + 0.5) / count
        below = [(cumulative < quantile).sum(1) for quantile in quantiles]
        index = np.minimum(np.stack(below, 1), cumulative.shape[1] - 1)  # (flights, sample, ...)
        campaigns = np.arange(index.shape[-1])

        def drawn(field: Any) -> Any:
            """Pick from (draws, [dates,] campaigns)."""
            if field is None:
                return None
            rows = index.reshape(-1, 1, index.shape[-1])
            table = field.reshape(len(field), -1, field.shape[-1])
            picked = table[rows, np.arange(table.shape[1])[:, None], campaigns]
            return picked.reshape(len(rows), *field.shape[1:])

        def picked(field: Any) -> Any:
            """Pick from (flights, draws, campaigns)."""
            rows = None if field is None else np.take_along_axis(field, index, 1)
            return None if rows is None else rows.reshape(-1, rows.shape[-1])

        state = particle_set.state
        state = state._replace(level=state.level + particle_set.variance / 2)
        market = Market(*map(drawn, self.draws.market))
        return market, MarketState(state.day, *map(picked, state[1:]))


def weekly(experiment: Experiment, split: str) -> Weekly:
    """Return the policy."""
    settings = experiment.settings("weekly", WeeklySettings)
    return Weekly(experiment.problem, experiment.posterior, settings)
