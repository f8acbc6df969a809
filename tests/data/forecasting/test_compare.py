"""Forecasters see no more than they may, are scored honestly, and their intervals cover."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from helpers import histories

from mediagym.data.errors import ConfigError, DataError
from mediagym.data.exports import load_history
from mediagym.data.forecasting import (
    METRICS,
    ForecastingSettings,
    backtest,
    bae,
    compare,
    extrapolated_campaigns,
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


@pytest.fixture(scope="session")
def asked(conf):
    """The shipped settings with small learners."""

    def make(**overrides):
        own = conf("forecasting/default.yaml", **overrides)
        own["random_forest"] |= {"trees": 10}
        own["xgboost"] |= {"trees": 10}
        own["net"] |= {"nets": 1, "passes": 3}
        own["learning"] |= {"stride": 10}
        return ForecastingSettings.of(own, "forecasting")

    return make


@pytest.fixture(scope="session")
def every(asked):
    return forecasters_of(asked(), {})[0]


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_forecast_is_of_the_history_and_the_spend_alone(every, name):
    history = histories.lawful_history(3, days=130)
    spend = np.nan_to_num(history.spend[100:])
    changed = {
        metric: np.where(np.arange(130)[:, None] < 100, getattr(history, metric), 7.0)
        for metric in ("impressions", "clicks", "conversions", "revenue")
    }
    other = replace(history, **changed)
    for metric in METRICS:
        found = [backtest(every[name], each, metric, (100,), 30) for each in (history, other)]
        np.testing.assert_array_equal(found[0].forecast, found[1].forecast)
        direct = every[name].forecast(history.window(None, 100), spend, metric)
        np.testing.assert_array_equal(found[0].forecast[0], direct)
        assert (direct >= 0).all()


def test_every_forecaster_survives_gaps_and_campaigns_that_sleep(every):
    history = histories.random_history(2, days=90)
    for name, each in every.items():
        for metric in METRICS:
            found = each.forecast(history, np.full((30, 3), 5.0), metric)
            assert np.isfinite(found).all(), name


def test_a_metric_of_which_nothing_came_is_expected_to_stay_nothing(every, asked):
    history = histories.lawful_history(2, days=110)
    history = replace(history, revenue=np.zeros_like(history.revenue))
    for name, each in every.items():
        found = each.forecast(history, np.full((30, 3), 200.0), "revenue")
        np.testing.assert_allclose(found, 0, atol=1e-9, err_msg=name)
    settings = asked(forecasters=["same_weekday", "level"])
    assert compare(history, forecasters_of(settings, {})[0], settings).chosen == "level"


def test_the_level_is_chosen_where_spend_and_weekday_tell_all(every, asked):
    history = histories.lawful_history(4, days=150)
    settings = asked(forecasters=["same_weekday", "last_28_days", "level"])
    found = compare(history, forecasters_of(settings, {})[0], settings)
    assert found.chosen == "level"
    assert len(found.origins) == 6
    assert max(found.origins) + 30 <= 150


def test_intervals_cover_what_they_say(asked):
    settings, covered = asked(), []
    level = forecasters_of(settings, {})[0]["level"]
    for seed in range(6):
        whole = histories.lawful_history(seed, days=170)
        history, ahead = whole.window(None, 140), whole.window(140, None)
        for metric in METRICS:
            found = look_ahead(history, ahead.spend, level, metric, settings)
            assert (found.interval.low <= found.expected).all()
            assert (found.expected <= found.interval.high).all()
            covered.append(found.interval.covers(getattr(ahead, metric)).mean())
    assert 0.87 < np.mean(covered) < 0.97


def test_day_thirty_has_the_errors_of_day_thirty():
    rng = np.random.Generator(np.random.PCG64(0))
    forecast = np.full((12, 30, 1), 100.0)
    error = rng.standard_normal(forecast.shape) * np.linspace(1, 20, 30)[None, :, None]
    past = Backtest(tuple(range(12)), forecast, forecast + error)
    found = intervals(past, np.full((40, 1), 100.0), 0.9, 1.0)
    width = (found.high - found.low)[:, 0]
    assert width[29] > 2 * width[0]
    assert width[39] == width[29]


def test_scores_are_what_they_are_called():
    actual = np.array([[[1.0, 0.0], [3.0, np.nan]], [[2.0, 0.0], [2.0, 0.0]]])
    forecast = np.array([[[2.0, 1.0], [2.0, 5.0]], [[2.0, 0.0], [4.0, 0.0]]])
    found = scores_of(Backtest((1, 2), forecast, actual))
    np.testing.assert_allclose(found.mae, [4 / 4, 1 / 3, 5 / 7])
    np.testing.assert_allclose(found.rmse, np.sqrt([6 / 4, 1 / 3, 7 / 7]))
    np.testing.assert_allclose(found.wape, [4 / 8, np.nan, 5 / 8])
    np.testing.assert_allclose(found.bias, [2 / 8, np.nan, 3 / 8])
    np.testing.assert_allclose(found.r2[0], 1 - 6 / 2)
    assert np.isnan(found.r2[1])
    assert bae(np.array([1.0, 3.0, np.nan]), np.array([2.0, 8.0, 5.0])) == pytest.approx(1.5)


def test_the_range_of_totals_is_of_tests_with_enough_to_divide_by():
    forecast = np.array([10.0, 20.0, 30.0, 2.0])[:, None, None] * np.array([1.0, 0.1])
    actual = np.array([12.0, 20.0, 24.0, 90.0])[:, None, None] * np.array([1.0, 0.1])
    least, most = month_range(Backtest((1, 2, 3, 4), forecast, actual), 1.0)
    np.testing.assert_allclose(least, [0.8, np.nan, 0.8])
    np.testing.assert_allclose(most, [1.2, np.nan, 1.2])


def test_without_a_test_there_is_no_interval():
    nothing = np.zeros((0, 30, 2))
    found = intervals(Backtest((), nothing, nothing), np.ones((30, 2)), 0.9, 1.0)
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()


def test_origins_leave_the_whole_horizon_inside():
    assert rolling_origins(100, 30, 9, 6, 56) == (70, 61)
    assert rolling_origins(80, 30, 9, 6, 56) == ()


def test_importance_finds_what_matters_and_contributions_sum_to_the_prediction(asked):
    settings = asked(forecasters=["random_forest", "xgboost", "net"])
    found = importances(histories.lawful_history(1, days=120), settings)
    assert set(found) == {"random_forest", "xgboost", "xgboost_contributions", "net"}
    assert all(set(each) == set(GROUPS) for each in found.values())
    model = GradientBoosting(settings.xgboost, 0)
    rng = np.random.Generator(np.random.PCG64(0))
    rows = rng.standard_normal((500, 20))
    model.fit(rows, np.exp(rows[:, 3]), np.full(500, 50.0))
    parts = model.contributions(rows)
    np.testing.assert_allclose(parts.sum(1), np.log(model.predict(rows)), atol=1e-4)
    assert np.abs(parts[:, :-1]).mean(0).argmax() == 3


def test_xgboost_is_left_out_by_name_where_it_is_absent(asked, monkeypatch):
    monkeypatch.setattr(sys.modules[compare.__module__], "boosting_is_here", lambda: False)
    found, notes = forecasters_of(asked(), {})
    assert "xgboost" not in found
    assert len(found) == len(BUILT_IN) - 1
    assert "mediagym[boosting]" in notes[0]


def test_mistakes_are_told(asked):
    with pytest.raises(ConfigError, match=r"forecasting\.forecasters: got 'prophet'.*same_weekday"):
        forecasters_of(asked(forecasters=["prophet"]), {})
    with pytest.raises(ConfigError, match=r"forecasting\.chosen: got 'net'"):
        forecasters_of(asked(forecasters=["level"], chosen="net"), {})
    settings = asked(forecasters=["level"])
    with pytest.raises(DataError, match="80 days"):
        compare(histories.lawful_history(0, 80), forecasters_of(settings, {})[0], settings)


def test_spend_beyond_any_day_is_named():
    history = histories.lawful_history(0, 60)
    spend = np.full((30, 3), 100.0)
    spend[:, 2] = 1e6
    assert extrapolated_campaigns(history, spend) == ["meta"]


def test_june_of_advertiser_a_is_forecast_within_its_targets(advertiser_a, data_settings, conf):
    history = load_history(data_settings(advertiser_a))
    settings = ForecastingSettings.of(conf("forecasting/default.yaml"), "forecasting")
    level = forecasters_of(settings, {})[0]["level"]
    june = history.window("2024-06-01", None)
    spend = np.nan_to_num(june.spend)
    before = history.window(None, "2024-06-01")
    for metric, wape in (("conversions", 0.290), ("revenue", 0.370)):
        found = scores_of(backtest(level, history, metric, (len(before.dates),), 30))
        assert found.wape[-1] <= wape
        assert abs(found.bias[-1]) <= 0.10
        ahead = look_ahead(before, spend, level, metric, settings)
        covered = np.nanmean(ahead.interval.covers(getattr(june, metric)))
        assert 0.85 <= covered <= 0.95
        assert unit_of(before, metric) > 0
