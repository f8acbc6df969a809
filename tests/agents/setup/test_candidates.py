"""Training runs that differ in their seed alone are one candidate."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import Actor, Network, Training, save_network
from mediagym.agents.setup import candidates_of

Runs = Callable[..., str]


@pytest.fixture
def run(actor: Actor, experiment: Experiment, record: Training, tmp_path: Path) -> Runs:
    """Writes the folder of a training run."""
    network = Network(actor, experiment.env.action, record, "ppo", "")

    def make(name: str, seed: int, **settings: Any) -> str:
        training = record.model_copy(update={"seed": seed})
        save_network(replace(network, training=training), tmp_path / name)
        config = {"seed": seed, "cache": name, "agent": {"gamma": 1.0, **settings}}
        (tmp_path / name / "run.json").write_text(json.dumps(config))
        return str(tmp_path / name)

    return make


def test_seeds_of_a_sweep_are_one_candidate(run: Runs, experiment: Experiment) -> None:
    names = [run("0", seed=4), "static", run("1", seed=2)]
    found = candidates_of(names, experiment)
    assert [candidate.name for candidate in found] == ["ppo", "static"]
    policies: Any = found[0].policies
    assert [policy.network.training.seed for policy in policies] == [4, 2]
    assert [policy.name for policy in policies] == ["ppo", "ppo"]


def test_runs_with_other_settings_stay_apart(run: Runs, experiment: Experiment) -> None:
    names = [run("a0", 0), run("b0", 0, gamma=0.9), run("a1", 1), run("b1", 1, gamma=0.9)]
    found = candidates_of(names, experiment)
    assert [(each.name, len(each.policies)) for each in found] == [("ppo_a0", 2), ("ppo_b0", 2)]
    assert [policy.name for policy in found[1].policies] == ["ppo_b0"] * 2


def test_one_seed_twice_is_two_candidates(run: Runs, experiment: Experiment) -> None:
    found = candidates_of([run("first", 3), run("again", 3)], experiment)
    assert [candidate.name for candidate in found] == ["ppo_first", "ppo_again"]


def test_runs_without_a_configuration_stay_apart(run: Runs, experiment: Experiment) -> None:
    names = [run("0", 0), run("1", 1)]
    for name in names:
        (Path(name) / "run.json").unlink()
    assert [each.name for each in candidates_of(names, experiment)] == ["ppo_0", "ppo_1"]
