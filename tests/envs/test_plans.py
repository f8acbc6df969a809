import numpy as np

from mediagym.envs.plans import historical_plan, steady_plan, uniform_plan
from mediagym.envs.violations import violations


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
    plan = steady_plan(constraints, shares, constraints.days)
    owner = constraints.tree.parents[1]
    floors = constraints.floor_cents[0] / constraints.total_cents
    if all((owner == c).mean() >= floor for c, floor in enumerate(floors)):
        np.testing.assert_allclose(plan, plan[0, 0])


def test_the_historical_plan_follows_the_history(posterior, constraints):
    plan = historical_plan(posterior, constraints, constraints.days).sum(0)
    most = int(np.argmax(posterior.spend))
    assert plan[most] == plan.max()


def test_the_static_plan_is_feasible_and_beats_the_historical(problem, posterior):
    from mediagym.envs.flight import simulate

    market, state = posterior.training()
    past = historical_plan(posterior, problem.constraints, problem.days)
    worth = []
    for plan in (problem.base, past):
        _, outcomes = simulate(market, state, plan[:, None], None)
        worth.append(sum(o.expected.sum(-1).mean() for o in outcomes))
    assert violations(problem.constraints, problem.base) == []
    assert worth[0] > worth[1]
