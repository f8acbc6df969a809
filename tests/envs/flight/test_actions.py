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
    return ActionSettings.of(conf("env/default.yaml")["action"], "env.action")


def at_day(problem, day, seed=0, rows=5):
    """What is seen of flights whose money was spent at random up to a day."""
    rng = np.random.default_rng(seed)
    ledger = Ledger.start(problem.constraints, (rows,))
    for t in range(day):
        target = problem.static_plan[t] * rng.lognormal(
            0, 0.5, (rows, problem.static_plan.shape[1])
        )
        _, ledger = spend_day(problem.constraints, ledger, target, target.sum(-1))
    return initial_state(problem, problem.state, (rows,)).view._replace(ledger=ledger)


def random_action(problem, seed, rows=5):
    size = action_size(len(problem.constraints.names))
    return np.random.default_rng(seed).uniform(-1, 1, (rows, size))


def follow(problem, flights, scales):
    market, flight, noise = flights(3)
    still = np.zeros((3, action_size(len(problem.constraints.names))))

    def act(view, memory):
        return *requested_spend(problem, view, still, scales), memory

    return np.stack([day.spend for day in rollout(problem, market, flight, noise, act)[1]])


def test_an_action_of_zero_is_the_plan_for_a_whole_flight(problem, flights, scales):
    spend = follow(problem, flights, scales)
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
    frugal = problem._replace(constraints=loose, static_plan=0.6 * problem.static_plan)
    spend = follow(frugal, flights, scales)
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
def test_wishes_add_up_to_the_total_that_is_wished(problem, scales, seed, day):
    target, total = requested_spend(
        problem, at_day(problem, day), random_action(problem, seed), scales
    )
    np.testing.assert_allclose(target.sum(-1), total, rtol=1e-12)
    assert (target >= 0).all()


def test_a_larger_entry_asks_for_more(problem, scales):
    view = at_day(problem, 4)
    still = np.zeros((5, action_size(len(problem.constraints.names))))
    target, total = requested_spend(problem, view, still, scales)
    for k in range(still.shape[1]):
        moved = still.copy()
        moved[:, k] = 0.5
        there, in_all = requested_spend(problem, view, moved, scales)
        if k == 0:
            np.testing.assert_allclose(in_all, total * np.exp(0.5 * scales.pace))
        else:
            assert (there[:, k - 1] > target[:, k - 1]).all()
            np.testing.assert_allclose(in_all, total)


def test_numpy_and_torch_want_alike(problem, scales):
    view, action = at_day(problem, 7), random_action(problem, 3)
    theirs = requested_spend(to_tensors(problem), to_tensors(view), torch.as_tensor(action), scales)
    for ours, other in zip(requested_spend(problem, view, action, scales), theirs, strict=True):
        np.testing.assert_allclose(ours, other.numpy(), rtol=1e-12)


def test_a_problem_with_another_plan_remembers_nothing_of_the_first(problem, scales):
    view, still = at_day(problem, 4), np.zeros((5, action_size(len(problem.constraints.names))))
    first, _ = requested_spend(problem, view, still, scales)
    turned = problem._replace(static_plan=problem.static_plan[::-1].copy())
    ours, _ = requested_spend(turned, view, still, scales)
    theirs, _ = requested_spend(type(problem)(*turned), view, still, scales)
    assert np.array_equal(ours, theirs)
    assert not np.allclose(ours, first)


def test_a_belief_that_rose_asks_for_more_where_it_is_followed(problem, scales):
    view, still = at_day(problem, 7), np.zeros((5, action_size(len(problem.constraints.names))))
    state = view.belief.state
    better = view._replace(belief=view.belief._replace(state=state._replace(level=state.level * 1)))
    better.belief.state.level[:, 2] += 0.5
    following = scales.model_copy(update={"follow": 1.0})
    before, total = requested_spend(problem, view, still, following)
    after, same = requested_spend(problem, better, still, following)
    assert (after[:, 2] > 1.2 * before[:, 2]).all()
    assert np.array_equal(total, same)
    plain, _ = requested_spend(problem, view, still, scales)
    assert np.array_equal(requested_spend(problem, better, still, scales)[0], plain)


def test_what_was_believed_before_the_flight_is_the_plan_where_the_market_is_known(scales):
    problem = problem_for(task_of("Stationary-S"))
    following = scales.model_copy(update={"follow": 1.0})
    view = initial_state(problem, problem.state, (3,)).view
    still = np.zeros((3, action_size(len(problem.constraints.names))))
    target, _ = requested_spend(problem, view, still, following)
    np.testing.assert_allclose(target, problem.static_plan[0] + 0 * target, rtol=1e-3)


def test_what_was_believed_before_the_flight_is_near_the_plan(problem, scales):
    following = scales.model_copy(update={"follow": 1.0})
    view = initial_state(problem, problem.state, (3,)).view
    still = np.zeros((3, action_size(len(problem.constraints.names))))
    target, total = requested_spend(problem, view, still, following)
    plain, same = requested_spend(problem, view, still, scales)
    np.testing.assert_array_equal(total, same)
    assert (np.abs(target - plain).sum(-1) < 0.05 * total).all()


@given(SEEDS, st.integers(0, 29))
def test_floors_first_needs_next_to_no_projection(problem, scales, seed, day):
    softmax = scales.model_copy(update={"map": "tree_softmax", "tilt": 3.0})
    view, action = at_day(problem, day), random_action(problem, seed)
    target, total = requested_spend(problem, view, action, softmax)
    spend, _ = spend_day(problem.constraints, view.ledger, target, total)
    np.testing.assert_allclose(spend, target, rtol=1e-6, atol=1e-3)
