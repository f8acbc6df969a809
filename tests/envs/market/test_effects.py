"""Every feature of the physics: exactly off at its neutral value, and its effect when on."""

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from mediagym.envs.arrays import select
from mediagym.envs.market import (
    PARAMETERS,
    Market,
    MarketState,
    ShockSettings,
    draw_noise,
    draw_noises,
    generator,
    landed_share,
    level_step_variance,
    report_dispersion,
    require_possible,
    step,
)
from mediagym.envs.market.step import deliver
from mediagym.envs.planning import to_tensors
from mediagym.envs.suite import sample_markets, task_of

DAYS = 20
ON = {
    "delivery_sd": 0.1,
    "delivery_cap": 400.0,
    "competition_kept": 0.9,
    "competition_sd": 0.1,
    "build": 0.4,
    "fatigue": 0.4,
    "fatigue_kept": 0.9,
    "audience": 5000.0,
    "drift_sd": 0.05,
    "halo": 0.3,
    "halo_weight": 1 / 3,
    "halo_kept": 0.9,
    "organic": 20.0,
    "same_day": 0.5,
    "landing": 0.3,
    "claim_rate": 1.6,
    "view_through": 0.2,
}
SHOCKS = ShockSettings(
    outage=0.1,
    outage_days=(1, 5),
    competitor=0.1,
    competitor_price=(1.2, 2.0),
    tracking=0.1,
    tracking_caught=(0.3, 0.8),
    spike=0.1,
    spike_days=(1, 4),
    spike_size=(1.5, 3.0),
    regime=0.05,
    regime_sd=0.5,
)
NEUTRAL = {p.name: p.neutral for p in PARAMETERS if p.name in ON}


@pytest.fixture
def market(draw_market):
    return draw_market(np.random.default_rng(0), (5,))


def with_fields(market, **fields):
    shape = market.elasticity.shape
    arrays = {name: np.full(shape, float(value)) for name, value in fields.items()}
    return market._replace(**arrays)


def simulated(market, noise, days=DAYS):
    state = MarketState(19_000, market.reference_spend, 0 * market.elasticity)
    outcomes = []
    for t in range(days):
        today = None if noise is None else select(noise, t)
        state, outcome = step(market, state, 1.3 * market.reference_spend, today)
        outcomes.append(outcome)
    return state, outcomes


def full_market(market, **changes):
    annual = 0.2 * np.random.default_rng(1).standard_normal((5, 4, 3))
    return with_fields(market, **{**ON, **changes})._replace(annual=annual)


def test_neutral_parameters_change_no_bit(market):
    noise = draw_noises(market, DAYS, [generator(0, i) for i in range(5)])
    neutral = with_fields(market, **NEUTRAL)._replace(annual=np.zeros((5, 4, 3)))
    normals = dict.fromkeys(("delivery", "competition", "drift"), 3 * noise.level)
    ones = {"outage": np.ones_like(noise.level), "tracking": np.ones_like(noise.level)}
    zeros = {"competitor_entry": 0 * noise.level, "spike": 0 * noise.level}
    for path in (noise, None):
        events = path and noise._replace(**normals, **ones, **zeros)
        for plain, on in zip(
            simulated(market, path)[1], simulated(neutral, events)[1], strict=True
        ):
            for name in plain._fields:
                assert np.array_equal(getattr(plain, name), getattr(on, name)), name


@pytest.mark.parametrize("name", [n for n in ON if n not in ("fatigue_kept", "halo_weight")])
def test_each_parameter_matters(market, name):
    rngs = [generator(0, i) for i in range(5)]
    full, less = full_market(market), full_market(market, **{name: NEUTRAL[name]})
    noise = draw_noises(full, DAYS, rngs)
    ours, theirs = simulated(full, noise)[1], simulated(less, noise)[1]
    names = ("expected", "claimed", "delivered", "clicks")
    assert any(
        not np.array_equal(getattr(a, k), getattr(b, k))
        for a, b in zip(ours, theirs, strict=True)
        for k in names
    )


def test_the_table_has_every_field_in_order():
    assert [p.name for p in PARAMETERS] == list(Market._fields)


def test_possible_markets_pass_and_the_first_impossible_value_is_named(market):
    names = ("google/a", "google/b", "meta")
    require_possible(full_market(market), names)
    broken = full_market(market)
    broken.landing[3, 1] = 0.0
    with pytest.raises(Exception, match=r"landing of google/b is 0\.0; allowed: in \(0, 1\]"):
        require_possible(broken, names)


def test_gradients_pass_through_every_feature(market):
    full = full_market(market)
    noise = draw_noises(full, DAYS, [generator(0, i) for i in range(5)], None, SHOCKS)
    spend = torch.full((5, 3), 200.0, dtype=torch.float64, requires_grad=True)
    tensors, path = to_tensors(full), to_tensors(noise)
    state = to_tensors(MarketState(19_000, market.reference_spend, 0 * market.elasticity))
    total = 0.0
    for t in range(DAYS):
        state, outcome = step(tensors, state, spend, select(path, t))
        total = total + outcome.expected.sum()
    (slope,) = torch.autograd.grad(total, spend)
    assert torch.isfinite(slope).all()
    assert (slope != 0).any()


def test_numpy_and_torch_step_the_same_with_every_feature_on(market):
    full = full_market(market)
    noise = draw_noises(full, DAYS, [generator(0, i) for i in range(5)], None, SHOCKS)
    ours, theirs = simulated(full, noise)[1], simulated(to_tensors(full), to_tensors(noise))[1]
    for mine, other in zip(ours, theirs, strict=True):
        for name in mine._fields:
            np.testing.assert_allclose(
                getattr(mine, name), getattr(other, name).numpy(), rtol=1e-9, atol=1e-9
            )


def test_nothing_is_delivered_in_an_outage_and_never_more_than_planned(market):
    full = full_market(market)
    noise = draw_noises(full, 200, [generator(0, i) for i in range(5)], None, SHOCKS)
    share = 0
    for t in range(200):
        today = select(noise, t)
        spend = 500 + 0 * market.elasticity
        delivered = deliver(full, spend, today)
        assert (delivered <= spend).all()
        assert (delivered <= ON["delivery_cap"]).all()
        assert (delivered[today.outage == 0] == 0).all()
        share += (today.outage == 0).mean() / 200
    assert 0.1 < share < 0.4  # a tenth of the days begin an outage of three days on average


def test_all_conversions_are_reported_in_the_end(market):
    lag = with_fields(market, same_day=0.4, landing=0.25)
    state = MarketState(19_000, market.reference_spend, 0 * market.elasticity)
    state, first = step(lag, state, market.reference_spend, None)
    reported = [first.claimed]
    silent = lag._replace(reference_conversions=0 * lag.reference_conversions)
    for _ in range(200):
        state, outcome = step(silent, state, market.reference_spend, None)
        reported.append(outcome.claimed)
    np.testing.assert_allclose(sum(reported), first.expected, rtol=1e-9)
    for days in (0, 1, 5):
        share = landed_share(lag, days)
        np.testing.assert_allclose(sum(reported[: days + 1]), share * first.expected, rtol=1e-9)


def test_the_halo_is_bounded_and_one_at_the_reference(market):
    halo = with_fields(market, halo=5.0, halo_weight=1 / 3, halo_kept=0.5)
    state = MarketState(19_000, market.reference_spend, 0 * market.elasticity)
    plain = step(market, state, market.reference_spend, None)[1].expected
    np.testing.assert_allclose(step(halo, state, market.reference_spend, None)[1].expected, plain)
    for times in (0.0, 1000.0):
        stock = times * market.reference_spend
        attention = np.full_like(stock, times)
        other = state._replace(stock=stock, attention=attention)
        with_halo = step(halo, other, stock, None)[1].expected
        without = step(market, other, stock, None)[1].expected
        ratio = with_halo[without > 0] / without[without > 0]
        assert ((ratio >= 0.5 - 1e-12) & (ratio <= 2 + 1e-12)).all()


def test_fatigue_builds_up_and_recovers(market):
    tired = with_fields(market, fatigue=0.4, fatigue_kept=0.8, audience=1000.0)
    state = MarketState(19_000, market.reference_spend, 0 * market.elasticity)
    before = step(tired, state, market.reference_spend, None)[0].fatigue
    assert (before > 0).all()
    after, _ = step(tired, state._replace(fatigue=before), 0 * market.reference_spend, None)
    np.testing.assert_allclose(after.fatigue, 0.8 * before, rtol=1e-3, atol=1e-2)


def test_claims_are_not_conversions_and_tracking_hides_them(market):
    claims = with_fields(market, claim_rate=2.0, organic=10.0, view_through=0.5)
    noise = draw_noises(claims, DAYS, [generator(0, i) for i in range(5)])
    broken = noise._replace(tracking=np.full_like(noise.level, 0.5))
    for full, half in zip(simulated(claims, noise)[1], simulated(claims, broken)[1], strict=True):
        np.testing.assert_array_equal(full.conversions, half.conversions)
        np.testing.assert_allclose(half.claimed, 0.5 * full.claimed)
        assert (full.claimed > 2 * full.conversions).all()


def test_expected_conversions_do_not_depend_on_count_noise(market):
    full = full_market(market)
    noise = draw_noises(full, DAYS, [generator(0, i) for i in range(5)], None, SHOCKS)
    for counted, averaged in zip(
        simulated(full, noise)[1], simulated(full, noise.without_count_noise())[1], strict=True
    ):
        assert np.array_equal(counted.expected, averaged.expected)


def test_the_stream_of_counts_changes_counts_alone(market):
    one = select(full_market(market), 0)
    path, other = (draw_noise(one, 9, generator(1, 1), generator(2, k), SHOCKS) for k in (0, 1))
    for name in path._fields:
        same = np.array_equal(getattr(path, name), getattr(other, name))
        assert same == (name not in ("price", "gamma", "count_normal", "order_value")), name


def test_ten_thousand_markets_step_at_once_in_torch():
    market, state = sample_markets(task_of("Full-M"), range(500))
    index = np.arange(10_000) % 500
    markets, states = to_tensors(select(market, index)), to_tensors(select(state, index))
    for _ in range(3):
        states, outcome = step(markets, states, markets.reference_spend, None)
        state, one = step(market, state, market.reference_spend, None)
    assert outcome.expected.shape == (10_000, 9)
    np.testing.assert_allclose(outcome.claimed[500:1000].numpy(), one.claimed, rtol=1e-9)


def run(market, state, noise=None, days=DAYS):
    """Expected conversions of a constant plan, (days, flights, campaigns), and the last state."""
    expected = []
    for t in range(days):
        state, outcome = step(market, state, 100.0, None if noise is None else select(noise, t))
        expected.append(outcome.expected)
    return np.stack(expected), state


def started(market, day=19_730, **fields):
    zeros = np.zeros(market.elasticity.shape)
    return MarketState(day, zeros + 100, zeros, **fields)


@pytest.mark.parametrize("columns", [1, 3])
def test_a_date_multiplies_conversions_by_its_row_of_the_calendar(market, columns):
    calendar = np.random.default_rng(1).normal(0, 0.3, (5, 7, columns))
    plain, _ = run(market, started(market))
    dated, _ = run(market._replace(calendar=calendar), started(market))
    rows = np.stack([calendar[:, (19_730 + t) % 7] for t in range(DAYS)])
    np.testing.assert_allclose(dated / plain, np.exp(rows) + 0 * plain)
    none, _ = run(market._replace(calendar=0 * calendar), started(market))
    assert np.array_equal(none, plain)


def test_shared_demand_of_its_own_moves_all_campaigns_alike(market):
    """And leaves the levels alone; without noise it decays by its own share."""
    shape = market.elasticity.shape
    own = market._replace(
        demand_kept=np.full(shape, 0.7), demand_sd=np.full(shape, 0.2), level_sd=np.zeros(shape)
    )
    noise = draw_noises(own, DAYS, [generator(1, i) for i in range(5)])
    still, _ = run(own, started(own))
    moved, state = run(own, started(own), noise)
    demand = np.zeros((5, 1))
    for t in range(DAYS):
        demand = 0.7 * demand + 0.2 * noise.demand[t]
        np.testing.assert_allclose(moved[t] / still[t], np.exp(demand) + 0 * still[t])
    np.testing.assert_allclose(state.demand, demand + np.zeros(shape))
    assert not state.level.any()
    decayed, _ = run(own, started(own, demand=np.full(shape, 0.5)))
    kept = 0.5 * 0.7 ** np.arange(1, DAYS + 1)
    np.testing.assert_allclose(decayed / still, np.exp(kept)[:, None, None] + 0 * still)


def test_shared_demand_without_a_share_of_its_own_is_part_of_the_levels(market):
    noise = draw_noises(market, DAYS, [generator(1, i) for i in range(5)])
    _, state = run(market, started(market), noise)
    assert state.demand is None
    step_sd = market.demand_sd
    own = market._replace(demand_kept=market.level_kept)
    _, other = run(own, started(own), noise)
    np.testing.assert_allclose(other.level + other.demand, state.level, atol=1e-12)
    np.testing.assert_allclose(level_step_variance(market), market.level_sd**2 + step_sd**2)
    np.testing.assert_allclose(level_step_variance(own), market.level_sd**2)


def test_a_drift_is_part_of_a_day_s_change(market):
    drifting = market._replace(drift_sd=0.05 + 0 * market.elasticity)
    for before, after in ((market, drifting), (own_demand(market), own_demand(drifting))):
        step = level_step_variance(after) - level_step_variance(before)
        np.testing.assert_allclose(step, 0.05**2)


def own_demand(market):
    """The market with a shared demand that has a persistence of its own."""
    return market._replace(demand_kept=market.level_kept)


def test_a_report_scatters_by_the_stationary_shared_demand(market):
    shape = market.elasticity.shape
    own = market._replace(demand_kept=np.full(shape, 0.8), demand_sd=np.full(shape, 0.06))
    np.testing.assert_allclose(report_dispersion(own) - market.dispersion, 0.06**2 / 0.36)
    assert report_dispersion(market) is market.dispersion
    noise = np.random.default_rng(0).standard_normal(200_000)
    demand = lfilter([0.06], [1, -0.8], noise)
    assert demand[100:].var() == pytest.approx(0.06**2 / 0.36, rel=0.03)


def test_numpy_and_torch_agree_on_dates_and_shared_demand(market):
    shape = market.elasticity.shape
    calendar = np.random.default_rng(1).normal(0, 0.3, (5, 7, 1))
    both = market._replace(calendar=calendar, demand_kept=np.full(shape, 0.7))
    noise = draw_noises(both, DAYS, [generator(1, i) for i in range(5)])
    state = started(both, demand=np.full(shape, 0.1))
    ours, last = run(both, state, noise)
    tensors = [to_tensors(record) for record in (both, state, noise)]
    theirs, end = tensors[1], None
    for t in range(DAYS):
        theirs, outcome = step(
            tensors[0], theirs, torch.full(shape, 100.0).double(), select(tensors[2], t)
        )
        end = outcome.expected
    np.testing.assert_allclose(end.numpy(), ours[-1], rtol=1e-5)
    np.testing.assert_allclose(theirs.demand.numpy(), last.demand, rtol=1e-5, atol=1e-7)
