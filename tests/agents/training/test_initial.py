from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mediagym.agents.networks import (
    UNIVERSAL,
    Actor,
    CampaignActor,
    Network,
    Training,
    load_network,
    save_network,
)
from mediagym.agents.training.initial import start_from
from mediagym.data.errors import ConfigError
from mediagym.envs.flight import ActionSettings

ACTION = ActionSettings(map="projection", tilt=1.0, follow=1.0, pace=0.3)


def test_no_start_changes_nothing(actor: Actor) -> None:
    before = actor.copy()
    assert start_from(None, actor, ACTION) is None
    assert all(map(torch.equal, before.parameters(), actor.parameters()))


def test_the_shipped_policy_is_a_start_for_a_network_of_its_sizes() -> None:
    shape = load_network(UNIVERSAL).actor.shape
    actor = CampaignActor(shape.width, shape.memory)
    origin = start_from("universal", actor, ACTION)
    assert "universal" in str(origin)
    shipped = load_network(UNIVERSAL).actor
    assert all(map(torch.equal, shipped.parameters(), actor.parameters()))


@pytest.mark.parametrize("given", ["flat", "smaller"])
def test_a_network_of_other_layers_is_refused(actor: Actor, given: str) -> None:
    other: Any = actor if given == "flat" else CampaignActor(8, 4)
    with pytest.raises(ConfigError, match=r"agent\.start.*campaigns"):
        start_from("universal", other, ACTION)


def test_actions_of_another_meaning_are_refused() -> None:
    shape = load_network(UNIVERSAL).actor.shape
    actor = CampaignActor(shape.width, shape.memory)
    with pytest.raises(ConfigError, match=r"agent\.start.*env\.action"):
        start_from("universal", actor, ACTION.model_copy(update={"follow": 0.0}))


def test_a_start_that_is_no_run_is_refused(actor: Actor, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"agent\.start.*no trained policy"):
        start_from(str(tmp_path), actor, ACTION)


def test_a_run_s_folder_is_a_start(actor: Actor, record: Training, tmp_path: Path) -> None:
    save_network(Network(actor, ACTION, record, "flat", "some training"), tmp_path / "run")
    other = actor.copy()
    with torch.no_grad():
        other.head.weight.add_(1.0)
    assert start_from(str(tmp_path / "run"), other, ACTION) == "flat as it was: some training"
    assert all(map(torch.equal, actor.parameters(), other.parameters()))


def test_training_starts_from_the_weights_and_keeps_them_where_nothing_is_better(
    learner: Callable[..., Any], experiment: Any
) -> None:
    from mediagym.agents.training.trainer import train

    settings = learner(
        "finetune",
        warm={"iterations": 1, "flights": 2, "learning_rate": 1e-9},
        total_timesteps=120,
        n_envs=4,
        batch_size=120,
        learning_rate=1e-9,
    )
    network = train(
        experiment.problem,
        experiment.source,
        experiment.held_out("validation"),
        experiment.env.model_copy(update={"action": ACTION}),
        settings,
        0,
        progress=False,
    )
    assert isinstance(network.actor, CampaignActor)
    assert network.training.steps == 2 * 30 + 120
