"""Planted anomalies, changes and effects are found; steady histories have none."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from helpers import histories

from mediagym.data.diagnosis import (
    EVERYWHERE,
    DiagnosisSettings,
    anomalies_of,
    baseline_of,
    changes_of,
    diagnose,
)
from mediagym.data.diagnosis.anomalies import run_scores, standardised_residuals
from mediagym.data.diagnosis.causality import effect_of, precedence_of
from mediagym.data.diagnosis.drift import drifts_of
from mediagym.data.diagnosis.isolation_forest import isolation_forest_anomalies
from mediagym.data.history import Campaign

LARGE = 100.0  # conversions per day
CAMPAIGNS = tuple(Campaign("google", kind) for kind in ("A", "B", "C", "D", "E"))


@pytest.fixture(scope="session")
def settings(conf):
    return DiagnosisSettings.of(conf("diagnosis/default.yaml"), "diagnosis")


def drop(days, first, length, share, column, columns=3):
    """(days, columns) factor with a drop of one column by a share."""
    factor = np.ones((days, columns))
    factor[first : first + length, column] = 1 - share
    return factor


def with_baseline(history, settings):
    return history, baseline_of(history, settings.expectation)


def test_the_baseline_follows_weekday_spend_and_a_slow_level(settings):
    level = np.linspace(1.0, 2.0, 150)[:, None]
    baseline = baseline_of(
        histories.structured_history(1, 150, LARGE, np.tile(level, 3)), settings.expectation
    )
    assert np.abs(baseline.expected / baseline.counted - 1).mean() < 0.12
    residuals = standardised_residuals(baseline.counted, baseline.expected, baseline.usable)
    assert 0.85 < residuals.std() < 1.15


def test_steady_histories_rarely_have_an_anomaly(settings):
    anomalies = [
        anomalies_of(
            *with_baseline(histories.structured_history(seed, 150), settings),
            settings.expectation,
            settings.anomalies,
        )
        for seed in range(30)
    ]
    assert sum(map(bool, anomalies)) <= 3


@pytest.mark.parametrize("seed", range(5))
def test_a_drop_of_five_days_is_found_dated_and_explained(settings, seed):
    first = 20 + 25 * seed
    history = histories.structured_history(seed, 150, LARGE, drop(150, first, 5, 0.4, 2))
    anomalies = anomalies_of(
        *with_baseline(history, settings), settings.expectation, settings.anomalies
    )
    (anomaly,) = (each for each in anomalies if each.campaign == "meta")
    assert abs((anomaly.first - history.dates[first].item()).days) <= 3
    assert anomaly.score < -anomaly.threshold
    assert anomaly.counted < anomaly.expected * 0.75
    assert "conversions per click -" in anomaly.reason
    assert {each.campaign for each in anomalies} <= {"meta", EVERYWHERE}


def test_a_day_on_which_everything_stops_is_an_anomaly_of_all_campaigns(settings):
    factor = np.ones((150, 3))
    factor[70] = 0.1
    history = histories.structured_history(0, 150, 20.0, factor)
    anomalies = anomalies_of(
        *with_baseline(history, settings), settings.expectation, settings.anomalies
    )
    (anomaly,) = (each for each in anomalies if each.campaign == EVERYWHERE)
    assert "largest contributions: " in anomaly.reason


def test_missing_days_and_empty_campaigns_are_not_anomalies(settings):
    history = histories.structured_history(2, 150, 40.0)
    conversions = history.conversions.copy()
    conversions[30:36, 0] = np.nan
    conversions[:, 1] = 0
    diagnosis = diagnose(replace(history, conversions=conversions), settings)
    assert diagnosis.anomalies == []
    assert all(drift.campaign != "google/YouTube" for drift in diagnosis.drifts)


def test_autocorrelated_days_add_up_to_smaller_run_scores():
    rng = np.random.Generator(np.random.PCG64(0))
    noise = rng.standard_normal(400)
    smooth = np.convolve(noise, np.ones(4) / 2, mode="same")
    noise_sd, smooth_sd = (run_scores(series, 7)[6].std() for series in (noise, smooth))
    assert 0.8 < noise_sd < 1.2
    assert smooth_sd < 1.3 < smooth[:393].std() * np.sqrt(7) / 2


def test_the_isolation_forest_flags_its_share_and_the_planted_days(settings):
    history = histories.structured_history(3, 150, LARGE, drop(150, 60, 2, 0.9, 0))
    anomalies = isolation_forest_anomalies(*with_baseline(history, settings), settings.isolation)
    assert 1 <= len(anomalies) <= 0.012 * 450
    assert {(each.campaign, each.first) for each in anomalies} >= {
        ("google/Search", history.dates[60 + day].item()) for day in (0, 1)
    }


def test_a_lasting_change_is_found_and_a_steady_level_is_not(settings):
    steady = [
        changes_of(
            *with_baseline(histories.structured_history(seed, 150), settings), settings.drift
        )
        for seed in range(12)
    ]
    assert sum(map(bool, steady)) <= 1
    history = histories.structured_history(4, 150, 40.0, drop(150, 80, 70, 0.3, 0))
    (change,) = changes_of(*with_baseline(history, settings), settings.drift)
    assert change.campaign == "google/Search"
    assert abs((change.day - history.dates[80].item()).days) <= 5
    assert change.ratio == pytest.approx(0.7, abs=0.06)


def test_drift_is_the_latest_month_over_the_two_before(settings):
    history = histories.structured_history(5, 150, LARGE, drop(150, 122, 28, 0.2, 1))
    drifts = {
        each.campaign: each for each in drifts_of(*with_baseline(history, settings), settings.drift)
    }
    drift = drifts["google/YouTube"]
    assert drift.low < 0.8 < drift.high < 1
    assert drifts["meta"].low < 1 < drifts["meta"].high


def test_a_synthetic_control_measures_the_effect_and_ranks_it_first(settings):
    season = np.exp(0.3 * np.sin(np.arange(140) / 15))[:, None]
    factor = np.tile(season, 5) * drop(140, 112, 28, -0.5, 2, 5)
    history = histories.structured_history(6, 140, LARGE, factor, CAMPAIGNS)
    day = history.dates[112].item()
    effect = effect_of(history, "google/C", day, settings.effects)
    assert effect.change == pytest.approx(0.5, abs=0.1)
    assert effect.p_value == effect.smallest == pytest.approx(0.2)
    assert sum(effect.weights.values()) == pytest.approx(1, abs=0.05)
    other = effect_of(history, "google/A", day, settings.effects)
    assert other.p_value > other.smallest
    assert effect_of(history, "google/C", date(2024, 1, 10), settings.effects) is None
    assert effect_of(history.window(), "google/C", date(2024, 5, 18), settings.effects) is None


def test_spend_precedes_conversions_of_the_next_day_but_not_of_the_same_day(settings):
    history = histories.structured_history(7, 180, LARGE)
    delayed = np.roll(history.conversions, 1, axis=0)
    precedence = precedence_of(replace(history, conversions=delayed), settings.effects)
    assert all(each.spend_first < 0.01 for each in precedence)
    same_day = precedence_of(history, settings.effects)
    assert all(each.spend_first > 0.05 for each in same_day)
