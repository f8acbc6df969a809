import numpy as np
import pytest

from mediagym.envs.calibration.demand import SpendIndex
from mediagym.envs.calibration.demand.follow import WINDOW


@pytest.fixture
def spend():
    return np.random.default_rng(0).gamma(2, 50, (60, 3))


def test_the_index_is_the_log_of_a_week_over_the_median_week(spend):
    index = SpendIndex.of(spend)
    weekly = np.stack([spend[max(t - 6, 0) : t + 1].mean(0) for t in range(60)])
    np.testing.assert_allclose(index.usual, np.median(weekly, 0))
    np.testing.assert_allclose(index.values(spend), np.log(weekly / index.usual), atol=1e-12)
    np.testing.assert_allclose(index.latest, index.values(spend)[-1])


@pytest.mark.parametrize("known", [1, 3, WINDOW, 40])
def test_the_index_ahead_continues_the_index_of_the_history(spend, known):
    index = SpendIndex.of(spend[:known])
    whole = index.values(spend)
    np.testing.assert_allclose(index.ahead(spend[known:]), whole[known:], atol=1e-12)
    np.testing.assert_allclose(index.values(spend[:known]), whole[:known], atol=1e-12)


def test_spend_after_a_day_does_not_change_the_index_before(spend):
    index = SpendIndex.of(spend[:40])
    changed = spend.copy()
    changed[50:] *= 9
    before, after = index.ahead(spend[40:]), index.ahead(changed[40:])
    assert np.array_equal(before[:10], after[:10])
    assert (after[10:] > before[10:]).all()


@pytest.mark.parametrize("factor", [0.003, 150.0])
def test_the_index_has_no_currency(spend, factor):
    ours, theirs = SpendIndex.of(spend), SpendIndex.of(factor * spend)
    np.testing.assert_allclose(theirs.values(factor * spend), ours.values(spend), atol=1e-12)
    np.testing.assert_allclose(theirs.usual, factor * ours.usual)


def test_a_week_without_spend_is_usual_and_any_spend_is_finite(spend):
    spend[20:30, 0] = 0.0
    spend[:, 1] = 0.0
    spend[40:, 2] = 1e-9
    values = SpendIndex.of(spend).values(spend)
    assert np.array_equal(values[26:30, 0], np.zeros(4))
    assert not values[:, 1].any()
    assert np.abs(values).max() == 3.0
