from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.envs.constraints import (
    ConstraintSettings,
    daily_floors,
    parse_constraints,
    violations,
)
from mediagym.envs.flight import BeliefCovariance, Problem
from mediagym.envs.market import draw_noises, generator, simulate
from mediagym.envs.planning import (
    SolverSettings,
    constant_plan,
    historical_plan,
    paced_plan,
    plan_objective,
    project_daily_plan,
    static_plan,
    uniform_plan,
)


def test_plans_made_before_the_flight_keep_to_everything(posterior, constraints):
    days = constraints.days
    for plan in (
        uniform_plan(constraints, len(constraints.names), days),
        historical_plan(posterior, constraints, days),
    ):
        assert plan.shape == (days, len(constraints.names))
        assert violations(constraints, plan) == []
        np.testing.assert_allclose(plan.sum(), constraints.total, rtol=1e-12)


def test_shares_that_are_allowed_are_kept(constraints):
    shares = np.full(len(constraints.names), 1.0)
    plan = constant_plan(constraints, shares, constraints.days)
    owner = constraints.tree.parents[1]
    floors = constraints.floor_cents[0] / constraints.total_cents
    if all((owner == c).mean() >= floor for c, floor in enumerate(floors)):
        np.testing.assert_allclose(plan, plan[0, 0])


def test_the_historical_plan_follows_the_history(posterior, constraints):
    plan = historical_plan(posterior, constraints, constraints.days).sum(0)
    most = int(np.argmax(posterior.spend))
    assert plan[most] == plan.max()


def test_the_static_plan_is_feasible_and_beats_the_historical(problem, posterior):
    market, state = posterior.training()
    past = historical_plan(posterior, problem.constraints, problem.days)
    worth = []
    for plan in (problem.static_plan, past):
        _, outcomes = simulate(market, state, plan[:, None], None)
        worth.append(sum(o.expected.sum(-1).mean() for o in outcomes))
    assert violations(problem.constraints, problem.static_plan) == []
    assert worth[0] > worth[1]


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_feasible_plan_is_paced_as_it_is(feasible_set, fly, seed):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    for plan in fly(rng, constraints, rows=3):
        np.testing.assert_allclose(
            paced_plan(constraints, plan), plan, atol=1e-6 * constraints.total
        )


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_any_wish_is_paced_into_a_feasible_plan(feasible_set, seed):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    shape = (constraints.days, len(constraints.names))
    wish = rng.dirichlet(np.full(shape[0] * shape[1], 0.3)).reshape(shape) * constraints.total
    assert violations(constraints, paced_plan(constraints, wish)) == []


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_even_floors_pay_the_floors_of_campaigns_and_of_channels_with_one(feasible_set, seed):
    constraints = feasible_set(np.random.default_rng(seed))
    least = daily_floors(constraints)
    owner = constraints.tree.parents[1]
    for k, floor in enumerate(constraints.floor_cents[1] / 100):
        assert least[k] * constraints.days >= floor - 1e-9
        if (owner == owner[k]).sum() == 1:
            channel = constraints.floor_cents[0][owner[k]] / 100
            assert least[k] * constraints.days == pytest.approx(max(floor, channel))
        else:
            assert least[k] * constraints.days == pytest.approx(floor)
    assert least.sum() * constraints.days <= constraints.total + 1e-6


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_whole_plans_keep_to_sums_caps_and_what_is_due_every_day(feasible_set, seed):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    least = daily_floors(constraints)
    wish = rng.normal(0, constraints.total, (4, constraints.days, len(constraints.names)))
    plans = project_daily_plan(constraints, daily_minimum=least)(wish)
    slack = 1e-6 * max(constraints.total, 1)
    assert (plans >= least - slack).all()
    assert (plans <= constraints.daily_cap_cents / 100 + slack).all()
    sums = plans.sum(1)
    assert (sums >= constraints.floor_cents[1] / 100 - slack).all()
    assert (sums <= constraints.cap_cents[1] / 100 + slack).all()
    if constraints.spend_all:
        np.testing.assert_allclose(sums.sum(1), constraints.total, atol=slack)


@pytest.fixture(scope="module")
def climbed(posterior, objective, conf):
    """The static plan under a pacing band, and what plans are worth on its markets and paths."""
    given = conf("solver/default.yaml", iterations=120, draws=16)
    solver = SolverSettings.of(given, "solver")
    market, state = posterior.sample_training(solver.draws)
    path = draw_noises(
        market, 30, (generator(solver.seed, i) for i in range(16))
    ).without_count_noise()

    @cache
    def climb(*pacing):
        shipped = conf("constraints/default.yaml", pacing=list(pacing) or None)
        constraints = parse_constraints(
            ConstraintSettings.of(shipped, "constraints"), posterior.campaigns, 30
        )
        plan = static_plan(posterior, constraints, objective, 30, solver)
        problem = Problem(
            constraints, objective, *posterior.mean(), BeliefCovariance.none(plan[0]), plan
        )
        worth = plan_objective(problem, market, state, path)
        return constraints, plan, lambda p: worth(np.repeat(p[None], 16, 0))[0].mean()

    return climb


@pytest.mark.parametrize("pacing", [(), (0.95, 1.05), (1, 1)])
def test_the_static_plan_is_feasible_and_better_than_its_neighbours(climbed, pacing):
    """Under any pacing band; a neighbour is a mixture with a plan made before, or a nudge."""
    constraints, plan, worth = climbed(*pacing)
    assert violations(constraints, plan) == []
    np.testing.assert_allclose(plan.sum(), constraints.total)
    best = worth(plan)
    even = uniform_plan(constraints, plan.shape[1], 30)
    assert worth(even) < best
    for share in (0.02, 0.1):
        assert worth((1 - share) * plan + share * even) <= best * (1 + 2e-4)
    rng = np.random.default_rng(0)
    for size in (0.05, 0.3):
        nudged = paced_plan(constraints, plan * np.exp(size * rng.standard_normal(plan.shape[1])))
        assert worth(nudged) <= best * (1 + 2e-4)


def test_a_band_that_binds_costs_little(climbed):
    _, free, worth = climbed()
    for pacing in ((0.95, 1.05), (1, 1)):
        _, plan, _ = climbed(*pacing)
        assert 0.97 * worth(free) <= worth(plan) <= worth(free) * (1 + 1e-4)
