"""How well markets explain a history: ``market.step`` day by day, the log level filtered out.

The log level is a slow walk that is never observed. Given everything else it is followed by a
Laplace-Kalman filter (one Gaussian per market and campaign), so that only the parameters are
left to search. The same update serves a policy that learns during a flight.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, at_least, at_most, namespace
from .counts import negative_binomial_loglik
from .market import Market, MarketState, day_number, step

Floats = NDArray[np.float64]
_TINY = 1e-9
_NONE = 1e-30  # divides a shift of zero where the level is known


class Record(NamedTuple):
    """The part of a history that the likelihood reads; arrays are (days, campaigns)."""

    first_day: int  # days since 1970-01-01
    spend: Floats  # dollars, gaps filled
    conversions: Floats  # reported; zero where not seen
    seen: NDArray[np.bool_]  # a report exists and the campaign was alive


class Fit(NamedTuple):
    """How markets fared on a history; fields are (..., campaigns) unless noted."""

    loglik: Floats  # log marginal likelihood, the level integrated out
    state: MarketState  # stock and filtered mean of the level after the last day
    variance: Floats  # of the level after the last day
    expected: Floats  # (days, ..., campaigns) one-day-ahead means


def update_level(
    expected: Array, variance: Array, reported: Array, dispersion: Array, newton: int = 4
) -> tuple[Array, Array, Array]:
    """Update a Gaussian belief about the log level by a day's reported conversions.

    Laplace's method: the mode of NB2 log-likelihood plus the Gaussian's, by Newton steps with the
    observed information; the variance is that of the expected one.

    Args:
        expected: conversions expected at the belief's mean, >= 0.
        variance: of the belief before the report, >= 0; 0 is a level that is known.
        reported: conversions, fractions allowed.
        dispersion: alpha >= 0.
        newton: steps with the observed information; four settle even a wild surprise.

    Returns:
        Shift of the mean, variance after the report, log evidence of the report.
    """
    xp = namespace(expected, variance)
    shift, narrowed, mean, information = settle_level(
        expected, variance, reported, dispersion, newton
    )
    evidence = negative_binomial_loglik(reported, mean, dispersion)
    evidence = evidence - shift * shift / (2 * variance + _NONE)
    return shift, narrowed, evidence - 0.5 * xp.log1p(variance * information)


def settle_level(
    expected: Array, variance: Array, reported: Array, dispersion: Array, newton: int = 4
) -> tuple[Array, Array, Array, Array]:
    """Do the same without the evidence; the arguments are those of ``update_level``.

    Returns:
        Shift of the mean, variance after the report, conversions expected at the new mean, and
        the report's expected information about the level.
    """
    xp = namespace(expected, variance)
    mean = base = expected + _TINY
    weight = 1 + dispersion * reported
    shift = 0.0
    for _ in range(newton):
        spread = 1 + dispersion * mean
        pull = variance / spread
        slope = pull * (reported - mean) - shift
        step = slope / (1 + pull * mean * weight / spread)
        shift = shift + at_most(at_least(step, -1.0), 1.0)
        mean = base * xp.exp(shift)
    information = mean / (1 + dispersion * mean)
    return shift, variance / (1 + variance * information), mean, information


def filter_history(market: Market, record: Record) -> Fit:
    """Run markets through a recorded history.

    Args:
        market: one market or a batch, (..., campaigns).
        record: the history; days not seen advance the stock and widen the level, no more.
    """
    walk = market.level_sd**2 + market.demand_sd**2
    stock = record.spend[:7].mean(0) + 0 * walk
    state = MarketState(record.first_day, stock, 0 * walk)
    kept = market.level_kept**2
    variance = np.where(kept < 1, walk / np.maximum(1 - kept, _TINY), 0.0)  # stationary start
    loglik, expected = 0 * walk, []
    for spend, reported, seen in zip(record.spend, record.conversions, record.seen, strict=True):
        state, outcome = step(market, state, spend, None)
        variance = kept * variance + walk
        expected.append(outcome.expected)
        shift, narrowed, evidence = update_level(
            outcome.expected, variance, reported, market.dispersion
        )
        state = state._replace(level=state.level + np.where(seen, shift, 0.0))
        variance = np.where(seen, narrowed, variance)
        loglik = loglik + np.where(seen, evidence, 0.0)
    return Fit(loglik, state, variance, np.stack(expected))


def record_of(
    dates: NDArray[np.datetime64], spend: Floats, conversions: Floats, alive: NDArray[np.bool_]
) -> Record:
    """Build the record of a history; days without a report are bridged linearly in spend.

    Args:
        dates: (days,) contiguous.
        spend: (days, campaigns) dollars, NaN where no report exists.
        conversions: the same for conversions.
        alive: False where a campaign did not exist or was stopped.
    """
    known = np.isfinite(spend) & np.isfinite(conversions)
    filled = np.where(known, spend, 0.0)
    days = np.arange(len(dates))
    for k in range(spend.shape[1]):
        have = np.isfinite(spend[:, k])
        filled[:, k] = np.interp(days, days[have], spend[have, k]) if have.any() else 0.0
    return Record(day_number(dates[0]), filled, np.where(known, conversions, 0.0), known & alive)
