import random

import numpy as np
import pytest

from mediagym.agents.bootstrap import interval


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    found = [interval(rng.exponential(2.0, 40), 400, rng) for _ in range(400)]
    covered = np.mean([low <= 2.0 <= high for low, high in found])
    assert 0.88 < covered < 0.98  # percentile intervals of a skewed mean run a little short


def test_a_lower_level_is_a_narrower_interval() -> None:
    values = np.random.default_rng(0).normal(size=50)
    narrow, wide = (
        interval(values, 1000, np.random.default_rng(1), level) for level in (0.5, 0.95)
    )
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_it_has_the_width_of_the_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=400)
    low, high = interval(values, 4000, np.random.default_rng(1))
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.08)


@pytest.mark.parametrize("resamples", [1, 100, 500, 501, 1234])
def test_as_many_resamples_are_drawn_as_asked_for(resamples: int) -> None:
    class Counting:
        drawn = 0

        def integers(self, high: int, size: tuple[int, int]) -> np.ndarray:
            self.drawn += size[0]
            return np.zeros(size, int)

    rng = Counting()
    interval(np.arange(5.0), resamples, rng)  # type: ignore[arg-type]
    assert rng.drawn == resamples


def test_only_the_given_generator_is_used() -> None:
    values = np.random.default_rng(0).normal(size=30)
    random.seed(1)
    before, python = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    one = interval(values, 700, np.random.default_rng(7))
    two = interval(values, 700, np.random.default_rng(7))
    assert one == two
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert random.getstate() == python
    assert interval(values, 700, np.random.default_rng(8)) != one


def test_equal_values_have_no_width() -> None:
    assert interval(np.full(9, 3.0), 100, np.random.default_rng(0)) == [3.0, 3.0]
