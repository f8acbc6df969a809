"""Forecasters use no future data, are scored correctly, and their intervals cover."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from helpers import histories

from mediagym.data.errors import ConfigError, DataError
from mediagym.data.forecasting import (
    METRICS,
    NAIVE_FORECASTS,
    ForecastingSettings,
    backtest,
    bae,
    compare,
    days_needed,
    forecasters_of,
    importances,
    look_ahead,
    rolling_origins,
    scores_of,
)
from mediagym.data.forecasting.compare import BUILT_IN
from mediagym.data.forecasting.conformal import intervals, month_range
from mediagym.data.forecasting.forecaster import Backtest
from mediagym.data.forecasting.importance import GROUPS
from mediagym.data.forecasting.level import unit_of
from mediagym.data.forecasting.regressors import GradientBoosting
from mediagym.data.units import load_history


@pytest.fixture(scope="session")
def settings_with(conf):
    """Factory of the shipped settings with small regressors and overrides."""

    def make(**overrides):
        config = conf("forecasting/default.yaml", **overrides)
        config["random_forest"] |= {"trees": 10}
        config["xgboost"] |= {"trees": 10}
        config["net"] |= {"nets": 1, "passes": 3}
        config["learning"] |= {"stride": 10}
        return ForecastingSettings.of(config, "forecasting")

    return make


@pytest.fixture(scope="session")
def forecasters(settings_with):
    return forecasters_of(settings_with(), {})[0]


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_forecast_depends_on_the_history_and_the_spend_alone(settings_with, name):
    first = max(100, days_needed(NAIVE_FORECASTS[name]) if name in NAIVE_FORECASTS else 0)
    history = histories.structured_history(3, days=first + 30)
    spend = np.nan_to_num(history.spend[first:])
    changed = {
        metric: np.where(np.arange(first + 30)[:, None] < first, getattr(history, metric), 7.0)
        for metric in ("impressions", "clicks", "conversions", "revenue")
    }
    other = replace(history, **changed)
    for metric in METRICS:
        forecaster = forecasters_of(settings_with(forecasters=[name], chosen=name), {})[0][name]
        past, other_past = (backtest(forecaster, h, metric, (first,), 30) for h in (history, other))
        np.testing.assert_array_equal(past.forecast, other_past.forecast)
        direct = forecaster.forecast(history.window(None, first), spend, metric)
        np.testing.assert_array_equal(past.forecast[0], direct)
        assert (direct >= 0).all()


def test_every_forecaster_is_finite_despite_gaps_and_dead_days(forecasters):
    history = histories.random_history(2, days=90)
    for name, forecaster in forecasters.items():
        for metric in METRICS:
            expected = forecaster.forecast(history, np.full((30, 3), 5.0), metric)
            assert np.isfinite(expected).all(), name


def test_a_metric_that_was_always_zero_is_forecast_as_zero(forecasters, settings_with):
    history = histories.structured_history(2, days=110)
    history = replace(history, revenue=np.zeros_like(history.revenue))
    for name, forecaster in forecasters.items():
        expected = forecaster.forecast(history, np.full((30, 3), 200.0), "revenue")
        np.testing.assert_allclose(expected, 0, atol=1e-9, err_msg=name)
    settings = settings_with(forecasters=["same_weekday", "level"])
    assert compare(history, forecasters_of(settings, {})[0], settings).chosen == "level"


def test_the_level_is_chosen_where_spend_and_weekday_explain_everything(settings_with):
    history = histories.structured_history(4, days=150)
    settings = settings_with(forecasters=["same_weekday", "last_28_days", "level"])
    comparison = compare(history, forecasters_of(settings, {})[0], settings)
    assert comparison.chosen == "level"
    assert len(comparison.origins) == 6
    assert max(comparison.origins) + 30 <= 150


def test_intervals_have_their_nominal_coverage(settings_with):
    settings, coverage = settings_with(), []
    level = forecasters_of(settings, {})[0]["level"]
    for seed in range(6):
        whole = histories.structured_history(seed, days=170)
        history, ahead = whole.window(None, 140), whole.window(140, None)
        for metric in METRICS:
            outlook = look_ahead(history, ahead.spend, level, metric, settings)
            assert (outlook.interval.low <= outlook.expected).all()
            assert (outlook.expected <= outlook.interval.high).all()
            coverage.append(outlook.interval.covers(getattr(ahead, metric)).mean())
    assert 0.87 < np.mean(coverage) < 0.97


def test_the_interval_of_day_thirty_comes_from_errors_at_day_thirty():
    rng = np.random.Generator(np.random.PCG64(0))
    forecast = np.full((12, 30, 1), 100.0)
    error = rng.standard_normal(forecast.shape) * np.linspace(1, 20, 30)[None, :, None]
    past = Backtest(tuple(range(12)), forecast, forecast + error)
    interval = intervals(past, np.full((40, 1), 100.0), 0.9, 1.0)
    width = (interval.high - interval.low)[:, 0]
    assert width[29] > 2 * width[0]
    assert width[39] == width[29]


def test_scores_follow_their_definitions():
    actual = np.array([[[1.0, 0.0], [3.0, np.nan]], [[2.0, 0.0], [2.0, 0.0]]])
    forecast = np.array([[[2.0, 1.0], [2.0, 5.0]], [[2.0, 0.0], [4.0, 0.0]]])
    scores = scores_of(Backtest((1, 2), forecast, actual))
    np.testing.assert_allclose(scores.mae, [4 / 4, 1 / 3, 5 / 7])
    np.testing.assert_allclose(scores.rmse, np.sqrt([6 / 4, 1 / 3, 7 / 7]))
    np.testing.assert_allclose(scores.wape, [4 / 8, np.nan, 5 / 8])
    np.testing.assert_allclose(scores.bias, [2 / 8, np.nan, 3 / 8])
    np.testing.assert_allclose(scores.r2[0], 1 - 6 / 2)
    assert np.isnan(scores.r2[1])
    assert bae(np.array([1.0, 3.0, np.nan]), np.array([2.0, 8.0, 5.0])) == pytest.approx(1.5)


def test_the_range_of_totals_ignores_backtests_with_few_events():
    forecast = np.array([10.0, 20.0, 30.0, 2.0])[:, None, None] * np.array([1.0, 0.1])
    actual = np.array([12.0, 20.0, 24.0, 90.0])[:, None, None] * np.array([1.0, 0.1])
    least, most = month_range(Backtest((1, 2, 3, 4), forecast, actual), 1.0)
    np.testing.assert_allclose(least, [0.8, np.nan, 0.8])
    np.testing.assert_allclose(most, [1.2, np.nan, 1.2])


def test_without_backtests_there_is_no_interval():
    nothing = np.zeros((0, 30, 2))
    interval = intervals(Backtest((), nothing, nothing), np.ones((30, 2)), 0.9, 1.0)
    assert np.isnan(interval.low).all()
    assert np.isnan(interval.high).all()


def test_origins_leave_the_whole_horizon_inside_the_history():
    assert rolling_origins(100, 30, 9, 6, 56) == (70, 61)
    assert rolling_origins(80, 30, 9, 6, 56) == ()


def test_importance_covers_every_feature_and_contributions_sum_to_the_prediction(settings_with):
    settings = settings_with(forecasters=["random_forest", "xgboost", "net"])
    by_regressor = importances(histories.structured_history(1, days=120), settings)
    assert set(by_regressor) == {"random_forest", "xgboost", "xgboost_contributions", "net"}
    assert all(set(features) == set(GROUPS) for features in by_regressor.values())
    regressor = GradientBoosting(settings.xgboost, 0)
    rng = np.random.Generator(np.random.PCG64(0))
    features = rng.standard_normal((500, 20))
    regressor.fit(features, np.exp(features[:, 3]), np.full(500, 50.0))
    parts = regressor.contributions(features)
    np.testing.assert_allclose(parts.sum(1), np.log(regressor.predict(features)), atol=1e-4)
    assert np.abs(parts[:, :-1]).mean(0).argmax() == 3


def test_xgboost_is_left_out_with_a_note_where_it_is_not_installed(settings_with, monkeypatch):
    monkeypatch.setattr(sys.modules[compare.__module__], "xgboost_is_installed", lambda: False)
    forecasters, notes = forecasters_of(settings_with(forecasters=BUILT_IN), {})
    assert "xgboost" not in forecasters
    assert len(forecasters) == len(BUILT_IN) - 1
    assert "mediagym[boosting]" in notes[0]


def test_unknown_names_and_short_histories_raise_errors(settings_with):
    with pytest.raises(ConfigError, match=r"forecasting\.forecasters: got 'prophet'.*same_weekday"):
        forecasters_of(settings_with(forecasters=["prophet"]), {})
    with pytest.raises(ConfigError, match=r"forecasting\.chosen: got 'net'"):
        forecasters_of(settings_with(forecasters=["level"], chosen="net"), {})
    settings = settings_with(forecasters=["level"])
    with pytest.raises(DataError, match="80 days"):
        compare(histories.structured_history(0, 80), forecasters_of(settings, {})[0], settings)


def test_june_of_advertiser_a_is_forecast_within_its_targets(advertiser_a, data_settings, conf):
    history = load_history(data_settings(advertiser_a))
    settings = ForecastingSettings.of(conf("forecasting/default.yaml"), "forecasting")
    level = forecasters_of(settings, {})[0]["level"]
    june = history.window("2024-06-01", None)
    spend = np.nan_to_num(june.spend)
    before = history.window(None, "2024-06-01")
    for metric, wape in (("conversions", 0.290), ("revenue", 0.370)):
        scores = scores_of(backtest(level, history, metric, (len(before.dates),), 30))
        assert scores.wape[-1] <= wape
        assert abs(scores.bias[-1]) <= 0.10
        outlook = look_ahead(before, spend, level, metric, settings)
        coverage = np.nanmean(outlook.interval.covers(getattr(june, metric)))
        assert 0.85 <= coverage <= 0.95
        assert unit_of(before, metric) > 0
