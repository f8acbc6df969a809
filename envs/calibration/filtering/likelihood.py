"""Log-likelihood of a history: ``market.step`` day by day, the log level filtered out.

The log level is a latent process. Given the parameters it is integrated out by a Laplace-Kalman
filter (one Gaussian per market and campaign), so that only the parameters are sampled. The
same update serves a policy that learns during a flight. ``filter_days`` is the reference;
``filter_history`` runs the same recursion in compiled code where a market allows it.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....data.history import DEAD, History
from ....data.types import Floats
from ...arrays import Array, at_least, at_most, namespace
from ...market import Market, MarketState, day_number, negative_binomial_loglik, step
from .compiled import Days, Filtered, run_filter

_TINY = 1e-9
_ZERO_DIVISOR_GUARD = 1e-30  # added to the variance 0 of a known level, whose shift is 0
_FIRST_DAYS = 7  # days whose mean spend is the stock before the history
_NO_EFFECT = np.zeros((1, 1))
_ALL_REPORTED = np.ones((1, 1))
_NO_EFFECT.flags.writeable = _ALL_REPORTED.flags.writeable = False


class ObservedHistory(NamedTuple):
    """Arrays of a history that the likelihood reads, each (days, campaigns).

    The last three are neutral by default.
    """

    first_day: int  # days since 1970-01-01
    spend: Floats  # dollars, gaps filled
    conversions: Floats  # reported; zero where not seen
    seen: NDArray[np.bool_]  # True: a report exists and the campaign was alive
    complete: Floats = _ALL_REPORTED  # share of the day's conversions reported by now, in (0, 1]
    demand: Floats = _NO_EFFECT  # known log demand: season, events, shared movements; 0 is none
    spend_index: Floats = _NO_EFFECT  # log index of the advertiser's spend; 0 is usual

    def since(self, day: int) -> "ObservedHistory":
        """Return the history from a day on, counted from its first day."""
        days: Any = (np.broadcast_to(field, self.spend.shape)[day:] for field in self[1:])
        return ObservedHistory(self.first_day + day, *days)


class FilterResult(NamedTuple):
    """Likelihood and final state of the filter after a history; fields are (..., campaigns)."""

    loglik: Floats  # log marginal likelihood, the level integrated out
    state: MarketState  # stock and filtered mean of the level after the last day
    variance: Floats  # filtered variance of the level after the last day


def update_level(
    expected: Array, variance: Array, reported: Array, dispersion: Array, newton: int = 4
) -> tuple[Array, Array, Array]:
    """Update a Gaussian over the log level by a day's reported conversions.

    Laplace's method: Newton steps with the observed information find the mode of the NB2
    log-likelihood plus the Gaussian's; the variance uses the expected information.

    Args:
        expected: conversions at the Gaussian's mean, >= 0.
        variance: variance of the Gaussian before the report, >= 0; 0 is a known level.
        reported: conversions, fractions allowed.
        dispersion: NB2 alpha, >= 0.
        newton: number of Newton steps; four converge even for extreme reports.

    Returns:
        Shift of the mean, variance after the report, log evidence of the report.
    """
    xp = namespace(expected, variance)
    shift, narrowed, mean, information = kalman_step(
        expected, variance, reported, dispersion, newton
    )
    evidence = negative_binomial_loglik(reported, mean, dispersion)
    evidence = evidence - shift * shift / (2 * variance + _ZERO_DIVISOR_GUARD)
    return shift, narrowed, evidence - 0.5 * xp.log1p(variance * information)


def kalman_step(
    expected: Array, variance: Array, reported: Array, dispersion: Array, newton: int = 4
) -> tuple[Array, Array, Array, Array]:
    """Return the update without its evidence; the arguments are those of ``update_level``.

    Returns:
        Shift of the mean, variance after the report, conversions expected at the new mean, and
        the expected Fisher information about the level.
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
    """One day of the filter; fields are (..., campaigns)."""

    state: MarketState  # state after the day's report
    variance: Floats  # filtered variance of the level, after the report
    log_evidence: Floats  # log evidence of the report; 0 where not seen
    expected: Floats  # conversions at the predicted mean of the level, before the report
    predicted_variance: Floats  # variance of the level, before the report


def filter_days(
    market: Market,
    observed: ObservedHistory,
    initial: FilterResult | None = None,
    follow: Array | None = None,
) -> Iterator[FilterStep]:
    """Run the filter over a history, yielding one step per day.

    A day's conversions are expected to be ``complete`` times the market's expectation at the log
    level plus ``demand + follow spend_index``.

    Args:
        market: one market or a batch, (..., campaigns).
        observed: the history; days not seen advance the stock and widen the level.
        initial: result of the days before; None: the stationary distribution of the level.
        follow: d log demand / d spend index, (..., campaigns); None is 0.
    """
    step_variance = market.level_sd**2 + market.demand_sd**2
    decay = market.level_kept**2  # share of the level's variance that remains after a day
    _, state, variance = initial or _stationary(market, observed)
    whole = (np.broadcast_to(field, observed.spend.shape) for field in observed[1:])
    for spend, reported, seen, complete, demand, index in zip(*whole, strict=True):
        state, outcome = step(market, state, spend, None)
        known = demand if follow is None else demand + follow * index
        expected = outcome.expected * (complete * np.exp(known))
        predicted = decay * variance + step_variance
        shift, narrowed, evidence = update_level(expected, predicted, reported, market.dispersion)
        state = state._replace(level=state.level + np.where(seen, shift, 0.0))
        variance = np.where(seen, narrowed, predicted)
        log_evidence = np.where(seen, evidence, 0.0)
        yield FilterStep(state, variance, log_evidence, expected, predicted)


def _stationary(market: Market, observed: ObservedHistory) -> FilterResult:
    """Return the state before a history: the stock of its first week, the stationary level."""
    step_variance = market.level_sd**2 + market.demand_sd**2
    decay = market.level_kept**2
    stock = observed.spend[:_FIRST_DAYS].mean(0) + 0 * step_variance
    state = MarketState(observed.first_day, stock, 0 * step_variance)
    stationary = step_variance / np.maximum(1 - decay, _TINY)
    return FilterResult(np.zeros(()), state, np.where(decay < 1, stationary, 0.0))


def filter_history(
    market: Market,
    observed: ObservedHistory,
    initial: FilterResult | None = None,
    follow: Array | None = None,
) -> FilterResult:
    """Run the filter over a whole history; the arguments are those of ``filter_days``.

    Compiled where the market has no optional features and its arrays are numpy's.
    """
    start = initial or _stationary(market, observed)
    if not _is_plain(market, start.state, follow):
        loglik: Array = start.loglik
        for day in filter_days(market, observed, initial, follow):
            loglik = loglik + day.log_evidence
        return FilterResult(loglik, day.state, day.variance)
    factor = observed.complete * np.exp(observed.demand)
    fields = (observed.spend, observed.conversions, observed.seen, factor, observed.spend_index)
    whole: Any = (np.broadcast_to(field, observed.spend.shape) for field in fields)
    days = Days(*whole)
    state = start.state
    before = Filtered(start.loglik, state.stock, state.level, start.variance)
    after = run_filter(market, state.day, days, 0.0 if follow is None else follow, before)
    last = MarketState(state.day + len(days.spend), after.stock, after.level)
    return FilterResult(after.loglik, last, after.variance)


def _is_plain(market: Market, state: MarketState, follow: Array | None) -> bool:
    """Return whether a market has the features of the compiled filter only, in numpy."""
    optional = [getattr(market, name) for name in Market._field_defaults]
    optional += [getattr(state, name) for name in MarketState._field_defaults]
    arrays = (*market, state.stock, state.level, follow)
    return all(field is None for field in optional) and namespace(*arrays) is np


def draw_levels(
    market: Market,
    observed: ObservedHistory,
    rng: np.random.Generator,
    follow: Array | None = None,
) -> Floats:
    """Draw the log levels of a history, (days, ..., campaigns), given all of its reports.

    Forward filtering, backward sampling (Carter and Kohn 1994; Fruehwirth-Schnatter 1994). The
    levels exclude the known demand and what follows the spend index.
    """
    days = list(filter_days(market, observed, None, follow))
    persistence = market.level_kept
    last = days[-1]
    level = last.state.level + np.sqrt(last.variance) * rng.standard_normal(last.variance.shape)
    levels = [level]
    for day, after in zip(days[-2::-1], days[:0:-1], strict=True):
        gain = persistence * day.variance / np.maximum(after.predicted_variance, _TINY)
        mean = day.state.level + gain * (level - persistence * day.state.level)
        variance = np.maximum(day.variance - gain * persistence * day.variance, 0.0)
        level = mean + np.sqrt(variance) * rng.standard_normal(variance.shape)
        levels.append(level)
    return np.stack(levels[::-1])


def observed_history_from(history: History) -> ObservedHistory:
    """Return the observed days of a history, gaps in its spend filled."""
    alive = history.presence != DEAD
    observed = observed_history_of(history.dates, history.spend, history.conversions, alive)
    return observed if history.complete is None else observed._replace(complete=history.complete)


def observed_history_of(
    dates: NDArray[np.datetime64], spend: Floats, conversions: Floats, alive: NDArray[np.bool_]
) -> ObservedHistory:
    """Return observed days; the spend of days without a report is interpolated linearly.

    Args:
        dates: (days,) contiguous.
        spend: (days, campaigns) dollars, NaN where no report exists.
        conversions: (days, campaigns), NaN where no report exists.
        alive: (days, campaigns) False where a campaign did not exist or was stopped.
    """
    reported = np.isfinite(spend) & np.isfinite(conversions)
    filled = np.where(reported, spend, 0.0)
    days = np.arange(len(dates))
    for k in range(spend.shape[1]):
        finite = np.isfinite(spend[:, k])
        filled[:, k] = np.interp(days, days[finite], spend[finite, k]) if finite.any() else 0.0
    counted = np.where(reported, conversions, 0.0)
    ones, zeros = np.ones_like(filled), np.zeros_like(filled)
    return ObservedHistory(
        day_number(dates[0]), filled, counted, reported & alive, ones, zeros, zeros.copy()
    )
