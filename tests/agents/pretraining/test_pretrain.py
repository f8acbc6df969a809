from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mediagym.agents.networks import CampaignActor, load_network, load_policy
from mediagym.agents.pretraining import PretrainCommand, Pretraining, pretrain
from mediagym.agents.pretraining.advertisers import held_out_set, training_world
from mediagym.data.errors import ConfigError
from mediagym.data.storage import read_json
from mediagym.envs.suite import advertiser_task, problem_for

SMALL = {
    "advertisers": 2,
    "markets": 16,
    "iterations": 4,
    "worlds": 2,
    "rows": 16,
    "flights": [2, 4],
    "width": 6,
    "memory": 4,
    "validation_advertisers": 1,
    "validation_markets": 4,
    "check_every": 2,
    "checkpoint": 0,
    "warm_up": 0.25,
}


@pytest.fixture(scope="module", autouse=True)
def few_campaigns() -> Any:
    """Advertisers of two to four campaigns, whose plans are made in a moment."""
    from mediagym.envs.suite import advertisers

    ranges = {
        **advertisers.shipped_yaml("advertisers"),
        "campaigns": [2, 3],
        "days": [6, 8],
        "steady": 0.0,
    }
    with pytest.MonkeyPatch.context() as patch:
        real = advertisers.shipped_yaml
        patch.setattr(
            advertisers,
            "shipped_yaml",
            lambda name: ranges if name == "advertisers" else real(name),
        )
        yield


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of cached static plans."""
    return tmp_path_factory.mktemp("plans")


@pytest.fixture
def options(
    conf: Callable[..., dict[str, Any]], plans: Path, tmp_path: Path
) -> Callable[..., PretrainCommand]:
    """Makes the options of a pretraining of seconds."""

    def make(folder: str = "run", **changes: Any) -> PretrainCommand:
        shipped = conf("pretrain.yaml")
        env = conf("env/default.yaml")
        env["action"] = {**env["action"], "follow": 1.0}
        return PretrainCommand.read(
            {
                **shipped,
                "env": env,
                "cache": str(plans),
                "output": str(tmp_path / folder),
                "pretraining": {**shipped["pretraining"], **SMALL, **changes},
            }
        )

    return make


def test_a_run_writes_a_policy_that_flies_an_advertiser_it_was_not_trained_on(
    options: Callable[..., PretrainCommand],
) -> None:
    calls: list[str] = []
    folder = pretrain(options(), calls.append)
    assert len(calls) == SMALL["iterations"]
    curve = read_json(folder / "curve.json")["curve"]
    assert [point["iterations"] for point in curve] == [2, 4]
    assert curve[-1]["steps"] > 0
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "curve.md").read_text().count("\n") >= 3
    problem = problem_for(advertiser_task(17))
    policy = load_policy(folder, problem)
    assert policy.network.training.campaigns == []
    assert policy.network.training.width == "mild"
    assert "2 random advertisers" in policy.network.origin


def test_an_interrupted_run_ends_as_if_it_had_never_stopped(
    options: Callable[..., PretrainCommand],
) -> None:
    whole = pretrain(options("whole"), lambda _: None)

    class Stop(KeyboardInterrupt):
        pass

    def stop(_: str, seen: list[int] = []) -> None:  # noqa: B006  # counts its calls
        seen.append(1)
        if len(seen) == 3:
            raise Stop

    with pytest.raises(Stop):
        pretrain(options("parts"), stop)
    parts = pretrain(options("parts"), lambda _: None)
    first, second = (load_network(folder).actor.state_dict() for folder in (whole, parts))
    assert all(torch.equal(first[name], second[name]) for name in first)
    curves = [read_json(folder / "curve.json")["curve"] for folder in (whole, parts)]
    timeless = [[{**p, "cpu_seconds": 0} for p in curve] for curve in curves]
    assert timeless[0] == timeless[1]


def test_a_checkpoint_of_other_settings_is_refused(
    options: Callable[..., PretrainCommand],
) -> None:
    pretrain(options(), lambda _: None)
    with pytest.raises(ConfigError, match="other settings"):
        pretrain(options(learning_rate=0.1), lambda _: None)


def test_training_gains_over_follow(options: Callable[..., PretrainCommand], plans: Path) -> None:
    command = options(
        iterations=40, flights=[32, 32], rows=64, markets=400, learning_rate=4e-3, mild=0.0
    )
    torch.manual_seed(0)
    actor = CampaignActor(12, 6)
    run = Pretraining(command.pretraining, command.env, 0, actor, plans)
    held_out = held_out_set(0, 40, plans)
    assert run.check([held_out]) == pytest.approx(0, abs=1e-9)  # untrained, it is follow
    for _ in range(40):
        run.step()
    assert run.left_out == 0
    assert run.check([held_out]) > 0.02


def test_a_gradient_that_is_not_finite_is_left_out_and_counted(
    options: Callable[..., PretrainCommand], plans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = options()
    run = Pretraining(command.pretraining, command.env, 0, CampaignActor(6, 4), plans)
    before = {k: v.clone() for k, v in run.actor.state_dict().items()}
    real = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: [g * np.nan for g in real(*a, **k)])
    run.step()
    assert run.left_out == 2
    assert all(torch.equal(before[k], v) for k, v in run.actor.state_dict().items())


def test_held_out_markets_are_none_of_training(plans: Path) -> None:
    world = training_world(1, 16, 1.0, plans)
    held_out = held_out_set(1, 8, plans)
    trained = np.asarray(world.posterior.source.market.reference_conversions)
    tested = np.asarray(held_out.evaluation_set.market.reference_conversions)
    assert not np.isin(tested, trained).any()
    other = held_out_set(1, 8, plans, split="test").evaluation_set
    assert not np.isin(tested, np.asarray(other.market.reference_conversions)).any()
