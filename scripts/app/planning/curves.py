"""Response curves of an advertiser's campaigns, as the calibration's report holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression

from mediagym.data.types import Floats

from .estimates import Estimate

_MEDIAN = 0.5
_BEYOND = 24  # points between a curve's end and the dearest day that is asked for
_LEAST_ELASTICITY = 0.05  # of a curve beyond its end
_LEAST_RETURN = 1e-12  # conversions per unit of the currency, so that every return has a logarithm


@dataclass(frozen=True)
class Curve:
    """Conversions per day by spend per day of one campaign."""

    spend: Floats  # (points,) units of the currency per day, increasing from 0
    low: Floats  # (points,) conversions per day, the 5 % quantile
    middle: Floats  # (points,) their median
    high: Floats  # (points,) the 95 % quantile
    known_most: float  # dearest known day; estimates beyond it are extrapolated
    rates: Floats  # (3, points - 1) conversions per further unit: 5 % quantile, median, 95 %

    def estimate(self, spend: float) -> Estimate:
        """Return conversions per day at a spend per day, their median and 90 % interval."""
        return Estimate(self.conversions(spend), *self.interval(spend))

    def next_rates(self, spend: float) -> Floats:
        """Return conversions per further unit at a spend: 5 % quantile, median, 95 %.

        Beyond the curve's end, where the elasticity stays, they fall as conversions per unit do.
        """
        interval = int(np.searchsorted(self.spend, spend, side="right")) - 1
        rates = self.rates[:, min(max(interval, 0), self.rates.shape[1] - 1)]
        end = float(self.spend[-1])
        if spend <= end or not self.middle[-1]:
            return rates
        return rates * (self.conversions(spend) / spend) / (float(self.middle[-1]) / end)

    def conversions(self, spend: float) -> float:
        """Return the median of conversions per day at a spend per day, beyond the end too."""
        return float(np.interp(spend, *self._extended(spend)))

    def interval(self, spend: float) -> tuple[float, float]:
        """Return the 90 % interval of conversions per day at a spend per day."""
        at = min(spend, float(self.spend[-1]))
        scale = self.conversions(spend) / max(float(np.interp(at, self.spend, self.middle)), 1e-300)
        low, high = (np.interp(at, self.spend, ends) for ends in (self.low, self.high))
        return float(low) * scale, float(high) * scale

    def returns(self, most: float) -> tuple[Floats, Floats]:
        """Return the marginal return of the curve's least concave majorant.

        Args:
            most: largest spend per day that is asked for.

        Returns:
            Spends per day, increasing, and conversions per further unit there, which decrease.
        """
        spend, conversions = self._extended(most)
        widths = np.diff(spend)
        slopes = np.diff(conversions) / widths
        concave = isotonic_regression(slopes, weights=widths, increasing=False).x
        return (spend[:-1] + spend[1:]) / 2, np.maximum(concave, _LEAST_RETURN)

    def _extended(self, most: float) -> tuple[Floats, Floats]:
        """Return the curve up to a spend; beyond its end it goes on with its last elasticity."""
        end = float(self.spend[-1])
        if most <= end:
            return self.spend, self.middle
        last, before = self.middle[-1], self.middle[-2]
        elasticity = _LEAST_ELASTICITY
        if before > 0:
            steps = np.log(last / before) / np.log(end / self.spend[-2])
            elasticity = float(np.clip(steps, _LEAST_ELASTICITY, 1.0))
        further = np.geomspace(end, most, _BEYOND + 1)[1:]
        more = last * (further / end) ** elasticity
        return np.concatenate([self.spend, further]), np.concatenate([self.middle, more])


def curves_of(calibration: Mapping[str, Any], names: Sequence[str]) -> tuple[Curve, ...] | None:
    """Return the curves of campaigns; None if the calibration lacks one of them.

    Args:
        calibration: content of ``calibration.json``.
        names: campaigns, in the order of the curves.
    """
    if not set(names) <= set(calibration["campaigns"]):
        return None
    return tuple(curve_of(calibration, name) for name in names)


def curve_of(calibration: Mapping[str, Any], name: str) -> Curve:
    """Return the curve of a campaign of ``calibration.json``."""
    quantiles = list(calibration["quantiles"])
    shown = [0, quantiles.index(_MEDIAN), len(quantiles) - 1]
    curve = calibration["campaigns"][name]["curve"]
    low, middle, high = np.asarray(curve["conversions"], np.float64)[shown]
    rates = np.asarray(curve["marginal"], np.float64)[shown]
    spend = np.asarray(curve["spend"], np.float64)
    return Curve(spend, low, middle, high, float(curve["known_max"]), rates)
