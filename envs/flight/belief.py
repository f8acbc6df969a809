"""`BeliefState`: a Gaussian over each campaign's log level and curve, updated by daily reports.

The curve is represented by the log of its odds (``market.odds_at_reference``), which is unbounded
where the elasticity is not.

One Laplace-Kalman step per day, the same in numpy and torch and differentiable, so that a policy
can be trained through what its spending teaches. The posterior's mean market supplies the rest of
the physics; ``particle_filter`` is the slower filter that carries whole draws.
"""

from typing import NamedTuple

from ..arrays import Array, at_least, namespace
from ..calibration import kalman_step
from ..market import (
    MarketState,
    elasticity_of,
    odds_at_reference,
    odds_effect,
    report_dispersion,
    saturation,
    step,
)
from .problem import BeliefCovariance, Problem


class BeliefState(NamedTuple):
    """Belief about a flight's market; (..., campaigns)."""

    state: MarketState  # state of the mean market; its level is the belief's mean
    elasticity: Array  # mean of the local elasticity, in (0, slope)
    covariance: BeliefCovariance
    observed: Array  # conversions reported so far
    expected: Array  # conversions so far that the posterior mean predicts for the same spend
    innovation: Array  # yesterday's log(reported + 1) - log(expected + 1)


def initial_belief(problem: Problem, zero: Array) -> BeliefState:
    """Return the belief before the first day, (*batch, campaigns) like the given zeros."""
    prior = problem.state
    state = prior._replace(stock=prior.stock + zero, level=prior.level + zero)
    covariance = BeliefCovariance(*(moment + zero for moment in problem.covariance))
    return BeliefState(state, problem.market.elasticity + zero, covariance, zero, zero, zero)


def update_belief(
    problem: Problem, belief: BeliefState, spend: Array, reported: Array
) -> BeliefState:
    """Return the belief after a day's report.

    The log of the expected report is linearised in level and log odds around the belief's mean,
    with the slopes 1 and ``market.odds_effect``; along that direction the report is weighed as in
    calibration (``calibration.kalman_step``).

    Args:
        problem: what was known before the flight.
        belief: before the report.
        spend: dollars delivered, (..., campaigns).
        reported: conversions, (..., campaigns).
    """
    market = problem.market._replace(elasticity=belief.elasticity)
    state, forecast = step(market, belief.state, spend, None)
    xp = namespace(forecast.expected)
    ratio = state.stock / market.reference_spend
    odds = odds_at_reference(belief.elasticity, market.slope)
    effect = odds_effect(ratio, odds, market.slope)
    decay = market.level_kept
    level = decay * decay * belief.covariance.level + problem.level_step_variance
    curve, both = belief.covariance.curve, decay * belief.covariance.both
    to_level, to_curve = level + effect * both, both + effect * curve
    ahead = to_level + effect * to_curve
    shift, variance, *_ = kalman_step(forecast.claimed, ahead, reported, report_dispersion(market))
    to_level, to_curve = to_level / ahead, to_curve / ahead
    explained = ahead - variance
    covariance = BeliefCovariance(
        level - to_level * to_level * explained,
        curve - to_curve * to_curve * explained,
        both - to_level * to_curve * explained,
    )
    prior = forecast.claimed * xp.exp(prior_level(problem, state.day) - state.level)
    prior = prior * saturation(ratio, problem.market.elasticity, market.slope)
    prior = prior / at_least(saturation(ratio, belief.elasticity, market.slope), 1e-9)
    return BeliefState(
        state._replace(level=state.level + to_level * shift),
        elasticity_of(odds * xp.exp(to_curve * shift), market.slope),
        covariance,
        belief.observed + reported,
        belief.expected + prior,
        xp.log1p(reported) - xp.log1p(prior),
    )


def level_shift(problem: Problem, belief: BeliefState) -> Array:
    """Return the log level minus the log level expected before the flight."""
    return belief.state.level - prior_level(problem, belief.state.day)


def prior_level(problem: Problem, day: int) -> Array:
    """Return the log level that was expected before the flight for the beginning of a day.

    Args:
        problem: what was known before the flight.
        day: days since 1970-01-01, from the flight's first day to the day after its last.
    """
    return problem.prior_levels[day - problem.state.day]
