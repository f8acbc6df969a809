import numpy as np
import pytest
from helpers import histories

from mediagym.data.forecasting import METRICS, BiasCorrected, Level
from mediagym.data.forecasting.level import LevelSettings, unit_of, weighted_median

SETTINGS = LevelSettings(half_life=12, daily=0.5, monthly=0.5, weekday_weight=60)


@pytest.mark.parametrize("metric", METRICS)
def test_what_obeys_the_formula_without_noise_is_forecast_exactly(metric):
    history = histories.lawful_history(None)
    spend = np.full((30, 3), 200.0)
    expected = np.stack([histories.WEEKDAYS[(20 * 7 + np.arange(30)) % 7]] * 3, 1) * 40
    found = Level(SETTINGS).forecast(history, spend, metric)
    np.testing.assert_allclose(found, expected * (100 if metric == "revenue" else 1), rtol=0.01)


def test_a_day_of_more_spend_has_the_daily_elasticity_and_a_month_of_it_the_monthly_one():
    history = histories.lawful_history(None)
    settings = SETTINGS.model_copy(update={"daily": 0.3, "monthly": 0.6})
    usual = np.full((60, 3), 200.0)
    plain = Level(settings).forecast(history, usual, "conversions")
    one = usual.copy()
    one[30] *= 2
    ratio = Level(settings).forecast(history, one, "conversions") / plain
    np.testing.assert_allclose(ratio[30], 2 ** (0.3 + 0.3 / 28), rtol=0.01)
    lasting = Level(settings).forecast(history, 2 * usual, "conversions") / plain
    np.testing.assert_allclose(lasting[40:], 2**0.6, rtol=0.01)


def test_the_latest_days_weigh_most():
    factor = np.where(np.arange(140) < 110, 1.0, 0.5)[:, None]
    found = Level(SETTINGS).forecast(
        histories.lawful_history(None, factor=factor), np.full((28, 3), 200.0), "conversions"
    )
    assert 20 < found.mean() < 26
    assert found.mean() < 40 * 0.6


def test_a_correction_follows_a_level_that_keeps_falling():
    factor = np.exp(-np.arange(140) / 60)[:, None]
    history = histories.lawful_history(5, factor=factor)
    spend = np.full((30, 3), 200.0)
    level = Level(SETTINGS)
    corrected = BiasCorrected(level, 6, 30, 7, 42)
    plain, mended = (each.forecast(history, spend, "conversions") for each in (level, corrected))
    truth = 40 * np.exp(-(140 + np.arange(30)) / 60)[:, None]
    assert abs(mended.sum() / 3 - truth.sum()) < abs(plain.sum() / 3 - truth.sum()) / 2
    short = history.window(None, 50)
    np.testing.assert_array_equal(
        corrected.forecast(short, spend, "conversions"), level.forecast(short, spend, "conversions")
    )


def test_a_campaign_without_conversions_is_expected_to_have_none():
    factor = np.tile([1.0, 0.0, 1.0], (140, 1))
    history = histories.lawful_history(1, factor=factor)
    found = BiasCorrected(Level(SETTINGS), 6, 30, 7, 42).forecast(
        history, np.full((30, 3), 200.0), "conversions"
    )
    assert (found[:, 1] < 1e-6).all()
    assert np.isfinite(found).all()


def test_units_and_the_weighted_median():
    assert unit_of(histories.lawful_history(None), "revenue") == pytest.approx(100)
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 10.0])
    assert weighted_median(values, weights) == 2.0
    grid = np.linspace(0, 4, 401)
    loss = (weights * np.abs(values - grid[:, None])).sum(1)
    assert weighted_median(values, weights) == pytest.approx(grid[loss.argmin()])
