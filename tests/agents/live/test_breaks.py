"""A change of a campaign's efficiency is found, with its day."""

import numpy as np
import pytest

from mediagym.agents.live.breaks import breaks

LIMITS = np.full(2, 0.02), np.full(2, 0.05), np.full(2, 4e-4)


def reports(factor, day, seed=0, days=20):
    rng = np.random.default_rng(seed)
    expected = np.full((days, 2), 60.0)
    true = expected.copy()
    true[day:, 0] *= factor
    gamma = rng.gamma(1 / 0.02, 0.02, true.shape)
    return rng.poisson(true * gamma).astype(float), expected


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_break_is_found_with_its_day(factor):
    found = [breaks(*reports(factor, 12, seed), *LIMITS) for seed in range(40)]
    own = [each for flight in found for each in flight if each.campaign == 0]
    assert len(own) >= 38
    assert np.median([abs(each.day - 12) for each in own]) <= 1
    covered = [each.low < factor - 1 < each.high for each in own]
    assert np.mean(covered) >= 0.75  # of a 90 % interval, whose day is found too


def test_chance_is_seldom_a_break():
    false = sum(bool(breaks(*reports(1.0, 0, seed), *LIMITS)) for seed in range(200))
    assert false <= 4


def test_a_level_that_was_always_other_is_no_break():
    reported, expected = reports(0.7, 0, seed=3)
    assert breaks(reported, expected, *LIMITS) == []


def test_few_days_have_no_break():
    reported, expected = reports(0.2, 2, days=4)
    assert breaks(reported, expected, *LIMITS) == []
