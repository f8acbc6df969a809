from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir

from mediagym.agents.studies import AblationCommand, ablate
from mediagym.agents.studies.ablation import changed
from mediagym.data.errors import ConfigError
from mediagym.data.storage import CONF
from mediagym.scripts.cli import to_plain_dict

CHANGES: dict[str, dict[str, Any]] = {
    "first": {},
    "scratch": {"agent.warm.iterations": 0},
    "other": {"agent": "apg"},
}


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    given = [f"cache={tmp_path / 'cache'}", "evaluation.markets=8", "evaluation.resamples=200"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return to_plain_dict(compose("ablate", overrides=given))


@pytest.fixture
def asked(tmp_path: Path) -> AblationCommand:
    warm = {"iterations": 2, "flights": 4, "learning_rate": 1e-3}
    return AblationCommand(
        task="Uncertain-S",
        seeds=1,
        jobs=1,
        budget={"warm": warm, "total_timesteps": 0, "n_envs": 4, "checks": 1, "validation": 8},
        variants=CHANGES,
        output=tmp_path,
    )


def test_a_variant_changes_its_own_keys_and_no_other_s(
    config: dict[str, Any], asked: AblationCommand
) -> None:
    before = deepcopy(config)
    scratch = changed(config, asked, CHANGES["scratch"])
    first = changed(config, asked, CHANGES["first"])
    other = changed(config, asked, CHANGES["other"])
    assert scratch["agent"]["warm"]["iterations"] == 0
    assert first["agent"]["warm"]["iterations"] == 2
    assert (first["agent"]["name"], other["agent"]["name"]) == ("ppo", "apg")
    assert config == before


def test_a_key_that_is_not_there_is_told(config: dict[str, Any], asked: AblationCommand) -> None:
    with pytest.raises(ConfigError, match=r"no key 'env.action.titl'; allowed there: .*tilt"):
        changed(config, asked, {"env.action.titl": 2.0})


def test_variants_are_trained_once_and_compared_with_the_first(
    config: dict[str, Any], asked: AblationCommand
) -> None:
    two = {name: CHANGES[name] for name in ("first", "scratch")}
    asked = asked.model_copy(update={"variants": two})
    document = ablate(config, asked)
    (task,) = document["tasks"]
    assert {row["name"] for row in task["policies"]} == set(two)
    assert {row["seeds"] for row in task["policies"]} == {1}
    assert {(pair["a"], pair["b"]) for pair in task["paired"]} >= {("scratch", "first")}
    files = sorted(asked.output.rglob("policy.safetensors"))
    times = [path.stat().st_mtime_ns for path in files]
    assert len(files) == 2
    ablate(config, asked)
    assert [path.stat().st_mtime_ns for path in files] == times
