"""Prediction intervals: the rank of their quantile, both ends, and their coverage."""

from math import ceil, floor, sqrt

import numpy as np
import pytest

from mediagym.data.forecasting.conformal import intervals
from mediagym.data.forecasting.forecaster import Backtest

COVERAGE = 0.9
BACKTESTS = 20  # enough that a campaign's own errors are used


def past_with(forecast, errors):
    """Backtests of one day, (backtests, campaigns), whose errors are those of square roots."""
    root = np.sqrt(forecast + 3 / 8) + np.asarray(errors)
    actual = (root**2 - 3 / 8)[:, None]
    return Backtest(tuple(range(len(actual))), np.full(actual.shape, forecast), actual)


def interval_of(count, coverage=COVERAGE, unit=1.0):
    """Ends around a forecast of 400 events after errors of 0.1, 0.2, ... in square roots."""
    errors = np.random.default_rng(0).permutation(np.arange(1, count + 1) / 10)
    past = past_with(400.0, errors[:, None])
    past = Backtest(past.origins, past.forecast * unit, past.actual * unit)
    ends = intervals(past, np.full((1, 1), 400.0 * unit), coverage, unit)
    return float(ends.low[0, 0]), float(ends.high[0, 0])


@pytest.mark.parametrize(
    ("count", "coverage", "rank"),
    [
        (20, 0.9, 19),  # 21 * 0.9 = 18.9
        (29, 0.9, 27),  # 30 * 0.9 = 27; of 29 scores it would be 26.1
        (39, 0.8, 32),
        (24, 0.6, 15),
        (20, 0.99, 20),  # beyond the largest error: that one
    ],
)
def test_the_quantile_is_that_of_one_more_error_than_were_seen(count, coverage, rank):
    root = sqrt(400 + 3 / 8)
    low, high = floor((root - rank / 10) ** 2 - 3 / 8), ceil((root + rank / 10) ** 2 - 3 / 8)
    assert interval_of(count, coverage) == (low, high)


def test_both_ends_worked_out_by_hand():
    # 400.375 = 20.0094^2; the 19th of 20 errors is 1.9; 18.1094^2 = 327.95, 21.9094^2 = 480.02
    assert interval_of(20) == (327, 480)
    assert interval_of(20, unit=50.0) == (327 * 50, 480 * 50)


def test_as_many_days_fall_below_as_above_the_interval_and_it_covers_its_share():
    """With exchangeable errors the coverage is 19 / 21 on average: rank 19 of 21 places."""
    campaigns = 5000
    rng = np.random.default_rng(1)
    forecast = 1e6  # so large that rounding to whole conversions is nothing
    past = past_with(forecast, rng.standard_normal((BACKTESTS, campaigns)))
    ends = intervals(past, np.full((1, campaigns), forecast), COVERAGE, 1.0)
    actual = past_with(forecast, rng.standard_normal((1, campaigns))).actual[:, 0]
    share = 19 / 21
    sd = np.sqrt(share * (1 - share) / campaigns)
    assert ends.covers(actual).mean() == pytest.approx(share, abs=4 * sd)
    for outside in (actual < ends.low, actual > ends.high):
        assert outside.mean() == pytest.approx((1 - share) / 2, abs=4 * sd)


def test_an_interval_narrowed_at_its_upper_end_would_be_seen():
    """Counts of a hundred events: both tails hold five percent, so the ends are where they are."""
    campaigns = 3000
    rng = np.random.default_rng(2)
    actual = rng.poisson(100, (BACKTESTS + 1, 1, campaigns)).astype(float)
    forecast = np.full((BACKTESTS, 1, campaigns), 100.0)
    past = Backtest(tuple(range(BACKTESTS)), forecast, actual[1:])
    ends = intervals(past, forecast[0], COVERAGE, 1.0)
    above = (actual[0] > ends.high).mean()
    assert above == pytest.approx(0.048, abs=0.02)
    narrower = ends._replace(high=0.7 * ends.high)
    assert (actual[0] > narrower.high).mean() > 0.3
