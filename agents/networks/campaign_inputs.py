"""`CampaignInputs`: the rows of a campaign-wise network, made from an observation and a problem.

A row is what is known of one campaign: constants of the problem (its share of the plan, curve,
floors, uncertainty and effects), its part of the observation, and the plan's shape over the days.
Every number is free of the advertiser's scale, so that one network can read any advertiser.
"""

from typing import Any, NamedTuple

import numpy as np
import torch

from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.constraints import daily_floors
from ...envs.flight import BLOCKS, Problem, allocation_at, block_slices, observation_size
from ...envs.market import odds_at_reference, step
from ...envs.planning import to_tensors

_CENT = 0.01  # dollars per day: keeps ratios of campaigns without money finite
_LEAST_ELASTICITY = 1e-6  # observations are in single precision: rounding may fall below 0
_MOST = 100.0  # largest ratio; beyond it a bound does not bind
_LOW, _HIGH = -4.0, 4.0  # every constant lies within
_SHARED = [block for block in BLOCKS if block.size in ("1", "7")]  # blocks without campaigns
_OWN = [block.name for block in BLOCKS if block.size == "campaigns"][1:]  # after the floors
_DAYS_LEFT = block_slices(1, 1)["days_left"].start
SHARED = sum(int(block.size) for block in _SHARED)
CONTEXT = SHARED + 6  # numbers that all rows of a day have in common
DAILY = 2 + len(_OWN) + 3  # numbers of a row that change every day
KNOWN = 33  # constants of a row


class Rows(NamedTuple):
    """What is known of each campaign on a day, in three parts."""

    daily: torch.Tensor  # (flights, campaigns, DAILY)
    known: torch.Tensor  # (campaigns, KNOWN)
    context: torch.Tensor  # (flights, CONTEXT)


class CampaignInputs:
    """Rows and pooling weights of one problem's campaigns; (flights, campaigns, ...) in torch."""

    def __init__(self, problem: Problem) -> None:
        """Args: problem with numpy arrays."""
        plan = np.asarray(problem.static_plan, float)
        self.problem = to_tensors(problem)
        self.days, self.campaigns = plan.shape
        self.channels = len(problem.constraints.channels)
        self.size = observation_size(self.campaigns, self.channels)
        self.parents = torch.as_tensor(problem.constraints.tree.parents[1])
        self.known = torch.as_tensor(_known(problem), dtype=torch.float32)
        self.pools = torch.as_tensor(_pools(problem), dtype=torch.float32)
        shape, total = _day_shape(plan)
        self.day_shape = torch.as_tensor(shape, dtype=torch.float32)  # (days, campaigns, 2)
        constants = [
            np.log(self.campaigns) / 4,
            self.channels / 8,
            np.log(self.days / 30),
            float(problem.credit_days is not None),
            10 * problem.shock_rate,
        ]
        context = np.concatenate([np.tile(constants, (self.days, 1)), total[:, None]], 1)
        self.context = torch.as_tensor(context, dtype=torch.float32)
        self.elasticity = torch.as_tensor(np.asarray(problem.market.elasticity))

    def rows(self, observation: torch.Tensor) -> Rows:
        """Return what is known of each campaign.

        Args:
            observation: (flights, observation_size), as ``envs.flight.observe`` returns it; the
                flights may be on different days.
        """
        flights, campaigns = len(observation), self.campaigns
        sizes = [SHARED, campaigns, self.channels, len(_OWN) * campaigns]
        shared, floors, channels, own = torch.split(observation, sizes, dim=-1)
        day = (self.days * (1 - shared[:, _DAYS_LEFT])).round().long().clip(0, self.days - 1)
        own = own.reshape(flights, len(_OWN), campaigns)
        shift, elasticity = (
            own[:, _OWN.index("level_shift")],
            own[:, _OWN.index("elasticity_shift")],
        )
        elasticity = (elasticity + self.elasticity).clip(min=_LEAST_ELASTICITY)
        allocation = allocation_at(self.problem, elasticity, shift.double())
        daily = torch.cat(
            [
                floors[:, None],
                channels[:, self.parents][:, None],
                own,
                allocation[:, None].to(observation.dtype),
                self.day_shape[day].transpose(1, 2).to(observation.dtype),
            ],
            1,
        )
        context = torch.cat([shared, self.context[day].to(observation.dtype)], 1)
        return Rows(daily.transpose(1, 2), self.known.to(observation.dtype), context)


def _known(problem: Problem) -> Floats:
    """Return the constants of each campaign, (campaigns, KNOWN)."""
    market, state, constraints = problem.market, problem.state, problem.constraints
    mean = np.maximum(np.asarray(problem.mean_static_spend, float), _CENT)
    zero = 0 * mean
    parents = constraints.tree.parents[1]
    channel = np.bincount(parents, mean)[parents]
    channel_floor = constraints.floor_cents[0] / 100 / constraints.days
    cap = np.minimum(constraints.daily_cap_cents, constraints.cap_cents[1] / constraints.days)
    _, day = step(market, state._replace(stock=mean + zero), mean, None)
    curves, odds = problem.allocation_curves, odds_at_reference(market.elasticity, market.slope)
    ramp = constraints.ramp
    columns: list[Any] = [
        np.log(mean / mean.sum() * len(mean)) / 2,
        np.log(mean / market.reference_spend) / 2,
        market.elasticity,
        market.slope - 1,
        np.log(odds) / 2,
        market.carryover,
        _or(market.build, 0),
        np.asarray(daily_floors(constraints)) / mean,
        channel_floor[parents] / channel,
        np.log(np.clip(cap / 100 / mean, 1 / _MOST, _MOST)) / 4,
        np.sqrt(problem.covariance.level),
        np.sqrt(problem.covariance.curve),
        problem.covariance.both
        / np.sqrt(problem.covariance.level * problem.covariance.curve + 1e-9),
        np.log1p(day.claimed) / 4,
        np.sqrt(market.dispersion),
        problem.claim_slope - 1 + zero,
        1 - _or(market.same_day, 1),
        -np.log(_or(market.landing, 1)) / 2,
        5 * _or(market.halo, 0),
        _or(market.halo_weight, 0),
        2 * _or(market.fatigue, 0),
        5 * (1 - market.level_kept),
        10 * market.level_sd,
        10 * market.demand_sd,
        20 * _or(market.drift_sd, 0),
        10 * _or(market.delivery_sd, 0),
        10 * _or(market.competition_sd, 0),
        np.log(_or(market.claim_rate, 1)),
        _or(market.organic, 0) / (_or(market.organic, 0) + market.reference_conversions + 1e-9),
        np.log(np.asarray(curves.scale) / mean) / 2,
        state.level + zero,
        zero + (0.0 if ramp is None else 1.0),
        zero + (0.0 if constraints.may_change is None else 1.0 - constraints.may_change.mean()),
    ]
    known = np.stack([column + zero for column in columns], 1)
    return np.asarray(np.clip(np.nan_to_num(known, posinf=_HIGH, neginf=_LOW), _LOW, _HIGH))


def _or(field: Array | None, neutral: float) -> Any:
    return neutral if field is None else field


def _pools(problem: Problem) -> Floats:
    """Return the weights of the means over a campaign's channel and over all.

    (1 + campaigns, campaigns): row 0 is the mean over all, the others that of each campaign's
    channel; campaigns count by their share of the plan, so that a campaign without money changes
    nothing.
    """
    share = np.maximum(np.asarray(problem.mean_static_spend, float), _CENT)
    parents = problem.constraints.tree.parents[1]
    alike = (parents[:, None] == parents) * share
    rows = np.concatenate([share[None], alike])
    return np.asarray(rows / rows.sum(1, keepdims=True))


def _day_shape(plan: Floats) -> tuple[Floats, Floats]:
    """Return the log of the plan's day, and of the mean of its later days, over its mean day.

    Returns:
        (days, campaigns, 2) by campaign, and (days,) the log of the day's total over the mean's.
    """
    mean, days = np.maximum(plan.mean(0), _CENT), len(plan)
    later = plan[::-1].cumsum(0)[::-1] - plan
    later = later / np.maximum(np.arange(days)[::-1], 1)[:, None]
    later[-1] = plan[-1]
    shapes = np.log(np.stack([plan, later], -1) / mean[:, None] + 0.02)
    total = np.log(plan.sum(1) / mean.sum() + 0.02)
    return np.clip(shapes, _LOW, _HIGH), np.clip(total, _LOW, _HIGH)
