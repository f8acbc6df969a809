from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from mediagym.agents.setup import PlanCommand, open_experiment, shared_groups
from mediagym.agents.setup import open as entry
from mediagym.data.errors import ConfigError
from mediagym.data.storage import CONF, SAMPLE
from mediagym.scripts.cli import to_plain_dict


def test_the_keys_are_those_that_the_command_composes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "prepare", lambda config, progress: config)
    changes = {"constraints": {"total": 150_000}, "env": {"days": 14}, "cache": "elsewhere"}
    config = open_experiment(SAMPLE, "finetune", config=changes)
    words = ["agent=finetune", "constraints.total=150000", "env.days=14", "cache=elsewhere"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        composed = to_plain_dict(compose("plan", overrides=words))
    assert config == PlanCommand.read(composed).experiment


def test_a_key_or_an_agent_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"constraint: there is no such key. Allowed: .*agent"):
        open_experiment(tmp_path, config={"constraint": {"total": 1}})
    with pytest.raises(ConfigError, match=r"'statik' was given. Allowed: .*static"):
        open_experiment(tmp_path, "statik")
    with pytest.raises(ConfigError, match=r"constraints\.totl"):
        open_experiment(tmp_path, config={"constraints": {"totl": 1}})


def test_defaults_are_read_anew_and_may_be_changed_by_the_caller() -> None:
    groups = shared_groups()
    groups["env"]["days"] = 1
    assert shared_groups()["env"]["days"] != 1
