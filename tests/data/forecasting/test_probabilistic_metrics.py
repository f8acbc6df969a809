"""Scores of predictive draws follow their definitions and ignore unobserved days."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mediagym.data.forecasting import pooled_scores, verify
from mediagym.data.forecasting.probabilistic_metrics import crps

SEEDS = st.integers(0, 2**32)


def test_the_crps_of_gaussian_draws_is_the_closed_form() -> None:
    """Against the closed form of Gneiting and Raftery (2007), at several observations."""
    draws = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)[:, None] * 3 + 10
    actual = np.array([10.0, 4.0, 17.0])
    z = (actual - 10) / 3
    exact = 3 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi))
    np.testing.assert_allclose(crps(draws + 0 * actual, actual), exact, rtol=2e-3)


@given(SEEDS, st.integers(1, 12))
def test_the_crps_follows_its_definition(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    draws, actual = rng.integers(0, 6, (count, 4)).astype(float), rng.normal(3, 2, 4)
    pairs = np.abs(draws[:, None] - draws[None]).mean((0, 1))
    expected = np.abs(draws - actual).mean(0) - pairs / 2
    np.testing.assert_allclose(crps(draws, actual), expected, atol=1e-12)


def test_the_crps_of_a_single_draw_is_its_absolute_error() -> None:
    assert crps(np.array([[4.0]]), np.array([7.0])).tolist() == [3.0]
    same = np.ones((50, 2, 3))
    assert verify(same[0], same, same[0]).crps == pytest.approx(0, abs=1e-12)


def test_coverage_counts_days_and_campaign_days() -> None:
    draws = np.linspace(0, 100, 1001)[:, None, None] * np.ones((4, 1))
    actual = np.array([[50.0], [20.0], [4.0], [99.0]])
    scores = verify(np.full((4, 1), 50.0), draws, actual)
    assert scores.coverage50 == 0.25
    assert scores.coverage90 == 0.5
    assert scores.campaign_coverage90 == 0.5
    assert scores.interval == pytest.approx((20.0, 380.0))
    assert scores.total_coverage90 == 1.0
    assert scores.actual == 173
    assert scores.bias == 27
    assert scores.daily == 0 + 30 + 46 + 49
    assert scores.total == 27


def test_errors_are_of_daily_totals_overall_totals_and_campaign_totals() -> None:
    actual = np.array([[10.0, 0.0], [10.0, 20.0]])
    mean = np.array([[0.0, 10.0], [10.0, 20.0]])
    scores = verify(mean, mean[None], actual)
    assert (scores.daily, scores.total, scores.campaign, scores.bias) == (0, 0, 20, 0)


@given(SEEDS)
def test_unobserved_days_are_ignored(seed: int) -> None:
    """Neither single unobserved campaign-days nor whole unobserved days affect any score."""
    rng = np.random.default_rng(seed)
    draws, actual = rng.gamma(2, 5, (40, 6, 3)), rng.gamma(2, 5, (6, 3))
    actual[1, 2] = actual[3] = np.nan
    scores = verify(draws.mean(0), draws, actual)
    other = draws.copy()
    other[:, np.isnan(actual)] = 1e6
    assert verify(other.mean(0), other, actual) == scores
    reported = [0, 1, 2, 4, 5]
    subset = verify(draws.mean(0)[reported], draws[:, reported], actual[reported])
    assert subset == scores


def test_a_calibrated_forecast_has_its_nominal_coverage() -> None:
    rng = np.random.default_rng(0)
    draws = rng.normal(100, 10, (2000, 500, 1))
    scores = verify(np.full((500, 1), 100.0), draws, rng.normal(100, 10, (500, 1)))
    assert scores.coverage50 == pytest.approx(0.5, abs=0.07)
    assert scores.coverage90 == pytest.approx(0.9, abs=0.045)


def test_horizons_are_pooled_by_their_sums() -> None:
    first = verify(np.full((2, 1), 12.0), np.full((3, 2, 1), 12.0), np.full((2, 1), 10.0))
    second = verify(np.full((1, 1), 60.0), np.full((3, 1, 1), 60.0), np.full((1, 1), 80.0))
    together = pooled_scores([first, second])
    assert together["daily_wape"] == together["total_wape"] == pytest.approx(24 / 100)
    assert together["bias"] == pytest.approx(-16 / 100)
    assert together["crps"] == pytest.approx((2 + 20) / 2)
    assert set(together) == {
        "daily_wape", "total_wape", "campaign_wape", "bias", "coverage50", "coverage90",
        "campaign_coverage90", "total_coverage90", "crps",
    }  # fmt: skip
