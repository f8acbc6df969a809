import datetime

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mediagym.envs.arrays import select
from mediagym.envs.market import (
    MarketState,
    Noise,
    day_number,
    draw_noise,
    draw_noises,
    generator,
    step,
    unit_lognormal,
    weekday_of,
)
from mediagym.envs.market.level import next_demand
from mediagym.envs.planning import to_tensors

SEEDS = st.integers(0, 2**32)


@pytest.fixture
def a_day(draw_market, draw_state):
    """Draws a batch of markets with their states, spend and noise."""

    def draw(seed, batch=4, **fixed):
        rng = np.random.default_rng(seed)
        market = draw_market(rng, (batch,), **fixed)
        spend = market.reference_spend * rng.exponential(1, market.elasticity.shape)
        spend = np.where(rng.random(spend.shape) < 0.2, 0.0, spend)
        noise = draw_noises(market, 1, [generator(seed, i) for i in range(batch)])
        return market, draw_state(rng, market), spend, select(noise, 0)

    return draw


def assert_close(ours, theirs, rtol=1e-9):
    for name in ours._fields:
        assert (getattr(ours, name) is None) == (getattr(theirs, name) is None), name
        if getattr(ours, name) is None:
            continue
        field, other = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        np.testing.assert_allclose(field, other, rtol=rtol, atol=1e-9, err_msg=name)


def assert_same(ours, theirs):
    for name in ours._fields:
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name


@given(SEEDS, st.sampled_from([1.0, 0.7, 1.8]))
def test_numpy_and_torch_step_the_same(a_day, seed, slope):
    market, state, spend, noise = a_day(seed, slope=slope, elasticity=0.4)
    ours = step(market, state, spend, noise)
    theirs = step(to_tensors(market), to_tensors(state), torch.as_tensor(spend), to_tensors(noise))
    for mine, other in zip(ours, theirs, strict=True):
        assert_close(mine, other)


@given(SEEDS)
def test_a_market_in_a_batch_steps_as_it_does_alone(a_day, seed):
    market, state, spend, noise = a_day(seed)
    batch = step(market, state, spend, noise)
    for i in range(len(spend)):
        alone = step(select(market, i), select(state, i), spend[i], select(noise, i))
        for mine, other in zip(alone, batch, strict=True):
            assert_same(mine, select(other, i))


@given(SEEDS)
def test_markets_and_flights_broadcast(a_day, seed):
    market, state, spend, noise = a_day(seed, batch=3)
    plans = np.stack([spend, 2 * spend])[:, None]  # plans x 1 x markets x campaigns
    both, outcome = step(market, state, plans, noise)
    assert outcome.conversions.shape == both.stock.shape == (2, 1, 3, 3)
    for p, plan in enumerate((spend, 2 * spend)):
        alone = step(market, state, plan, noise)
        assert_same(alone[1], type(outcome)(*(field[p, 0] for field in outcome)))


@given(SEEDS)
def test_without_noise_counts_are_their_expectation(a_day, seed):
    market, state, spend, _ = a_day(seed)
    ahead, outcome = step(market, state, spend, None)
    assert outcome.conversions is outcome.expected
    assert np.array_equal(outcome.revenue, outcome.expected_revenue)
    assert np.array_equal(ahead.level, market.level_kept * state.level)


@given(SEEDS)
def test_the_demand_path_moves_the_level_and_nothing_else(a_day, seed):
    market, state, spend, noise = a_day(seed)
    counted, full = step(market, state, spend, noise)
    averaged, path = step(market, state, spend, noise.without_count_noise())
    assert_same(counted, averaged)
    assert np.array_equal(path.expected, full.expected)
    assert np.array_equal(path.conversions, path.expected)
    assert np.array_equal(path.revenue, path.expected_revenue)


def test_counts_average_to_their_expectation(draw_market, draw_state):
    rng = np.random.default_rng(5)
    market = draw_market(rng, reference_conversions=4.0, level_sd=0.0, demand_sd=0.0)
    state, days = draw_state(rng, market), 40_000
    noise = draw_noise(market, days, rng)
    _, outcome = step(market, state, market.reference_spend, noise)
    for counted, expected in (("conversions", "expected"), ("revenue", "expected_revenue")):
        counts = getattr(outcome, counted)
        error = 5 * counts.std(0) / np.sqrt(days)
        assert (np.abs(counts.mean(0) - getattr(outcome, expected)) < error).all()


NEUTRAL = {
    "level_kept and sds": {"level_kept": 1, "level_sd": 0, "demand_sd": 0},
    "inflation": {"inflation": 0},
    "price_sd": {"price_sd": 0},
    "order_value_sd": {"order_value_sd": 0},
    "dispersion": {"dispersion": 0},
    "carryover": {"carryover": 0},
    "weekday": {"weekday": np.zeros((4, 7, 3))},
}


@pytest.mark.parametrize("name", NEUTRAL)
def test_a_neutral_value_changes_no_bit(a_day, name):
    """Against the equations without the feature."""
    market, state, spend, noise = a_day(6, **NEUTRAL[name])
    ahead, outcome = step(market, state, spend, noise)
    if name == "level_kept and sds":
        assert np.array_equal(ahead.level, state.level)
    elif name == "inflation":
        price = np.exp(market.price_sd * noise.price)
        assert np.array_equal(outcome.clicks, spend / market.reference_cpc / price)
    elif name == "price_sd":
        assert np.array_equal(outcome.clicks, step(market, state, spend, None)[1].clicks)
    elif name == "order_value_sd":
        assert np.array_equal(outcome.revenue, outcome.conversions * market.order_value)
    elif name == "dispersion":
        assert (noise.gamma == 1).all()
    elif name == "carryover":
        assert np.array_equal(ahead.stock, spend)
    else:
        later = step(market, state._replace(day=state.day + 1), spend, noise)[1]
        assert np.array_equal(later.expected, outcome.expected)


@given(SEEDS, st.floats(0.01, 50))
def test_constant_spend_has_the_same_outcome_every_day(draw_market, seed, times):
    market = draw_market(np.random.default_rng(seed), weekday=np.zeros((7, 3)))
    spend = times * market.reference_spend
    state = neutral_state(market)._replace(stock=spend)
    first = step(market, state, spend, None)
    assert_close(first[1], step(market, first[0], spend, None)[1])


def neutral_state(market):
    return MarketState(19_000, market.reference_spend, 0 * market.elasticity)


@given(SEEDS)
def test_the_reference_spend_yields_the_reference_conversions(draw_market, seed):
    market = draw_market(np.random.default_rng(seed), (2,), weekday=np.zeros((2, 7, 3)))
    _, outcome = step(market, neutral_state(market), market.reference_spend, None)
    np.testing.assert_allclose(outcome.expected, market.reference_conversions, rtol=1e-12)
    np.testing.assert_allclose(
        outcome.clicks * market.reference_cpc, market.reference_spend, rtol=1e-12
    )


@given(SEEDS)
def test_the_local_elasticity_is_the_parameter(draw_market, seed):
    market = draw_market(np.random.default_rng(seed), carryover=0)
    state, small = neutral_state(market), 1e-5
    up, down = (
        step(market, state, market.reference_spend * np.exp(s), None)[1].expected
        for s in (small, -small)
    )
    slope = (np.log(up) - np.log(down)) / (2 * small)
    np.testing.assert_allclose(slope, market.elasticity, rtol=1e-6)


@given(SEEDS)
def test_returns_increase_and_diminish_with_spend(a_day, seed):
    market, state, _, _ = a_day(seed)
    grid = np.linspace(0, 5, 60)[:, None, None] * market.reference_spend
    returns = step(market, state, grid, None)[1]
    gain = np.diff(returns.expected, axis=0)
    assert (gain > 0).all()
    assert (np.diff(gain, axis=0) <= 1e-9 * gain[0]).all()
    assert (np.diff(returns.clicks, axis=0) > 0).all()
    marginal = np.diff(returns.clicks, axis=0)[1:]
    assert (np.diff(marginal, axis=0) <= 1e-9 * marginal[0]).all()


@given(SEEDS, st.sampled_from([0.6, 1.0, 2.0]))
def test_without_spend_and_stock_there_is_no_outcome(a_day, seed, slope):
    market, state, spend, noise = a_day(seed, slope=slope, elasticity=0.4)
    _, outcome = step(market, state._replace(stock=0 * spend), 0 * spend, noise)
    for field in outcome:
        assert (field == 0).all()


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.0])
def test_gradients_are_finite_without_spend(a_day, slope):
    market, state, spend, noise = a_day(7, slope=slope, elasticity=0.4)
    zero = torch.zeros(spend.shape, dtype=torch.float64, requires_grad=True)
    empty = to_tensors(state._replace(stock=0 * spend))
    _, outcome = step(to_tensors(market), empty, zero, to_tensors(noise))
    for field in outcome:
        (slope_at_zero,) = torch.autograd.grad(field.sum(), zero, retain_graph=True)
        assert torch.isfinite(slope_at_zero).all()


def test_the_gradient_of_counts_is_that_of_their_expectation(a_day):
    market, state, spend, noise = a_day(8)
    dollars = torch.tensor(spend, requires_grad=True)
    _, outcome = step(to_tensors(market), to_tensors(state), dollars, to_tensors(noise))
    gradients = [
        torch.autograd.grad(field.sum(), dollars, retain_graph=True)[0]
        for field in (outcome.conversions, outcome.expected)
    ]
    assert torch.equal(*gradients)
    assert (gradients[0] > 0).all()
    assert not torch.equal(outcome.conversions, outcome.expected)


@given(st.dates(datetime.date(1950, 1, 1), datetime.date(2100, 1, 1)))
def test_day_numbers_and_weekdays_agree_with_the_calendar(date):
    day = day_number(np.datetime64(date))
    assert np.datetime64(day, "D") == np.datetime64(date)
    assert weekday_of(day) == date.weekday()


def test_the_weekday_of_a_step_is_that_of_the_next_day(draw_market):
    weekday = np.arange(7.0)[:, None] - 3 + np.zeros(3)
    market = draw_market(np.random.default_rng(9), weekday=weekday)
    monday = day_number(np.datetime64("2024-01-01"))
    state = neutral_state(market)._replace(day=monday)
    for k in range(9):
        state, outcome = step(market, state, market.reference_spend, None)
        ratio = np.log(outcome.expected / market.reference_conversions)
        np.testing.assert_allclose(ratio, k % 7 - 3, atol=1e-9)
    assert state.day == monday + 9


def test_lognormal_factors_have_mean_one_and_none_without_spread():
    normal = np.random.default_rng(10).standard_normal(200_000)
    assert unit_lognormal(0.5, normal).mean() == pytest.approx(1, abs=0.006)
    assert (unit_lognormal(np.zeros(1), normal) == 1).all()


def test_select_leaves_numbers_and_none_alone():
    noise = Noise(np.arange(3), np.arange(3), None, None, None, None)
    picked = select(noise, 1)
    assert picked.demand == 1
    assert picked.price is None


def test_a_demand_that_is_part_of_the_levels_is_passed_on(a_day):
    market, state, _, noise = a_day(0)
    demand = np.array([[0.3]] * 4)
    alone = market._replace(demand_kept=None)
    assert next_demand(alone, state._replace(demand=demand), noise) is demand
    assert next_demand(alone, state._replace(demand=None), noise) is None
    moved = next_demand(
        market._replace(demand_kept=np.full((4, 1), 0.5)), state._replace(demand=demand), None
    )
    np.testing.assert_allclose(moved, 0.15 + 0 * market.demand_sd)
