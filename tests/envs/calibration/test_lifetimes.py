"""Recent spend, the season's spend, and days without spend."""

import dataclasses

import numpy as np
import pytest

from mediagym.data.storage import read_arrays, write_arrays
from mediagym.envs.calibration import load_posterior, save_posterior, season_windows
from mediagym.envs.calibration.lifetimes import spending_facts, spending_facts_of


def test_the_recent_maximum_is_that_of_the_last_56_days():
    spend = np.ones((100, 3))
    spend[43, 0] = 50.0  # a day too early
    spend[44, 1] = 50.0
    spend[99, 2] = 50.0
    assert spending_facts_of(spend).recent_max.tolist() == [1.0, 50.0, 50.0]


def test_a_short_history_is_recent_as_a_whole():
    facts = spending_facts_of(np.array([[3.0], [1.0]]))
    assert facts.recent_max.tolist() == [3.0]
    assert np.isnan(facts.season_max).all()


def test_the_season_is_28_days_around_the_flight_in_every_earlier_year():
    spend = np.zeros((1000, 6))
    flight = np.array([1000, 1029])
    (first, last) = flight - 365 + [-28, 28]
    spend[first, 0] = spend[last, 1] = 7.0
    spend[first - 1, 2] = spend[last + 1, 3] = 7.0
    spend[1000 - 730, 4] = 9.0
    spend[1000 - 730, 5], spend[1000 - 365, 5] = 9.0, 4.0
    assert spending_facts_of(spend).season_max.tolist() == [7, 7, 0, 0, 9, 9]
    assert season_windows(1000)[0] == (first, last)


@pytest.mark.parametrize(("days", "count"), [(56, 0), (307, 0), (308, 1), (672, 1), (673, 2)])
def test_a_season_needs_an_earlier_year(days, count):
    windows = season_windows(days)
    assert len(windows) == count
    assert all(0 <= first <= last < days for first, last in windows)
    is_known = np.isfinite(spending_facts_of(np.ones((days, 1))).season_max[0])
    assert is_known == (count > 0)


def test_days_off_count_from_the_last_day_with_spend():
    spend = np.zeros((40, 4))
    spend[39, 0] = spend[38, 1] = spend[0, 2] = 1.0
    assert spending_facts_of(spend).days_off.tolist() == [0, 1, 39, 40]


def test_days_without_a_row_are_days_without_spend(history):
    spend = np.array(history.spend)
    spend[-30:, 0] = np.nan
    shorter = dataclasses.replace(history, spend=spend)
    facts = spending_facts(shorter)
    assert facts.days_off[0] >= 30
    assert np.isfinite(facts.recent_max).all()


def test_a_posterior_holds_the_facts_of_its_history(posterior, history, tmp_path):
    facts = spending_facts(history)
    for name, values in facts._asdict().items():
        np.testing.assert_array_equal(getattr(posterior, name), values)
    save_posterior(posterior, tmp_path)
    again = load_posterior(tmp_path)
    for name, values in facts._asdict().items():
        np.testing.assert_array_equal(getattr(again, name), values)


def test_known_is_the_larger_of_recent_and_season(posterior):
    facts = posterior.spending
    season = np.full(len(facts.recent_max), np.nan)
    season[0], season[1] = 2 * facts.recent_max[0] + 1, 0.0
    own = dataclasses.replace(posterior, spending=facts._replace(season_max=season))
    assert own.known_max[0] == season[0]
    np.testing.assert_array_equal(own.known_max[1:], facts.recent_max[1:])


def test_files_from_before_the_facts_still_load(posterior, tmp_path):
    save_posterior(posterior, tmp_path)
    arrays = read_arrays(tmp_path / "posterior.npz")
    for name in ("recent_max", "season_max", "days_off"):
        del arrays[name]
    write_arrays(tmp_path / "posterior.npz", arrays)
    older = load_posterior(tmp_path)
    assert older.spending is None
    np.testing.assert_array_equal(older.recent_max, posterior.spend_max)
    np.testing.assert_array_equal(older.known_max, posterior.spend_max)
    assert np.isnan(older.season_max).all()
    assert not older.days_off.any()
