"""Best plans of the days that are left, and where a best plan is proven to be the best."""

import numpy as np
import pytest

from mediagym.envs.constraints import Ledger, floor_remaining
from mediagym.envs.planning import best_remaining_plan, is_concave, plan_objective
from mediagym.envs.planning.spectral import project_remaining_plan
from mediagym.envs.suite import held_out_markets, problem_for, reference_of, task_of

MARKETS = 4


@pytest.mark.parametrize(
    ("key", "concave"),
    [("Uncertain-S", True), ("Carryover-S", True), ("SCurve-S", False), ("Funnel-S", False)],
)
def test_s_curves_halo_and_fatigue_are_not_concave(key, concave):
    assert is_concave(held_out_markets(task_of(key), "test")[0]) == concave


def test_of_a_whole_flight_without_a_future_it_is_the_clairvoyant_s_plan():
    task = task_of("Uncertain-S")
    problem, (market, state, _) = problem_for(task), held_out_markets(task, "test", MARKETS)
    start = np.repeat(problem.static_plan[None], MARKETS, 0)
    ledger = Ledger.start(problem.constraints, (MARKETS,))
    plan = best_remaining_plan((problem, market, state), ledger, None, start, 200)
    value = plan_objective(problem, market, state, None)(plan)[0]
    best = reference_of("Uncertain-S").daily["test"][:MARKETS]
    np.testing.assert_allclose(value, best, rtol=1e-4)
    assert (value <= best * (1 + 1e-6)).all()


def test_remaining_plans_spend_what_is_left_and_pay_what_is_owed():
    problem = problem_for(task_of("Uncertain-S"))
    constraints, rng = problem.constraints, np.random.default_rng(0)
    share = rng.dirichlet(np.ones(len(constraints.names)), MARKETS)
    spent = rng.uniform(0.1, 0.6, (MARKETS, 1)) * constraints.total * share
    ledger = Ledger.start(constraints, (MARKETS,))._replace(day=20, spent=spent)
    wanted = rng.normal(100, 3000, (MARKETS, constraints.days - 20, len(constraints.names)))
    plan = project_remaining_plan(constraints, ledger)(wanted)
    assert (plan >= 0).all()
    np.testing.assert_allclose(plan.sum((1, 2)), constraints.total - spent.sum(-1))
    owed = floor_remaining(constraints, ledger)[-1]
    assert (plan.sum(1) >= owed - 1e-6).all()
    cap = constraints.cap_cents[1] / 100
    assert (spent + plan.sum(1) <= np.maximum(cap, spent) + 1e-6).all()
