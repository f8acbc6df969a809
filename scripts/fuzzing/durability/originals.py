"""Artefacts as MediaGym writes them, small, and the public loader of each kind."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from torch import nn

from mediagym.agents.experiment import CALIBRATED, AdvertiserExperiment, TaskExperiment
from mediagym.agents.networks import Actor, Network, Training, load_policy, save_network
from mediagym.agents.plans import plan_of, read_plan, write_plan
from mediagym.agents.policies import baseline
from mediagym.agents.rollout import EvaluationSettings
from mediagym.agents.training import read_state, write_state
from mediagym.data.attribution import AttributionSettings, attribution_reader
from mediagym.data.exports import DataSettings, read_exports
from mediagym.data.storage import read_json, shipped_yaml, write_json, write_text
from mediagym.envs.arrays import select
from mediagym.envs.calibration import Priors as PriorSettings
from mediagym.envs.calibration import journey_findings, load_posterior, save_posterior
from mediagym.envs.environment import EnvSettings, MarketPool
from mediagym.envs.flight import action_size, observation_size
from mediagym.envs.market import ObjectiveSettings
from mediagym.envs.planning import SolverSettings
from mediagym.envs.suite import task_of

_TASK = "Stationary-S"
_HISTORY_DAYS = 40
_DRAWS = 8  # of the posterior, half of them held out


class Originals:
    """One artefact of every kind in a folder, each in a folder of its own, and its loader.

    Args:
        folder: where they are written; its subfolders are the keys of `loaders`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        evaluation = shipped_yaml("evaluation/default") | {"markets": 2, "resamples": 100}
        solver = SolverSettings.of(shipped_yaml("solver/default"), "solver")
        env = EnvSettings.of(
            shipped_yaml("env/default") | {"days": task_of(_TASK).size.days}, "env"
        )
        task = TaskExperiment.of(
            task_of(_TASK),
            env=env,
            evaluation=EvaluationSettings.of(evaluation, "evaluation"),
            solver=solver,
            agent=None,
            cache=folder / "cache",
            config={},
        )
        posterior = replace(
            task.posterior,
            market=select(task.posterior.market, np.zeros(_DRAWS, int)),
            state=select(task.posterior.state, np.zeros(_DRAWS, int)),
            held_out=_DRAWS // 2,
        )
        self._experiment = AdvertiserExperiment(
            id=CALIBRATED,
            problem=task.problem,
            posterior=posterior,
            source=MarketPool(*posterior.training()),
            env=env,
            evaluation=task.evaluation,
            solver=solver,
            agent=None,
            cache=folder / "cache",
        )
        self.loaders: dict[str, Callable[[Path], Any]] = {
            "policy": self._policy,
            "posterior": load_posterior,
            "checkpoint": lambda place: read_state(place / "checkpoint.safetensors"),
            "plan": lambda place: _plan(place, self._experiment.posterior),
            "attribution": self._findings,
            "history": _history,
            "evaluation": lambda place: read_json(place / "evaluation.json"),
        }
        self._write()
        self.digests = {kind: digest_of(load(folder / kind)) for kind, load in self.loaders.items()}

    def files(self, kind: str) -> dict[str, bytes]:
        """Content of an artefact's files by name."""
        return {path.name: path.read_bytes() for path in sorted((self.folder / kind).iterdir())}

    def _write(self) -> None:
        experiment, folder = self._experiment, self.folder
        names = list(experiment.problem.constraints.names)
        inputs = observation_size(len(names), len(experiment.problem.constraints.channels))
        torch.manual_seed(0)
        actor = Actor(
            nn.Sequential(nn.Linear(inputs, 4), nn.Tanh()),
            nn.Linear(4, action_size(len(names))),
            None,
            squash=False,
        )
        record = Training(
            task=None, campaigns=names, objective="conversions", seed=0, threads=1, steps=0
        )
        network = Network(actor, experiment.env.action, record, "ppo", "a test")
        save_network(network, folder / "policy")
        save_posterior(experiment.posterior, folder / "posterior")
        state = {"step": 3, 7: (1.5, [np.arange(4.0), torch.ones(2, 3)]), "name": "ppo"}
        write_state(folder / "checkpoint" / "checkpoint.safetensors", state)
        plan = plan_of(experiment, baseline("uniform", experiment), [])
        write_plan(plan, folder / "plan" / "plan.json")
        write_json(folder / "attribution" / "attribution.json", _attribution(names))
        write_text(folder / "history" / "history.csv", _history_csv())
        scores = {"policies": {"ppo": {"mean": 97.5, "low": 96.0, "high": 98.25}}}
        document = {"versions": {"mediagym": "0.1.0"}, "tasks": [{"task": _TASK, **scores}]}
        write_json(folder / "evaluation" / "evaluation.json", document)

    def _policy(self, place: Path) -> Any:
        network = load_policy(place, self._experiment.problem).network
        weights = {name: value.numpy() for name, value in network.actor.state_dict().items()}
        record = network.training.model_dump(), network.action.model_dump()
        return weights, network.actor.shape.model_dump(), record, network.name, network.origin

    def _findings(self, place: Path) -> Any:
        path = place / "attribution.json"
        journeys = PriorSettings.of(shipped_yaml("priors/default"), "priors").journeys
        priors = journeys.model_copy(update={"attribution": path, "carryover": True, "halo": True})
        settings = shipped_yaml("objective/journeys") | {"attribution": str(path)}
        data = DataSettings.of(shipped_yaml("data/default") | {"path": str(place)})
        methods = AttributionSettings.of(shipped_yaml("attribution/default"), "attribution")
        return journey_findings(
            ObjectiveSettings.of(settings, "objective"),
            priors,
            list(self._experiment.problem.constraints.names),
            attribution_reader(data, methods),
        )


def digest_of(value: Any) -> str:
    """SHA-256 of nested containers, records and arrays, their types and shapes."""
    digest = hashlib.sha256()
    _feed(digest.update, value)
    return digest.hexdigest()


def _feed(update: Callable[[bytes], object], value: Any) -> None:
    if isinstance(value, torch.Tensor):
        value = value.numpy()
    if isinstance(value, np.ndarray):
        update(f"{value.dtype}{value.shape}".encode())
        update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        for key in value:
            _feed(update, [key, value[key]])
    elif isinstance(value, list | tuple):
        update(f"{type(value).__name__}{len(value)}".encode())
        for each in value:
            _feed(update, each)
    elif is_dataclass(value) and not isinstance(value, type):
        _feed(update, [getattr(value, each.name) for each in fields(value)])
    else:
        update(f"{type(value).__name__}:{value!r};".encode("utf-8", "surrogatepass"))


def _plan(place: Path, posterior: Any) -> Any:
    constraints, cents = read_plan(place / "plan.json", posterior)
    return constraints.to_json(), cents


def _history(place: Path) -> Any:
    settings = shipped_yaml("data/default") | {"path": str(place)}
    frame = read_exports(DataSettings.of(settings)).frame
    return {str(name): [str(cell) for cell in frame[name]] for name in frame}


def _attribution(names: list[str]) -> dict[str, Any]:
    """The parts of an attribution that a calibration reads."""
    pair = {"label": names[0], "closer": names[1], "share": 0.25, "lift": 1.5, "low": 1.25}
    ratios = {name: {"ratio": 0.75, "log_sd": 0.125} for name in names}
    return {
        "inter_touch_days": {name: {"median": 2.5} for name in names},
        "influence": [pair],
        "ratios": {"campaigns": ratios},
    }


def _history_csv() -> str:
    """A common record of ad reporting: two platforms, one campaign each."""
    rng, lines = Random(0), ["date,platform,campaign,impressions,clicks,spend,conversions,revenue"]  # noqa: S311
    for day in range(_HISTORY_DAYS):
        for platform in ("google", "meta"):
            clicks = rng.randrange(10, 90)
            numbers = f"{clicks * 30},{clicks},{clicks * 1.25:.2f},{clicks % 7},{clicks * 2:.2f}"
            date = np.datetime64("2025-01-01") + day
            lines.append(f"{date},{platform},Brand,{numbers}")
    return "\n".join(lines) + "\n"
