"""`belief_allocation`: the belief's own split of the static plan's mean day, in closed form.

On a Hill curve of slope 1 the marginal return equals a price p at ``scale / sqrt(p) - offset``
dollars, so one number divides the remaining money among the campaigns that no floor binds
(water-filling).
Each curve's return is scaled so that before the flight the result is the plan's own mean day:
carry-over, lags and seasons stay in it as the plan has them. Under uncertainty this is approximate:
campaigns whose marginal return at the plan is below its price are not rescaled.
"""

from typing import NamedTuple

from ..arrays import Array, at_least, at_most, namespace, summed
from ..market import odds_at_reference
from .belief import BeliefState, level_shift
from .problem import Problem
from .static_terms import CENT, MAX_ELASTICITY, MIN_RATIO

_PASSES = 3  # passes; each takes out the campaigns that a floor binds


class BeliefCurves(NamedTuple):
    """Marginal returns ``(scale / (spend + offset))^2``; before the flight 1 at the static plan."""

    scale: Array  # dollars, (..., campaigns)
    offset: Array  # dollars per day, (..., campaigns)


def belief_curves(problem: Problem, belief: BeliefState) -> BeliefCurves:
    """Return ``curves_at`` the belief's means."""
    return curves_at(problem, belief.elasticity, level_shift(problem, belief))


def curves_at(problem: Problem, elasticity: Array, shift: Array) -> BeliefCurves:
    """Return the campaigns' curves, in units of the static plan's price.

    Args:
        problem: what was known before the flight.
        elasticity: local elasticities at the reference spend, (..., campaigns).
        shift: log levels less those expected before the flight, (..., campaigns).
    """
    odds = odds_at_reference(at_most(elasticity, MAX_ELASTICITY), 1.0)
    xp = namespace(odds)
    growth = xp.exp(problem.claim_slope * shift) * odds * (1 + odds)
    scale = problem.allocation_curves.scale * xp.sqrt(growth)
    return BeliefCurves(scale, problem.market.reference_spend * odds)


def belief_allocation(problem: Problem, belief: BeliefState) -> Array:
    """Return ``allocation_at`` the belief's means, (..., campaigns)."""
    return allocation_at(problem, belief.elasticity, level_shift(problem, belief))


def allocation_at(problem: Problem, elasticity: Array, shift: Array) -> Array:
    """Return the log of the allocated spend over the plan's mean day, (..., campaigns).

    Args:
        problem: what was known before the flight; curves whose slope is not 1 are treated as
            concave curves of the same elasticity.
        elasticity: local elasticities at the reference spend, (..., campaigns).
        shift: log levels less those expected before the flight, (..., campaigns).
    """
    curves = problem.allocation_curves
    scale, offset = curves_at(problem, elasticity, shift)
    xp = namespace(scale)
    spend, free = curves.mean_static_spend + 0 * scale, 1 + 0 * scale
    parents = problem.constraints.tree.parents[1]
    for _ in range(_PASSES):
        unbound_total = curves.total - summed(spend * (1 - free) - free * offset)
        root = unbound_total / at_least(summed(free * scale), CENT)
        unbound = scale * root[..., None] - offset
        spend = xp.maximum(xp.where(free > 0, unbound, spend), curves.floor)
        channels = problem.constraints.arrays(spend).add_up(1, spend)
        raised = at_least(curves.channel_floor / at_least(channels, CENT), 1.0)[..., parents]
        spend, bound = spend * raised, (unbound < curves.floor) | (raised > 1)
        free = xp.where(bound, 0 * free, free)
    return xp.log(at_least(spend / curves.mean_static_spend, MIN_RATIO))
