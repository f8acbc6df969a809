"""Terms of the static plan that actions and the belief's allocation start from."""

from typing import NamedTuple

import numpy as np

from ..arrays import Array, at_least, at_most, namespace
from ..constraints import Constraints, daily_floors
from ..market import Market, odds_at_reference

CENT = 0.01  # dollars; a plan that spends less is taken to spend this
NO_DOLLARS = 1e-12  # keeps shares of nothing finite
MIN_RATIO = 0.02  # smallest spend over the plan's mean day, and over the reference spend
MAX_ELASTICITY = 0.95  # elasticities are capped here, to treat every curve as concave
_LIFT = 0.01  # share of a campaign's mean day that a tilt acts on if the plan has less


class DayTerms(NamedTuple):
    """Terms of one day of the static plan, from which its actions start."""

    plan: Array  # dollars of the static plan, (campaigns,)
    lift: Array  # dollars that raise the plan to a hundredth of the mean day, (campaigns,), >= 0
    share: Array  # share of the unspent money that the plan spends today, in [0, 1], ()
    lift_share: Array  # lift of all campaigns over the budget, ()


class AllocationCurves(NamedTuple):
    """Concave response curves scaled to the static plan; (campaigns,) unless noted."""

    mean_static_spend: Array  # dollars per day of the static plan, >= CENT
    total: Array  # mean_static_spend of all campaigns together, ()
    scale: Array  # dollars: spend = scale sqrt(odds (1 + odds)) - reference_spend odds
    floor: Array  # dollars per day that floors require
    channel_floor: Array  # the same per channel, (channels,)


def day_terms(static_plan: Array, mean_static_spend: Array, budget: float, day: int) -> DayTerms:
    """Return the terms of a day.

    Args:
        static_plan: (days, campaigns) dollars.
        mean_static_spend: its mean over days, (campaigns,).
        budget: dollars over the flight.
        day: day of the flight, from 0.
    """
    plan = static_plan[day]
    lift = at_least(_LIFT * mean_static_spend - plan, 0.0)
    today, unspent = plan.sum(), budget - static_plan[:day].sum()
    share = today / at_least(unspent, today + NO_DOLLARS)
    return DayTerms(plan, lift, share, lift.sum() / budget)


def allocation_curves(
    constraints: Constraints, market: Market, value: Array, level: Array, mean_static_spend: Array
) -> AllocationCurves:
    """Return curves on which the static plan's mean day has equal marginal returns.

    Each curve's return is scaled to the plan's mean marginal return, its price. Campaigns whose
    marginal return lies below the price, most of all where only a floor makes the plan spend, are
    not rescaled.

    Args:
        constraints: hold the floors.
        market: the mean market, fields (campaigns,).
        value: value of a conversion, (campaigns,).
        level: expected log level, (campaigns,).
        mean_static_spend: dollars per day, (campaigns,).
    """
    dollars = at_least(mean_static_spend, CENT)
    xp = namespace(dollars)

    def alike(values: Array) -> Array:
        return values if xp is np else dollars.new_tensor(values)

    ratio = at_least(dollars / market.reference_spend, MIN_RATIO)
    odds = odds_at_reference(at_most(market.elasticity, MAX_ELASTICITY), 1.0)
    curvature = odds * (1 + odds)
    efficiency = value * market.reference_conversions * xp.exp(level)
    marginal = efficiency / market.reference_spend * curvature / (ratio + odds) ** 2
    price = (marginal * dollars).sum() / dollars.sum()
    relative = at_most(marginal / price, 1.0)
    channels = alike(constraints.floor_cents[0] / 100 / constraints.days)
    return AllocationCurves(
        mean_static_spend=dollars,
        total=dollars.sum(),
        scale=xp.sqrt(relative / curvature) * (ratio + odds) * market.reference_spend,
        floor=xp.minimum(alike(daily_floors(constraints)), dollars),
        channel_floor=xp.minimum(channels, constraints.arrays(dollars).add_up(1, dollars)),
    )
