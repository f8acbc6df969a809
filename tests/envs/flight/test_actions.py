from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mediagym.envs.constraints import ConstraintSettings, Ledger, parse_constraints, spend_day
from mediagym.envs.flight import (
    ActionSettings,
    action_size,
    initial_state,
    requested_spend,
    rollout,
)
from mediagym.envs.planning import to_tensors
from mediagym.envs.suite import problem_for, task_of

SEEDS = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def scales(conf):
    """The shipped scales; an action of 0 is the static plan."""
    return ActionSettings.of(conf("env/default.yaml")["action"] | {"follow": 0.0}, "env.action")


def at_day(problem, day, seed=0, rows=5):
    """Views of flights whose money was spent at random up to a day."""
    rng = np.random.default_rng(seed)
    ledger = Ledger.start(problem.constraints, (rows,))
    for t in range(day):
        spend = problem.static_plan[t] * rng.lognormal(0, 0.5, (rows, problem.static_plan.shape[1]))
        _, ledger = spend_day(problem.constraints, ledger, spend, spend.sum(-1))
    return initial_state(problem, problem.state, (rows,)).view._replace(ledger=ledger)


def random_action(problem, seed, rows=5):
    size = action_size(len(problem.constraints.names))
    return np.random.default_rng(seed).uniform(-1, 1, (rows, size))


def spend_of_zero_actions(problem, flights, scales):
    market, flight, noise = flights(3)
    zero = np.zeros((3, action_size(len(problem.constraints.names))))

    def act(view, memory):
        return *requested_spend(problem, view, zero, scales), memory

    return np.stack([day.spend for day in rollout(problem, market, flight, noise, act)[1]])


def test_an_action_of_zero_is_the_plan_for_a_whole_flight(problem, flights, scales):
    spend = spend_of_zero_actions(problem, flights, scales)
    np.testing.assert_allclose(
        spend, problem.static_plan[:, None] + 0 * spend, rtol=1e-9, atol=1e-6
    )


def test_an_action_of_zero_is_the_plan_also_where_it_leaves_money(
    conf, problem, posterior, flights, scales
):
    settings = conf("constraints/default.yaml", total_type="at_most", pacing=None, channel={})
    loose = parse_constraints(
        ConstraintSettings.of(settings | {"campaign": {}}, "constraints"),
        posterior.campaigns,
        problem.days,
    )
    frugal = replace(problem, constraints=loose, static_plan=0.6 * problem.static_plan)
    spend = spend_of_zero_actions(frugal, flights, scales)
    np.testing.assert_allclose(spend, frugal.static_plan[:, None] + 0 * spend, rtol=1e-9, atol=1e-6)


@given(SEEDS, st.integers(0, 29), st.floats(-3, 3))
def test_a_constant_added_to_all_campaigns_changes_nothing(problem, scales, seed, day, shift):
    view, action = at_day(problem, day), random_action(problem, seed)
    moved = action.copy()
    moved[:, 1:] += shift
    for ours, theirs in zip(
        requested_spend(problem, view, action, scales),
        requested_spend(problem, view, moved, scales),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@given(SEEDS, st.integers(0, 29))
def test_requested_dollars_add_up_to_the_requested_total(problem, scales, seed, day):
    spend, total = requested_spend(
        problem, at_day(problem, day), random_action(problem, seed), scales
    )
    np.testing.assert_allclose(spend.sum(-1), total, rtol=1e-12)
    assert (spend >= 0).all()


def test_a_larger_entry_requests_more(problem, scales):
    view = at_day(problem, 4)
    zero = np.zeros((5, action_size(len(problem.constraints.names))))
    spend, total = requested_spend(problem, view, zero, scales)
    for k in range(zero.shape[1]):
        moved = zero.copy()
        moved[:, k] = 0.5
        there, in_all = requested_spend(problem, view, moved, scales)
        if k == 0:
            np.testing.assert_allclose(in_all, total * np.exp(0.5 * scales.pace))
        else:
            assert (there[:, k - 1] > spend[:, k - 1]).all()
            np.testing.assert_allclose(in_all, total)


def test_numpy_and_torch_request_the_same(problem, scales):
    view, action = at_day(problem, 7), random_action(problem, 3)
    theirs = requested_spend(to_tensors(problem), to_tensors(view), torch.as_tensor(action), scales)
    for ours, other in zip(requested_spend(problem, view, action, scales), theirs, strict=True):
        np.testing.assert_allclose(ours, other.numpy(), rtol=1e-12)


def test_a_replaced_problem_has_nothing_of_the_first_cached(problem, scales):
    view, zero = at_day(problem, 4), np.zeros((5, action_size(len(problem.constraints.names))))
    first, _ = requested_spend(problem, view, zero, scales)
    reversed_plan = replace(problem, static_plan=problem.static_plan[::-1].copy())
    ours, _ = requested_spend(reversed_plan, view, zero, scales)
    theirs, _ = requested_spend(replace(reversed_plan), view, zero, scales)
    assert np.array_equal(ours, theirs)
    assert not np.allclose(ours, first)


def test_a_belief_that_rose_requests_more_where_it_is_followed(problem, scales):
    view, zero = at_day(problem, 7), np.zeros((5, action_size(len(problem.constraints.names))))
    state = view.belief.state
    better = view._replace(belief=view.belief._replace(state=state._replace(level=state.level * 1)))
    better.belief.state.level[:, 2] += 0.5
    following = scales.model_copy(update={"follow": 1.0})
    before, total = requested_spend(problem, view, zero, following)
    after, same = requested_spend(problem, better, zero, following)
    assert (after[:, 2] > 1.2 * before[:, 2]).all()
    assert np.array_equal(total, same)
    plain, _ = requested_spend(problem, view, zero, scales)
    assert np.array_equal(requested_spend(problem, better, zero, scales)[0], plain)


def test_the_prior_belief_requests_the_plan_where_the_market_is_known(scales):
    problem = problem_for(task_of("Stationary-S"))
    following = scales.model_copy(update={"follow": 1.0})
    view = initial_state(problem, problem.state, (3,)).view
    zero = np.zeros((3, action_size(len(problem.constraints.names))))
    spend, _ = requested_spend(problem, view, zero, following)
    np.testing.assert_allclose(spend, problem.static_plan[0] + 0 * spend, rtol=1e-3)


def test_the_prior_belief_requests_nearly_the_plan(problem, scales):
    following = scales.model_copy(update={"follow": 1.0})
    view = initial_state(problem, problem.state, (3,)).view
    zero = np.zeros((3, action_size(len(problem.constraints.names))))
    spend, total = requested_spend(problem, view, zero, following)
    plain, same = requested_spend(problem, view, zero, scales)
    np.testing.assert_array_equal(total, same)
    # the belief's curve is Hill's, the plan is for curves that saturate less and more as well
    assert (np.abs(spend - plain).sum(-1) < 0.3 * total).all()


@given(SEEDS, st.integers(0, 29))
def test_floors_first_hardly_needs_the_projection(problem, scales, seed, day):
    softmax = scales.model_copy(update={"map": "tree_softmax", "tilt": 3.0})
    view, action = at_day(problem, day), random_action(problem, seed)
    spend, total = requested_spend(problem, view, action, softmax)
    spend, _ = spend_day(problem.constraints, view.ledger, spend, total)
    np.testing.assert_allclose(spend, spend, rtol=1e-6, atol=1e-3)
