import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.forecasting import NAIVE_FORECASTS, naive_draws, same_weekday
from mediagym.data.forecasting.naive import last_28_days, log_log, return_times_spend
from mediagym.data.history import METRICS, MISSING, Campaign, History

SEEDS = st.integers(0, 2**32)
NAMES = (Campaign("google", "Search Network"), Campaign("meta", None))


def made(spend: np.ndarray, conversions: np.ndarray) -> History:
    """Two campaigns from Monday, 2024-01-01 on; an order is worth $100."""
    dates = np.datetime64("2024-01-01") + np.arange(len(spend))
    arrays = dict.fromkeys(METRICS, spend * 1.0) | {
        "conversions": conversions * 1.0,
        "revenue": conversions * 100.0,
    }
    presence = np.where(np.isnan(spend), MISSING, 0).astype(np.int8)
    return History(dates, NAMES, presence=presence, notes=(), **arrays)


def drawn(seed: int, days: int = 70, lost: float = 0.1) -> History:
    rng = np.random.default_rng(seed)
    spend = rng.gamma(3, 40, (days, 2))
    conversions = rng.poisson(spend / 20).astype(float)
    for array in (spend, conversions):
        array[np.random.default_rng(seed).random(spend.shape) < lost] = np.nan
    return made(spend, conversions)


every = pytest.mark.parametrize("rival", NAIVE_FORECASTS.values(), ids=NAIVE_FORECASTS)


@every
@settings(max_examples=15)
@given(SEEDS, st.integers(1, 40))
def test_a_forecast_of_every_day_and_campaign_is_finite_and_at_least_zero(
    rival: Callable, seed: int, days: int
) -> None:
    history, spend = drawn(seed), np.random.default_rng(seed).gamma(1, 100, (days, 2))
    for metric in ("conversions", "revenue"):
        mean = rival(history, spend, metric)
        draws = naive_draws(rival, history, spend, metric)
        assert mean.shape == spend.shape
        assert draws.shape[1:] == spend.shape
        assert len(draws) == max(70 - 28 - days + 1, 1)
        assert np.isfinite(draws).all()
        assert (mean >= 0).all()
        assert (draws >= 0).all()


@every
def test_revenue_at_one_price_is_forecast_as_its_orders_are(rival: Callable) -> None:
    if rival is log_log:
        pytest.skip("what it adds before a logarithm is a tenth of a unit of either")
    history, spend = drawn(3), np.full((14, 2), 90.0)
    orders, money = (rival(history, spend, metric) for metric in ("conversions", "revenue"))
    np.testing.assert_allclose(money, 100 * orders)


@every
@pytest.mark.parametrize("what", ["nothing known", "no spend", "no conversions"])
def test_a_campaign_that_tells_nothing_is_forecast_all_the_same(rival: Callable, what: str) -> None:
    history = drawn(1)
    arrays = {name: getattr(history, name).copy() for name in METRICS}
    if what == "nothing known":
        for array in arrays.values():
            array[:, 0] = np.nan
    if what == "no spend":
        arrays["spend"][:, 0] = 0.0  # conversions come all the same: late ones, or an error
    if what == "no conversions":
        arrays["conversions"][:, 0] = 0.0
    quiet = dataclasses.replace(history, **arrays)
    spend = np.full((10, 2), 500.0)
    mean = rival(quiet, spend, "conversions")
    assert np.isfinite(mean).all()
    assert mean[:, 0].max() <= np.nanmax(history.conversions)
    if what != "no spend":
        assert (mean[:, 0] == 0).all()
    np.testing.assert_allclose(mean[:, 1], rival(history, spend, "conversions")[:, 1])


@every
def test_errors_are_those_of_the_horizons_that_were(rival: Callable) -> None:
    """Each draw less the mean is one past horizon, forecast from the days before it alone."""
    history, spend = drawn(5, lost=0.0), np.full((20, 2), 150.0)
    draws = naive_draws(rival, history, spend, "conversions")
    then = history.window(30, 50)
    told = rival(history.window(None, 30), then.spend, "conversions")
    wanted = np.maximum(rival(history, spend, "conversions") + then.conversions - told, 0)
    np.testing.assert_allclose(draws[2], wanted)


def test_a_history_too_short_for_errors_leaves_the_mean() -> None:
    history, spend = drawn(0, days=30), np.full((10, 2), 100.0)
    draws = naive_draws(last_28_days, history, spend, "conversions")
    np.testing.assert_array_equal(draws, last_28_days(history, spend, "conversions")[None])


def test_the_same_weekday_is_that_of_the_last_four_weeks() -> None:
    conversions = np.repeat(np.arange(70.0)[:, None], 2, 1)  # from a Monday on
    conversions[63, 1] = np.nan
    ahead = same_weekday(made(np.ones((70, 2)), conversions), np.ones((9, 2)), "conversions")
    assert ahead[0].tolist() == [np.mean([42, 49, 56, 63]), np.mean([42, 49, 56])]
    assert ahead[8, 0] == np.mean([43, 50, 57, 64])
    np.testing.assert_array_equal(ahead[7], ahead[0])


def test_means_and_returns_are_of_the_last_28_days() -> None:
    spend, conversions = np.full((60, 2), 10.0), np.full((60, 2), 2.0)
    spend[:32], conversions[:32] = 1.0, 999.0
    history = made(spend, conversions)
    plan = np.array([[10.0, 40.0], [0.0, 5.0]])
    assert last_28_days(history, plan, "conversions").tolist() == [[2, 2], [2, 2]]
    assert return_times_spend(history, plan, "conversions").tolist() == [[2, 8], [0, 1]]


def test_a_dollar_without_its_report_counts_for_no_return() -> None:
    spend, conversions = np.full((40, 2), 10.0), np.full((40, 2), 2.0)
    conversions[-14:, 0] = np.nan  # the count is late, the bill is not
    plan = np.full((1, 2), 100.0)
    assert return_times_spend(made(spend, conversions), plan, "conversions").tolist() == [[20, 20]]


def test_log_log_finds_a_power_of_the_spend() -> None:
    rng = np.random.default_rng(0)
    spend = 100 * np.exp(rng.normal(0, 0.7, (400, 2)))
    slope = np.array([0.3, 0.8])
    history = made(spend, 500 * (spend / 100) ** slope)
    low, high = (
        log_log(history, np.full((1, 2), dollars), "conversions") for dollars in (50.0, 200.0)
    )
    np.testing.assert_allclose(np.log(high / low)[0] / np.log(4), slope, atol=0.01)
    again = log_log(history, spend, "conversions")
    np.testing.assert_allclose(again.sum(0), history.conversions.sum(0), rtol=0.02)


def test_log_log_of_a_campaign_that_never_varied_has_the_usual_slope() -> None:
    history = made(np.full((60, 2), 100.0), np.full((60, 2), 50.0))
    one, four = (log_log(history, np.full((1, 2), d), "conversions") for d in (100.0, 400.0))
    np.testing.assert_allclose(one, 50, rtol=1e-3)
    np.testing.assert_allclose(four / one, 2, rtol=1e-3)
    assert (log_log(history, np.zeros((3, 2)), "conversions") == 0).all()
