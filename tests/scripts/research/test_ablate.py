from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir

from mediagym.agents.studies import (
    AblationCommand,
    check_variants,
    compare_variants,
    train_variants,
)
from mediagym.data.errors import ConfigError
from mediagym.data.storage import CONF
from mediagym.scripts.cli import to_plain_dict

CHANGES: dict[str, dict[str, Any]] = {
    "first": {},
    "scratch": {"agent.warm.iterations": 0},
    "other": {"agent": "apg"},
}


@pytest.fixture
def command(tmp_path: Path) -> AblationCommand:
    arguments = [f"cache={tmp_path / 'cache'}", "evaluation.markets=8", "evaluation.resamples=200"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = to_plain_dict(compose("ablate", overrides=arguments))
    warm = {"iterations": 2, "flights": 4, "learning_rate": 1e-3}
    budget = {"warm": warm, "total_timesteps": 0, "n_envs": 4, "checks": 1, "validation": 8}
    changes = {"task": "Uncertain-S", "seeds": 1, "jobs": 1, "budget": budget, "variants": CHANGES}
    return AblationCommand.read({**config, **changes, "output": tmp_path})


def test_a_variant_changes_its_own_keys_and_no_others(command: AblationCommand) -> None:
    unchanged = command.model_dump()
    scratch, first, other = (command.variant(n) for n in ("scratch", "first", "other"))
    assert scratch.learner.warm.iterations == 0
    assert first.learner.warm.iterations == 2
    assert (first.learner.name, other.learner.name) == ("ppo", "apg")
    assert scratch.env == first.env == command.experiment.env
    assert command.model_dump() == unchanged


def test_an_unknown_key_of_a_variant_is_refused(command: AblationCommand) -> None:
    with pytest.raises(ConfigError, match=r"no key 'env.action.titl'; allowed there: .*tilt"):
        check_variants(command.model_copy(update={"variants": {"a": {"env.action.titl": 2.0}}}))


@pytest.mark.slow
def test_each_variant_is_trained_once_and_compared_with_the_first(command: AblationCommand) -> None:
    variants = {name: CHANGES[name] for name in ("first", "scratch")}
    command = command.model_copy(update={"variants": variants})
    finished: list[Any] = []
    train_variants(command, finished.append)
    assert sorted(finished) == sorted(command.runs())
    document = compare_variants(command)
    (task,) = document["tasks"]
    assert {row["name"] for row in task["policies"]} == set(variants)
    assert {row["seeds"] for row in task["policies"]} == {1}
    assert {(pair["a"], pair["b"]) for pair in task["paired"]} >= {("scratch", "first")}
    files = sorted(command.output.rglob("policy.safetensors"))
    times = [path.stat().st_mtime_ns for path in files]
    assert len(files) == 2
    train_variants(command)
    assert [path.stat().st_mtime_ns for path in files] == times
