"""Features use the past and the calendar, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.histories import random_history
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.forecasting import RATIOS, channel_breadth, channel_diversity, channel_shares
from mediagym.data.forecasting.features import features_of, trailing_ratio, trailing_sum
from mediagym.data.history import METRICS


@given(
    seed=st.integers(0, 1000), today=st.integers(0, 59), change=st.sampled_from(["shuffle", "cut"])
)
def test_no_feature_of_a_day_changes_with_that_day_or_what_follows(seed, today, change):
    history = random_history(seed)
    before = features_of(history)
    if change == "cut":
        if today == 0:
            return
        after = features_of(history.window(None, today))
    else:
        rng = np.random.Generator(np.random.PCG64(seed + 1))
        order = np.r_[np.arange(today), today + rng.permutation(60 - today)]
        scale = np.where(np.arange(60) < today, 1.0, 100.0)[:, None]
        changed = {name: getattr(history, name)[order] * scale for name in METRICS}
        after = features_of(replace(history, presence=history.presence[order], **changed))
    np.testing.assert_array_equal(before.dates[: today + 1], after.dates[: today + 1])
    np.testing.assert_array_equal(before.values[: today + 1], after.values[: today + 1])


def test_features_of_today_include_yesterday():
    history = random_history(0)
    changed = {name: getattr(history, name).copy() for name in METRICS}
    changed["conversions"][40] *= 2
    today = features_of(replace(history, **changed)).of("cvr_7")[41]
    assert (today != features_of(history).of("cvr_7")[41]).all()


@pytest.mark.parametrize("name", RATIOS)
def test_a_ratio_is_of_the_sums_of_the_days_before(name):
    history = random_history(3)
    numerator, denominator = (getattr(history, metric) for metric in RATIOS[name])
    ratio = trailing_ratio(history, name, 7)
    for day in (1, 5, 30, 60):
        past = slice(max(0, day - 7), day)
        sums = [np.nansum(side[past], axis=0) for side in (numerator, denominator)]
        defined = sums[1] > 0
        np.testing.assert_allclose(ratio[day][defined], sums[0][defined] / sums[1][defined])
        assert np.isnan(ratio[day][~defined]).all()


def test_windows_are_of_dates_and_not_of_rows():
    values = np.array([[1.0], [np.nan], [np.nan], [4.0]])
    np.testing.assert_array_equal(trailing_sum(values, 2)[:, 0], [0, 1, 1, 0, 4])


def test_a_channel_of_one_campaign_is_its_own_average():
    table = features_of(random_history(1))
    ratio = table.of("cvr_30_to_channel")[1:, 2]
    np.testing.assert_allclose(ratio[np.isfinite(ratio)], 1.0)


def test_diversity_measures_balance_and_breadth_counts_channels():
    shares = np.array([[1.0, 0.0], [0.5, 0.5], [0.9, 0.1]])
    np.testing.assert_allclose(channel_diversity(shares), [0.0, 0.5, 0.18])
    np.testing.assert_allclose(channel_breadth(shares), [0.5, 1.0, 1.0])
    shares = channel_shares(random_history(2), 30)
    assert np.isnan(shares[0]).all()
    np.testing.assert_allclose(shares[1:].sum(1), 1.0)


def test_the_tidy_table_has_every_feature_and_the_calendar():
    table = features_of(random_history(1))
    frame = table.frame()
    assert len(frame) == 61 * 3
    first = frame[frame["date"] == "2024-01-06"].iloc[0]  # a Saturday
    assert tuple(first[["day_of_week", "month", "quarter", "weekend"]]) == (5, 1, 1, 1)
    assert set(table.names) == set(frame.columns) - {"date", "campaign"}
