"""What the reports so far ask for: the belief's own split of the plan's mean day, in closed form.

A Hill curve of slope 1 answers the price p of a dollar with ``wide / sqrt(p) - back`` dollars, so
the campaigns that no floor holds share what is left by one number (water-filling). Each curve's
return is scaled so that before the flight the answer is the plan's own mean day: carry-over, lags
and the season stay in it as the plan has them. Where the market is in doubt it is only near it: a
dollar whose return on the mean market's curve is below the plan's price is not scaled up to it.
"""

from typing import NamedTuple

import numpy as np

from ..arrays import Array, at_least, at_most, namespace, summed
from ..constraints import add_up, daily_floors
from ..market import odds_at_reference
from .belief import BeliefState, level_shift
from .problem import Problem

_PASSES = 3  # times that campaigns held by a floor are taken out
_FEW = 0.02  # least share of the plan's mean day, and of the reference spend, that is told apart
_MOST = 0.95  # elasticity of a curve that is taken for concave
_CENT = 0.01  # dollars; a plan that spends less is taken to spend this


class _Plan(NamedTuple):
    """What a wish starts from; (campaigns,) unless noted."""

    mean_static_spend: Array  # dollars of the plan's mean day
    total: Array  # of all campaigns, ()
    wide: Array  # dollars, see above; times the root of what the belief moves
    floor: Array  # dollars that floors ask for on a mean day
    channel_floor: Array  # the same by channel, (channels,)


def belief_allocation(problem: Problem, belief: BeliefState) -> Array:
    """Return the log of the spend that is wished for over the plan's mean day, (..., campaigns).

    Args:
        problem: what was known before the flight; curves of another slope than 1 are taken for
            concave ones of the same elasticity.
        belief: what is believed now.
    """
    plan = _plan(problem)
    odds = odds_at_reference(at_most(belief.elasticity, _MOST), 1.0)
    xp = namespace(odds)
    rise = xp.exp(problem.claim_slope * level_shift(problem, belief)) * odds * (1 + odds)
    wide, back = plan.wide * xp.sqrt(rise), problem.market.reference_spend * odds
    spend, free, parents = (
        plan.mean_static_spend + 0 * wide,
        1 + 0 * wide,
        problem.constraints.tree.parents[1],
    )
    for _ in range(_PASSES):
        left = plan.total - summed(spend * (1 - free) - free * back)
        answer = left / at_least(summed(free * wide), _CENT)
        asked = wide * answer[..., None] - back
        spend = xp.maximum(xp.where(free > 0, asked, spend), plan.floor)
        channels = add_up(problem.constraints, 1, spend)
        raised = at_least(plan.channel_floor / channels, 1.0)[..., parents]
        spend, held = spend * raised, (asked < plan.floor) | (raised > 1)
        free = xp.where(held, 0 * free, free)
    return xp.log(at_least(spend / plan.mean_static_spend, _FEW))


def _plan(problem: Problem) -> _Plan:
    """Return what a wish starts from, worked out once."""
    if "wish" not in problem.memo:
        problem.memo["wish"] = _begin(problem)
    plan: _Plan = problem.memo["wish"]
    return plan


def _begin(problem: Problem) -> _Plan:
    market, constraints = problem.market, problem.constraints
    dollars = at_least(problem.mean_static_spend, _CENT)
    xp = namespace(dollars)

    def alike(values: Array) -> Array:
        return values if xp is np else dollars.new_tensor(values)

    ratio = at_least(dollars / market.reference_spend, _FEW)
    odds = odds_at_reference(at_most(market.elasticity, _MOST), 1.0)
    bent = odds * (1 + odds)
    worth = problem.objective.per_conversion(market.order_value)
    efficiency = worth * market.reference_conversions * xp.exp(problem.state.level)
    marginal = efficiency / market.reference_spend * bent / (ratio + odds) ** 2
    price = (marginal * dollars).sum() / dollars.sum()
    held = at_most(
        marginal / price, 1.0
    )  # below 1 most of all where only a floor makes the plan spend
    channels = alike(constraints.floor_cents[0] / 100 / constraints.days)
    return _Plan(
        mean_static_spend=dollars,
        total=dollars.sum(),
        wide=xp.sqrt(held / bent) * (ratio + odds) * market.reference_spend,
        floor=xp.minimum(alike(daily_floors(constraints)), dollars),
        channel_floor=xp.minimum(channels, add_up(constraints, 1, dollars)),
    )
