"""Rolling horizon (``replanner``): re-optimises the remaining days after every day's reports.

The yardstick for policies that learn. The posterior is updated by a particle filter
(``envs.flight``). The return of a dollar on each remaining day is, at the static plan and before
the flight, the gradient of the expected objective through the whole simulator, which includes
carry-over, lags and the season; in flight it is scaled by what the filter has learnt of each
campaign's curve. The allocation equalises marginal returns (``marginal``).
"""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.calibration import Posterior
from ...envs.constraints import day_bounds
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
from ...envs.market import Stream, draw_noises, generator, local_elasticity, saturation
from ...envs.planning import plan_objective
from ..experiment import Experiment
from ..policy import Report
from .marginal import Returns, allocate, spread

_MIN_ANCHOR = 0.02  # minimum anchor spend of a curve, as a share of the static plan's daily mean
_ELASTICITY_RANGE = (0.02, 0.95)  # range of a curve's elasticity at its anchor
_ANCHOR_HALVINGS = 30  # of the log price at which an anchor is found
_ANCHOR_ROUNDS = 3  # rounds; each anchors the curves at the spend found by the previous one


MAX_DRAWS = 100_000  # markets that stand for the posterior


class RollingHorizonSettings(Settings):
    """The keys of ``conf/agent/replanner.yaml``."""

    name: Literal["replanner"]
    draws: Annotated[int, Field(ge=2, le=MAX_DRAWS)]
    walk: Annotated[
        float, Field(ge=0, le=1)
    ]  # sd of a day's change of log levels beside the model's
    temper: Annotated[float, Field(ge=0, le=1)]  # power of each report's likelihood


class FilterMemory(NamedTuple):
    """The particle filter's state, carried from one day to the next."""

    particle_set: ParticleSet
    spent: Floats  # dollars spent so far, (flights, campaigns)
    observed: Floats  # conversions reported so far


class RollingHorizon:
    """Every day: a Bayesian update, then equal marginal returns over the remaining days."""

    name = "replanner"
    open_loop = False

    def __init__(
        self,
        problem: Problem,
        posterior: Posterior,
        draws: int,
        walk: float = 0.0,
        temper: float = 1.0,
    ) -> None:
        """Prepare the filter.

        Args:
            problem: what is known before the flight.
            posterior: posterior before the flight.
            draws: number of particles drawn from it.
            walk: sd of a daily change of log levels that the posterior does not know, >= 0.
            temper: power of each report's likelihood in the weights of draws, 0 to 1.
        """
        self.problem, self.draws = problem, posterior_draws(posterior, draws)
        self.walk, self.temper = walk, temper
        self.scale = _return_scale(problem, self.draws)

    @classmethod
    def of(
        cls, problem: Problem, posterior: Posterior, settings: RollingHorizonSettings
    ) -> "RollingHorizon":
        """Return the policy of its settings."""
        return cls(problem, posterior, settings.draws, settings.walk, settings.temper)

    def act(
        self, observable: Observable, memory: FilterMemory | None
    ) -> tuple[Array, Array, FilterMemory]:
        """Return the spend that is best on average over the updated draws, and its total."""
        memory = updated(self.draws, observable, memory, self.walk, self.temper)
        return self.decide(observable, memory)

    def decide(
        self, observable: Observable, memory: FilterMemory
    ) -> tuple[Array, Array, FilterMemory]:
        """Return the same of a memory that holds all reports so far, and leave it as it is."""
        draw_weights = self._draw_weights(observable, memory.particle_set)
        return *self._allocate(observable, memory.particle_set, draw_weights), memory

    def learn(
        self, observable: Observable, memory: FilterMemory | None, report: Report
    ) -> FilterMemory:
        """Return the memory after a day whose conversions are perhaps only partly reported.

        Args:
            observable: what was seen before the report; the filter does not need it.
            memory: before the report; None before the first day.
            report: of the day; of what is complete to 0 nothing is learnt.
        """
        spend, reported, complete = report
        if memory is None:
            particle_set = initial_particles(self.draws, len(spend))
            memory = FilterMemory(particle_set, 0 * spend, 0 * reported)
        market = self.draws.market
        conversions = market.reference_conversions * complete[:, None]
        draws = self.draws._replace(market=market._replace(reference_conversions=conversions))
        particle_set = update_weights(
            draws, memory.particle_set, spend, reported, self.walk, self.temper
        )
        return FilterMemory(particle_set, memory.spent + spend, memory.observed + reported)

    def _draw_weights(self, observable: Observable, particle_set: ParticleSet) -> Floats:
        """Return the weight of every draw in today's decision, (flights, draws, campaigns)."""
        return np.asarray(weights(particle_set))

    def _allocate(
        self, observable: Observable, particle_set: ParticleSet, draw_weights: Floats
    ) -> tuple[Floats, Floats]:
        problem, today = self.problem, observable.ledger.day
        min_anchor = _min_anchor(problem, self.draws)
        shift = _level_shift(self.draws, particle_set, today)
        decay = _shift_decay(self.draws, draw_weights, shift, problem.days - today)
        anchor = np.maximum(problem.static_plan[today:].mean(0), min_anchor)
        anchor = anchor + 0 * observable.ledger.spent
        bounds = day_bounds(problem.constraints, observable.ledger)
        for further in range(_ANCHOR_ROUNDS - 1, -1, -1):
            level = self.draws.state.level + shift + particle_set.variance / 2
            value, elasticity = expected_return(problem, self.draws, level, draw_weights, anchor)
            at_anchor = self.scale[today:, None] * decay * value
            returns = Returns(anchor, np.clip(elasticity, *_ELASTICITY_RANGE), at_anchor)
            if further:
                days = spread(problem, observable.ledger, returns, bounds, _ANCHOR_HALVINGS)
                anchor = np.maximum(days.mean(0), min_anchor)
        allocation = allocate(problem, observable.ledger, returns)
        return allocation.requested_spend, allocation.requested_total


def replanner(experiment: Experiment, split: str) -> RollingHorizon:
    """Return the policy."""
    settings = experiment.settings("replanner", RollingHorizonSettings)
    return RollingHorizon.of(experiment.problem, experiment.posterior, settings)


def updated(
    draws: PosteriorDraws,
    observable: Observable,
    memory: FilterMemory | None,
    walk: float = 0.0,
    temper: float = 1.0,
) -> FilterMemory:
    """Return the particle filter's state at the beginning of a day.

    Args:
        draws: draws of the posterior before the flight.
        observable: spend and reports so far, (flights, campaigns).
        memory: state at the beginning of the day before; None on the first day.
        walk: sd of a daily change of log levels that the posterior does not know, >= 0.
        temper: power of each report's likelihood in the weights of draws, 0 to 1.
    """
    spent, observed = observable.ledger.spent, observable.belief.observed
    if memory is None:
        return FilterMemory(initial_particles(draws, len(spent)), spent, observed)
    spend, reported = spent - memory.spent, np.maximum(observed - memory.observed, 0.0)
    particle_set = update_weights(draws, memory.particle_set, spend, reported, walk, temper)
    return FilterMemory(particle_set, spent, observed)


def expected_return(
    problem: Problem, draws: PosteriorDraws, level: Floats, draw_weights: Floats, spend: Floats
) -> tuple[Floats, Floats]:
    """Return the expected value of a constant spend and its elasticity, (flights, campaigns).

    Args:
        problem: its objective defines the value of a conversion.
        draws: response curves.
        level: log levels, (flights, draws, campaigns).
        draw_weights: weights that sum to 1 over the draws, (flights, draws, campaigns).
        spend: dollars per day, (flights, campaigns).
    """
    market = draws.market
    ratio = spend[:, None] / market.reference_spend
    response = saturation(ratio, market.elasticity, market.slope)
    per_conversion = problem.objective.per_conversion(market.order_value)
    value = draw_weights * per_conversion * market.reference_conversions * response * np.exp(level)
    elasticity = local_elasticity(ratio, market.elasticity, market.slope)
    total = value.sum(1)
    return total, (value * elasticity).sum(1) / np.maximum(total, 1e-300)


def _min_anchor(problem: Problem, draws: PosteriorDraws) -> Floats:
    """Return the least spend at which curves are anchored, (campaigns,), > 0."""
    reference = np.asarray(draws.market.reference_spend).mean(0)
    usual = np.where(problem.mean_static_spend > 0, problem.mean_static_spend, reference)
    return np.asarray(_MIN_ANCHOR * usual)


def _level_shift(draws: PosteriorDraws, particle_set: ParticleSet, day: int) -> Floats:
    """Return each draw's log level minus its prior mean, (flights, draws, campaigns)."""
    return np.asarray(particle_set.state.level - draws.market.level_kept**day * draws.state.level)


def _shift_decay(draws: PosteriorDraws, draw_weights: Floats, shift: Floats, days: int) -> Floats:
    """Return the factor on demand as today's level shift decays, (days, flights, campaigns)."""
    mean = (draw_weights * shift).sum(1)
    retention = (draw_weights * draws.market.level_kept).sum(1)
    ahead = np.arange(days)[:, None, None]
    return np.asarray(np.exp((retention**ahead - 1) * mean))


def _return_scale(problem: Problem, draws: PosteriorDraws) -> Floats:
    """Return the ratio of the simulator's marginal returns to the curves', (days, campaigns).

    Both are taken at the static plan, before the flight: the gradient of the expected objective
    by campaign and day, divided by the marginal return of the campaign's expected curve.
    """
    count = len(draws.market.elasticity)
    rngs = (generator(Stream.REPLANNING, i) for i in range(count))
    path = draw_noises(draws.market, problem.days, rngs).without_count_noise()
    path = path._replace(outage=None, delivery=None)
    objective = plan_objective(problem, draws.market, draws.state, path)
    _, gradient = objective(np.repeat(problem.static_plan[None], count, 0))
    equal = np.full((1, *draws.market.elasticity.shape), 1 / count)
    level = draws.state.level + draws.variance / 2
    spend = np.maximum(problem.static_plan, _min_anchor(problem, draws))
    draw_weights = equal + 0 * spend[:, None]
    value, elasticity = expected_return(problem, draws, level[None], draw_weights, spend)
    return np.asarray(np.maximum(gradient.mean(0), 1e-12) / (value * elasticity / spend))
