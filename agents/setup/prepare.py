"""From a configuration to an arena: a task of the suite, or an advertiser's calibration.

A calibration is kept under the content of the data and of every setting it depends on, and the
static plan beside it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ...data.errors import ConfigError
from ...data.exports import DataSettings, fill_missing_conversions, load_history
from ...data.history import History
from ...data.journeys import load_landings
from ...data.storage import SAMPLE, digest, shipped_yaml
from ...data.types import Progress
from ...envs.calibration import (
    CalibrationSettings,
    Posterior,
    Priors,
    apply_journeys,
    calibrate,
    load_posterior,
    save_posterior,
    update,
)
from ...envs.constraints import parse_constraints
from ...envs.environment import EnvSettings, MarketPool, problem_in
from ...envs.market import Objective
from ...envs.planning import SolverSettings
from ...envs.suite import Task, task_of
from ..experiment import (
    CALIBRATED,
    AdvertiserExperiment,
    Experiment,
    Session,
    TaskExperiment,
    require_apart,
)
from ..policies import BASELINES, SETTINGS
from ..rollout import EvaluationSettings
from ..training import learner_of
from .config import CalibrateCommand, ProblemGroups, Workplace

_VERSION = 5  # of kept calibrations; a change of the method must not find old ones
_FIXED = {  # groups that a task brings itself, and the YAML that they then are
    "constraints": "default",
    "objective": "conversions",
    "data": "default",
    "priors": "default",
    "calibration": "default",
}


def prepare(config: Mapping[str, Any], say: Progress) -> Session:
    """Check the whole configuration and make the arena that it names.

    ``task`` names a task of the suite, for which no data are read; without one the advertiser's
    exports are calibrated, and the static plan is made.

    Args:
        config: plain containers with the groups of ``conf/problem.yaml``.
        say: called with a line of progress now and then.

    Raises:
        MediaGymError: for anything in the data or the configuration that is a user's to mend.
    """
    place = Workplace.read(config)
    torch.set_num_threads(place.threads)
    ProblemGroups.read(config)
    env = EnvSettings.of(config["env"], "env")
    solver = SolverSettings.of(config["solver"], "solver")
    evaluation = EvaluationSettings.of(config["evaluation"], "evaluation")
    agent = config.get("agent", {})
    learner = None if agent.get("name") in (None, *BASELINES) else learner_of(agent)
    if agent.get("name") in SETTINGS:
        SETTINGS[agent["name"]].of(agent, "agent")
    if config.get("task") is not None:
        task = task_of(str(config["task"]))
        _require_untouched(config, task)
        say(f"{task.key}: markets and static plan")
        arena: Experiment = TaskExperiment.of(
            task, env.model_copy(update={"days": task.size.days}), evaluation, agent, place.cache
        )
        return Session(config, arena, solver, evaluation, ())
    if learner is not None:
        held_out = CalibrationSettings.of(config["calibration"], "calibration").held_out
        require_apart(learner.validation, evaluation.markets, held_out)
    history, notes = load(config)
    parse_constraints(config["constraints"], history.campaigns, env.days)
    config = apply_journeys(config, history.names)
    folder, posterior = calibrated(config, history, say)
    problem, source = problem_in(folder, posterior, config, say), MarketPool(*posterior.training())
    arena = AdvertiserExperiment(
        CALIBRATED, problem, posterior, source, env, evaluation, agent, place.cache, solver
    )
    return Session(config, arena, solver, evaluation, notes)


def experiment_id(task: str | None) -> str:
    """Return the id of the arena that a configuration's ``task`` names.

    Raises:
        ConfigError: if there is no such task.
    """
    return CALIBRATED if task is None else task_of(task).id


def _require_untouched(config: Mapping[str, Any], task: Task) -> None:
    """Refuse keys that a task would ignore: its results would be taken for another problem's."""
    for group, name in _FIXED.items():
        usual = shipped_yaml(f"{group}/{name}")
        if group == "data":
            usual["path"] = str(SAMPLE)
        for key, value in config[group].items():
            if value != usual.get(key, value):
                raise ConfigError(
                    f"{group}.{key}: {value} was given; the task {task.key} brings its own "
                    f"{group}. Leave the key out, or leave task out to plan for an advertiser."
                )
    if config["env"]["days"] not in (task.size.days, shipped_yaml("env/default")["days"]):
        raise ConfigError(
            f"env.days: {config['env']['days']} was given; a flight of {task.key} has "
            f"{task.size.days} days. Leave the key out."
        )


def load(config: Mapping[str, Any]) -> tuple[History, tuple[str, ...]]:
    """Return the history of the configured folder, and what its reader must know."""
    data = DataSettings.from_mapping(ProblemGroups.read(config).data)
    history = fill_missing_conversions(
        load_history(data), Objective.of(config["objective"], "objective").name
    )
    landings = load_landings(data, history)
    return history, (*history.notes, *((landings.summary(), *landings.notes) if landings else ()))


def calibrated(
    config: Mapping[str, Any], history: History, say: Progress
) -> tuple[Path, Posterior]:
    """Return the folder and the posterior of a history, from the cache if it is there."""
    priors = Priors.of(config["priors"], "priors")
    settings = CalibrationSettings.of(config["calibration"], "calibration")
    key = digest(
        _VERSION, history.fingerprint(), priors.model_dump(mode="json"), settings.model_dump()
    )
    folder = Workplace.read(config).cache / f"posterior-{key}"
    if (folder / "posterior.json").exists():
        say(f"calibration found in {folder}")
        return folder, load_posterior(folder)
    posterior = calibrate(history, priors, settings, say)
    save_posterior(posterior, folder)
    say(f"calibration kept in {folder}")
    return folder, posterior


def learnt(config: Mapping[str, Any], history: History, say: Progress) -> Posterior:
    """Return the posterior of a history: updated from an earlier one where ``update`` names it."""
    folder = CalibrateCommand.read(config).update
    if folder is None:
        return calibrated(config, history, say)[1]
    priors = Priors.of(config["priors"], "priors")
    settings = CalibrationSettings.of(config["calibration"], "calibration")
    return update(load_posterior(folder), history, priors, settings, say)
