"""The level forecaster follows its formula, and its correction reduces recent errors."""

import numpy as np
import pytest
from helpers import histories

from mediagym.data.forecasting import METRICS, BiasCorrected, Level
from mediagym.data.forecasting.level import LevelSettings, unit_of, weighted_median

SETTINGS = LevelSettings(half_life=12, daily=0.5, monthly=0.5, weekday_weight=60)


@pytest.mark.parametrize("metric", METRICS)
def test_a_noiseless_history_of_the_formula_is_forecast_exactly(metric):
    history = histories.structured_history(None)
    spend = np.full((30, 3), 200.0)
    expected = np.stack([histories.WEEKDAYS[(20 * 7 + np.arange(30)) % 7]] * 3, 1) * 40
    forecast = Level(SETTINGS).forecast(history, spend, metric)
    np.testing.assert_allclose(forecast, expected * (100 if metric == "revenue" else 1), rtol=0.01)


def test_one_day_of_more_spend_has_the_daily_elasticity_and_a_month_the_monthly_one():
    history = histories.structured_history(None)
    settings = SETTINGS.model_copy(update={"daily": 0.3, "monthly": 0.6})
    usual = np.full((60, 3), 200.0)
    plain = Level(settings).forecast(history, usual, "conversions")
    one_day = usual.copy()
    one_day[30] *= 2
    ratio = Level(settings).forecast(history, one_day, "conversions") / plain
    np.testing.assert_allclose(ratio[30], 2 ** (0.3 + 0.3 / 28), rtol=0.01)
    lasting = Level(settings).forecast(history, 2 * usual, "conversions") / plain
    np.testing.assert_allclose(lasting[40:], 2**0.6, rtol=0.01)


def test_the_latest_days_have_the_most_weight():
    factor = np.where(np.arange(140) < 110, 1.0, 0.5)[:, None]
    forecast = Level(SETTINGS).forecast(
        histories.structured_history(None, factor=factor), np.full((28, 3), 200.0), "conversions"
    )
    assert 20 < forecast.mean() < 26
    assert forecast.mean() < 40 * 0.6


def test_the_correction_follows_a_level_that_keeps_falling():
    factor = np.exp(-np.arange(140) / 60)[:, None]
    history = histories.structured_history(5, factor=factor)
    spend = np.full((30, 3), 200.0)
    level = Level(SETTINGS)
    corrected = BiasCorrected(level, 6, 30, 7, 42)
    plain_forecast, corrected_forecast = (
        forecaster.forecast(history, spend, "conversions") for forecaster in (level, corrected)
    )
    truth = 40 * np.exp(-(140 + np.arange(30)) / 60)[:, None]
    error, plain_error = (
        abs(forecast.sum() / 3 - truth.sum()) for forecast in (corrected_forecast, plain_forecast)
    )
    assert error < plain_error / 2
    short = history.window(None, 50)
    np.testing.assert_array_equal(
        corrected.forecast(short, spend, "conversions"), level.forecast(short, spend, "conversions")
    )


def test_a_campaign_without_conversions_is_forecast_to_have_none():
    factor = np.tile([1.0, 0.0, 1.0], (140, 1))
    history = histories.structured_history(1, factor=factor)
    forecast = BiasCorrected(Level(SETTINGS), 6, 30, 7, 42).forecast(
        history, np.full((30, 3), 200.0), "conversions"
    )
    assert (forecast[:, 1] < 1e-6).all()
    assert np.isfinite(forecast).all()


def test_the_unit_of_revenue_is_the_mean_order_value():
    assert unit_of(histories.structured_history(None), "revenue") == pytest.approx(100)


def test_the_weighted_median_minimises_the_weighted_absolute_error():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 10.0])
    assert weighted_median(values, weights) == 2.0
    grid = np.linspace(0, 4, 401)
    loss = (weights * np.abs(values - grid[:, None])).sum(1)
    assert weighted_median(values, weights) == pytest.approx(grid[loss.argmin()])
