"""`Problem`: everything known before a flight, and the arrays that follow from it alone."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..arrays import Array
from ..calibration import Posterior
from ..constraints import Constraints
from ..market import Market, MarketState, Objective, level_step_variance, odds_at_reference, step
from .static_terms import (
    MAX_ELASTICITY,
    AllocationCurves,
    DayTerms,
    allocation_curves,
    day_terms,
)

_MIN_LEVEL_VARIANCE = 1e-4  # variance of the log level of a campaign that is known


class BeliefCovariance(NamedTuple):
    """Second moments of a campaign's log level and log odds; (..., campaigns)."""

    level: Array  # variance of the log level, > 0
    curve: Array  # variance of the log odds behind the elasticity, >= 0
    both: Array  # their covariance

    @classmethod
    def none(cls, like: Array) -> "BeliefCovariance":
        """Return the covariance of campaigns that are known, (campaigns,) like the given array."""
        return cls(0 * like + _MIN_LEVEL_VARIANCE, 0 * like, 0 * like)


@dataclass(frozen=True, eq=False)
class Problem:
    """What an advertiser knows before the flight; arrays are (campaigns,) unless noted.

    Derived arrays are cached on first use; neither they nor the fields may be written to.
    ``dataclasses.replace`` makes a changed problem with nothing cached.
    """

    constraints: Constraints  # budget, floors, caps; also the length of the flight
    objective: Objective
    market: Market  # market of mean parameters under the posterior
    state: MarketState  # its state before the first day
    covariance: BeliefCovariance  # moments of log level and log odds before the first day
    static_plan: Array  # (days, campaigns) the posterior-static plan, dollars: action 0
    claim_slope: Array = 1.0  # slope of log true conversions on log claimed conversions
    rule_costs: tuple[tuple[str, float, float], ...] = ()  # rule, value forgone, share of the value
    credit_days: float | None = None  # days after the flight within which landings count; None: all
    shock_rate: float = 0.0  # sudden events per campaign and day that are known to be possible

    @cached_property
    def days(self) -> int:
        """Length of the flight."""
        return int(self.static_plan.shape[0])

    @cached_property
    def mean_static_spend(self) -> Array:
        """Dollars per day of the static plan, averaged over its days."""
        return self.static_plan.mean(0)

    @cached_property
    def level_step_variance(self) -> Array:
        """Variance of a day's change of the log level, drift included."""
        return level_step_variance(self.market)

    @cached_property
    def prior_levels(self) -> tuple[Array, ...]:
        """Expected log level at the beginning of each day, then after the last: days + 1 arrays."""
        decay, level = self.market.level_kept, self.state.level
        return tuple(decay**past * level for past in range(self.days + 1))

    @cached_property
    def day_terms(self) -> tuple[DayTerms, ...]:
        """Terms of the static plan that the actions of each day start from."""
        total, mean = self.constraints.total, self.mean_static_spend
        return tuple(day_terms(self.static_plan, mean, total, day) for day in range(self.days))

    @cached_property
    def allocation_curves(self) -> AllocationCurves:
        """Concave curves through the static plan's mean day, for ``belief_allocation``."""
        value = self.objective.per_conversion(self.market.order_value)
        mean, level = self.mean_static_spend, self.state.level
        return allocation_curves(self.constraints, self.market, value, level, mean)


def problem_of(
    posterior: Posterior, constraints: Constraints, objective: Objective, static_plan: Floats
) -> Problem:
    """Return the problem that a posterior, constraints and the static plan make up."""
    market, state = posterior.mean()
    covariance, claim_slope = _prior_moments(posterior, market.slope)
    return Problem(constraints, objective, market, state, covariance, static_plan, claim_slope)


def _prior_moments(posterior: Posterior, slope: Floats) -> tuple[BeliefCovariance, Floats]:
    """Return the moments over the training draws that the belief starts from.

    The belief moves along curves of one slope. A draw of another slope is represented by the curve
    of that slope with the draw's elasticity at the reference spend, below the slope: the draw's own
    odds are huge where it hardly saturates, and would be taken for uncertainty about the belief's
    curves.

    Args:
        posterior: its training draws are used.
        slope: of the curves in the belief, (campaigns,).

    Returns:
        The covariance of the log of the reported conversions at the reference spend and of the log
        odds, and the slope of the log of true conversions on that of reported ones, (campaigns,).
    """
    market, state = posterior.training()
    spend = market.reference_spend + 0 * state.stock
    _, outcome = step(market, state._replace(stock=spend), spend, None)
    bounded = np.minimum(market.elasticity, MAX_ELASTICITY * slope)
    elasticity = np.where(market.slope == slope, market.elasticity, bounded)
    odds = odds_at_reference(elasticity, slope)
    logs = (np.log(outcome.claimed + 1e-9), np.log(odds), np.log(outcome.expected + 1e-9))
    reported, curve, true = (log - log.mean(0) for log in logs)
    none = BeliefCovariance.none(spend[0])
    covariance = BeliefCovariance(
        none.level + (reported**2).mean(0), (curve**2).mean(0), (reported * curve).mean(0)
    )
    return covariance, np.asarray((reported * true).mean(0) / covariance.level)
