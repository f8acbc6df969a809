from collections.abc import Callable

import numpy as np

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import baseline
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.envs.flight import initial_state

QUICK = "uniform", "historical", "roas", "greedy", "static", "seasonal", "replanner", "thompson"


def test_a_plan_policy_requests_the_plan_s_day_for_every_flight(experiment: Experiment) -> None:
    plan = experiment.problem.static_plan
    observable = initial_state(experiment.problem, experiment.problem.state, (4,)).view
    observable = observable._replace(ledger=observable.ledger._replace(day=2))
    requested_spend, requested_total, memory = PlanPolicy("p", plan).act(observable, None)
    np.testing.assert_array_equal(requested_spend, np.tile(plan[2], (4, 1)))
    np.testing.assert_allclose(requested_total, plan[2].sum())
    assert memory is None


def test_every_baseline_treats_a_market_alone_as_in_a_batch(
    experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    many, one = held_out_set(4), held_out_set(1)
    for name in QUICK:
        policy = baseline(name, experiment)
        together, alone = (
            rollout_policy(experiment.problem, policy, markets) for markets in (many, one)
        )
        np.testing.assert_allclose(together.spend[:, :1], alone.spend, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(together.value[:, :1], alone.value, rtol=1e-9)


def test_uniform_historical_and_static_follow_their_plans(experiment: Experiment) -> None:
    uniform, historical = (baseline(name, experiment) for name in ("uniform", "historical"))
    assert isinstance(uniform, PlanPolicy)
    assert isinstance(historical, PlanPolicy)
    shares = uniform.plan.sum(0) / uniform.plan.sum()
    np.testing.assert_allclose(shares, 1 / len(shares), atol=1e-6)
    past = experiment.posterior.spend / experiment.posterior.spend.sum()
    planned = historical.plan.sum(0) / historical.plan.sum()
    above_floor = past > 0.05  # the others are lifted to their floors
    np.testing.assert_allclose(
        planned[above_floor] / planned[above_floor].sum(),
        past[above_floor] / past[above_floor].sum(),
        rtol=0.2,
    )
    assert baseline("static", experiment).plan is experiment.problem.static_plan  # type: ignore[attr-defined]
