"""What is learnt in flight: each campaign's log level and curve, as a Gaussian around both.

The curve is told by the log of its odds (``curves.odds_at_reference``), in which its elasticity
knows no bounds.

One Laplace-Kalman step a day, the same in numpy and torch and differentiable, so that a policy can
be trained through what its spending teaches. The posterior's mean market supplies the rest of the
physics; ``envs/particles`` is the slower filter that keeps whole draws.
"""

from typing import TYPE_CHECKING, NamedTuple

from ..arrays import Array, at_least, namespace
from ..calibration import kalman_step
from ..market import MarketState, elasticity_of, odds_at_reference, odds_effect, saturation, step
from .problem import BeliefCovariance

if TYPE_CHECKING:
    from .problem import Problem


class BeliefState(NamedTuple):
    """What has been learnt in flight; (..., campaigns)."""

    state: MarketState  # of the mean market; level is the belief's mean
    elasticity: Array  # mean
    covariance: BeliefCovariance
    observed: Array  # conversions reported so far
    expected: Array  # conversions the posterior mean expected for the same spend
    innovation: Array  # yesterday's log(reported + 1) - log(expected + 1)


def initial_belief(problem: "Problem", zero: Array) -> BeliefState:
    """Return what is believed on the eve, (*batch, campaigns) like the zeros that are given."""
    known = problem.state
    state = known._replace(stock=known.stock + zero, level=known.level + zero)
    doubt = BeliefCovariance(*(part + zero for part in problem.covariance))
    return BeliefState(state, problem.market.elasticity + zero, doubt, zero, zero, zero)


def update_belief(
    problem: "Problem", belief: BeliefState, spend: Array, reported: Array
) -> BeliefState:
    """Update the belief by a day's report.

    The log of what is expected is taken as linear in level and log odds around the belief's mean,
    with the slopes 1 and ``curves.odds_effect``; along that direction the report is weighed as
    calibration weighs it (``likelihood.kalman_step``).

    Args:
        problem: what was known before the flight.
        belief: what was believed this morning.
        spend: dollars delivered, (..., campaigns).
        reported: conversions, (..., campaigns).
    """
    market = problem.market._replace(elasticity=belief.elasticity)
    state, guess = step(market, belief.state, spend, None)
    xp = namespace(guess.expected)
    ratio = state.stock / market.reference_spend
    odds = odds_at_reference(belief.elasticity, market.slope)
    bend = odds_effect(ratio, odds, market.slope)
    kept = market.level_kept
    level = kept * kept * belief.covariance.level + problem.level_step_variance
    curve, both = belief.covariance.curve, kept * belief.covariance.both
    to_level, to_curve = level + bend * both, both + bend * curve
    ahead = to_level + bend * to_curve
    shift, variance, *_ = kalman_step(guess.claimed, ahead, reported, market.dispersion)
    to_level, to_curve = to_level / ahead, to_curve / ahead
    gone = ahead - variance
    doubt = BeliefCovariance(
        level - to_level * to_level * gone,
        curve - to_curve * to_curve * gone,
        both - to_level * to_curve * gone,
    )
    mean = problem.market.elasticity
    unlearnt = guess.claimed * xp.exp(prior_level(problem, state.day) - state.level)
    usual = saturation(ratio, mean, market.slope)
    unlearnt = unlearnt * usual / at_least(saturation(ratio, belief.elasticity, market.slope), 1e-9)
    return BeliefState(
        state._replace(level=state.level + to_level * shift),
        elasticity_of(odds * xp.exp(to_curve * shift), market.slope),
        doubt,
        belief.observed + reported,
        belief.expected + unlearnt,
        xp.log1p(reported) - xp.log1p(unlearnt),
    )


def level_shift(problem: "Problem", belief: BeliefState) -> Array:
    """Return how far the log level is from where it was expected before the flight."""
    return belief.state.level - prior_level(problem, belief.state.day)


def prior_level(problem: "Problem", day: int) -> Array:
    """Return the log level that was expected, before the flight, for the eve of a day."""
    key = "prior_level", day
    if key not in problem.memo:
        past = day - problem.state.day
        problem.memo[key] = problem.market.level_kept**past * problem.state.level
    return problem.memo[key]
