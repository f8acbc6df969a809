"""Naive forecasts follow their definitions, and their draws are their past errors."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.forecasting import NAIVE_FORECASTS, days_needed, naive_draws, same_weekday
from mediagym.data.forecasting.naive import (
    last_28_days,
    log_log,
    return_times_spend,
    seasonal_naive,
)
from mediagym.data.history import METRICS, MISSING, Campaign, History

SEEDS = st.integers(0, 2**32)
NAMES = (Campaign("google", "Search Network"), Campaign("meta", None))


def history_of(spend: np.ndarray, conversions: np.ndarray) -> History:
    """Two campaigns from Monday, 2024-01-01, on; every order is worth $100."""
    dates = np.datetime64("2024-01-01") + np.arange(len(spend))
    arrays = dict.fromkeys(METRICS, spend * 1.0) | {
        "conversions": conversions * 1.0,
        "revenue": conversions * 100.0,
    }
    presence = np.where(np.isnan(spend), MISSING, 0).astype(np.int8)
    return History(dates, NAMES, presence=presence, notes=(), **arrays)


def random_history(seed: int, days: int = 70, missing: float = 0.1) -> History:
    rng = np.random.default_rng(seed)
    spend = rng.gamma(3, 40, (days, 2))
    conversions = rng.poisson(spend / 20).astype(float)
    for array in (spend, conversions):
        array[np.random.default_rng(seed).random(spend.shape) < missing] = np.nan
    return history_of(spend, conversions)


for_every_forecast = pytest.mark.parametrize(
    "forecast", NAIVE_FORECASTS.values(), ids=NAIVE_FORECASTS
)


@for_every_forecast
@settings(max_examples=15)
@given(SEEDS, st.integers(1, 40))
def test_a_forecast_of_every_day_and_campaign_is_finite_and_at_least_zero(
    forecast: Callable, seed: int, days: int
) -> None:
    least = max(28, days_needed(forecast))
    history = random_history(seed, days=least + 42)
    spend = np.random.default_rng(seed).gamma(1, 100, (days, 2))
    for metric in ("conversions", "revenue"):
        mean = forecast(history, spend, metric)
        draws = naive_draws(forecast, history, spend, metric)
        assert mean.shape == spend.shape
        assert draws.shape[1:] == spend.shape
        assert len(draws) == max(42 - days + 1, 1)
        assert np.isfinite(draws).all()
        assert (mean >= 0).all()
        assert (draws >= 0).all()


@for_every_forecast
def test_revenue_at_one_price_is_forecast_like_its_orders(forecast: Callable) -> None:
    if forecast is log_log:
        pytest.skip("its offset before the logarithm is 0.1 of either unit")
    history, spend = random_history(3, days=days_needed(forecast) + 70), np.full((14, 2), 90.0)
    orders, money = (forecast(history, spend, metric) for metric in ("conversions", "revenue"))
    np.testing.assert_allclose(money, 100 * orders)


@for_every_forecast
@pytest.mark.parametrize("case", ["no reports", "no spend", "no conversions"])
def test_a_campaign_without_information_gets_a_finite_forecast(
    forecast: Callable, case: str
) -> None:
    history = random_history(1, days=days_needed(forecast) + 70)
    arrays = {name: getattr(history, name).copy() for name in METRICS}
    if case == "no reports":
        for array in arrays.values():
            array[:, 0] = np.nan
    if case == "no spend":
        arrays["spend"][:, 0] = 0.0  # conversions without spend: late ones, or an error
    if case == "no conversions":
        arrays["conversions"][:, 0] = 0.0
    altered = dataclasses.replace(history, **arrays)
    spend = np.full((10, 2), 500.0)
    mean = forecast(altered, spend, "conversions")
    assert np.isfinite(mean).all()
    if case != "no spend":
        assert (mean[:, 0] == 0).all()
    if forecast is seasonal_naive:
        return  # its growth is the account's, so that the other campaign's forecast depends on it
    assert mean[:, 0].max() <= np.nanmax(history.conversions)
    np.testing.assert_allclose(mean[:, 1], forecast(history, spend, "conversions")[:, 1])


@for_every_forecast
def test_each_draw_has_the_errors_of_one_past_horizon(forecast: Callable) -> None:
    """The past horizon is forecast from the days before it alone."""
    first = max(28, days_needed(forecast))
    history, spend = random_history(5, days=first + 42, missing=0.0), np.full((20, 2), 150.0)
    draws = naive_draws(forecast, history, spend, "conversions")
    future = history.window(first + 2, first + 22)
    past_mean = forecast(history.window(None, first + 2), future.spend, "conversions")
    mean = forecast(history, spend, "conversions")
    expected = np.maximum(mean + future.conversions - past_mean, 0)
    np.testing.assert_allclose(draws[2], expected)


def test_a_history_too_short_for_errors_yields_the_mean_alone() -> None:
    history, spend = random_history(0, days=30), np.full((10, 2), 100.0)
    draws = naive_draws(last_28_days, history, spend, "conversions")
    np.testing.assert_array_equal(draws, last_28_days(history, spend, "conversions")[None])


def test_the_same_weekday_is_averaged_over_the_last_four_weeks() -> None:
    conversions = np.repeat(np.arange(70.0)[:, None], 2, 1)  # from Monday on
    conversions[63, 1] = np.nan
    ahead = same_weekday(history_of(np.ones((70, 2)), conversions), np.ones((9, 2)), "conversions")
    assert ahead[0].tolist() == [np.mean([42, 49, 56, 63]), np.mean([42, 49, 56])]
    assert ahead[8, 0] == np.mean([43, 50, 57, 64])
    np.testing.assert_array_equal(ahead[7], ahead[0])


def test_means_and_returns_use_the_last_28_days() -> None:
    spend, conversions = np.full((60, 2), 10.0), np.full((60, 2), 2.0)
    spend[:32], conversions[:32] = 1.0, 999.0
    history = history_of(spend, conversions)
    plan = np.array([[10.0, 40.0], [0.0, 5.0]])
    assert last_28_days(history, plan, "conversions").tolist() == [[2, 2], [2, 2]]
    assert return_times_spend(history, plan, "conversions").tolist() == [[2, 8], [0, 1]]


def test_spend_without_a_report_does_not_lower_the_return() -> None:
    spend, conversions = np.full((40, 2), 10.0), np.full((40, 2), 2.0)
    conversions[-14:, 0] = np.nan  # reports are late, spend is known
    plan = np.full((1, 2), 100.0)
    assert return_times_spend(history_of(spend, conversions), plan, "conversions").tolist() == [
        [20, 20]
    ]


def test_log_log_recovers_a_power_law_of_spend() -> None:
    rng = np.random.default_rng(0)
    spend = 100 * np.exp(rng.normal(0, 0.7, (400, 2)))
    slope = np.array([0.3, 0.8])
    history = history_of(spend, 500 * (spend / 100) ** slope)
    low, high = (
        log_log(history, np.full((1, 2), dollars), "conversions") for dollars in (50.0, 200.0)
    )
    np.testing.assert_allclose(np.log(high / low)[0] / np.log(4), slope, atol=0.01)
    again = log_log(history, spend, "conversions")
    np.testing.assert_allclose(again.sum(0), history.conversions.sum(0), rtol=0.02)


def test_log_log_of_constant_spend_has_the_prior_slope() -> None:
    history = history_of(np.full((60, 2), 100.0), np.full((60, 2), 50.0))
    one, four = (log_log(history, np.full((1, 2), d), "conversions") for d in (100.0, 400.0))
    np.testing.assert_allclose(one, 50, rtol=1e-3)
    np.testing.assert_allclose(four / one, 2, rtol=1e-3)
    assert (log_log(history, np.zeros((3, 2)), "conversions") == 0).all()


def two_years(days: int = 420) -> np.ndarray:
    """(days, 2) conversions of two campaigns with weekdays and a season."""
    day = np.arange(days)[:, None]
    season = np.exp(np.sin(2 * np.pi * day / 364))
    return (10 + day % 7) * season * np.array([1.0, 3.0])


def test_the_seasonal_naive_is_a_year_ago_times_the_accounts_growth() -> None:
    conversions = two_years()
    grown = conversions.copy()
    grown[-28:] *= [1.0, 2.0]
    growth = grown[-28:].sum() / conversions[420 - 392 : 420 - 364].sum()
    assert growth == pytest.approx(7 / 4)
    ahead = seasonal_naive(history_of(np.ones((420, 2)), grown), np.ones((40, 2)), "conversions")
    np.testing.assert_allclose(ahead, growth * conversions[420 - 364 : 420 - 324])


def test_a_gap_a_year_ago_is_no_zero() -> None:
    conversions = two_years()
    conversions[420 - 364 + 3, 0] = conversions[-2, 0] = np.nan
    history = history_of(np.ones((420, 2)), conversions)
    ahead = seasonal_naive(history, np.ones((14, 2)), "conversions")
    others = np.delete(ahead[:, 0], 3)
    assert ahead[3, 0] == pytest.approx(others.mean())


def test_growth_over_a_year_is_limited() -> None:
    for factor, limit in ((100.0, 5.0), (0.0, 0.2)):
        conversions = two_years()
        conversions[-28:] *= factor
        history = history_of(np.ones((420, 2)), conversions)
        ahead = seasonal_naive(history, np.ones((5, 2)), "conversions")
        np.testing.assert_allclose(ahead, limit * conversions[56:61])


def test_a_campaign_that_is_new_gets_its_recent_share() -> None:
    """The second campaign took the place of half of the first one's conversions."""
    spend, conversions = np.full((420, 2), 10.0), two_years()
    spend[:-60, 1] = conversions[:-60, 1] = 0.0
    conversions[-60:, 1] = conversions[-60:, 0] = conversions[-60:, 0] / 2
    ahead = seasonal_naive(history_of(spend, conversions), np.ones((30, 2)), "conversions")
    np.testing.assert_allclose(ahead[:, 0], conversions[56:86, 0] / 2)
    np.testing.assert_allclose(ahead[:, 1], conversions[56:86, 0] / 2)


def test_an_account_without_a_past_is_forecast_by_its_last_28_days() -> None:
    conversions = two_years()
    conversions[:200] = 0
    history, spend = history_of(np.ones((420, 2)), conversions), np.ones((30, 2))
    np.testing.assert_array_equal(
        seasonal_naive(history, spend, "conversions"), last_28_days(history, spend, "conversions")
    )


def test_more_than_a_year_ahead_the_same_year_is_repeated() -> None:
    history = history_of(np.ones((420, 2)), two_years())
    ahead = seasonal_naive(history, np.ones((366, 2)), "conversions")
    np.testing.assert_array_equal(ahead[364:], ahead[:2])


def test_a_year_and_four_weeks_are_needed_for_the_same_days_a_year_ago() -> None:
    assert days_needed(seasonal_naive) == 392
    assert {days_needed(f) for f in NAIVE_FORECASTS.values()} == {0, 392}
    history, spend = random_history(0, days=392), np.ones((5, 2))
    assert np.isfinite(seasonal_naive(history, spend, "revenue")).all()
    with pytest.raises(DataError, match=r"seasonal_naive: 391 days .* at least 392 days"):
        seasonal_naive(history.window(1), spend, "revenue")
