"""Every configuration composes, fits its settings record and documents its keys."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from mediagym.agents.leaderboard import LeaderboardCommand
from mediagym.agents.policies import BASELINES, ORACLES, SETTINGS
from mediagym.agents.pretraining import PretrainCommand
from mediagym.agents.rollout import EvaluationSettings
from mediagym.agents.scoring import ScoreCommand
from mediagym.agents.setup import (
    CalibrateCommand,
    ClairvoyantCommand,
    EvaluateCommand,
    ExperimentConfig,
    PlanCommand,
    SuiteCommand,
    TrainCommand,
)
from mediagym.agents.studies import (
    AblationCommand,
    BacktestCommand,
    BlackBoxCommand,
    InsightsCommand,
    LatentsCommand,
    PilotsCommand,
    RecoveryCommand,
    ReplannerGridCommand,
    TuneCommand,
    simulator_of,
)
from mediagym.agents.training import LEARNERS, learner_of
from mediagym.agents.transfer import AdvertisersCommand
from mediagym.data.attribution import AttributeCommand, AttributionSettings
from mediagym.data.calendar import CalendarSettings
from mediagym.data.diagnosis import DiagnosisSettings
from mediagym.data.errors import ConfigError
from mediagym.data.exports import DataSettings
from mediagym.data.forecasting import ForecastingSettings
from mediagym.data.history import Campaign
from mediagym.data.ingestion import IngestCommand
from mediagym.data.settings import Command, Settings
from mediagym.data.storage import shipped_yaml
from mediagym.envs.calibration import CalibrationSettings, Priors
from mediagym.envs.constraints import parse_constraints
from mediagym.envs.constraints.parse import ConstraintSettings
from mediagym.envs.environment import EnvSettings
from mediagym.envs.market import ObjectiveSettings
from mediagym.envs.planning import SolverSettings
from mediagym.envs.suite import task_of
from mediagym.envs.synthetic import SyntheticSettings
from mediagym.scripts import synthesize
from mediagym.scripts.app import ServeCommand
from mediagym.scripts.cli import to_plain_dict
from mediagym.scripts.cli.launch import SAMPLE
from mediagym.scripts.fuzzing import FuzzCommand
from mediagym.scripts.fuzzing.durability import ArtefactsCommand, CrashesCommand, JobsCommand
from mediagym.scripts.fuzzing.flights import FlightsCommand
from mediagym.scripts.fuzzing.mutation import MutationCommand
from mediagym.scripts.fuzzing.requests.run import FuzzRequestsCommand
from mediagym.scripts.fuzzing.settings_cases import SettingsCommand

CONF = Path(__file__).parents[1] / "conf"
PARTS = ("base", "problem")  # included by other configurations
TABLES = ("advertisers", "jobs", "renamed")  # read by records and messages, not composed by Hydra
COMMANDS = sorted(path.stem for path in CONF.glob("*.yaml") if path.stem not in PARTS + TABLES)
GROUPS = sorted(
    path.name
    for path in CONF.iterdir()
    if path.is_dir() and path.name[0] != "_" and path.name != "hydra"  # Hydra's own group
)
OWNERS = {  # a command with the group, where `plan` does not have it
    "advertiser": "recovery",
    "attribution": "attribute",
    "diagnosis": "insights",
    "forecasting": "insights",
}
NESTED = {"calendar": "calibration"}  # groups that are a key of another group
SUITE = ("suite", "size", "width")  # read by their own modules, not composed by Hydra
BASES = {("agent", "learner")}  # included by other choices
CHOICES = sorted(
    {(p.parent.name, p.stem) for p in CONF.glob("*/*.yaml") if p.parent.name not in SUITE} - BASES
)
RECORDS: dict[str, type[Settings]] = {
    "advertiser": SyntheticSettings,
    "attribution": AttributionSettings,
    "calendar": CalendarSettings,
    "calibration": CalibrationSettings,
    "constraints": ConstraintSettings,
    "data": DataSettings,
    "diagnosis": DiagnosisSettings,
    "env": EnvSettings,
    "evaluation": EvaluationSettings,
    "forecasting": ForecastingSettings,
    "objective": ObjectiveSettings,
    "priors": Priors,
    "solver": SolverSettings,
}


@pytest.fixture(scope="module")
def composed() -> Iterator[Callable[..., dict[str, Any]]]:
    """Function that composes a command's configuration with overrides, as plain containers."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield lambda name, *overrides: to_plain_dict(compose(name, list(overrides)))


def _check(group: str, choice: str, settings: dict[str, Any]) -> None:
    if group == "agent":
        assert settings["name"] == choice
        if choice in SETTINGS:
            SETTINGS[choice].of(settings, group)
        elif choice not in BASELINES:
            learner_of(settings)
        return
    if group == "advertiser":  # the only key without a default
        settings = {**settings, "path": "somewhere"}
    RECORDS[group].of(settings, group)
    if group == "constraints":
        campaigns = [Campaign("google", "Search Network"), Campaign("meta", None)]
        parse_constraints(ConstraintSettings.of(settings, "constraints"), campaigns, 30)


def test_every_group_has_a_record() -> None:
    assert set(GROUPS) == {*RECORDS, "agent", *SUITE}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_composes_and_fits_its_records(
    composed: Callable[..., dict[str, Any]], name: str
) -> None:
    config = composed(name)
    if name == "replan":  # constraints that are not given are those of its plan
        assert config.pop("constraints")["total"] is None
    for group in GROUPS:
        if group in config:
            choice = config[group]["name"] if group == "agent" else "default"
            _check(group, choice, config[group])
    records: dict[str, type[Command]] = {
        "ablate": AblationCommand,
        "advertisers_study": AdvertisersCommand,
        "attribute": AttributeCommand,
        "backtest": BacktestCommand,
        "black_box": BlackBoxCommand,
        "calibrate": CalibrateCommand,
        "clairvoyant": ClairvoyantCommand,
        "evaluate": EvaluateCommand,
        "fuzz": FuzzCommand,
        "fuzz_artefacts": ArtefactsCommand,
        "fuzz_crashes": CrashesCommand,
        "fuzz_flights": FlightsCommand,
        "fuzz_jobs": JobsCommand,
        "fuzz_landings": FuzzCommand,
        "fuzz_requests": FuzzRequestsCommand,
        "fuzz_settings": SettingsCommand,
        "informed": ClairvoyantCommand,
        "ingest": IngestCommand,
        "latents": LatentsCommand,
        "leaderboard": LeaderboardCommand,
        "insights": InsightsCommand,
        "mutation": MutationCommand,
        "pilots": PilotsCommand,
        "plan": PlanCommand,
        "pretrain": PretrainCommand,
        "recovery": RecoveryCommand,
        "replanner_grid": ReplannerGridCommand,
        "score": ScoreCommand,
        "serve": ServeCommand,
        "suite": SuiteCommand,
        "train": TrainCommand,
        "tune": TuneCommand,
    }
    if name in ("synthesize", "replan"):  # a re-plan reads a plan that it needs
        return
    if name == "score":
        config["plan"] = str(SAMPLE / "googleads-performance.csv")
    options = records[name].read(config)
    if "data" in config and name not in ("recovery", "pilots", "black_box"):  # they write them
        assert Path(config["data"]["path"]) == SAMPLE
    if isinstance(options, InsightsCommand):
        simulator_of(options)
    if isinstance(options, RecoveryCommand):
        assert len(options.cases()) == 60


def test_the_synthetic_advertiser_fits_its_record(
    composed: Callable[..., dict[str, Any]],
) -> None:
    options = synthesize.parse(composed("synthesize", "path=somewhere"))
    assert len(options.settings.ordered()) == 9
    assert options.more.continue_days == 0


@pytest.mark.parametrize(
    "path", sorted((CONF / "suite").glob("*.yaml")), ids=lambda path: path.stem
)
@pytest.mark.parametrize("size", sorted(path.stem for path in (CONF / "size").glob("*.yaml")))
def test_every_task_at_every_size_fits_its_records(path: Path, size: str) -> None:
    if path.stem != "default":
        assert task_of(f"{path.stem}-{size}").settings.summary


@pytest.mark.parametrize(("group", "choice"), CHOICES)
def test_every_choice_of_every_group_composes_and_fits_its_record(
    composed: Callable[..., dict[str, Any]], group: str, choice: str
) -> None:
    command, outer = OWNERS.get(group, "plan"), NESTED.get(group)
    if outer is not None:
        config = composed(command, f"{group}@{outer}.{group}={choice}")[outer]
    else:
        config = composed(command, f"{group}={choice}")
    _check(group, choice, config[group])


def test_every_baseline_is_a_choice_of_agent() -> None:
    agents = {choice for group, choice in CHOICES if group == "agent"}
    assert set(BASELINES) - set(ORACLES) <= agents
    assert agents - set(BASELINES) == set(LEARNERS)


@pytest.mark.parametrize("name", LEARNERS)
def test_hydra_and_shipped_yaml_compose_a_learner_to_the_same_values(
    composed: Callable[..., dict[str, Any]], name: str
) -> None:
    assert composed("train", f"agent={name}")["agent"] == shipped_yaml(f"agent/{name}")


@pytest.mark.parametrize("group", ["calibration", "priors", "solver"])
def test_hydra_and_shipped_yaml_compose_a_group_to_the_same_values(
    composed: Callable[..., dict[str, Any]], group: str
) -> None:
    assert composed("plan")[group] == shipped_yaml(f"{group}/default")


def test_the_base_file_of_the_learners_is_refused_as_an_agent(
    composed: Callable[..., dict[str, Any]],
) -> None:
    with pytest.raises(ConfigError, match=r"agent\.name: null is not a learner; allowed: apg, ppo"):
        ExperimentConfig.read(composed("train", "agent=learner"))


def test_a_run_does_not_change_the_working_directory(
    composed: Callable[..., dict[str, Any]],
) -> None:
    OmegaConf.clear_resolver("now")
    OmegaConf.register_new_resolver("now", lambda pattern: "now")
    for name in COMMANDS:
        config = compose(name, return_hydra_config=True)
        assert config.hydra.job.chdir is False
        assert config.hydra.job.name == name
    OmegaConf.clear_resolver("now")


FILES = sorted(path.relative_to(CONF).as_posix() for path in CONF.rglob("*.yaml"))
TASKS = [file for file in FILES if file.startswith("suite/") and file != "suite/default.yaml"]


@pytest.mark.parametrize("file", [file for file in FILES if file not in TASKS])
def test_every_key_is_documented_by_a_comment(file: str) -> None:
    lines = (CONF / file).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# "), "the first line describes the file"
    for number, line in enumerate(lines):
        key = re.match(r"(\w+):", line)
        if key is None or key[1] in ("defaults", "hydra"):
            continue
        inside = [n for n in range(number + 1, len(lines)) if re.match(r"  \w+:", lines[n])]
        inside = [n for n in inside if not any(re.match(r"\w", x) for x in lines[number + 1 : n])]
        documented = number > 0 and lines[number - 1].startswith("# ")
        children = bool(inside) and all(lines[n - 1].startswith("  # ") for n in inside)
        assert documented or children, f"{file}: {key[1]} has no comment"


@pytest.mark.parametrize("file", TASKS)
def test_a_task_says_why_it_differs_and_leaves_the_keys_to_the_default(file: str) -> None:
    text = (CONF / file).read_text(encoding="utf-8")
    keys, default = (yaml.safe_load((CONF / f).read_text()) for f in (file, "suite/default.yaml"))
    comments = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    assert set(keys) <= set(default)
    assert "default.yaml" in comments[0]
    assert all(line.startswith("# why: ") for line in comments[1:])
    assert len(comments) == (1 if set(keys) == {"summary"} else 2)


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_valid_yaml_without_stray_whitespace(file: str) -> None:
    text = (CONF / file).read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\t" not in text
    lines = text.splitlines()
    assert all(line == line.rstrip() for line in lines)
    assert not any(first == second == "" for first, second in pairwise(lines))
    assert isinstance(yaml.safe_load(text), dict)


def test_configurations_are_never_imported() -> None:
    for room in ("data", "envs", "agents"):
        for path in (CONF.parent / room).rglob("*.py"):
            assert not re.search(r"import conf\b|from \.+conf\b|mediagym\.conf", path.read_text())
