import numpy as np

from mediagym.agents.policies.linear_feedback import (
    GAINS,
    LinearFeedback,
    LinearFeedbackSettings,
    search,
)
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.data.storage import shipped_yaml


def test_zero_gains_are_the_static_plan(task_experiment):
    experiment = task_experiment("Uncertain-S")
    evaluation_set = EvaluationSet(*experiment.source.draw(1, range(4), 30))
    zero_gains = LinearFeedback(experiment.problem, experiment.env.action, np.zeros(len(GAINS)))
    static = PlanPolicy("static", experiment.problem.static_plan)
    one, two = (
        rollout_policy(experiment.problem, policy, evaluation_set)
        for policy in (zero_gains, static)
    )
    np.testing.assert_allclose(one.spend, two.spend, atol=0.05)  # the plan is in cents


def test_the_search_earns_more_on_new_markets_and_leaves_the_global_generator_alone(
    task_experiment,
):
    experiment = task_experiment("Uncertain-S")
    small = {"iterations": 6, "population": 6, "flights": 64}
    settings = LinearFeedbackSettings.of(shipped_yaml("agent/cma") | small, "agent")
    np.random.seed(5)  # noqa: NPY002  # the search must not use it
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    gains = search(experiment, settings)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(gains, search(experiment, settings))
    evaluation_set = EvaluationSet(*experiment.source.draw(99, range(64), 30))
    policies = [
        LinearFeedback(experiment.problem, experiment.env.action, gains),
        PlanPolicy("static", experiment.problem.static_plan),
    ]
    learnt, static = (
        rollout_policy(experiment.problem, p, evaluation_set).total.mean() for p in policies
    )
    assert learnt > static
