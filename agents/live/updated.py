"""Held-out draws of the posterior, updated by the flight's reports, and what they say of plans.

The draws were not used to make the plan. Each carries a filter of its own and a weight per campaign
(``envs.flight.update_weights``); they are resampled by these weights, campaign by campaign.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError
from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.calibration import Forecast, Posterior
from ...envs.flight import (
    ParticleSet,
    PosteriorDraws,
    Problem,
    initial_particles,
    posterior_draws,
    update_weights,
    weights,
)
from ...envs.market import (
    Market,
    MarketState,
    Noise,
    Stream,
    draw_noises,
    generator,
    simulate,
)
from ...envs.planning import Sample
from .reports import Reports
from .settings import MIN_DRAWS


class Draws(NamedTuple):
    """Markets and their states when a day begins; fields are (draws, campaigns)."""

    market: Market
    state: MarketState


class Particles(NamedTuple):
    """Weighted held-out draws after the days so far; one flight."""

    draws: PosteriorDraws
    particle_set: ParticleSet
    days: int  # days of the flight that they know


def held_out_particles(posterior: Posterior, count: int) -> Particles:
    """Return held-out draws before the flight; all if there are fewer, training draws if none."""
    if posterior.held_out:
        if posterior.held_out < MIN_DRAWS:
            raise ConfigError(
                f"calibration.held_out: {posterior.held_out} draws are held out. Allowed: at least "
                f"{MIN_DRAWS}, as estimates and holds average over them. To fix: raise "
                "calibration.held_out."
            )
        market, state = posterior.held(posterior.held_out)
        posterior = replace(posterior, market=market, state=state, held_out=0)
    draws = posterior_draws(posterior, count)
    return Particles(draws, initial_particles(draws, 1), 0)


def learnt(
    particles: Particles, reports: Reports, walk: float = 0.0, temper: float = 1.0
) -> Particles:
    """Return the particles after all days of the reports; a day of completeness 0 teaches none.

    Args:
        particles: after the first of these days, or before them.
        reports: all days so far.
        walk: sd of a daily change of log levels that the posterior does not know, >= 0.
        temper: power of each report's likelihood, 0 to 1.
    """
    draws, particle_set, first = particles
    market = draws.market
    for t in range(first, reports.days):
        conversions = market.reference_conversions * reports.complete[t]
        today = draws._replace(market=market._replace(reference_conversions=conversions))
        particle_set = update_weights(
            today,
            particle_set,
            reports.spend[t][None] / 100,
            reports.conversions[t][None],
            walk,
            temper,
        )
    return Particles(draws, particle_set, max(first, reports.days))


def resampled(particles: Particles) -> Draws:
    """Return equally weighted draws, as many as there are particles.

    Systematic resampling keeps a draw's campaigns together as far as its weights do not differ.
    """
    particle_set = particles.particle_set
    weight = np.asarray(weights(particle_set))[0]  # (draws, campaigns)
    count = len(weight)
    index = np.stack([_systematic(column) for column in weight.T], axis=1)
    spread = generator(Stream.FORECAST, 1, particles.days).standard_normal(weight.shape)
    before = particle_set.state
    level = before.level[0] + np.sqrt(particle_set.variance[0]) * spread
    fields = [None if field is None else field[0] for field in before[1:]]
    state = MarketState(before.day, *fields)._replace(level=level)
    market = Market(*(_taken(field, index, count) for field in particles.draws.market))
    own = [_taken(field, index, count) for field in state[1:]]
    return Draws(market, MarketState(state.day, *own))


def _systematic(weight: Floats) -> NDArray[np.intp]:
    """Return (draws,) indices; equal weights give every draw once, in order."""
    count = len(weight)
    points = (np.arange(count) + 0.5) / count
    return np.asarray(np.searchsorted(np.cumsum(weight)[:-1], points))


def _taken(field: Array | None, index: NDArray[np.intp], count: int) -> Array | None:
    """Return a field, (draws, ..., campaigns or 1), of each campaign's own draws."""
    if field is None or np.ndim(field) == 0 or len(field) != count:
        return field
    between = (1,) * (field.ndim - 2)
    where = index.reshape(count, *between, index.shape[1])
    own = np.broadcast_to(field, (*field.shape[:-1], index.shape[1]))  # dates are one for all
    return np.take_along_axis(own, np.broadcast_to(where, own.shape), 0)


def noise_of(market: Market, days: int) -> Noise:
    """Return the noise of every draw, (days, draws, campaigns), the same at every re-plan.

    The demand path depends on the number of draws alone, and the counts on the market too.
    """
    count = len(market.elasticity)
    return draw_noises(market, days, (generator(Stream.FORECAST, i) for i in range(count)))


class Outlook:
    """What the updated draws say of plans of the days left, on the same noise for all."""

    def __init__(self, problem: Problem, draws: Draws, paths: Noise, first: int) -> None:
        """Args: problem; updated draws; demand paths of the whole flight; days that are over."""
        self.problem, self.draws = problem, draws
        self.paths, self.first = paths, first

    def value(self, plan: Floats) -> Floats:
        """Return the expected objective of a plan (days left, campaigns), (draws, campaigns)."""
        _, outcomes = simulate(*self.draws, plan[:, None], self._left(self.paths))
        objective = self.problem.objective
        days = [objective.expected(o, plan[t]) for t, o in enumerate(outcomes)]
        return np.asarray(np.sum(days, axis=0))

    def sample(self) -> Sample:
        """Return the markets on their first day left, with their demand paths."""
        return Sample(*self.draws, self._left(self.paths))

    def forecast(self, plan: Floats) -> Forecast:
        """Return the forecast of a plan (days left, campaigns) dollars."""
        noise = noise_of(self.draws.market, self.first + len(plan))
        _, outcomes = simulate(*self.draws, plan[:, None], self._left(noise))
        return Forecast.from_outcomes(outcomes)

    def _left(self, noise: Noise) -> Noise:
        return Noise(*(None if field is None else field[self.first :] for field in noise))
