import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.agents.policies.static_cvar import rounded_tail, worst

VALUES = st.lists(st.floats(1, 1000), min_size=3, max_size=40).map(np.array)
ALPHAS = st.floats(0.05, 1)


@given(VALUES, ALPHAS)
def test_the_weights_are_a_distribution_that_favours_the_worst(value, alpha):
    mean, weight = rounded_tail(value, alpha)
    assert (weight >= 0).all()
    assert weight.sum() == pytest.approx(1)
    assert (np.diff(weight[np.argsort(value)]) <= 1e-12).all()
    assert mean <= value.mean() + 1e-9 * np.abs(value).max()


@given(VALUES)
def test_all_markets_are_the_mean(value):
    assert rounded_tail(value, 1.0)[0] == pytest.approx(value.mean())


def test_it_is_the_mean_of_the_worst_up_to_the_rounding():
    value = np.random.Generator(np.random.PCG64(0)).normal(100, 10, 2000)
    mean, _ = rounded_tail(value, 0.1)
    assert mean == pytest.approx(np.sort(value)[:200].mean(), abs=0.5)


def test_the_weights_are_the_gradient():
    value = np.random.Generator(np.random.PCG64(1)).normal(100, 10, 9)
    _, weight = rounded_tail(value, 0.3)
    for k in range(len(value)):
        step = np.zeros(9)
        step[k] = 1e-4
        # the width follows the spread of the values, which the gradient leaves out
        slope = (rounded_tail(value + step, 0.3)[0] - rounded_tail(value - step, 0.3)[0]) / 2e-4
        assert weight[k] == pytest.approx(slope, abs=0.02)


def test_one_plan_is_worth_its_tail_and_pulled_by_it():
    def each(plans):
        rates = np.array([1.0, 2.0, 3.0, 4.0])[:, None, None]
        return (rates * plans).sum((1, 2)), rates + 0 * plans

    value, slope = worst(each, 4, 0.25)(np.ones((1, 2, 3)))
    assert value[0] == pytest.approx(6, abs=0.6)
    assert slope.shape == (1, 2, 3)
    assert (slope < 1.2).all()
