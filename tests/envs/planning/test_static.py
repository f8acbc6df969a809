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


def test_plans_made_before_the_flight_satisfy_all_constraints(posterior, constraints):
    days = constraints.days
    for plan in (
        uniform_plan(constraints, len(constraints.names), days),
        historical_plan(posterior, constraints, days),
    ):
        assert plan.shape == (days, len(constraints.names))
        assert violations(constraints, plan) == []
        np.testing.assert_allclose(plan.sum(), constraints.total, rtol=1e-12)


def test_feasible_shares_are_followed(constraints):
    shares = np.full(len(constraints.names), 1.0)
    plan = constant_plan(constraints, shares, constraints.days)
    owner = constraints.tree.parents[1]
    floors = constraints.floor_cents[0] / constraints.total_cents
    assert all((owner == c).mean() >= floor for c, floor in enumerate(floors))
    np.testing.assert_allclose(plan, constraints.total / plan.size)


def test_the_historical_plan_follows_the_history(posterior, constraints):
    plan = historical_plan(posterior, constraints, constraints.days).sum(0)
    most = int(np.argmax(posterior.spend))
    assert plan[most] == plan.max()


def test_the_static_plan_is_feasible_and_beats_the_historical(problem, posterior):
    market, state = posterior.training()
    historical = historical_plan(posterior, problem.constraints, problem.days)
    values = []
    for plan in (problem.static_plan, historical):
        _, outcomes = simulate(market, state, plan[:, None], None)
        values.append(sum(o.expected.sum(-1).mean() for o in outcomes))
    assert violations(problem.constraints, problem.static_plan) == []
    assert values[0] > values[1]


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_pacing_a_feasible_plan_leaves_it_unchanged(feasible_set, random_flights, seed):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    for plan in random_flights(rng, constraints, rows=3):
        np.testing.assert_allclose(
            paced_plan(constraints, plan), plan, atol=1e-6 * constraints.total
        )


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_pacing_any_plan_makes_it_feasible(feasible_set, seed):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    shape = (constraints.days, len(constraints.names))
    plan = rng.dirichlet(np.full(shape[0] * shape[1], 0.3)).reshape(shape) * constraints.total
    assert violations(constraints, paced_plan(constraints, plan)) == []


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_daily_floors_pay_the_floors_of_campaigns_and_lone_channels(feasible_set, seed):
    constraints = feasible_set(np.random.default_rng(seed))
    daily_minimum = daily_floors(constraints)
    owner = constraints.tree.parents[1]
    for k, floor in enumerate(constraints.floor_cents[1] / 100):
        assert daily_minimum[k] * constraints.days >= floor - 1e-9
        if (owner == owner[k]).sum() == 1:
            channel = constraints.floor_cents[0][owner[k]] / 100
            assert daily_minimum[k] * constraints.days == pytest.approx(max(floor, channel))
        else:
            assert daily_minimum[k] * constraints.days == pytest.approx(floor)
    assert daily_minimum.sum() * constraints.days <= constraints.total + 1e-6


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_projected_plans_satisfy_sums_caps_and_daily_minima(feasible_set, seed):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    daily_minimum = daily_floors(constraints)
    requested = rng.normal(0, constraints.total, (4, constraints.days, len(constraints.names)))
    plans = project_daily_plan(constraints, daily_minimum=daily_minimum)(requested)
    slack = 1e-6 * max(constraints.total, 1)
    assert (plans >= daily_minimum - slack).all()
    assert (plans <= constraints.daily_cap_cents / 100 + slack).all()
    sums = plans.sum(1)
    assert (sums >= constraints.floor_cents[1] / 100 - slack).all()
    assert (sums <= constraints.cap_cents[1] / 100 + slack).all()
    lowest = constraints.total if constraints.spend_all else daily_minimum.sum() * len(plans[0])
    assert (sums.sum(1) >= lowest - slack).all()
    assert (sums.sum(1) <= constraints.total + slack).all()


@pytest.fixture(scope="module")
def optimise(posterior, objective, conf):
    """Optimises the static plan under a pacing band; with the value of plans on its markets."""
    keys = conf("solver/default.yaml", iterations=120, draws=16)
    solver = SolverSettings.of(keys, "solver")
    market, state = posterior.sample_training(solver.draws)
    path = draw_noises(
        market, 30, (generator(solver.seed, i) for i in range(16))
    ).without_count_noise()

    @cache
    def static_plan_under(*pacing):
        shipped = conf("constraints/default.yaml", pacing=list(pacing) or None)
        constraints = parse_constraints(
            ConstraintSettings.of(shipped, "constraints"), posterior.campaigns, 30
        )
        plan = static_plan(posterior, constraints, objective, 30, solver)
        problem = Problem(
            constraints, objective, *posterior.mean(), BeliefCovariance.none(plan[0]), plan
        )
        by_market = plan_objective(problem, market, state, path)
        return constraints, plan, lambda p: by_market(np.repeat(p[None], 16, 0))[0].mean()

    return static_plan_under


@pytest.mark.parametrize("pacing", [(), (0.95, 1.05), (1, 1)])
def test_the_static_plan_is_feasible_and_better_than_its_neighbours(optimise, pacing):
    """Under any pacing band; neighbours are mixtures with the uniform plan, and perturbations."""
    constraints, plan, value = optimise(*pacing)
    assert violations(constraints, plan) == []
    np.testing.assert_allclose(plan.sum(), constraints.total)
    best = value(plan)
    even = uniform_plan(constraints, plan.shape[1], 30)
    assert value(even) < best
    for share in (0.02, 0.1):
        assert value((1 - share) * plan + share * even) <= best * (1 + 2e-4)
    rng = np.random.default_rng(0)
    for size in (0.05, 0.3):
        perturbed = paced_plan(
            constraints, plan * np.exp(size * rng.standard_normal(plan.shape[1]))
        )
        assert value(perturbed) <= best * (1 + 2e-4)


def test_a_binding_pacing_band_costs_little(optimise):
    _, unpaced, value = optimise()
    for pacing in ((0.95, 1.05), (1, 1)):
        _, plan, _ = optimise(*pacing)
        assert 0.97 * value(unpaced) <= value(plan) <= value(unpaced) * (1 + 1e-4)
