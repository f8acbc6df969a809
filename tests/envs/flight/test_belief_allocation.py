"""The belief's allocation: the plan's dollars, its floors, equal marginal returns elsewhere."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mediagym.envs.flight import initial_state
from mediagym.envs.flight.belief_allocation import (
    allocation_at,
    belief_allocation,
    belief_curves,
    curves_at,
)
from mediagym.envs.flight.static_terms import AllocationCurves
from mediagym.envs.market import saturation
from mediagym.envs.planning import to_tensors
from mediagym.envs.suite import problem_for, task_of

KEYS = ["Uncertain-S", "Uncertain-M", "Uncertain-L", "Stationary-M"]


def moved(problem, seed, size=0.5, rows=6):
    """Beliefs whose levels and curves moved since the first day."""
    rng = np.random.default_rng(seed)
    belief = initial_state(problem, problem.state, (rows,)).view.belief
    level = belief.state.level + size * rng.normal(size=belief.elasticity.shape)
    elasticity = belief.elasticity * np.exp(-size * rng.random(belief.elasticity.shape))
    return belief._replace(state=belief.state._replace(level=level), elasticity=elasticity)


def floors(problem):
    """Dollars per day that floors require, of campaigns and of channels, and the membership."""
    limits = problem.constraints
    channel, campaign = (cents / 100 / limits.days for cents in limits.floor_cents)
    return campaign, channel, limits.tree.sums[1]


def slope(problem, belief, spend):
    """Marginal return on the believed steady curve, by finite differences."""
    market, step = problem.market, 1e-4 * spend
    more, less = (
        saturation((spend + s) / market.reference_spend, belief.elasticity, np.ones(1))
        for s in (step, -step)
    )
    rise = problem.claim_slope * (belief.state.level - problem.state.level)
    size = market.reference_conversions * np.exp(problem.state.level + rise)
    return size * (more - less) / (2 * step)


@pytest.mark.parametrize("key", ["Stationary-S", "Stationary-M", "Stationary-L"])
def test_before_the_first_day_of_a_known_market_the_allocation_is_the_plan(key):
    problem = problem_for(task_of(key))
    prior = initial_state(problem, problem.state, (2,)).view.belief
    np.testing.assert_allclose(belief_allocation(problem, prior), 0, atol=2e-3)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("seed", range(3))
def test_the_plans_dollars_are_moved_and_floors_stay_paid(key, seed):
    problem = problem_for(task_of(key))
    spend = problem.mean_static_spend * np.exp(belief_allocation(problem, moved(problem, seed)))
    campaign, channel, member = floors(problem)
    np.testing.assert_allclose(spend.sum(-1), problem.mean_static_spend.sum(), rtol=0.03)
    assert (spend >= np.minimum(campaign, problem.mean_static_spend) - 0.02).all()
    assert (
        spend @ member.T >= np.minimum(channel, member @ problem.mean_static_spend) - 0.02
    ).all()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("size", [0.0, 0.2])
def test_where_no_floor_binds_marginal_returns_are_in_the_plans_proportion(key, size):
    problem = replace(problem_for(task_of(key)), claim_slope=np.ones(1))
    prior, belief = (moved(problem, 1, shift) for shift in (0.0, size))
    at_plan = slope(problem, prior, problem.mean_static_spend)
    price = (at_plan * problem.mean_static_spend).sum(
        -1, keepdims=True
    ) / problem.mean_static_spend.sum()
    spend = problem.mean_static_spend * np.exp(belief_allocation(problem, belief))
    campaign, channel, member = floors(problem)
    unbound = (spend @ member.T > 1.001 * channel) @ member > 0
    free = (spend > 1.001 * campaign) & unbound
    ratio = slope(problem, belief, spend) / np.maximum(at_plan, price)
    assert free.sum(-1).min() >= 2
    for row, mask in zip(ratio, free, strict=True):
        np.testing.assert_allclose(row[mask], row[mask][0], rtol=1e-4)


def test_a_campaign_whose_level_rose_gets_more_and_the_others_less():
    problem = problem_for(task_of("Uncertain-S"))
    belief = initial_state(problem, problem.state, (1,)).view.belief
    before = belief_allocation(problem, belief)[0]
    for k in range(3):
        level = belief.state.level + 0.4 * np.eye(3)[k]
        after = belief_allocation(
            problem, belief._replace(state=belief.state._replace(level=level))
        )[0]
        assert after[k] > before[k] + 0.1
        others = np.arange(3) != k
        assert (after[others] < before[others]).all()


@pytest.mark.parametrize("key", KEYS)
def test_numpy_and_torch_allocate_the_same_with_finite_gradients(key):
    problem = problem_for(task_of(key))
    belief = moved(problem, 2)
    level = torch.as_tensor(belief.state.level).clone().requires_grad_()
    theirs = to_tensors(belief)
    theirs = theirs._replace(state=theirs.state._replace(level=level))
    allocation = belief_allocation(to_tensors(problem), theirs)
    np.testing.assert_allclose(
        allocation.detach().numpy(), belief_allocation(problem, belief), rtol=1e-9, atol=1e-12
    )
    (gradient,) = torch.autograd.grad(allocation.sum(), level)
    assert torch.isfinite(gradient).all()


def test_a_flight_alone_is_allocated_as_in_a_batch():
    problem = problem_for(task_of("Uncertain-M"))
    belief = moved(problem, 3)
    state = belief.state._replace(level=belief.state.level[2:3], stock=belief.state.stock[2:3])
    alone = belief._replace(state=state, elasticity=belief.elasticity[2:3])
    np.testing.assert_array_equal(
        belief_allocation(problem, alone)[0], belief_allocation(problem, belief)[2]
    )


def standing_in(scale, floor=(0, 0, 0), channel_floor=(0, 0)):
    """What the allocation reads of a problem: two channels, $60 per day on each of 3 campaigns."""
    owners = np.array([0, 0, 1])
    member = (owners[:, None] == [0, 1]).astype(float)
    arrays = SimpleNamespace(add_up=lambda level, dollars: dollars @ {1: member}[level])
    curves = AllocationCurves(
        mean_static_spend=np.full(3, 60.0),
        total=np.array(180.0),
        scale=np.array(scale) / np.sqrt(2),  # at an elasticity of a half the odds are 1
        floor=np.array(floor, float),
        channel_floor=np.array(channel_floor, float),
    )
    return SimpleNamespace(
        allocation_curves=curves,
        claim_slope=np.array([1.0, 1.0, 0.5]),
        market=SimpleNamespace(reference_spend=np.full(3, 30.0)),
        constraints=SimpleNamespace(
            tree=SimpleNamespace(parents=(np.zeros(2, int), owners)), arrays=lambda like: arrays
        ),
    )


@pytest.mark.parametrize(
    ("scale", "bounds", "dollars"),
    [
        ([1, 1, 1], {}, [60, 60, 60]),
        ([2, 1, 1], {}, [105, 37.5, 37.5]),  # (180 + 90) / 4 per unit of scale, less 30
        ([2, 1, 1], {"floor": (0, 50, 0)}, [290 / 3, 50, 100 / 3]),  # (130 + 60) / 3
        ([1, 1.5, 2], {}, [30, 60, 90]),
        ([0, 1, 1], {}, [1.2, 90, 90]),  # (180 + 60) / 2 to each that converts; a fiftieth of 60
        # the first channel is raised by a third, and the third campaign has what is left
        ([1, 1.5, 2], {"channel_floor": (120, 0)}, [40, 80, 60]),
        ([1, 1.5, 2], {"channel_floor": (120, 0), "floor": (0, 0, 70)}, [40, 80, 70]),
    ],
)
def test_an_allocation_is_the_one_worked_out_by_hand(scale, bounds, dollars):
    problem = standing_in(scale, **bounds)
    half, zero = np.full((2, 3), 0.5), np.zeros((2, 3))
    found = allocation_at(problem, half, zero)
    np.testing.assert_allclose(60 * np.exp(found), [dollars] * 2, rtol=1e-12)


def test_a_level_scales_a_curve_by_the_root_of_what_its_claims_mean():
    """A claimed rise by four is a real one for the first campaign, and by two for the third."""
    problem, half = standing_in([1, 1, 1]), np.full(3, 0.5)
    scale, offset = curves_at(problem, half, np.log([4, 1, 4]))
    np.testing.assert_allclose(scale, [2, 1, np.sqrt(2)], rtol=1e-12)
    np.testing.assert_allclose(offset, [30, 30, 30], rtol=1e-12)
    problem.prior_levels, state = [np.zeros(3)] * 2, SimpleNamespace(day=1, level=np.log([4, 1, 4]))
    problem.state = SimpleNamespace(day=0)
    belief = SimpleNamespace(elasticity=half, state=state)
    for ours, theirs in zip(belief_curves(problem, belief), (scale, offset), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    odds = np.array([3, 19, 19])
    steep, far = curves_at(problem, np.array([0.75, 0.95, 0.99]), np.zeros(3))
    np.testing.assert_allclose(steep * np.sqrt(2), np.sqrt(odds * (1 + odds)), rtol=1e-9)
    np.testing.assert_allclose(far, 30 * odds, rtol=1e-9)


def test_a_belief_is_allocated_by_its_rise_above_the_level_expected_before():
    """Claims of the first campaign are four times those expected: its curve is twice as high."""
    problem = standing_in([1, 1, 1])
    problem.prior_levels, problem.state = [np.zeros(3), np.full(3, 0.7)], SimpleNamespace(day=0)
    state = SimpleNamespace(day=1, level=0.7 + np.log([4, 1, 1]))
    belief = SimpleNamespace(elasticity=np.full(3, 0.5), state=state)
    dollars = 60 * np.exp(belief_allocation(problem, belief))
    np.testing.assert_allclose(dollars, [105, 37.5, 37.5], rtol=1e-12)


def test_nothing_is_allocated_below_a_fiftieth_of_the_plan():
    found = allocation_at(standing_in([9, 0.01, 9]), np.full(3, 0.5), np.zeros(3))
    assert found[1] == pytest.approx(np.log(0.02))
