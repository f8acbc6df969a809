"""Rao-Blackwellised particle filter over draws of a posterior, updated by daily reports.

Every draw carries its own state and log level, the level by the Laplace-Kalman step of calibration,
and a weight per campaign from the evidence of its reports (Doucet, de Freitas, Murphy and Russell
2000). The draws represent a smooth density: each is the centre of a Gaussian kernel in the log
level, shrunk towards the mean so that mean and variance are preserved (Liu and West 2001), which
lets a few of them follow a sharp belief. Campaigns are weighted independently.
"""

from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..arrays import Array, namespace
from ..calibration import Posterior, update_level
from ..market import Market, MarketState, level_step_variance, report_dispersion, step

_KERNEL_WIDTH = 0.3  # sd of a draw's kernel over that of all draws, in log conversions


class PosteriorDraws(NamedTuple):
    """Draws that represent the posterior before the flight; fields are (draws, campaigns)."""

    market: Market
    state: MarketState
    variance: Floats  # (campaigns,) variance of the kernel in the log level, >= 0


class ParticleSet(NamedTuple):
    """Weighted draws in flight; (flights, draws, campaigns)."""

    state: MarketState
    variance: Array  # variance of the log level, >= 0
    log_weight: Array  # unnormalised, per campaign


def posterior_draws(posterior: Posterior, count: int) -> PosteriorDraws:
    """Return evenly spaced training draws of a posterior as a smooth density.

    Args:
        posterior: posterior before the flight.
        count: number of draws; all if there are fewer.
    """
    market, state = posterior.sample_training(count)
    size = market.reference_conversions * np.exp(state.level)
    log = np.log(np.maximum(size, 1e-12))
    sd = log.std(0)
    shrink = np.sqrt(1 - _KERNEL_WIDTH**2)
    centred = log.mean(0) + shrink * (log - log.mean(0))
    level = state.level + centred - log
    return PosteriorDraws(market, state._replace(level=level), (_KERNEL_WIDTH * sd) ** 2)


def initial_particles(draws: PosteriorDraws, flights: int) -> ParticleSet:
    """Return the particles before the first day, with equal weights."""
    zero = np.zeros((flights, *draws.market.elasticity.shape))
    fields = [None if field is None else field + zero for field in draws.state[1:]]
    state = MarketState(draws.state.day, *fields)
    return ParticleSet(state, draws.variance + zero, zero)


def update_weights(
    draws: PosteriorDraws,
    particle_set: ParticleSet,
    spend: Array,
    reported: Array,
    walk_sd: float = 0.0,
    temper: float = 1.0,
) -> ParticleSet:
    """Return the particles after a day's spend and the platforms' reports.

    Args:
        draws: draws of the posterior before the flight.
        particle_set: particles before the report.
        spend: dollars delivered, (flights, campaigns).
        reported: conversions, (flights, campaigns).
        walk_sd: sd of a daily change of the log levels beside that of the draws, for markets that
            change in other ways, >= 0.
        temper: power of the report's likelihood in the weights, 0 to 1; below 1 no draw is soon
            alone where the model is wrong.
    """
    market = draws.market
    spends = spend[:, None, :] + 0 * particle_set.variance
    state, forecast = step(market, particle_set.state, spends, None)
    walk = level_step_variance(market) + walk_sd**2
    ahead = market.level_kept**2 * particle_set.variance + walk
    shift, variance, evidence = update_level(
        forecast.claimed, ahead, reported[:, None, :], report_dispersion(market)
    )
    state = state._replace(level=state.level + shift)
    return ParticleSet(state, variance, particle_set.log_weight + temper * evidence)


def weights(particle_set: ParticleSet) -> Array:
    """Return normalised weights, (flights, draws, campaigns), which sum to 1 over the draws."""
    xp = namespace(particle_set.log_weight)
    top = particle_set.log_weight.max(1, keepdims=True)
    raw = xp.exp(particle_set.log_weight - top)
    return raw / raw.sum(1, keepdims=True)
