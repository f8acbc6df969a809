"""What a policy sees, block by block; written once for numpy and torch."""

from typing import NamedTuple

import numpy as np

from ..arrays import Array, at_least, at_most, namespace
from ..constraints import floor_remaining, remaining
from ..market import weekday_of
from .belief import level_shift
from .problem import Problem
from .rollout import Observable

_CENT = 0.01  # dollars; less is rounding
_NOTHING = 1e-12  # variance: keeps the gradient of its root finite
BOUND = 10.0  # every entry of the observation lies within +-BOUND


class Block(NamedTuple):
    """One documented part of the observation vector."""

    name: str
    size: str  # "1", "7", "campaigns" or "channels"
    meaning: str


BLOCKS = (
    Block("weekday", "7", "one-hot, Monday first"),
    Block("days_left", "1", "share of the flight's days that are left"),
    Block("money_left", "1", "share of the budget that is left"),
    Block("pace", "1", "log of money left a day over the budget a day"),
    Block("owed", "campaigns", "dollars still due to the campaign's floor, over the money left"),
    Block("channel_owed", "channels", "the same for the channel's floor"),
    Block("last_spend", "campaigns", "log1p of yesterday's dollars over the plan's mean"),
    Block("smooth_spend", "campaigns", "log1p of the smoothed dollars over the plan's mean"),
    Block("surprise", "campaigns", "yesterday's log1p(reported) - log1p(expected conversions)"),
    Block("residual", "campaigns", "log(observed + 1) - log(expected + 1) since the start"),
    Block("belief", "campaigns", "mean of the log level, learnt in flight, less the prior's"),
    Block("doubt", "campaigns", "sd of that belief"),
    Block("curve", "campaigns", "mean of the elasticity, learnt in flight, less the prior's"),
    Block("curve_doubt", "campaigns", "sd of that belief"),
)


def observation_size(campaigns: int, channels: int) -> int:
    """Return the length of the observation vector."""
    sizes = {"campaigns": campaigns, "channels": channels}
    return sum(sizes.get(block.size) or int(block.size) for block in BLOCKS)


def observe(problem: Problem, view: Observable, dtype: type | None = None) -> Array:
    """Return observations, (..., observation_size); "expected" is under the posterior mean.

    Args:
        problem: what was known before the flight.
        view: what has been spent and reported since.
        dtype: of numpy's result; that of its parts if absent.
    """
    belief, ledger = view.belief, view.ledger
    xp = namespace(belief.observed)
    constraints, days = problem.constraints, problem.days
    days_left = days - ledger.day
    money = remaining(constraints, ledger)[..., None] / constraints.total
    _, channels, campaigns = floor_remaining(constraints, ledger)
    due = [level / (money * constraints.total + _CENT) for level in (campaigns, channels)]
    usual = problem.mean_static_spend + 1.0
    flat = 0 * money
    today = weekday_of(belief.state.day)
    parts = [
        *(flat + 1.0 if k == today else flat for k in range(7)),
        flat + days_left / days,
        money,
        xp.log(money * days / max(days_left, 1) + 1e-3),
        *due,
        xp.log1p(ledger.last / usual),
        xp.log1p(view.smooth / usual),
        belief.innovation,
        xp.log1p(belief.observed) - xp.log1p(belief.expected),
        level_shift(problem, belief),
        xp.sqrt(belief.covariance.level),
        belief.elasticity - problem.market.elasticity,
        xp.sqrt(at_least(belief.covariance.curve, _NOTHING)),
    ]
    joined = np.concatenate(parts, -1, dtype=dtype) if xp is np else xp.cat(parts, -1)
    return at_most(at_least(joined, -BOUND), BOUND)
