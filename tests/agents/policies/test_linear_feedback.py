import numpy as np

from mediagym.agents.experiment import TaskExperiment
from mediagym.agents.policies.linear_feedback import (
    GAINS,
    LinearFeedback,
    LinearFeedbackSettings,
    search,
)
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, EvaluationSettings, rollout_policy
from mediagym.data.storage import shipped_yaml
from mediagym.envs.environment import EnvSettings
from mediagym.envs.suite import task_of


def _arena(folder):
    env = EnvSettings.of(shipped_yaml("env/default"), "env")
    evaluation = EvaluationSettings.of(shipped_yaml("evaluation/default"), "evaluation")
    return TaskExperiment.of(task_of("Uncertain-S"), env, evaluation, {}, folder)


def test_no_gains_are_the_static_plan(tmp_path):
    experiment = _arena(tmp_path)
    trial = EvaluationSet(*experiment.source.draw(1, range(4), 30))
    still = LinearFeedback(experiment.problem, experiment.env.action, np.zeros(len(GAINS)))
    static = PlanPolicy("static", experiment.problem.static_plan)
    one, two = (rollout_policy(experiment.problem, policy, trial) for policy in (still, static))
    np.testing.assert_allclose(one.spend, two.spend, atol=0.05)  # the plan is in cents


def test_the_search_earns_more_on_new_markets_and_leaves_the_global_generator_alone(tmp_path):
    experiment = _arena(tmp_path)
    small = {"iterations": 6, "population": 6, "flights": 64}
    settings = LinearFeedbackSettings.of(shipped_yaml("agent/cma") | small, "agent")
    np.random.seed(5)  # noqa: NPY002  # to see whether it is used
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    gains = search(experiment, settings)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(gains, search(experiment, settings))
    trial = EvaluationSet(*experiment.source.draw(99, range(64), 30))
    policies = [
        LinearFeedback(experiment.problem, experiment.env.action, gains),
        PlanPolicy("static", experiment.problem.static_plan),
    ]
    learnt, static = (rollout_policy(experiment.problem, p, trial).total.mean() for p in policies)
    assert learnt > static
