import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mediagym.agents.evaluation.bootstrap import CVAR, IQM, MEAN, Resamples, interval, quantile_mean

FLIGHTS = arrays(float, st.tuples(st.integers(1, 3), st.integers(2, 12)), elements=st.floats(-9, 9))


def _interval(values: np.ndarray, count: int = 400, seed: int = 0) -> list[float]:
    return interval(Resamples(values.shape[1], count, seed).means("p", values))


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    found = [_interval(rng.exponential(2.0, (1, 40)), seed=k) for k in range(400)]
    covered = np.mean([low <= 2.0 <= high for low, high in found])
    assert 0.88 < covered < 0.98  # percentile intervals of a skewed mean run a little short


def test_seeds_that_differ_widen_the_interval_of_their_mean() -> None:
    rng = np.random.default_rng(0)
    markets, seeds = rng.normal(size=(1, 200)), rng.normal(size=(12, 1))
    alike, apart = np.repeat(markets, 12, 0), markets + 2 * seeds
    narrow, wide = (np.diff(_interval(flights))[0] for flights in (alike, apart))
    assert narrow == pytest.approx(2 * 1.96 * markets.std() / np.sqrt(200), rel=0.15)
    assert wide == pytest.approx(2 * 1.96 * 2 * seeds.std() / np.sqrt(12), rel=0.25)


def test_a_lower_level_is_a_narrower_interval() -> None:
    samples = np.random.default_rng(0).normal(size=2000)
    narrow, wide = (interval(samples, level) for level in (0.5, 0.95))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@given(FLIGHTS)
def test_parts_of_the_ranks_are_what_their_names_say(flights: np.ndarray) -> None:
    flat, count = np.sort(flights.ravel()), flights.size
    assert quantile_mean(flights, MEAN) == pytest.approx(flat.mean(), abs=1e-9)
    if count % 4 == 0:  # else a value at the edge counts in part
        assert quantile_mean(flights, IQM) == pytest.approx(stats.trim_mean(flat, 0.25), abs=1e-9)
    copies = np.repeat(flat, 20)  # twenty of each: every edge falls between two
    assert quantile_mean(flights, IQM) == pytest.approx(stats.trim_mean(copies, 0.25), abs=1e-9)
    assert quantile_mean(flights, CVAR) == pytest.approx(copies[: 2 * count].mean(), abs=1e-9)


@given(FLIGHTS)
def test_the_mean_of_all_ranks_is_the_mean_in_every_resample(flights: np.ndarray) -> None:
    resamples = Resamples(flights.shape[1], 100, 3)
    (ranked,) = resamples.quantile_means("p", flights, [MEAN])
    np.testing.assert_allclose(ranked, resamples.means("p", flights), atol=1e-9)


@pytest.mark.parametrize("count", [1, 100, 500, 501, 1234])
def test_as_many_resamples_are_drawn_as_asked_for(count: int) -> None:
    resamples = Resamples(5, count, 0)
    flights = np.arange(10.0).reshape(2, 5)
    assert resamples.means("p", flights).shape == (count,)
    assert [len(each) for each in resamples.quantile_means("p", flights, [IQM, CVAR])] == [
        count,
        count,
    ]
    np.testing.assert_allclose(resamples.markets.sum(1), 1)


def test_weights_are_counts_of_draws_with_replacement() -> None:
    counts = Resamples(6, 4000, 0).markets * 6
    np.testing.assert_allclose(counts, counts.round(), atol=1e-12)
    np.testing.assert_allclose(counts.mean(0), 1, atol=0.06)
    np.testing.assert_allclose(counts.var(0), 5 / 6, rtol=0.1)


def test_two_policies_meet_the_same_markets_but_not_the_same_seeds() -> None:
    resamples = Resamples(30, 200, 0)
    values = np.random.default_rng(0).normal(size=(1, 30))
    np.testing.assert_array_equal(resamples.means("a", values), resamples.means("b", values))
    assert not np.array_equal(resamples.seeds("a", 5), resamples.seeds("b", 5))
    assert (resamples.seeds("a", 1) == 1).all()


def test_the_chance_of_a_win_is_that_of_a_drawn_pair() -> None:
    resamples = Resamples(400, 500, 0)
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(0.5, 1, (3, 400)), rng.normal(0, 1, (2, 400))
    chances = resamples.improvement_probability(
        "a", "b", (ours[:, None] > theirs[None]).astype(float)
    )
    assert chances.mean() == pytest.approx(stats.norm.cdf(0.5 / np.sqrt(2)), abs=0.04)


def test_only_generators_of_the_given_seed_are_used() -> None:
    values = np.random.default_rng(0).normal(size=(2, 30))
    random.seed(1)
    before, python = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    one, two, other = (_interval(values, 700, seed) for seed in (7, 7, 8))
    assert one == two != other
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert random.getstate() == python


def test_equal_values_have_no_width() -> None:
    assert _interval(np.full((1, 9), 3.0)) == pytest.approx([3.0, 3.0], abs=1e-12)
