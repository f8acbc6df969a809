"""Compiled Laplace-Kalman filter of a history, for the market features that calibration uses.

``likelihood.filter_days`` is the reference. Here the same recursion runs over blocks of draws of
one campaign, on rows of one work array: constant offsets let the compiler vectorise the loops over
draws. Carry-over and Hill curve are repeated; a test holds them to ``market.step``.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....data.types import Floats
from ...arrays import Array, compiled
from ...market import Market, odds_at_reference, weekday_of

LANES = 64  # draws of a block
_NEWTON = 4  # most Newton steps per report
_CONVERGED = 1e-9  # smallest step of the log level that another step follows
_FLUSH = 8  # days whose factors are multiplied before their logarithm is taken
_TINY = 1e-9  # conversions added to the expectation
_ZERO_DIVISOR_GUARD = 1e-30  # added to the variance 0 of a known level, whose shift is 0
_MIN_DISPERSION = 1e-6  # smallest dispersion of the likelihood of counts
_EPSILON = 1e-12  # added to the base of the Hill curve's power
_RAISE = 8  # steps of the recursion of the gamma function before Stirling's series
_ROWS = 27  # rows of the work array, LANES numbers each; the names below are their offsets
_STOCK, _LEVEL, _VARIANCE, _LOGLIK = (LANES * row for row in range(4))  # state
_CARRYOVER, _PER_SPEND, _EXPONENT, _ODDS, _KEPT = (LANES * row for row in range(4, 9))
_STEP_VARIANCE, _DISPERSION, _FOLLOW, _WEEK = (LANES * row for row in range(9, 13))
_RHYTHM, _MEAN, _SHIFT, _OPEN, _NARROWING, _EXCESS, _SIZE, _RISE = (
    LANES * row for row in range(19, 27)
)

_MAGIC = 6755399441055744.0  # 1.5 * 2^52: added, it leaves a rounded integer in the last bits
_MAGIC_BITS = 0x4338000000000000
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_EXPONENT_BITS = -0x10000000000000  # sign and exponent of a double
_LOG2_HIGH, _LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_PER_LOG2 = 1.4426950408889634


class Days(NamedTuple):
    """Days of a history, (days, campaigns) each."""

    spend: Floats  # dollars
    reported: Floats  # conversions; any number where not seen
    seen: NDArray[np.bool_]  # True: the report counts
    factor: Floats  # known factor of the expected conversions, > 0
    spend_index: Floats  # log index that ``follow`` multiplies


class Filtered(NamedTuple):
    """State of the filter between two days, (..., campaigns) each."""

    loglik: Floats  # log marginal likelihood so far
    stock: Floats  # advertising stock, dollars per day
    level: Floats  # filtered mean of the log level
    variance: Floats  # filtered variance of the log level


def run_filter(
    market: Market, first_day: int, days: Days, follow: Array, start: Filtered
) -> Filtered:
    """Return the state of the filter after a history.

    Args:
        market: numpy arrays, (..., campaigns); optional fields are ignored.
        first_day: days since 1970-01-01.
        days: the history.
        follow: d log conversions / d index, (..., campaigns).
        start: state before the first day.
    """
    rows = _state_and_parameters(market, follow, start)
    shape = np.broadcast_shapes(days.spend.shape[1:], *(row.shape for row in rows))
    weekly = np.moveaxis(_week(market), -2, 0)
    flat = [np.broadcast_to(row, shape).reshape(-1, shape[-1]).T for row in (*rows, *weekly)]
    lanes = np.array(flat, np.float64)  # (rows, campaigns, draws)
    weekday = weekday_of(first_day + np.arange(len(days.spend)))
    spend, reported, seen, factor, index = (
        np.ascontiguousarray(field.T, np.float64) for field in days
    )
    values, times = _distinct_reports(days)
    _filter_all(lanes, weekday, spend, reported, seen, factor, index, values, times)
    stock, level, variance, loglik = (np.ascontiguousarray(row.T) for row in lanes[:4])
    return Filtered(*(row.reshape(shape) for row in (loglik, stock, level, variance)))


def _state_and_parameters(market: Market, follow: Array, start: Filtered) -> list[Floats]:
    """Return the rows from ``_STOCK`` to ``_FOLLOW``, (..., campaigns) each."""
    rows = (
        start.stock,
        start.level,
        start.variance,
        start.loglik,
        market.carryover,
        1 / market.reference_spend,
        market.slope - 1,
        odds_at_reference(market.elasticity, market.slope),
        market.level_kept,
        market.level_sd**2 + market.demand_sd**2,
        market.dispersion,
        follow,
    )
    return [np.asarray(row) for row in rows]


def _week(market: Market) -> Floats:
    """Return the numerator of the Hill curve per weekday in conversions, (..., 7, campaigns)."""
    odds = odds_at_reference(market.elasticity, market.slope)
    scale = market.reference_conversions * (1 + odds)
    return np.asarray(np.asarray(scale)[..., None, :] * np.exp(market.weekday))


def _distinct_reports(days: Days) -> tuple[Floats, Floats]:
    """Return each campaign's distinct reports > 0 and their days, (campaigns, most), 0-padded."""
    counted = [
        np.unique(reported[seen & (reported > 0)], return_counts=True)
        for reported, seen in zip(days.reported.T, days.seen.T, strict=True)
    ]
    most = max((len(values) for values, _ in counted), default=0)
    values, times = np.zeros((2, len(counted), most))
    for k, (distinct, repeats) in enumerate(counted):
        values[k, : len(distinct)], times[k, : len(distinct)] = distinct, repeats
    return values, times


@compiled
def _filter_all(
    lanes: Floats,
    weekday: NDArray[np.int64],
    spend: Floats,
    reported: Floats,
    seen: Floats,
    factor: Floats,
    index: Floats,
    values: Floats,
    times: Floats,
) -> None:
    """Filter every campaign, block by block of its draws; writes the first four rows."""
    w = np.zeros(_ROWS * LANES)
    rows, campaigns, draws = lanes.shape
    for k in range(campaigns):
        for first in range(0, draws, LANES):
            for row in range(rows):
                for i in range(LANES):  # the last draw fills up the last block
                    w[row * LANES + i] = lanes[row, k, min(first + i, draws - 1)]
            _start(w)
            for j in range(values.shape[1]):
                if times[k, j] > 0:
                    _add_gamma_functions(w, values[k, j], times[k, j])
            _filter_block(w, weekday, spend[k], reported[k], seen[k], factor[k], index[k])
            for row in range(4):
                for i in range(min(LANES, draws - first)):
                    lanes[row, k, first + i] = w[row * LANES + i]


@compiled
def _filter_block(
    w: Floats,
    weekday: NDArray[np.int64],
    spend: Floats,
    reported: Floats,
    seen: Floats,
    factor: Floats,
    index: Floats,
) -> None:
    """Filter the history of one campaign for a block of draws."""
    pending = 0  # reports whose factors wait for their logarithm
    for t in range(len(spend)):
        for i in range(LANES):
            w[_RHYTHM + i] = w[_WEEK + weekday[t] * LANES + i]
        _predict(w, spend[t], factor[t], index[t])
        if seen[t] == 0:
            continue
        for _ in range(_NEWTON):
            if _newton_step(w, reported[t]) == 0:
                break
        _condition(w)
        if reported[t] > 0:
            _add_log_odds(w, reported[t])
        pending += 1
        if pending == _FLUSH:
            _take_logarithms(w)
            pending = 0
    _take_logarithms(w)


@compiled
def _exp(x: float) -> float:
    """Return the exponential, in operations that vectorise; x is cut to [-700, 700]."""
    cut = -700.0 if x < -700.0 else x  # NaN stays NaN
    cut = 700.0 if cut > 700.0 else cut
    shifted = cut * _PER_LOG2 + _MAGIC
    whole = shifted - _MAGIC
    r = (cut - whole * _LOG2_HIGH) - whole * _LOG2_LOW  # in [-0.35, 0.35]
    p = 1 / 39916800 + r * (1 / 479001600)
    p = 1 / 3628800 + r * p
    p = 1 / 362880 + r * p
    p = 1 / 40320 + r * p
    p = 1 / 5040 + r * p
    p = 1 / 720 + r * p
    p = 1 / 120 + r * p
    p = 1 / 24 + r * p
    p = 1 / 6 + r * p
    p = 1.0 + r * (1.0 + r * (0.5 + r * p))
    bits = (np.float64(shifted).view(np.int64) + 1023) << 52
    return p * np.int64(bits).view(np.float64)


@compiled
def _exp_of_step(x: float) -> float:
    """Return the exponential of x in [-1, 1] to 1e-13, the 16th power of that of x / 16."""
    r = x * 0.0625
    p = 1 / 120 + r * (1 / 720 + r * (1 / 5040))
    p = 1.0 + r * (1.0 + r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * p))))
    p = p * p
    p = p * p
    p = p * p
    return p * p


@compiled
def _log(x: float) -> float:
    """Return the logarithm of a normal number > 0, in operations that vectorise (as fdlibm)."""
    bits = np.float64(x).view(np.int64)
    above = bits - _SQRT_HALF_BITS
    exponent = np.int64((above >> 52) + _MAGIC_BITS).view(np.float64) - _MAGIC
    mantissa = np.int64(bits - (above & _EXPONENT_BITS)).view(np.float64)  # in [0.707, 1.414)
    s = (mantissa - 1) / (mantissa + 1)
    q = s * s
    p = 1.818357216161805012e-01 + q * (1.531383769920937332e-01 + q * 1.479819860511658591e-01)
    p = 3.999999999940941908e-01 + q * (
        2.857142874366239149e-01 + q * (2.222219843214978396e-01 + q * p)
    )
    p = 2 + q * (6.666666666666735130e-01 + q * p)
    small = s * p + exponent * _LOG2_LOW
    return exponent * _LOG2_HIGH + small + 0 * x  # NaN stays NaN


@compiled
def _log1p(x: float) -> float:
    """Return log(1 + x) for x >= 0."""
    total = 1 + x
    return _log(total) + (x - (total - 1)) / total


@compiled
def _start(w: Floats) -> None:
    """Set the rows that a block starts from."""
    for i in range(LANES):
        w[_NARROWING + i] = 0.0
        w[_EXCESS + i] = 0.0
        w[_SIZE + i] = 1 / max(w[_DISPERSION + i], _MIN_DISPERSION)
    for i in range(LANES):
        rise = 1.0
        for j in range(_RAISE):
            rise *= w[_SIZE + i] + j
        w[_RISE + i] = rise


@compiled
def _stirling(x: float) -> float:
    """Return log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2, to 1e-12 for x >= 8."""
    r = 1 / (x * x)
    return (1 / 12 + r * (-1 / 360 + r * (1 / 1260 + r * (-1 / 1680 + r / 1188)))) / x


@compiled
def _add_gamma_functions(w: Floats, count: float, times: float) -> None:
    """Add ``log Gamma(count + size) - log Gamma(size)`` to the log-likelihood, some times."""
    for i in range(LANES):
        size = w[_SIZE + i]
        rise = 1.0
        for j in range(_RAISE):
            rise *= count + size + j
        low = size + _RAISE
        high = low + count
        difference = count * _log(low) + (high - 0.5) * _log1p(count / low) - count
        difference += _stirling(high) - _stirling(low) - _log(rise / w[_RISE + i])
        w[_LOGLIK + i] += times * difference


@compiled
def _predict(w: Floats, spend: float, factor: float, index: float) -> None:
    """Advance stock and level by a day; write the mean and variance before the report."""
    for i in range(LANES):
        carryover, kept = w[_CARRYOVER + i], w[_KEPT + i]
        stock = carryover * w[_STOCK + i] + (1 - carryover) * spend
        ratio = stock * w[_PER_SPEND + i]
        power = ratio * _exp(w[_EXPONENT + i] * _log(ratio + _EPSILON))
        level = kept * w[_LEVEL + i]
        demand = factor * _exp(level + w[_FOLLOW + i] * index)
        w[_STOCK + i] = stock
        w[_LEVEL + i] = level
        w[_VARIANCE + i] = kept * kept * w[_VARIANCE + i] + w[_STEP_VARIANCE + i]
        w[_MEAN + i] = w[_RHYTHM + i] * power / (power + w[_ODDS + i]) * demand + _TINY
        w[_SHIFT + i] = 0.0
        w[_OPEN + i] = 1.0


@compiled
def _newton_step(w: Floats, reported: float) -> int:
    """Take a Newton step towards the mode; return how many draws have not converged."""
    unfinished = 0
    for i in range(LANES):
        mean, variance, shift = w[_MEAN + i], w[_VARIANCE + i], w[_SHIFT + i]
        dispersion = w[_DISPERSION + i]
        spread = 1 + dispersion * mean
        square = spread * spread
        slope = variance * (reported - mean) * spread - shift * square
        step = slope / (square + variance * mean * (1 + dispersion * reported))
        step = min(max(step, -1.0), 1.0) * w[_OPEN + i]
        still_open = abs(step) >= _CONVERGED
        w[_OPEN + i] = 1.0 if still_open else 0.0
        w[_SHIFT + i] = shift + step
        w[_MEAN + i] = mean * _exp_of_step(step)
        unfinished += 1 if still_open else 0
    return unfinished


@compiled
def _condition(w: Floats) -> None:
    """Move the level to its mode, narrow its variance, and collect the evidence."""
    for i in range(LANES):
        mean, variance, shift = w[_MEAN + i], w[_VARIANCE + i], w[_SHIFT + i]
        narrowing = variance * mean / (1 + w[_DISPERSION + i] * mean)
        excess = mean / w[_SIZE + i]
        w[_LEVEL + i] += shift
        w[_VARIANCE + i] = variance / (1 + narrowing)
        w[_LOGLIK + i] -= shift * shift / (2 * variance + _ZERO_DIVISOR_GUARD)
        w[_NARROWING + i] += narrowing + w[_NARROWING + i] * narrowing
        w[_EXCESS + i] += excess + w[_EXCESS + i] * excess


@compiled
def _add_log_odds(w: Floats, reported: float) -> None:
    """Add ``reported * log(mean / (mean + size))`` to the log-likelihood."""
    for i in range(LANES):
        mean = w[_MEAN + i]
        w[_LOGLIK + i] += reported * _log(mean / (mean + w[_SIZE + i]))


@compiled
def _take_logarithms(w: Floats) -> None:
    """Add the logarithms of the products of ``1 + x``, kept less 1, to the log-likelihood."""
    for i in range(LANES):
        evidence = 0.5 * _log1p(w[_NARROWING + i]) + w[_SIZE + i] * _log1p(w[_EXCESS + i])
        w[_LOGLIK + i] -= evidence
        w[_NARROWING + i] = 0.0
        w[_EXCESS + i] = 0.0
