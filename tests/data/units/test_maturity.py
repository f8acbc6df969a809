"""Warnings of last days whose conversions are not complete."""

import numpy as np
import pytest
from helpers.small_exports import settings_for

from mediagym.data.history import METRICS, Campaign
from mediagym.data.units.maturity import lag_days, maturity_notes

GOOGLE = (Campaign("google", None),)


def values(days: int, last: np.ndarray, rate: float = 30.0, seed: int = 0) -> np.ndarray:
    """(metrics, days, 1) with the last days' conversions scaled."""
    rng = np.random.default_rng(seed)
    found = np.ones((len(METRICS), days, 1)) * 100
    factor = np.ones(days)
    factor[days - len(last) :] = last
    found[METRICS.index("conversions"), :, 0] = rng.poisson(rate, days) * factor
    return found


def test_a_lag_tail_is_warned_of_once_and_says_what_to_do(tmp_path) -> None:
    lag = np.linspace(0.82, 0.1, 7)
    notes = maturity_notes(GOOGLE, values(120, lag), settings_for(tmp_path))
    assert len(notes) == 1
    assert "google: WARNING, the last 7 days" in notes[0]
    assert "data.incomplete_days=7" in notes[0]
    assert maturity_notes(GOOGLE, values(120, lag), settings_for(tmp_path, incomplete_days=7)) == []


@pytest.mark.parametrize("rate", [1.3, 30.0])
def test_chance_is_not_warned_of(tmp_path, rate: float) -> None:
    settings = settings_for(tmp_path)
    warned = sum(
        bool(maturity_notes(GOOGLE, values(120, np.ones(7), rate, seed), settings))
        for seed in range(400)
    )
    assert warned <= 4  # one in a hundred at most


def test_the_lag_is_that_of_the_platform() -> None:
    assert lag_days("google") == 7
    assert lag_days("some podcast") == 7
    assert lag_days("apple_search_ads") == 3
