"""Observation vector and its blocks, for numpy and torch."""

from typing import NamedTuple

import numpy as np

from ..arrays import Array, at_least, at_most, namespace
from ..constraints import floor_remaining, remaining
from ..market import weekday_of
from .belief import level_shift
from .problem import Problem
from .rollout import Observable

_CENT = 0.01  # dollars: keeps shares of the money left finite
_MIN_VARIANCE = 1e-12  # keeps the gradient of its root finite
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
    Block("pace", "1", "log of the money left per day left over the budget per day"),
    Block("floor_remaining", "campaigns", "unpaid dollars of the campaign's floor over money left"),
    Block("channel_floor_remaining", "channels", "the same for the channel's floor"),
    Block("last_spend", "campaigns", "log1p of yesterday's dollars over the plan's mean day"),
    Block("smoothed_spend", "campaigns", "log1p of the smoothed dollars over the plan's mean day"),
    Block("innovation", "campaigns", "yesterday's log1p(reported) - log1p(expected conversions)"),
    Block("residual", "campaigns", "the same of the sums over all days so far"),
    Block("level_shift", "campaigns", "belief's mean of the log level less its prior mean"),
    Block("level_sd", "campaigns", "belief's sd of the log level"),
    Block("elasticity_shift", "campaigns", "belief's mean of the elasticity less its prior mean"),
    Block("log_odds_sd", "campaigns", "belief's sd of the log odds behind the elasticity"),
)


def observation_size(campaigns: int, channels: int) -> int:
    """Return the length of the observation vector."""
    return int(max(each.stop for each in block_slices(campaigns, channels).values()))


def block_slices(campaigns: int, channels: int) -> dict[str, slice]:
    """Return where each block of the observation vector lies, by the block's name."""
    sizes, slices, start = {"campaigns": campaigns, "channels": channels}, {}, 0
    for block in BLOCKS:
        stop = start + (sizes.get(block.size) or int(block.size))
        slices[block.name], start = slice(start, stop), stop
    return slices


def observe(problem: Problem, view: Observable, dtype: type | None = None) -> Array:
    """Return observations, (..., observation_size), each entry within +-BOUND.

    Expected conversions are those of the posterior mean for the spend that was delivered.

    Args:
        problem: what was known before the flight.
        view: the money and the belief at the beginning of the day.
        dtype: dtype of numpy's result; the blocks' own if absent.
    """
    belief, ledger = view.belief, view.ledger
    xp = namespace(belief.observed)
    constraints, days = problem.constraints, problem.days
    days_left = days - ledger.day
    # platforms may have spent more than there was: nothing is left then
    money = at_least(remaining(constraints, ledger)[..., None] / constraints.total, 0.0)
    _, channels, campaigns = floor_remaining(constraints, ledger)
    dollars_left = money * constraints.total + _CENT
    mean_spend = problem.mean_static_spend + 1.0
    zero = 0 * money
    today = weekday_of(belief.state.day)
    blocks = [
        *(zero + 1.0 if weekday == today else zero for weekday in range(7)),
        zero + days_left / days,
        money,
        xp.log(money * days / max(days_left, 1) + 1e-3),
        campaigns / dollars_left,
        channels / dollars_left,
        xp.log1p(ledger.last / mean_spend),
        xp.log1p(view.smooth / mean_spend),
        belief.innovation,
        xp.log1p(belief.observed) - xp.log1p(belief.expected),
        level_shift(problem, belief),
        xp.sqrt(belief.covariance.level),
        belief.elasticity - problem.market.elasticity,
        xp.sqrt(at_least(belief.covariance.curve, _MIN_VARIANCE)),
    ]
    joined = np.concatenate(blocks, -1, dtype=dtype) if xp is np else xp.cat(blocks, -1)
    return at_most(at_least(joined, -BOUND), BOUND)
