"""What draws of a posterior are worth after some days of reports: an in-flight filter.

Every draw keeps its own state and log level, the level by the Laplace-Kalman step that calibration
uses, and a weight for each campaign from the evidence of its reports (a Rao-Blackwellised particle
filter: Doucet, de Freitas, Murphy and Russell 2000). The draws stand for a smooth density: each is
the middle of a Gaussian in the log level, drawn together so that mean and variance are kept (Liu
and West 2001), which lets a few of them follow a sharp belief. Campaigns are weighted apart.
"""

from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..arrays import Array, namespace
from ..calibration import Posterior, update_level
from ..market import Market, MarketState, step

_NARROW = 0.3  # sd of a draw's own Gaussian over that of all draws, in log conversions


class PosteriorDraws(NamedTuple):
    """What is known before the flight, as draws; fields are (draws, campaigns)."""

    market: Market
    state: MarketState
    variance: Floats  # (campaigns,) of each draw's own log level, >= 0


class ParticleSet(NamedTuple):
    """What is known in flight; (flights, draws, campaigns)."""

    state: MarketState
    variance: Array  # of the log level
    log_weight: Array  # unnormalised, by campaign


def posterior_draws(posterior: Posterior, count: int) -> PosteriorDraws:
    """Return evenly spaced training draws of a posterior as a smooth density.

    Args:
        posterior: what is known before the flight.
        count: of draws, all if there are fewer.
    """
    market, state = posterior.sample_training(count)
    size = market.reference_conversions * np.exp(state.level)
    log = np.log(np.maximum(size, 1e-12))
    spread = log.std(0)
    shrink = np.sqrt(1 - _NARROW**2)
    centred = log.mean(0) + shrink * (log - log.mean(0))
    level = state.level + centred - log
    return PosteriorDraws(market, state._replace(level=level), (_NARROW * spread) ** 2)


def initial_particles(draws: PosteriorDraws, flights: int) -> ParticleSet:
    """Return the cloud before the first day: all draws alike."""
    zero = np.zeros((flights, *draws.market.elasticity.shape))
    spread = [None if f is None else f + zero for f in draws.state[1:]]
    state = MarketState(draws.state.day, *spread)
    return ParticleSet(state, draws.variance + zero, zero)


def update_weights(
    draws: PosteriorDraws, particle_set: ParticleSet, spend: Array, reported: Array
) -> ParticleSet:
    """Return the cloud after a day's spend and what the platforms reported of it.

    Args:
        draws: what was known before the flight.
        particle_set: what was known this morning.
        spend: dollars delivered, (flights, campaigns).
        reported: conversions, (flights, campaigns).
    """
    market = draws.market
    paid = spend[:, None, :] + 0 * particle_set.variance
    state, guess = step(market, particle_set.state, paid, None)
    walk = market.level_sd**2 + market.demand_sd**2
    if market.drift_sd is not None:
        walk = walk + market.drift_sd**2
    ahead = market.level_kept**2 * particle_set.variance + walk
    shift, variance, evidence = update_level(
        guess.claimed, ahead, reported[:, None, :], market.dispersion
    )
    state = state._replace(level=state.level + shift)
    return ParticleSet(state, variance, particle_set.log_weight + evidence)


def weights(particle_set: ParticleSet) -> Array:
    """Return the draws' weights, (flights, draws, campaigns), which sum to 1 over the draws."""
    xp = namespace(particle_set.log_weight)
    top = particle_set.log_weight.max(1, keepdims=True)
    raw = xp.exp(particle_set.log_weight - top)
    return raw / raw.sum(1, keepdims=True)
