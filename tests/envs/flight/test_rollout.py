import numpy as np
import pytest
import torch

from mediagym.envs.arrays import select
from mediagym.envs.constraints import Ledger
from mediagym.envs.flight import initial_state, observe, prior_level, problem_of, rollout, step_day
from mediagym.envs.flight.rollout import update_belief
from mediagym.envs.market import Noise, saturation, simulate, step
from mediagym.envs.planning import to_tensors

COUNT = 6


def leaves(record):
    for field in record:
        if hasattr(field, "shape"):
            yield field
        elif isinstance(field, tuple):
            yield from leaves(field)


def assert_same(ours, theirs):
    for mine, other in zip(leaves(ours), leaves(theirs), strict=True):
        assert np.array_equal(mine, other)


@pytest.fixture(scope="module")
def completed(problem, flights, varying_policy):
    market, flight, noise = flights(COUNT)
    end, days = rollout(problem, market, flight, noise, varying_policy(problem, COUNT))
    return market, noise, end, days


def test_a_flight_spends_the_total_and_meets_its_floors(problem, completed, constraints):
    spend = np.stack([day.spend for day in completed[3]])
    np.testing.assert_allclose(spend.sum((0, 2)), constraints.total, rtol=1e-12)
    assert (spend >= 0).all()
    for i in range(COUNT):
        floors = constraints.floor_cents[1] / 100
        assert (spend[:, i].sum(0) >= floors - 1e-6).all()
    assert completed[2].view.ledger.day == problem.days


def test_a_flight_is_reproducible(problem, flights, varying_policy, completed):
    market, flight, noise = flights(COUNT)
    end, days = rollout(problem, market, flight, noise, varying_policy(problem, COUNT))
    assert_same(end, completed[2])
    for ours, theirs in zip(days, completed[3], strict=True):
        assert_same(ours, theirs)


def test_flights_do_not_depend_on_their_neighbours(problem, flights, completed, varying_policy):
    market, flight, noise = flights(COUNT)
    act = varying_policy(problem, COUNT)
    pick = [3]

    def alone(view, memory):
        shape = (COUNT, len(problem.constraints.names))
        wide = view._replace(
            belief=view.belief._replace(
                state=view.belief.state._replace(level=view.belief.state.level + np.zeros(shape))
            )
        )
        spend, total, memory = act(wide, memory)
        return spend[pick], total[pick], memory

    noise = Noise(*(field if field is None else field[:, pick] for field in noise))
    begin = initial_state(problem, select(flight.hidden_state, pick), (1,))
    _, days = rollout(problem, select(market, pick), begin, noise, alone)
    for ours, theirs in zip(days, completed[3], strict=True):
        np.testing.assert_allclose(ours.spend[0], theirs.spend[3], rtol=1e-9, atol=1e-9)


def test_the_belief_depends_on_spends_and_reports_alone(problem, flights, completed):
    """Equal spends and reports give equal beliefs, whatever the market."""
    _, flight, _ = flights(COUNT)
    belief = flight.view.belief
    for day in completed[3]:
        belief = update_belief(problem, belief, day.spend, day.outcome.claimed)
    assert_same(belief, completed[2].view.belief)


@pytest.mark.parametrize("day", [0, 1, 13, 29])
def test_later_noise_changes_nothing_observed_before(
    problem, flights, varying_policy, completed, day
):
    market, flight, noise = flights(COUNT)
    other = flights(COUNT, seed=9)[2]
    mixed = Noise(
        *(
            a if a is None else np.concatenate([a[:day], b[day:]])
            for a, b in zip(noise, other, strict=True)
        )
    )
    observed: list[list[np.ndarray]] = []
    for path in (noise, mixed):
        act, views = varying_policy(problem, COUNT), []

        def recording(view, memory, act=act, views=views):
            views.append(observe(problem, view))
            return act(view, memory)

        _, days = rollout(problem, market, flight, path, recording)
        observed.append([*views[: day + 1], *(d.spend for d in days[: day + 1])])
    for ours, theirs in zip(*observed, strict=True):
        assert np.array_equal(ours, theirs)
    assert not np.array_equal(days[day].outcome.conversions, completed[3][day].outcome.conversions)


def test_numpy_and_torch_roll_out_the_same(problem, flights, varying_policy, completed):
    market, flight, noise = flights(COUNT)
    tensor = to_tensors(problem)
    begin = initial_state(tensor, to_tensors(flight.hidden_state), (COUNT,))
    end, days = rollout(
        tensor, to_tensors(market), begin, to_tensors(noise), varying_policy(tensor, COUNT)
    )
    for ours, theirs in zip([end, *days], [completed[2], *completed[3]], strict=True):
        for mine, other in zip(leaves(ours), leaves(theirs), strict=True):
            assert isinstance(mine, torch.Tensor)
            np.testing.assert_allclose(mine.numpy(), other, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(
        observe(tensor, end.view).numpy(), observe(problem, completed[2].view), rtol=1e-6, atol=1e-6
    )


def test_a_gradient_flows_through_a_whole_flight(problem, flights):
    market, flight, noise = flights(2)
    tensor = to_tensors(problem)
    tilt = torch.zeros(len(problem.constraints.names), dtype=torch.float64, requires_grad=True)

    def act(view, memory):
        spend = tensor.static_plan[view.ledger.day] * torch.exp(
            tilt + 0.1 * view.belief.state.level
        )
        return spend, spend.sum(-1), memory

    begin = initial_state(tensor, to_tensors(flight.hidden_state), (2,))
    _, days = rollout(tensor, to_tensors(market), begin, to_tensors(noise), act)
    sum(day.value.sum() for day in days).backward()
    assert torch.isfinite(tilt.grad).all()
    assert (tilt.grad != 0).any()


def test_reports_as_expected_shift_nothing_and_reduce_the_variance(problem):
    belief = initial_state(problem, problem.state, ()).view.belief
    state = problem.state
    for plan in problem.static_plan:
        state, outcome = step(problem.market, state, plan, None)
        belief = update_belief(problem, belief, plan, outcome.expected)
    np.testing.assert_allclose(belief.state.level, state.level, atol=1e-6)
    np.testing.assert_allclose(belief.state.level, prior_level(problem, state.day), atol=1e-6)
    np.testing.assert_allclose(belief.observed, belief.expected, rtol=1e-6)
    np.testing.assert_allclose(belief.innovation, 0, atol=1e-6)
    assert (belief.covariance.level < problem.covariance.level + 0.05).all()


def test_twice_the_reports_raise_the_belief_towards_twice(problem):
    belief = initial_state(problem, problem.state, ()).view.belief
    state = problem.state
    for plan in problem.static_plan:
        state, outcome = step(problem.market, state, plan, None)
        belief = update_belief(problem, belief, plan, 2 * outcome.expected)
    ratio, slope = state.stock / problem.market.reference_spend, problem.market.slope
    curves = [saturation(ratio, e, slope) for e in (belief.elasticity, problem.market.elasticity)]
    gain = belief.state.level - prior_level(problem, state.day) + np.log(curves[0] / curves[1])
    assert (gain > 0).all()
    assert (gain < np.log(2) + 0.1).all()
    large = problem.market.reference_conversions > 10
    assert (gain[large] > 0.4).all()


def test_the_curve_is_learnt_where_more_is_spent_than_at_the_reference(problem):
    elasticity = problem.market.elasticity
    steeper = problem.market._replace(elasticity=elasticity + 0.1)
    belief, state = initial_state(problem, problem.state, ()).view.belief, problem.state
    shift = np.array([])
    for times in (0.5, 2.0) * (len(problem.static_plan) // 2):
        spend = times * problem.market.reference_spend
        state, outcome = step(steeper, state, spend, None)
        belief = update_belief(problem, belief, spend, outcome.expected)
        shift = belief.elasticity - elasticity
    large = problem.market.reference_conversions > 10
    assert (shift[large] > 0).all()
    assert (belief.covariance.curve < problem.covariance.curve)[large].all()


def test_a_fixed_plan_has_the_outcomes_of_a_flight_with_it(problem, flights):
    market, flight, noise = flights(COUNT)

    def act(view, memory):
        today = problem.static_plan[view.ledger.day] + 0 * view.ledger.spent
        return today, today.sum(-1), memory

    _, days = rollout(problem, market, flight, noise, act)
    _, outcomes = simulate(market, flight.hidden_state, problem.static_plan, noise)
    for day, outcome in zip(days, outcomes, strict=True):
        np.testing.assert_allclose(day.outcome.expected, outcome.expected, rtol=1e-6)


def test_the_prior_covariance_is_that_of_the_posterior(problem, posterior, constraints, objective):
    assert (problem.covariance.level > 0).all()
    names = list(posterior.names)
    small, large = (names.index(f"google/{n} Network") for n in ("Display", "Search"))
    assert problem.covariance.level[small] > 10 * problem.covariance.level[large]
    assert (
        problem_of(posterior, constraints, objective, problem.static_plan).days == constraints.days
    )


def test_a_step_is_the_first_day_of_a_rollout(problem, flights, varying_policy, completed):
    market, flight, noise = flights(COUNT)
    act = varying_policy(problem, COUNT)
    spend, total, _ = act(flight.view, None)
    after, day = step_day(problem, market, flight, spend, total, select(noise, 0))
    assert_same(day, completed[3][0])
    assert isinstance(after.view.ledger, Ledger)
    assert np.array_equal(after.view.ledger.last, day.spend)
