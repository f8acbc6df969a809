import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.agents.policies.static_cvar import cvar_objective, smoothed_cvar

VALUES = st.lists(st.floats(1, 1000), min_size=3, max_size=40).map(np.array)
ALPHAS = st.floats(0.05, 1)


@given(VALUES, ALPHAS)
def test_weights_are_a_distribution_and_do_not_increase_with_the_value(value, alpha):
    mean, weight = smoothed_cvar(value, alpha)
    assert (weight >= 0).all()
    assert weight.sum() == pytest.approx(1)
    assert (np.diff(weight[np.argsort(value)]) <= 1e-12).all()
    # the mean of the worst share, and what smoothing the corner takes from it at most
    worst = _mean_of_the_worst(value, alpha)
    rounding = 1e-9 * value.max()
    assert mean <= worst + rounding
    assert mean >= worst - 0.05 * value.std() * np.log(2) / alpha - rounding


def _mean_of_the_worst(value, alpha):
    """Mean of the worst share, the last value in part."""
    parts = np.clip(alpha * len(value) - np.arange(len(value)), 0, 1)
    return np.sort(value) @ parts / parts.sum()


@given(VALUES)
def test_the_cvar_of_all_markets_is_the_mean(value):
    assert smoothed_cvar(value, 1.0)[0] == pytest.approx(value.mean())


def test_the_smoothed_cvar_is_near_the_mean_of_the_worst_values():
    value = np.random.Generator(np.random.PCG64(0)).normal(100, 10, 2000)
    mean, _ = smoothed_cvar(value, 0.1)
    assert mean == pytest.approx(np.sort(value)[:200].mean(), abs=0.5)


def test_weights_are_the_gradient():
    value = np.random.Generator(np.random.PCG64(1)).normal(100, 10, 9)
    _, weight = smoothed_cvar(value, 0.3)
    for k in range(len(value)):
        step = np.zeros(9)
        step[k] = 1e-4
        # the gradient leaves out that the width follows the spread of the values
        slope = (smoothed_cvar(value + step, 0.3)[0] - smoothed_cvar(value - step, 0.3)[0]) / 2e-4
        assert weight[k] == pytest.approx(slope, abs=0.02)


def test_value_and_gradient_of_a_plan_are_those_of_its_worst_markets():
    def by_market(plans):
        rates = np.array([1.0, 2.0, 3.0, 4.0])[:, None, None]
        return (rates * plans).sum((1, 2)), rates + 0 * plans

    value, gradient = cvar_objective(by_market, 4, 0.25)(np.ones((1, 2, 3)))
    assert 5.4 < value[0] <= 6  # smoothing can only lower the value of the worst market
    assert gradient.shape == (1, 2, 3)
    assert (gradient >= 1).all()  # no market earns less per dollar
    assert (gradient < 1.1).all()
