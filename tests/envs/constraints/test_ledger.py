"""Whatever a policy requests, every day of every flight stays feasible and the total is exact."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.envs.constraints import (
    ConstraintSettings,
    Ledger,
    count_violations,
    daily_floors,
    day_bounds,
    floor_remaining,
    parse_constraints,
    remaining,
    spend_day,
    total_range,
)

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ("google/Search", "google/YouTube", "meta", "microsoft/Shopping", "microsoft/Audience")


@given(seed=SEEDS)
@settings(max_examples=250)
def test_any_flight_under_any_policy_satisfies_every_constraint(seed, feasible_set, random_flights):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    plans = random_flights(rng, constraints)
    assert not count_violations(constraints, plans).any()
    if constraints.spend_all:
        np.testing.assert_allclose(plans.sum((1, 2)), constraints.total, rtol=1e-11)


@given(seed=SEEDS)
@settings(max_examples=40)
def test_an_even_plan_is_always_an_allowed_total(seed, feasible_set, random_flights):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    plans = random_flights(rng, constraints)
    ledger = Ledger.start(constraints, plans.shape[:1])
    for day in range(constraints.days):
        even = remaining(constraints, ledger) / (constraints.days - day)
        low, high = total_range(constraints, ledger)
        if constraints.spend_all:
            assert (low <= even + 1e-9 * constraints.total).all()
            assert (even <= high + 1e-9 * constraints.total).all()
        ledger = ledger.advance(plans[:, day])


def requests(rng, constraints, rows):
    shape = (constraints.days, rows, len(constraints.names))
    return rng.normal(1, 2, shape) * constraints.total / 10, rng.uniform(0, 2, shape[:2])


def spend_days(constraints, targets, paces, like=None):
    ledger, plan = Ledger.start(constraints, targets.shape[1:-1], like), []
    for day, (target, pace) in enumerate(zip(targets, paces, strict=True)):
        total = pace * remaining(constraints, ledger) / (constraints.days - day)
        spend, ledger = spend_day(constraints, ledger, target, total)
        plan.append(spend)
    return plan


@given(seed=SEEDS)
@settings(max_examples=30)
def test_torch_spends_as_numpy_does(seed, feasible_set):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    targets, paces = requests(rng, constraints, 16)
    expected = spend_days(constraints, targets, paces)
    tensors = torch.as_tensor(targets), torch.as_tensor(paces)
    plan = spend_days(constraints, *tensors, like=tensors[0])
    for tensor, array in zip(plan, expected, strict=True):
        np.testing.assert_allclose(tensor.numpy(), array, rtol=0, atol=1e-10 * constraints.total)


@given(seed=SEEDS)
@settings(max_examples=30)
def test_a_batch_spends_as_its_flights_do_one_by_one(seed, feasible_set):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    targets, paces = requests(rng, constraints, 60)
    batch = np.stack(spend_days(constraints, targets, paces), 1)
    for i in range(0, 60, 10):
        alone = spend_days(constraints, targets[:, i], paces[:, i])
        assert np.array_equal(batch[i], alone)


def five(settings, ads, days=5, **changes):
    return parse_constraints(
        ConstraintSettings.of(settings | changes, "constraints"), ads(*NAMES), days
    )


def test_permuting_the_campaigns_permutes_the_flight(default_constraints, ads):
    order = [3, 0, 2, 4, 1]
    changes = {"campaigns": {"meta": {"cap": "11%", "daily_cap": "4%"}, NAMES[1]: {"fixed": 1500}}}
    constraints = five(default_constraints, ads, **changes)
    names = [NAMES[i] for i in order]
    permuted = parse_constraints(
        ConstraintSettings.of(default_constraints | changes, "constraints"), ads(*names), 5
    )
    targets, paces = requests(np.random.default_rng(0), constraints, 8)
    plan = np.stack(spend_days(constraints, targets, paces))
    same = np.stack(spend_days(permuted, targets[..., order], paces))
    np.testing.assert_allclose(same, plan[..., order], rtol=0, atol=1e-6)


@pytest.mark.parametrize("daily_cap", [None, "8%"])
def test_gradients_flow_through_a_flight(default_constraints, ads, daily_cap):
    limits = {"floor": "0.5%", "cap": "45%", "daily_cap": daily_cap}
    constraints = five(default_constraints, ads, campaign=limits)
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(3, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    pace = 0.6 + 0.8 * torch.rand(3, generator=generator, dtype=torch.float64)
    pace.requires_grad_()
    weight = torch.randn(5, 3, 5, generator=generator, dtype=torch.float64)

    def value(logits, pace):
        ledger, reward = Ledger.start(constraints, (3,), like=logits), 0.0
        for day in range(5):
            total = pace * remaining(constraints, ledger) / (5 - day)
            seen = torch.tanh(5 * ledger.spent / constraints.total)
            target = torch.softmax(logits + seen, -1) * total[:, None]
            spend, ledger = spend_day(constraints, ledger, target, total)
            reward = reward + (spend * weight[day]).sum(-1) / constraints.total
        return reward

    assert torch.autograd.gradcheck(value, (logits, pace), eps=1e-7, atol=1e-6)


def test_remaining_floors_add_up_and_are_spread_over_the_days(default_constraints, ads):
    constraints = five(default_constraints, ads)
    ledger = Ledger.start(constraints)
    root, channels, campaigns = floor_remaining(constraints, ledger)
    np.testing.assert_allclose(campaigns, 1000)
    np.testing.assert_allclose(channels, 20_000)
    np.testing.assert_allclose(root, 60_000)
    assert day_bounds(constraints, ledger).lower[1][0] == pytest.approx(4000)
    ledger = ledger.advance(np.array([0, 0, 20_000.0, 0, 0]))
    np.testing.assert_allclose(floor_remaining(constraints, ledger)[1], [20_000, 0, 20_000])


def test_the_pacing_band_limits_the_day_and_the_last_day_spends_the_rest(default_constraints, ads):
    constraints = five(default_constraints, ads, pacing=[0.5, 1.5])
    ledger = Ledger.start(constraints)
    assert total_range(constraints, ledger) == pytest.approx((20_000, 60_000))
    for _ in range(4):
        _, ledger = spend_day(constraints, ledger, np.zeros(5), np.array(0.0))
    left = float(remaining(constraints, ledger))
    assert total_range(constraints, ledger) == pytest.approx((left, left))


def test_a_total_that_is_a_limit_need_not_be_spent(default_constraints, ads):
    constraints = five(default_constraints, ads, total_type="at_most")
    plan = spend_days(constraints, np.zeros((5, 5)), np.zeros(5))
    assert np.sum(plan) == pytest.approx(60_000)  # the channels' floors and no more


def test_daily_caps_leave_the_split_free_where_every_campaign_has_one(default_constraints, ads):
    limits = {"floor": None, "cap": None, "daily_cap": 12_000}
    constraints = five(default_constraints, ads, channel={"floor": None}, campaign=limits)
    ledger = Ledger.start(constraints)
    for _ in range(3):
        _, ledger = spend_day(constraints, ledger, np.zeros(5), np.array(0.0))
    bounds = day_bounds(constraints, ledger)
    assert bounds.lower[0] == pytest.approx(float(remaining(constraints, ledger)) - 60_000)
    np.testing.assert_array_equal(bounds.lower[-1], 0)


def test_the_split_stays_free_beside_a_campaign_whose_room_is_the_allowance_for_rounding(
    default_constraints, ads
):
    """A cent is left to meta, and of a total of 10^9 a cent is not more than rounding."""
    limits = {"floor": None, "cap": None, "daily_cap": 60_000_000}
    constraints = five(
        default_constraints | {"total": 1e9},
        ads,
        channel={"floor": None, "cap": None},
        campaign=limits,
        campaigns={"meta": {"cap": "$0.01"}},
    )
    ledger = Ledger.start(constraints)
    for _ in range(3):
        ledger = ledger.advance(np.array([50, 50, 0, 50, 50]) * 1e6)
    bounds = day_bounds(constraints, ledger)
    owed = 160e6 - 0.01  # of 400 million that are left, the last day can take 240 million
    assert bounds.lower[0] == pytest.approx(owed, rel=1e-12)
    np.testing.assert_array_equal(bounds.lower[1], 0)
    np.testing.assert_array_equal(bounds.lower[2], 0)


def test_money_that_cannot_be_spent_later_must_be_spent_today(default_constraints, ads):
    campaigns = {NAMES[0]: {"daily_cap": 30_000, "floor": 150_000}}
    constraints = five(default_constraints, ads, campaigns=campaigns)
    bounds = day_bounds(constraints, Ledger.start(constraints))
    assert bounds.lower[-1][0] == bounds.upper[-1][0] == pytest.approx(30_000)


def test_the_change_limit_is_a_box_around_yesterday(default_constraints, ads):
    constraints = five(default_constraints, ads, pacing=[1, 1], change_limit="25%")
    targets = np.random.default_rng(2).normal(0, 1e5, (5, 40, 5))
    plan = np.stack(spend_days(constraints, targets, np.ones((5, 40))))
    assert (abs(plan[1:] - plan[:-1]) <= 0.25 * plan[:-1] + 1e-6).all()
    np.testing.assert_allclose(plan.sum(-1), 40_000)


def test_undelivered_money_is_spent_on_later_days(default_constraints, ads):
    constraints = five(default_constraints, ads)
    rng = np.random.default_rng(4)
    ledger = Ledger.start(constraints, (64,))
    for _ in range(5):
        planned, _ = spend_day(constraints, ledger, rng.normal(0, 1e5, (64, 5)), np.full(64, 4e4))
        share = 1.0 if ledger.day == 4 else rng.choice([0, 0.7, 1], planned.shape)
        ledger = ledger.advance(planned, planned * share)
    np.testing.assert_allclose(ledger.spent.sum(-1), constraints.total)
    assert (ledger.spent >= constraints.floor_cents[1] / 100 - 1e-6).all()


def test_days_stay_feasible_if_undelivered_money_cannot_be_caught_up(default_constraints, ads):
    campaigns = {NAMES[0]: {"daily_cap": 30_000, "floor": 150_000}}
    constraints = five(default_constraints, ads, campaigns=campaigns)
    ledger = Ledger.start(constraints, (8,))
    for _ in range(5):
        planned, _ = spend_day(constraints, ledger, np.zeros((8, 5)), np.full(8, 4e4))
        assert (planned <= constraints.daily_cap_cents / 100).all()
        ledger = ledger.advance(planned, 0.5 * planned)


def test_a_ledger_has_totals_of_its_own_per_constraint_set(default_constraints, ads):
    loose, strict = (five(default_constraints, ads, campaign={"floor": f}) for f in ("1%", "9%"))
    ledger = Ledger.start(loose)
    before = floor_remaining(loose, ledger)[2]
    assert (floor_remaining(strict, ledger)[2] > before).all()
    assert np.array_equal(floor_remaining(loose, ledger)[2], before)


def test_floors_that_the_money_left_cannot_pay_are_lowered_in_proportion(default_constraints, ads):
    """Search alone has spent $190,000: $41,000 is owed to the others, $10,000 is left."""
    constraints = five(default_constraints, ads)
    ledger = Ledger.start(constraints).advance(np.array([190_000.0, 0, 0, 0, 0]))
    root, channels, campaigns = floor_remaining(constraints, ledger)
    share = 10_000 / 41_000  # of $1,000 for YouTube and $20,000 for each of the other channels
    np.testing.assert_allclose(root, 10_000)
    np.testing.assert_allclose(channels, [1_000 * share, 20_000 * share, 20_000 * share])
    np.testing.assert_allclose(campaigns, [0, 1_000 * share, 1_000, 1_000, 1_000])
    assert total_range(constraints, ledger) == pytest.approx((2_500, 2_500))
    bounds = day_bounds(constraints, ledger)
    np.testing.assert_allclose(bounds.lower[1], channels / 4)
    np.testing.assert_allclose(bounds.lower[2], campaigns / 4)


def test_a_channel_s_floor_is_its_only_campaign_s(default_constraints, ads):
    constraints = five(default_constraints, ads)
    np.testing.assert_allclose(daily_floors(constraints), [200, 200, 4_000, 200, 200])
