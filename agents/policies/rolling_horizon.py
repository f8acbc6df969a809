"""The re-planner: learns from every day's reports, then solves what is left of the flight anew.

It is the yardstick for policies that learn: a rolling horizon over a particle filter of the
posterior (``envs/particles``). What a dollar returns on each day left is, at the static plan and
before the flight, the gradient of the expected objective through the whole simulator, so that
carry-over, lags and the season are in it; in flight it moves with what the filter has learnt of
each campaign's curve. The allocation has equal marginal returns (``marginal``).
"""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.calibration import Posterior
from ...envs.flight import (
    Observable,
    ParticleSet,
    PosteriorDraws,
    Problem,
    initial_particles,
    posterior_draws,
    update_weights,
    weights,
)
from ...envs.market import draw_noises, generator, local_elasticity, saturation
from ...envs.planning import plan_objective
from ..experiment import Experiment
from .marginal import Returns, allocate

_PATHS = 50  # seed of the demand paths behind the gradient
_LEAST = 0.02  # of the plan's mean day: what a curve is anchored at, at least
_ELASTIC = (0.02, 0.95)  # a curve that is steeper is taken for nearly straight
_ROUNDS = 3  # times a curve is anchored anew at what the last round spends


class RollingHorizonSettings(Settings):
    """The keys of ``conf/agent/replanner.yaml``."""

    name: Literal["replanner"]
    draws: Annotated[int, Field(ge=2)]


class Known(NamedTuple):
    """What the re-planner remembers from one day to the next."""

    particle_set: ParticleSet
    spent: Floats  # dollars so far, (flights, campaigns)
    observed: Floats  # conversions reported so far


class RollingHorizon:
    """Every day: Bayes, then equal marginal returns over what is left."""

    name = "replanner"
    open_loop = False

    def __init__(self, problem: Problem, posterior: Posterior, draws: int) -> None:
        """Args: what is planned, what is known before the flight, by how many draws."""
        self.problem, self.draws = problem, posterior_draws(posterior, draws)
        self.scale = _scale(problem, self.draws)

    def act(self, view: Observable, memory: Known | None) -> tuple[Array, Array, Known]:
        """Return the dollars that are best on average over what is known now."""
        known = self._learn(view, memory)
        shares = self._shares(view, known.particle_set)
        return *self._plan(view, known.particle_set, shares), known

    def _shares(self, view: Observable, particle_set: ParticleSet) -> Floats:
        """Return how much every draw counts today, (flights, draws, campaigns)."""
        return np.asarray(weights(particle_set))

    def _learn(self, view: Observable, before: Known | None) -> Known:
        spent, observed = view.ledger.spent, view.belief.observed
        if before is None:
            return Known(initial_particles(self.draws, len(spent)), spent, observed)
        news = spent - before.spent, np.maximum(observed - before.observed, 0.0)
        return Known(update_weights(self.draws, before.particle_set, *news), spent, observed)

    def _plan(
        self, view: Observable, particle_set: ParticleSet, shares: Floats
    ) -> tuple[Floats, Floats]:
        problem, today = self.problem, view.ledger.day
        moved = _moved(self.draws, particle_set, today)
        fade = _fade(self.draws, shares, moved, problem.days - today)
        spend = np.maximum(problem.static_plan[today:].mean(0), _LEAST * problem.mean_static_spend)
        reference = spend + 0 * view.ledger.spent
        for _ in range(_ROUNDS):
            level = self.draws.state.level + moved + particle_set.variance / 2
            value, elasticity = curve(problem, self.draws, level, shares, reference)
            worth = self.scale[today:, None] * fade * value
            returns = Returns(reference, np.clip(elasticity, *_ELASTIC), worth)
            made = allocate(problem, view.ledger, returns)
            reference = np.maximum(made.days.mean(0), _LEAST * problem.mean_static_spend)
        return made.target, made.total


def replanner(experiment: Experiment, split: str) -> RollingHorizon:
    """Return the policy."""
    settings = experiment.settings("replanner", RollingHorizonSettings)
    return RollingHorizon(experiment.problem, experiment.posterior, settings.draws)


def curve(
    problem: Problem, draws: PosteriorDraws, level: Floats, shares: Floats, spend: Floats
) -> tuple[Floats, Floats]:
    """Return the expected return of a steady spend and its elasticity, (flights, campaigns).

    Args:
        problem: says what a conversion is worth.
        draws: the curves.
        level: log levels, (flights, draws, campaigns).
        shares: weights that sum to 1 over the draws, the same shape.
        spend: dollars a day, (flights, campaigns).
    """
    market = draws.market
    ratio = spend[:, None] / market.reference_spend
    reach = saturation(ratio, market.elasticity, market.slope)
    worth = problem.objective.per_conversion(market.order_value)
    value = shares * worth * market.reference_conversions * reach * np.exp(level)
    steep = local_elasticity(ratio, market.elasticity, market.slope)
    total = value.sum(1)
    return total, (value * steep).sum(1) / np.maximum(total, 1e-300)


def _moved(draws: PosteriorDraws, particle_set: ParticleSet, day: int) -> Floats:
    """Return how far each draw's level is from where it was expected, (flights, draws, ...)."""
    return np.asarray(particle_set.state.level - draws.market.level_kept**day * draws.state.level)


def _fade(draws: PosteriorDraws, shares: Floats, moved: Floats, days: int) -> Floats:
    """Return what is left of the levels' moves on the days to come, (days, flights, campaigns)."""
    mean = (shares * moved).sum(1)
    kept = (shares * draws.market.level_kept).sum(1)
    ahead = np.arange(days)[:, None, None]
    return np.asarray(np.exp((kept**ahead - 1) * mean))


def _scale(problem: Problem, draws: PosteriorDraws) -> Floats:
    """Return the marginal return of every campaign-day of the static plan, before the flight.

    Over that of the campaign's steady curve at the plan's mean day; (days, campaigns).
    """
    count = len(draws.market.elasticity)
    rngs = (generator(_PATHS, i) for i in range(count))
    path = draw_noises(draws.market, problem.days, rngs).without_count_noise()
    path = path._replace(outage=None, delivery=None)
    worth = plan_objective(problem, draws.market, draws.state, path)
    _, slope = worth(np.repeat(problem.static_plan[None], count, 0))
    shares = np.full((1, *draws.market.elasticity.shape), 1 / count)
    level = draws.state.level + draws.variance / 2
    spend = np.maximum(problem.static_plan, _LEAST * problem.mean_static_spend)
    value, elasticity = curve(problem, draws, level[None], shares + 0 * spend[:, None], spend)
    return np.asarray(np.maximum(slope.mean(0), 1e-12) / (value * elasticity / spend))
