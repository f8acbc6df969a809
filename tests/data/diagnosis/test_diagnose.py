"""What is planted is found, and steady histories are left alone."""

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

LARGE = 100.0  # conversions a day
RIVALS = tuple(Campaign("google", kind) for kind in ("A", "B", "C", "D", "E"))


@pytest.fixture(scope="session")
def asked(conf):
    return DiagnosisSettings.of(conf("diagnosis/default.yaml"), "diagnosis")


def dropped(days, first, length, by, column, columns=3):
    factor = np.ones((days, columns))
    factor[first : first + length, column] = 1 - by
    return factor


def seen(history, asked):
    return history, baseline_of(history, asked.expectation)


def test_an_expectation_knows_weekday_spend_and_a_slow_level(asked):
    level = np.linspace(1.0, 2.0, 150)[:, None]
    found = baseline_of(
        histories.lawful_history(1, 150, LARGE, np.tile(level, 3)), asked.expectation
    )
    assert np.abs(found.expected / found.counted - 1).mean() < 0.12
    score = standardised_residuals(found.counted, found.expected, found.known)
    assert 0.85 < score.std() < 1.15


def test_steady_histories_have_no_anomaly(asked):
    found = [
        anomalies_of(
            *seen(histories.lawful_history(seed, 150), asked), asked.expectation, asked.anomalies
        )
        for seed in range(30)
    ]
    assert sum(map(bool, found)) <= 3


@pytest.mark.parametrize("seed", range(5))
def test_a_drop_of_five_days_is_found_where_it_was_and_told(asked, seed):
    first = 20 + 25 * seed
    history = histories.lawful_history(seed, 150, LARGE, dropped(150, first, 5, 0.4, 2))
    found = anomalies_of(*seen(history, asked), asked.expectation, asked.anomalies)
    own = [each for each in found if each.campaign == "meta"]
    assert len(own) == 1
    assert abs((own[0].first - history.dates[first].item()).days) <= 3
    assert own[0].score < -own[0].threshold
    assert own[0].counted < own[0].expected * 0.75
    assert "conversions a click -" in own[0].reason
    assert {each.campaign for each in found} <= {"meta", EVERYWHERE}


def test_a_day_on_which_everything_stops_is_told_for_all_campaigns(asked):
    factor = np.ones((150, 3))
    factor[70] = 0.1
    history = histories.lawful_history(0, 150, 20.0, factor)
    found = anomalies_of(*seen(history, asked), asked.expectation, asked.anomalies)
    everywhere = [each for each in found if each.campaign == EVERYWHERE]
    assert len(everywhere) == 1
    assert "most of it: " in everywhere[0].reason


def test_missing_days_and_empty_campaigns_are_no_anomaly(asked):
    history = histories.lawful_history(2, 150, 40.0)
    conversions = history.conversions.copy()
    conversions[30:36, 0] = np.nan
    conversions[:, 1] = 0
    found = diagnose(replace(history, conversions=conversions), asked)
    assert found.anomalies == []
    assert all(each.campaign != "google/YouTube" for each in found.drifts)


def test_days_that_resemble_their_neighbours_count_for_less():
    rng = np.random.Generator(np.random.PCG64(0))
    noise = rng.standard_normal(400)
    walk = np.convolve(noise, np.ones(4) / 2, mode="same")
    plain, alike = (run_scores(each, 7)[6].std() for each in (noise, walk))
    assert 0.8 < plain < 1.2
    assert alike < 1.3 < walk[:393].std() * np.sqrt(7) / 2


def test_the_forest_flags_the_share_it_is_told_to_and_the_plainest_days(asked):
    history = histories.lawful_history(3, 150, LARGE, dropped(150, 60, 2, 0.9, 0))
    found = isolation_forest_anomalies(*seen(history, asked), asked.isolation)
    assert 1 <= len(found) <= 0.012 * 450
    assert {(each.campaign, each.first) for each in found} >= {
        ("google/Search", history.dates[60 + at].item()) for at in (0, 1)
    }


def test_a_lasting_change_is_found_and_a_steady_level_is_not(asked):
    steady = [
        changes_of(*seen(histories.lawful_history(seed, 150), asked), asked.drift)
        for seed in range(12)
    ]
    assert sum(map(bool, steady)) <= 1
    history = histories.lawful_history(4, 150, 40.0, dropped(150, 80, 70, 0.3, 0))
    (change,) = changes_of(*seen(history, asked), asked.drift)
    assert change.campaign == "google/Search"
    assert abs((change.day - history.dates[80].item()).days) <= 5
    assert change.ratio == pytest.approx(0.7, abs=0.06)


def test_drift_is_the_latest_month_over_the_two_before(asked):
    history = histories.lawful_history(5, 150, LARGE, dropped(150, 122, 28, 0.2, 1))
    found = {each.campaign: each for each in drifts_of(*seen(history, asked), asked.drift)}
    own = found["google/YouTube"]
    assert own.low < 0.8 < own.high < 1
    assert found["meta"].low < 1 < found["meta"].high


def test_a_synthetic_control_finds_the_effect_and_no_other_campaign_has_a_larger_one(asked):
    season = np.exp(0.3 * np.sin(np.arange(140) / 15))[:, None]
    factor = np.tile(season, 5) * dropped(140, 112, 28, -0.5, 2, 5)
    history = histories.lawful_history(6, 140, LARGE, factor, RIVALS)
    day = history.dates[112].item()
    effect = effect_of(history, "google/C", day, asked.effects)
    assert effect.change == pytest.approx(0.5, abs=0.1)
    assert effect.p_value == effect.smallest == pytest.approx(0.2)
    assert sum(effect.weights.values()) == pytest.approx(1, abs=0.05)
    other = effect_of(history, "google/A", day, asked.effects)
    assert other.p_value > other.smallest
    assert effect_of(history, "google/C", date(2024, 1, 10), asked.effects) is None
    assert effect_of(history.window(), "google/C", date(2024, 5, 18), asked.effects) is None


def test_spend_that_acts_tomorrow_precedes_and_spend_that_acts_today_does_not(asked):
    history = histories.lawful_history(7, 180, LARGE)
    late = np.roll(history.conversions, 1, axis=0)
    found = precedence_of(replace(history, conversions=late), asked.effects)
    assert all(each.spend_first < 0.01 for each in found)
    same = precedence_of(history, asked.effects)
    assert all(each.spend_first > 0.05 for each in same)
