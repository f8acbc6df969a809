from collections.abc import Callable

import numpy as np

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import baseline
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.envs.flight import initial_state

QUICK = "uniform", "historical", "roas", "greedy", "static", "seasonal", "replanner", "thompson"


def test_a_plan_policy_wants_the_plan_of_the_day_for_every_flight(experiment: Experiment) -> None:
    plan = experiment.problem.static_plan
    view = initial_state(experiment.problem, experiment.problem.state, (4,)).view
    view = view._replace(ledger=view.ledger._replace(day=2))
    wanted, total, memory = PlanPolicy("p", plan).act(view, None)
    np.testing.assert_array_equal(wanted, np.tile(plan[2], (4, 1)))
    np.testing.assert_allclose(total, plan[2].sum())
    assert memory is None


def test_every_baseline_flies_one_market_as_it_flies_it_in_a_batch(
    experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    many, one = held_trial(4), held_trial(1)
    for name in QUICK:
        policy = baseline(name, experiment)
        together, alone = (
            rollout_policy(experiment.problem, policy, trial) for trial in (many, one)
        )
        np.testing.assert_allclose(together.spend[:, :1], alone.spend, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(together.value[:, :1], alone.value, rtol=1e-9)


def test_baselines_are_what_their_names_say(experiment: Experiment) -> None:
    uniform, historical = (baseline(name, experiment) for name in ("uniform", "historical"))
    assert isinstance(uniform, PlanPolicy)
    assert isinstance(historical, PlanPolicy)
    shares = uniform.plan.sum(0) / uniform.plan.sum()
    np.testing.assert_allclose(shares, 1 / len(shares), atol=1e-6)
    past = experiment.posterior.spend / experiment.posterior.spend.sum()
    planned = historical.plan.sum(0) / historical.plan.sum()
    roomy = past > 0.05  # the others are lifted to their floors
    np.testing.assert_allclose(
        planned[roomy] / planned[roomy].sum(), past[roomy] / past[roomy].sum(), rtol=0.2
    )
    assert baseline("static", experiment).plan is experiment.problem.static_plan  # type: ignore[attr-defined]
