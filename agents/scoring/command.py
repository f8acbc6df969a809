"""Options of ``scripts/score.py``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field

from ...data.errors import ConfigError, shown
from ...data.settings import Command
from ..policies import BASELINES, ORACLES, unknown_policy
from ..setup import ExperimentConfig
from .entries import LIVE

MAX_PLANS = 16


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | Path) else value


class ScoreCommand(Command):
    """Options of ``scripts/score.py``."""

    experiment: ExperimentConfig
    # files of the user's plans
    plan: Annotated[
        list[Path], BeforeValidator(_as_list), Field(min_length=1, max_length=MAX_PLANS)
    ]
    # what they are held against: baselines, "live", folders of training runs, other plans' files
    beside: Annotated[list[str], BeforeValidator(_as_list), Field(max_length=MAX_PLANS)]
    output: Path  # folder of the results

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Parse the command; it needs a plan, and names of policies that exist."""
        if config.get("plan") is None:
            raise ConfigError(
                "plan: no value; score.py needs the file of your plan. Allowed: a CSV of date, "
                "campaign and amount, or a plan.json. To fix: set plan=FILE and run again."
            )
        if config.get("task") is not None:
            raise ConfigError("task: a plan is scored for an advertiser; leave task out.")
        command = super().read(config)
        _require_known(command.beside)
        for path in command.plan:
            if not path.is_file():
                raise ConfigError(
                    f"plan: {path} is not a file. Allowed: the path of a CSV, a workbook or a "
                    "plan.json. To fix: correct the path and run again."
                )
        return command


def _require_known(names: Sequence[str]) -> None:
    for name in names:
        if name in ORACLES:
            raise ConfigError(
                f"beside: {name!r} knows the true market, so it makes no plan. Allowed: {LIVE}, "
                f"{', '.join(each for each in BASELINES if each not in ORACLES)}. To fix: leave it "
                "out."
            )
        if Path(name).suffix and not Path(name).exists():
            raise ConfigError(
                f"beside: there is no file {shown(name)}. Allowed: {LIVE}, a policy, the folder of "
                "a training run, or the file of a plan. To fix: check the path."
            )
        if name not in (LIVE, *BASELINES) and not Path(name).exists():
            raise unknown_policy(name, (LIVE,))
    if len(set(names)) != len(names):
        raise ConfigError(f"beside: {list(names)} names a plan twice; give each once.")
