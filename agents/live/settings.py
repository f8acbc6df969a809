"""Settings of a flight that is re-planned, and the options of its command."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from ...data.errors import ConfigError
from ...data.settings import Command, Settings, given_text
from ..plan_files import require_formats
from ..policies import BASELINES, ORACLES, unknown_policy
from ..setup import ExperimentConfig
from .limits import laid_over, require_mapping, with_file
from .source import SourcePlan, read_source

MAX_DRAWS = 100_000  # markets of an estimate
MIN_DRAWS = 16  # of fewer a probability says nothing


class HoldSettings(Settings):
    """When a campaign's budget is changed; the group ``live.hold``."""

    probability: Annotated[float, Field(ge=0, le=1)]  # least probability that a change gains
    share: Annotated[float, Field(ge=0, le=1)]  # least change, of the level as planned
    amount: Annotated[float, Field(ge=0, le=1e9)]  # least change, units of the currency per day


class LiveSettings(Settings):
    """The group ``live`` of ``conf/replan.yaml``."""

    hold: HoldSettings | None  # None: every change is adopted
    # held-out draws behind estimates and holds
    draws: Annotated[int, Field(ge=MIN_DRAWS, le=MAX_DRAWS)]
    missing: Literal["planned", "refuse"]  # days without a report
    last_day: Literal["auto", "keep", "drop"]  # the last day of the exports


class ReplanCommand(Command):
    """Options of ``scripts/replan.py``."""

    experiment: ExperimentConfig
    live: LiveSettings
    plan: Path  # plan.json
    policy: str  # baseline, or the folder of a training run
    as_of: date | None  # last day that is taken from the exports; None: the last that they have
    output: Path  # folder of the files
    export: list[str]  # formats beside plan.json, see ``plan_files.FORMATS``
    export_mapping: Path | None  # campaigns of each campaign type, for Google Ads Editor
    source: Any = None  # what was read from the plan
    given: Any = None  # keys of the constraints that are not the plan's

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Parse the command; constraints and length of the flight are the plan's, unless given."""
        require_path(config.get("plan"), "plan", "a plan.json")
        source = read_source(Path(config["plan"]))
        require_mapping(config.get("constraints"), "constraints")
        config = {**config, "constraints": with_file(config["constraints"])}
        command = super().read({**planned_config(config, source), "source": None, "given": None})
        require_formats(command.export)
        require_policy(command.policy)
        if "google_ads_editor" in command.export and command.export_mapping is None:
            raise ConfigError(
                "export_mapping: no value, and export=google_ads_editor was given. Allowed: a YAML "
                "file with the account's campaigns of each campaign type. To fix: give "
                "export_mapping=FILE, or take google_ads_editor out of export."
            )
        return command.model_copy(update={"source": source, "given": config["constraints"]})


def planned_config(config: Mapping[str, Any], source: SourcePlan) -> dict[str, Any]:
    """Return a configuration with the plan's days and constraints under those that are given.

    Raises:
        ConfigError: if a group is no mapping, or names a campaign that the plan does not have.
    """
    env = config.get("env")
    require_mapping(env, "env")
    constraints = laid_over(source, config["constraints"])
    return {**config, "env": {**(env or {}), "days": source.days}, "constraints": constraints}


def require_policy(name: str) -> None:
    """Raise ConfigError unless a name is that of a baseline, or the folder of a training run."""
    if name in ORACLES or (name not in BASELINES and not Path(name).is_dir()):
        raise unknown_policy(name)


def require_path(value: Any, key: str, what: str) -> None:
    """Raise ConfigError if a key holds no path."""
    if not isinstance(value, str | Path) or not str(value):
        raise ConfigError(
            f"{key}: {given_text(value)} was given. Allowed: the path of {what}. To fix: give "
            f"{key}=PATH."
        )
