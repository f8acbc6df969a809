"""From a configuration to an experiment: a task of the benchmark, or an advertiser's calibration.

A calibration is cached by the content of the data and of every setting it depends on, with the
static plan beside it. An entry that fails its check is made anew.
"""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from ...data.attribution import attribution_reader
from ...data.cache import Entry, note, require_writable, user_cache
from ...data.calendar import read_own_events
from ...data.errors import ConfigError, DataError
from ...data.history import History
from ...data.journeys import load_landings
from ...data.storage import CONF, SAMPLE, digest, shipped_yaml
from ...data.types import Progress
from ...data.units import (
    fill_missing_conversions,
    load_history,
    require_results,
    require_revenue,
)
from ...envs.calibration import (
    CalibrationSettings,
    JourneyFindings,
    Posterior,
    calibrate,
    journey_findings,
    load_posterior,
    save_posterior,
    update,
)
from ...envs.constraints import parse_constraints
from ...envs.environment import EnvSettings, MarketPool, problem_in
from ...envs.flight import Problem, promoted
from ...envs.market import Objective
from ...envs.planning import SolverSettings
from ...envs.suite import Task, task_of
from ..experiment import CALIBRATED, AdvertiserExperiment, Experiment, TaskExperiment, require_apart
from ..rollout import EvaluationSettings
from ..training import Learner
from .config import CalibrateCommand, ExperimentConfig

_VERSION = 8  # version of cached calibrations; raise it when the method changes
_FILES = ("posterior.npz", "posterior.json")  # of a cached calibration
_TASK_GROUPS = {  # group that a task defines itself -> YAML that must be unchanged
    "constraints": "default",
    "objective": "conversions",
    "data": "default",
    "priors": "default",
    "calibration": "default",
}


def prepare(config: ExperimentConfig, progress: Progress) -> Experiment:
    """Return the experiment of a configuration.

    ``task`` names a task of the benchmark, for which no data are read; without one the advertiser's
    exports are calibrated, and the static plan is computed.

    Args:
        config: the whole configuration.
        progress: called with progress messages.

    Raises:
        MediaGymError: for anything in the data or the configuration that a user has to fix.
    """
    import torch  # slow to import, and nothing that reads options needs it

    torch.set_num_threads(config.threads)
    if config.task is not None:
        task = task_of(config.task)
        _require_untouched(config, task)
        progress(f"{task.key}: markets and static plan")
        return TaskExperiment.of(
            task,
            env=config.env.model_copy(update={"days": task.size.days}),
            evaluation=config.evaluation,
            solver=config.solver,
            agent=config.agent,
            cache=config.cache,
            config=config.model_dump(mode="json"),
        )
    if isinstance(config.agent, Learner):
        require_apart(
            config.agent.validation, config.evaluation.markets, config.calibration.held_out
        )
    history, notes = load(config, progress)
    # refuses contradictions before the long calibration
    parse_constraints(config.constraints, history.campaigns, config.env.days, history.currency)
    progress("reading the journeys")
    findings = find_journeys(config, history)
    folder, posterior = calibrated(config, history, findings, progress)
    problem = problem_in(
        folder,
        posterior,
        constraints=config.constraints,
        objective=Objective.of(config.objective, findings.ratios),
        days=config.env.days,
        solver=config.solver,
        progress=progress,
    )
    posterior = promoted(posterior, problem.constraints)
    notes = (*notes, *problem.constraints.notes)
    return advertiser_experiment(config, problem, posterior, notes)


def task_experiment(key: str, **evaluation: Any) -> TaskExperiment:
    """Return a task's experiment with the defaults of the commands, for use from Python.

    Args:
        key: key of the task, such as ``Full-M``.
        evaluation: keys of ``conf/evaluation`` that differ from the defaults.

    Raises:
        ConfigError: if there is no such task, or a key is not allowed.
    """
    task = task_of(key)
    defaults = yaml.safe_load((CONF / "problem.yaml").read_text(encoding="utf-8"))["defaults"]
    choices = {group: name for each in defaults if each != "_self_" for group, name in each.items()}
    groups = {name: shipped_yaml(f"{name}/{choices[name]}") for name in ("env", "solver")}
    settings = shipped_yaml(f"evaluation/{choices['evaluation']}") | evaluation
    return TaskExperiment.of(
        task,
        env=EnvSettings.of(groups["env"] | {"days": task.size.days}, "env"),
        evaluation=EvaluationSettings.of(settings, "evaluation"),
        solver=SolverSettings.of(groups["solver"], "solver"),
        agent=None,
        cache=user_cache() or Path("outputs/cache"),
        config={"task": key},
    )


def advertiser_experiment(
    config: ExperimentConfig, problem: Problem, posterior: Posterior, notes: tuple[str, ...]
) -> AdvertiserExperiment:
    """Return the experiment of an advertiser's flight.

    Args:
        config: the whole configuration.
        problem: what is known before the flight.
        posterior: the calibration.
        notes: what the user has to know.
    """
    return AdvertiserExperiment(
        id=CALIBRATED,
        problem=problem,
        posterior=posterior,
        source=MarketPool(*posterior.training()),
        env=config.env,
        evaluation=config.evaluation,
        solver=config.solver,
        agent=config.agent,
        cache=config.cache,
        notes=notes,
        config=config.model_dump(mode="json"),
    )


def experiment_id(task: str | None) -> str:
    """Return the id of a task's experiment, or of the advertiser's (None).

    Raises:
        ConfigError: if there is no such task.
    """
    return CALIBRATED if task is None else task_of(task).id


def load(
    config: ExperimentConfig,
    progress: Progress = lambda _: None,
    known_until: np.datetime64 | None = None,
) -> tuple[History, tuple[str, ...]]:
    """Return the history of the configured folder, and the notes that its reader must know.

    Args:
        config: where the exports are, and what is asked of them.
        progress: called with a line per file.
        known_until: last day whose spend decides which campaigns are pooled; None: the last one.
    """
    history = load_history(config.data, lambda name: progress(f"reading {name}"), known_until)
    require_revenue(history, config.objective.name)
    history = fill_missing_conversions(history, config.objective.name)
    require_results(history, config.objective.name)
    landings = load_landings(config.data, history)
    return history, (*history.notes, *((landings.summary(), *landings.notes) if landings else ()))


def find_journeys(config: ExperimentConfig, history: History) -> JourneyFindings:
    """Return what the objective and the priors ask of the customers' journeys."""
    read = attribution_reader(config.data, config.attribution)
    return journey_findings(config.objective, config.priors.journeys, history.names, read)


def calibrated(
    config: ExperimentConfig, history: History, findings: JourneyFindings, progress: Progress
) -> tuple[Path, Posterior]:
    """Return the folder and the posterior of a history, from the cache if there and sound."""
    priors, settings = config.priors, config.calibration
    key = digest(
        _VERSION,
        history.fingerprint(),
        priors.model_dump(mode="json"),
        findings.to_json(),
        settings.model_dump(mode="json"),
        _own_events(settings),
    )
    entry = Entry(config.cache / f"posterior-{key}", key, _VERSION)
    folder = entry.path
    if entry.files_sound(_FILES):
        try:
            posterior = load_posterior(folder)
            progress(f"calibration found in {folder}")
            return folder, posterior
        except (DataError, KeyError, TypeError, ValueError, AttributeError):
            note(f"cache entry {folder}: it is not a calibration; it is made anew.")
    require_writable(config.cache)
    posterior = calibrate(history, priors, settings, progress, findings)
    save_posterior(posterior, folder)
    entry.seal_files(_FILES)
    progress(f"calibration saved in {folder}")
    return folder, posterior


def _own_events(settings: CalibrationSettings) -> str:
    """Return the content of the user's file of events, empty if there is none."""
    file = settings.calendar.own_file()
    return "" if file is None else str(read_own_events(file))


def calibrated_or_updated(
    command: CalibrateCommand, history: History, findings: JourneyFindings, progress: Progress
) -> Posterior:
    """Return the posterior of a history: updated from an earlier one where ``update`` names it."""
    config = command.experiment
    if command.update is None:
        return calibrated(config, history, findings, progress)[1]
    earlier = load_posterior(command.update)
    return update(earlier, history, config.priors, config.calibration, progress, findings)


def _require_untouched(config: ExperimentConfig, task: Task) -> None:
    """Refuse keys that a task would ignore: its results would be taken for another problem's."""
    for group, name in _TASK_GROUPS.items():
        given = getattr(config, group)
        shipped = shipped_yaml(f"{group}/{name}")
        if group == "data":
            shipped["path"] = str(SAMPLE)
        usual = type(given).of(shipped, group)
        for key in type(given).model_fields:
            if getattr(given, key) != getattr(usual, key):
                value = given.model_dump(mode="json")[key]
                raise ConfigError(
                    f"{group}.{key}: {value} was given; the task {task.key} brings its own "
                    f"{group}. Leave the key out, or leave task out to plan for an advertiser."
                )
    if config.env.days not in (task.size.days, shipped_yaml("env/default")["days"]):
        raise ConfigError(
            f"env.days: {config.env.days} was given; a flight of {task.key} has "
            f"{task.size.days} days. Leave the key out."
        )
