"""How well markets explain a history: ``market.step`` day by day, the log level filtered out.

The log level wanders and is never observed. Given everything else it is followed by a
Laplace-Kalman filter (one Gaussian per market and campaign), so that only the parameters are
left to search. The same update serves a policy that learns during a flight.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.history import DEAD, History
from ...data.types import Floats
from ..arrays import Array, at_least, at_most, namespace
from ..market import Market, MarketState, day_number, negative_binomial_loglik, step

_TINY = 1e-9
_NONE = 1e-30  # divides a shift of zero where the level is known


class ObservedHistory(NamedTuple):
    """The part of a history that the likelihood reads; arrays are (days, campaigns)."""

    first_day: int  # days since 1970-01-01
    spend: Floats  # dollars, gaps filled
    conversions: Floats  # reported; zero where not seen
    seen: NDArray[np.bool_]  # a report exists and the campaign was alive


class FilterResult(NamedTuple):
    """How markets fared on a history; fields are (..., campaigns) unless noted."""

    loglik: Floats  # log marginal likelihood, the level integrated out
    state: MarketState  # stock and filtered mean of the level after the last day
    variance: Floats  # of the level after the last day


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
    shift, narrowed, mean, information = kalman_step(
        expected, variance, reported, dispersion, newton
    )
    evidence = negative_binomial_loglik(reported, mean, dispersion)
    evidence = evidence - shift * shift / (2 * variance + _NONE)
    return shift, narrowed, evidence - 0.5 * xp.log1p(variance * information)


def kalman_step(
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


class FilterStep(NamedTuple):
    """A day of the filter; fields are (..., campaigns)."""

    state: MarketState  # after the day's report
    variance: Floats  # of the level after the report
    evidence: Floats  # log evidence of the report; 0 where not seen
    expected: Floats  # conversions, one day ahead
    ahead: Floats  # variance of the level one day ahead


def filter_days(
    market: Market, record: ObservedHistory, since: FilterResult | None = None
) -> Iterator[FilterStep]:
    """Run markets through a recorded history, day by day.

    Args:
        market: one market or a batch, (..., campaigns).
        record: the history; days not seen advance the stock and widen the level, no more.
        since: how the markets fared before it; None: nothing is known.
    """
    walk = market.level_sd**2 + market.demand_sd**2
    kept = market.level_kept**2
    if since is None:
        stock = record.spend[:7].mean(0) + 0 * walk
        state = MarketState(record.first_day, stock, 0 * walk)
        variance = np.where(kept < 1, walk / np.maximum(1 - kept, _TINY), 0.0)  # stationary
    else:
        state, variance = since.state, since.variance
    for spend, reported, seen in zip(record.spend, record.conversions, record.seen, strict=True):
        state, outcome = step(market, state, spend, None)
        ahead = kept * variance + walk
        shift, narrowed, evidence = update_level(
            outcome.expected, ahead, reported, market.dispersion
        )
        state = state._replace(level=state.level + np.where(seen, shift, 0.0))
        variance = np.where(seen, narrowed, ahead)
        yield FilterStep(state, variance, np.where(seen, evidence, 0.0), outcome.expected, ahead)


def filter_history(
    market: Market, record: ObservedHistory, since: FilterResult | None = None
) -> FilterResult:
    """Return how markets fare on a whole history; the arguments are those of ``filter_days``."""
    loglik: Array = 0.0 if since is None else since.loglik
    for day in filter_days(market, record, since):
        loglik = loglik + day.evidence
    return FilterResult(loglik, day.state, day.variance)


def draw_levels(market: Market, record: ObservedHistory, rng: np.random.Generator) -> Floats:
    """Draw the log levels of a history, (days, ..., campaigns), given all of its reports.

    Backward sampling after the filter (Carter and Kohn 1994; Fruehwirth-Schnatter 1994).
    """
    days = list(filter_days(market, record))
    kept = market.level_kept
    last = days[-1]
    level = last.state.level + np.sqrt(last.variance) * rng.standard_normal(last.variance.shape)
    levels = [level]
    for day, after in zip(days[-2::-1], days[:0:-1], strict=True):
        gain = kept * day.variance / np.maximum(after.ahead, _TINY)
        mean = day.state.level + gain * (level - kept * day.state.level)
        variance = np.maximum(day.variance - gain * kept * day.variance, 0.0)
        level = mean + np.sqrt(variance) * rng.standard_normal(variance.shape)
        levels.append(level)
    return np.stack(levels[::-1])


def observed_history_from(history: History) -> ObservedHistory:
    """Build the record of a history."""
    alive = history.presence != DEAD
    return observed_history_of(history.dates, history.spend, history.conversions, alive)


def observed_history_of(
    dates: NDArray[np.datetime64], spend: Floats, conversions: Floats, alive: NDArray[np.bool_]
) -> ObservedHistory:
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
    return ObservedHistory(
        day_number(dates[0]), filled, np.where(known, conversions, 0.0), known & alive
    )
