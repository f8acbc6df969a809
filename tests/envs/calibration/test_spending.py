"""The spending facts of a posterior, and its files."""

import dataclasses

import numpy as np

from mediagym.data.storage import read_arrays, write_arrays
from mediagym.envs.calibration import load_posterior, save_posterior, spending_facts


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
