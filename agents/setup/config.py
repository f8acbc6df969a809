"""The configuration as typed, frozen records: parsed once, when a command starts."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SerializeAsAny

from ...data.attribution import AttributionSettings
from ...data.errors import ConfigError, shown
from ...data.exports import DataSettings
from ...data.settings import Command, Seed, Settings, given_text
from ...data.storage import require_replaceable, shipped_yaml
from ...envs.calibration import CalibrationSettings, Priors
from ...envs.constraints import PlausibleConstraints
from ...envs.environment import EnvSettings
from ...envs.market import ObjectiveSettings
from ...envs.planning import SolverSettings
from ..policies import BASELINES, ORACLES, SETTINGS, BaselineSettings
from ..rollout import EvaluationSettings
from ..training import LEARNERS, Learner, learner_of


def _baseline_name(name: str) -> str:
    allowed = [known for known in BASELINES if known not in ORACLES]
    if name not in allowed:
        raise ValueError(f"a baseline is one of {', '.join(map(repr, allowed))}")
    return name


def _as_list(tasks: Any) -> Any:
    """Return one task, several or none as a list; null stands for the advertiser."""
    return [tasks] if tasks is None or isinstance(tasks, str) else tasks


MAX_COUNT = 1024  # threads, seeds of a study, processes
Count = Annotated[int, Field(ge=1, le=MAX_COUNT)]
Amount = Annotated[float, Field(gt=0, le=1e12)]  # money, conversions or a ratio
ShareOfTotal = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4})?%$")]
TargetKind = Literal["conversions", "cpa", "roas"]
Baseline = Annotated[str, AfterValidator(_baseline_name)]
Tasks = Annotated[list[str | None], BeforeValidator(_as_list), Field(min_length=1)]
PolicyName = Annotated[str, Field(min_length=1, max_length=64)]
Statement = Annotated[str, Field(min_length=1, max_length=2000)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s<>\"']+$", max_length=400)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]
Agent = SerializeAsAny[Settings]  # settings of a learner or of a baseline


def agent_of(group: Mapping[str, Any]) -> Settings:
    """Return the settings of the learner or the baseline that the group ``agent`` names.

    Raises:
        ConfigError: naming the key that is unknown, missing or not allowed.
    """
    if not isinstance(group, Mapping):
        raise ConfigError(
            f"agent: {given_text(group)} was given. Allowed: the keys of one of conf/agent. To "
            "fix: choose it with agent=NAME."
        )
    name = group.get("name")
    if name in ORACLES:
        allowed = ", ".join(known for known in (*BASELINES, *LEARNERS) if known not in ORACLES)
        raise ConfigError(
            f"agent.name: {name!r} knows the true market, so it makes no plan; allowed: {allowed}. "
            "Choose one with agent=NAME."
        )
    if isinstance(name, str) and name in BASELINES:
        return SETTINGS.get(name, BaselineSettings).of(group, "agent")
    return learner_of(group)


class ExperimentConfig(Command):
    """One experiment: the groups of ``conf/problem.yaml``, a task or an advertiser, an agent."""

    task: str | None = None  # key of a task, such as Full-M; None: the advertiser of ``data.path``
    agent: Agent | None = None  # None: the command uses no agent
    data: DataSettings
    attribution: AttributionSettings
    priors: Priors
    calibration: CalibrationSettings
    constraints: PlausibleConstraints
    objective: ObjectiveSettings
    env: EnvSettings
    solver: SolverSettings
    evaluation: EvaluationSettings
    cache: Path  # folder of calibrations and static plans
    threads: Count  # torch threads

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Parse the groups; ``task`` is left to commands that take several."""
        agent = config.get("agent")
        parsed = {**config, "agent": None if agent is None else agent_of(agent)}
        if not isinstance(parsed.get("task"), str):
            parsed["task"] = None
        return super().read(parsed)

    @property
    def learner(self) -> Learner:
        """Settings of the learner.

        Raises:
            ConfigError: if the agent is a baseline, or there is none.
        """
        if not isinstance(self.agent, Learner):
            return learner_of({} if self.agent is None else self.agent.model_dump())
        return self.agent

    def with_task(self, task: str | None) -> "ExperimentConfig":
        """Return the same experiment in another task, or for the advertiser (None)."""
        return self.model_copy(update={"task": task})

    def changed(self, changes: Mapping[str, Any], where: str) -> "ExperimentConfig":
        """Return the configuration with other values at some keys.

        Args:
            changes: values by dotted key, such as ``agent.warm.iterations``; ``agent`` alone names
                another agent, which then has its default settings.
            where: source of the keys, such as a file, for error messages.

        Raises:
            ConfigError: for a key that the configuration does not have.
        """
        groups = self.model_dump(mode="json")
        if "agent" in changes:
            groups["agent"] = shipped_yaml(f"agent/{changes['agent']}")
        for key, value in changes.items():
            if key != "agent":
                node, last = _node(groups, key, where)
                node[last] = deepcopy(value)
        return type(self).read(groups)

    def require_key(self, key: str, where: str) -> None:
        """Raise ConfigError if the configuration has no such dotted key."""
        _node(self.model_dump(mode="json"), key, where)


def _node(groups: dict[str, Any], key: str, where: str) -> tuple[dict[str, Any], str]:
    """Return the mapping that holds a dotted key, and the key's last word."""
    *path, last = key.split(".")
    node: Any = groups
    for word in path:
        deeper = node.get(word) if isinstance(node, dict) else None
        if not isinstance(deeper, dict):
            break
        node = deeper
    if last not in node:
        raise ConfigError(
            f"{where}: there is no key {key!r}; allowed there: {', '.join(sorted(node))}."
        )
    return node, last


class CalibrateCommand(Command):
    """Options of ``scripts/calibrate.py``."""

    experiment: ExperimentConfig
    update: Path | None  # folder of an earlier calibration
    report: bool  # whether the page is written too


class PlanCommand(Command):
    """Options of ``scripts/plan.py``."""

    experiment: ExperimentConfig
    policy: str | None  # folder of a training run; None: the agent
    output: Path  # file of the plan
    page: bool  # a page for people beside it
    export: list[str]  # further formats, beside it
    export_mapping: Path | None  # the account's campaigns of each type, for the ads editor
    # budgets whose best plans are made too: two ends or all of them; None: none
    frontier: Annotated[list[Amount | ShareOfTotal], Field(min_length=2, max_length=64)] | None
    frontier_only: bool  # no plan, only the plans of other budgets
    target: dict[TargetKind, Amount] | None  # a volume to reach, a cost or return to keep
    seed: Seed  # seed of the training, if the agent is a learner
    baselines: list[Baseline]

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Parse the command; it needs a place for the plan, and an agent or a trained policy."""
        if config.get("policy") is None and config.get("agent") is None:
            raise ConfigError(
                "agent: no value; a plan needs an agent or a trained policy. "
                "Set agent=NAME or policy=FOLDER and run again."
            )
        command = super().read(config)
        if command.frontier_only and command.frontier is None and not command.target:
            raise ConfigError(
                "frontier_only: true was given without budgets. Allowed: true with frontier or "
                "target. To fix: give one, such as frontier=[50%,150%]."
            )
        require_replaceable(command.output)
        return command


class TrainCommand(Command):
    """Options of ``scripts/train.py``."""

    experiment: ExperimentConfig
    seed: Seed
    resume: Path | None  # folder of an interrupted run
    references_dir: Path | None  # folder of reference policies that this one joins
    baselines: list[Baseline]


class SubmissionSettings(Settings):
    """The group ``submission`` of ``conf/evaluate.yaml``: what a leaderboard says of a policy."""

    name: PolicyName | None
    authors: Statement | None
    url: Url | None
    training: Statement | None
    cpu_seconds: Seconds | None  # of training, per task and seed
    folder: Path


class EvaluateCommand(Command):
    """Options of ``scripts/evaluate.py``."""

    experiment: ExperimentConfig
    task: Tasks
    policies: Annotated[list[str], Field(min_length=1)]  # baselines, learners, folders of runs
    output: Path | None  # folder of the results; None: the run's folder
    seed: Seed
    submission: SubmissionSettings

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Parse the command; a submission is of one policy, on tasks, with its authors."""
        command = super().read(config)
        given = command.submission
        if given.name is None:
            return command
        if len(command.policies) != 1 or None in command.task:
            raise ConfigError(
                f"submission.name: {shown(given.name)} was given with {len(command.policies)} "
                "policies. Allowed: one policy, on tasks of the suite. To fix: give "
                "policies=[NAME] and task=[TASK,TASK,...]."
            )
        for key in ("authors", "training"):
            if getattr(given, key) is None:
                raise ConfigError(
                    f"submission.{key}: no value; a submission says who made the policy and how "
                    f"it was trained. Set submission.{key}=TEXT and run again."
                )
        return command


class ClairvoyantCommand(Command):
    """Options of ``scripts/research/clairvoyant.py``."""

    tasks: list[str]  # keys of tasks, such as Full-M; empty: all tasks
    threads: Count  # torch threads


class SuiteCommand(Command):
    """Options of ``scripts/research/suite.py``."""

    experiment: ExperimentConfig
    tasks: list[str]  # keys of tasks, such as Full-M; empty: all tasks
    output: Path  # folder of the table and the pages
    # baselines, and learners where their reference policies ship with a task
    policies: Annotated[list[str], Field(min_length=1)]
