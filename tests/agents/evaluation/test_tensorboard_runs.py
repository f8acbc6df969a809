"""Runs of TensorBoard: seeds, hyperparameters, and configurations that name no folders."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.evaluation.evaluate import Evaluation, evaluate
from mediagym.agents.evaluation.tensorboard_runs import runs_of, shown_config, without_folders
from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import Actor, LearnedPolicy, Network, Training
from mediagym.agents.policy import Candidate, PlanPolicy
from mediagym.agents.rollout import EvaluationSet

Learned = Callable[[int], LearnedPolicy]


@pytest.fixture
def learned(actor: Actor, experiment: Experiment, record: Training) -> Learned:
    """Makes a policy that was trained with a seed."""

    def make(seed: int) -> LearnedPolicy:
        training = record.model_copy(update={"seed": seed, "steps": 600})
        network = Network(actor, experiment.env.action, training, "ppo", "")
        return LearnedPolicy("ppo", network, experiment.problem)

    return make


@pytest.fixture
def evaluated(
    experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> Callable[..., Evaluation]:
    validation = held_out_set(2)
    known = validation._replace(best=np.full(2, 1e4))

    def make(*candidates: Candidate) -> Evaluation:
        return evaluate(
            experiment.problem, candidates, known, experiment.solver, experiment.evaluation
        )

    return make


def test_a_run_has_the_seed_and_the_hyperparameters_of_its_training(
    experiment: Experiment, learned: Learned, evaluated: Callable[..., Evaluation]
) -> None:
    policy, static = learned(7), PlanPolicy("static", experiment.problem.static_plan)
    candidates = [Candidate("static", (static,)), Candidate("ppo", (policy,))]
    plain, own = runs_of(evaluated(*candidates), candidates, experiment, policy)
    assert (plain.seed, plain.parameters) == (None, {})
    assert (own.folder, own.seed, own.number) == ("ppo", 7, 0)
    agent: Any = experiment.agent
    assert own.parameters["seed"] == 7
    assert own.parameters["steps"] == 600
    assert own.parameters["env.action.follow"] == experiment.env.action.follow
    assert own.parameters["agent.learning_rate"] == agent.learning_rate
    assert own.parameters["agent.warm.iterations"] == agent.warm.iterations
    assert all(isinstance(v, str | int | float | bool) for v in own.parameters.values())


def test_only_the_policy_trained_here_has_the_settings_of_this_experiment(
    experiment: Experiment, learned: Learned, evaluated: Callable[..., Evaluation]
) -> None:
    candidates = [Candidate("ppo", (learned(7),))]
    (run,) = runs_of(evaluated(*candidates), candidates, experiment)
    assert run.parameters["seed"] == 7
    assert not [name for name in run.parameters if name.startswith("agent.")]


@pytest.mark.parametrize(("seeds", "names"), [((4, 1), (4, 1)), ((3, 3), (0, 1))])
def test_seeds_of_one_candidate_name_their_folders_unless_they_are_alike(
    seeds: tuple[int, ...],
    names: tuple[int, ...],
    experiment: Experiment,
    learned: Learned,
    evaluated: Callable[..., Evaluation],
) -> None:
    candidates = [Candidate("ppo", tuple(learned(seed) for seed in seeds))]
    runs = runs_of(evaluated(*candidates), candidates, experiment)
    assert [run.folder for run in runs] == [f"ppo/seed_{name}" for name in names]
    assert [run.seed for run in runs] == list(seeds)


def test_no_absolute_path_is_shown(experiment: Experiment, tmp_path: Path) -> None:
    config = {"data": {"path": str(tmp_path / "exports")}, "cache": tmp_path, "agent": ["a/b", 1]}
    shown = shown_config(replace(experiment, config=config))
    assert shown == {"data": {"path": "exports"}, "cache": tmp_path.name, "agent": ["a/b", 1]}
    assert without_folders(None) is None


def test_the_card_of_a_task_leaves_out_the_exports_that_it_never_reads(
    task_experiment: Callable[..., Experiment],
) -> None:
    experiment = replace(task_experiment("Full-S"), config={"data": {"path": "/a"}, "seed": 0})
    assert shown_config(experiment) == {"seed": 0}
