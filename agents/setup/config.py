"""The keys of each command that belong to no group; see the YAML of the command's name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field

from ...data.errors import ConfigError
from ...data.settings import Settings
from ..policies import BASELINES, ORACLES


def _known(name: str) -> str:
    allowed = [known for known in BASELINES if known not in ORACLES]
    if name not in allowed:
        raise ValueError(f"a baseline is one of {', '.join(map(repr, allowed))}")
    return name


def _listed(tasks: Any) -> Any:
    """Return one task, several or none as a list; null stands for the advertiser."""
    return [tasks] if tasks is None or isinstance(tasks, str) else tasks


Group = dict[str, Any]
Seed = Annotated[int, Field(ge=0)]
Baseline = Annotated[str, AfterValidator(_known)]
Tasks = Annotated[list[str | None], BeforeValidator(_listed), Field(min_length=1)]


class Command(Settings):
    """Some of a configuration's keys."""

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Check the keys that this record has and leave the others alone.

        Raises:
            ConfigError: naming the first key that is missing or not allowed.
        """
        own = {key: value for key, value in config.items() if key in cls.model_fields}
        try:
            return cls.of(own, "configuration")
        except ConfigError as error:  # these keys stand alone
            raise ConfigError(str(error).replace("configuration.", "")) from None


class Workplace(Command):
    """Where and how anything runs."""

    cache: Path  # folder of calibrations and static plans
    threads: Annotated[int, Field(ge=1)]  # of torch


class ProblemGroups(Command):
    """The groups of ``conf/problem.yaml``."""

    data: Group
    attribution: Group
    priors: Group
    calibration: Group
    constraints: Group
    objective: Group
    env: Group
    solver: Group
    evaluation: Group


class CalibrateCommand(Command):
    """What ``scripts/calibrate.py`` is asked."""

    update: Path | None  # folder of an earlier calibration
    report: bool  # whether the page is written too


class PlanCommand(Command):
    """What ``scripts/plan.py`` is asked."""

    agent: Group
    policy: str | None  # folder of a training run
    output: Path  # where the plan goes
    seed: Seed  # of the training, if the agent is a learner
    baselines: list[Baseline]


class TrainCommand(Command):
    """What ``scripts/train.py`` is asked."""

    task: str | None  # such as Full-M; None: the advertiser
    agent: Group
    seed: Seed
    resume: Path | None  # folder of an interrupted run
    references_dir: Path | None  # folder of reference policies that this one joins
    baselines: list[Baseline]


class EvaluateCommand(Command):
    """What ``scripts/evaluate.py`` is asked."""

    task: Tasks
    policies: Annotated[list[str], Field(min_length=1)]  # baselines, learners, folders of runs
    output: Path | None  # folder of the results; None: the run's own
    seed: Seed


class ClairvoyantCommand(Command):
    """What ``scripts/clairvoyant.py`` is asked."""

    tasks: list[str]  # such as Full-M; empty: all
    threads: Annotated[int, Field(ge=1)]  # of torch


class SuiteCommand(Command):
    """What ``scripts/suite.py`` is asked."""

    tasks: list[str]  # such as Full-M; empty: all
    output: Path  # folder of the table and the pages
    policies: Annotated[list[Baseline], Field(min_length=1)]
