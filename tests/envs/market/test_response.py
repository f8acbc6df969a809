import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mediagym.envs.market import carryover_of, inverse_marginal, odds_at_reference, saturation
from mediagym.envs.market.response import carry, odds_effect

SLOPES = st.sampled_from([0.5, 0.9, 1.0, 1.2, 2.5])
SHARES = st.floats(0.05, 0.95)


@given(SLOPES, SHARES)
def test_the_response_is_one_at_the_reference_with_the_given_elasticity(slope, share):
    elasticity, small = share * slope, 1e-5
    around = np.exp([-small, 0.0, small])
    low, at, high = np.log(saturation(around, elasticity, np.array(slope)))
    assert at == pytest.approx(0, abs=1e-10)
    assert (high - low) / (2 * small) == pytest.approx(elasticity, rel=1e-6)


@given(SLOPES, SHARES, st.just(0.0) | st.floats(1e-5, 1e6))
def test_the_response_is_the_hill_curve(slope, share, ratio):
    elasticity = share * slope
    half = odds_at_reference(elasticity, slope) ** (1 / slope)
    hill = [x**slope / (x**slope + half**slope) for x in (ratio, 1.0)]
    assert saturation(ratio, elasticity, np.array(slope)) == pytest.approx(
        hill[0] / hill[1], rel=1e-6, abs=1e-9
    )


@given(SLOPES, SHARES)
def test_nothing_spent_is_nothing_returned_with_a_finite_gradient(slope, share):
    ratio = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    value = saturation(ratio, torch.tensor([share * slope]), torch.tensor([slope]))
    value.sum().backward()
    assert value.item() == 0
    assert torch.isfinite(ratio.grad).all()
    assert ratio.grad.item() >= 0


def test_a_slope_of_one_is_exact_also_next_to_other_slopes():
    ratio, elasticity = np.linspace(0, 9, 50)[:, None], np.array([0.3, 0.3])
    mixed = saturation(ratio, elasticity, np.array([1.0, 1.7]))[:, 0]
    plain = saturation(ratio, elasticity, np.ones(2))[:, 0]
    assert (mixed == plain).all()
    assert (plain == saturation(ratio[:, 0], 0.3, 1.0)).all()


@given(SHARES, st.floats(0.01, 100), st.floats(0.1, 50))
def test_the_inverse_of_the_marginal_return_has_that_marginal_return(elasticity, ratio, value):
    small = 1e-4 * ratio
    ends = saturation(np.array([ratio - small, ratio + small]), elasticity, 1.0)
    price = value * (ends[1] - ends[0]) / (2 * small)
    assert inverse_marginal(price, value, elasticity) == pytest.approx(ratio, rel=1e-3)


@given(st.floats(0, 0.99), st.floats(0, 1e6))
def test_a_steady_spend_is_its_own_stock(carryover, spend):
    assert carry(spend, spend, carryover) == pytest.approx(spend, rel=1e-14)
    stock = 0.0
    for _ in range(4000):
        stock = carry(stock, spend, carryover)
    assert stock == pytest.approx(spend, rel=1e-9)


@given(st.floats(0.1, 100))
def test_half_of_the_stock_is_left_after_a_half_life(half_life):
    kept = carryover_of(half_life)
    assert kept**half_life == pytest.approx(0.5)


@given(SLOPES, SHARES, st.floats(0.01, 100))
def test_the_effect_of_the_odds_is_the_slope_of_the_log_response(slope, share, ratio):
    odds, small = odds_at_reference(share * slope, slope), 1e-5
    around = slope * (shifted := odds * np.exp([-small, small])) / (1 + shifted)
    low, high = np.log(saturation(np.full(2, ratio), around, np.array(slope)))
    effect = odds_effect(np.array(ratio), odds, np.array(slope))
    assert effect == pytest.approx((high - low) / (2 * small), rel=1e-5, abs=1e-7)
