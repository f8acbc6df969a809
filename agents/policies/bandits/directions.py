"""Directions in a campaign's log level and log odds, and the variance along them."""

from typing import NamedTuple

from ....data.types import Floats
from ....envs.flight import BeliefCovariance, BeliefCurves, Problem


class Direction(NamedTuple):
    """Derivatives of a quantity with respect to log level and log odds; (..., campaigns)."""

    level: Floats
    curve: Floats

    def covariances(self, covariance: BeliefCovariance) -> tuple[Floats, Floats]:
        """Return the quantity's covariance with the log level and with the log odds."""
        return (
            self.level * covariance.level + self.curve * covariance.both,
            self.level * covariance.both + self.curve * covariance.curve,
        )

    def along(self, other: "Direction", covariance: BeliefCovariance) -> Floats:
        """Return the covariance of this quantity and another."""
        level, curve = other.covariances(covariance)
        return self.level * level + self.curve * curve


def marginal_return(problem: Problem, curves: BeliefCurves, spend: Floats) -> Direction:
    """Return the direction of the log marginal return of a spend, dollars per day.

    Of ``exp(claim_slope level) odds (1 + odds) / (spend / reference + odds)^2``, whose ``offset``
    is the reference spend times the odds.
    """
    odds = curves.offset / problem.market.reference_spend
    curve = 1 + odds / (1 + odds) - 2 * curves.offset / (spend + curves.offset)
    return Direction(problem.claim_slope + 0 * curve, curve)
