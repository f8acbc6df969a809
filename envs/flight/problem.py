"""`Problem`: everything known before the flight."""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ...data.types import Floats
from ..arrays import Array
from ..calibration import Posterior
from ..constraints import Constraints
from ..market import Market, MarketState, Objective, odds_at_reference, step

_LEAST_DOUBT = 1e-4  # variance of a log level that is known


class BeliefCovariance(NamedTuple):
    """Second moments of a campaign's log level and log odds; (..., campaigns)."""

    level: Array  # variance of the log level, > 0
    curve: Array  # variance of the log odds behind the elasticity, >= 0
    both: Array  # their covariance

    @classmethod
    def none(cls, like: Array) -> "BeliefCovariance":
        """Return the doubt about campaigns that are known, (campaigns,) like the array given."""
        return cls(0 * like + _LEAST_DOUBT, 0 * like, 0 * like)


class _Known(NamedTuple):
    """The fields of ``Problem``."""

    constraints: Constraints  # budget, floors, caps; also the length of the flight
    objective: Objective
    market: Market  # of mean parameters under the posterior
    state: MarketState  # its state on the eve of the flight
    covariance: BeliefCovariance  # of each campaign's log level and log odds at the start
    static_plan: Array  # (days, campaigns) the posterior-static plan, dollars: action 0
    claim_slope: Array = 1.0  # share of a surprise in the reports that is one in what is earned
    credit_days: float | None = None  # after the flight; later landings do not count; None: all do


class Problem(_Known):
    """What an advertiser knows before the flight; arrays are (campaigns,) unless noted.

    What follows from it alone is worked out once: its arrays are never written to.
    """

    @cached_property
    def days(self) -> int:
        """Length of the flight."""
        return int(self.static_plan.shape[0])

    @cached_property
    def mean_static_spend(self) -> Array:
        """Dollars of the static plan's mean day."""
        return self.static_plan.mean(0)

    @cached_property
    def level_step_variance(self) -> Array:
        """Variance of a day's change of the log level."""
        return self.market.level_sd**2 + self.market.demand_sd**2

    @cached_property
    def memo(self) -> dict[Any, Any]:
        """What else follows from the problem alone, such as a day's share of the plan."""
        return {}


def problem_of(
    posterior: Posterior, constraints: Constraints, objective: Objective, base: Floats
) -> Problem:
    """Return the problem that a posterior, constraints and the static plan make up."""
    market, state = posterior.mean()
    doubt, trust = _doubt(posterior)
    return Problem(constraints, objective, market, state, doubt, base, trust)


def _doubt(posterior: Posterior) -> tuple[BeliefCovariance, Floats]:
    """Return how far, over the training draws, reports at the reference spend and curves differ.

    And how much of a surprise in what is reported is one in what is earned: the slope of the log
    of true conversions on that of the reported ones.
    """
    market, state = posterior.training()
    spend = market.reference_spend + 0 * state.stock
    _, outcome = step(market, state._replace(stock=spend), spend, None)
    odds = odds_at_reference(market.elasticity, market.slope)
    logs = (np.log(outcome.claimed + 1e-9), np.log(odds), np.log(outcome.expected + 1e-9))
    told, curve, true = (log - log.mean(0) for log in logs)
    none = BeliefCovariance.none(spend[0])
    doubt = BeliefCovariance(
        none.level + (told**2).mean(0), (curve**2).mean(0), (told * curve).mean(0)
    )
    return doubt, np.asarray((told * true).mean(0) / doubt.level)
