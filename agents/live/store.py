"""A flight as a folder of files: arrays as npz, everything else as JSON; never a pickle."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...data.errors import DataError
from ...data.storage import read_arrays, read_json, write_arrays, write_json
from ...envs.calibration import load_posterior, save_posterior
from ...envs.constraints import constraints_from_json
from ...envs.flight import problem_of
from ...envs.market import Objective, Ratio
from ..plans import Flag
from ..setup import ExperimentConfig, advertiser_experiment
from .flight import Flight, Parts
from .open import policy_of
from .reports import Reports
from .settings import LiveSettings

_VERSION = 1


def save_flight(flight: Flight, folder: Path) -> None:
    """Write ``flight.npz``, ``flight.json`` and the posterior into a folder."""
    parts, problem = flight.parts, flight.parts.problem
    save_posterior(parts.experiment.posterior, folder)
    reports = {f"report.{name}": value for name, value in flight.reports._asdict().items()}
    arrays = {
        "plan": parts.plan,
        "course": flight.course,
        "static_plan": np.asarray(problem.static_plan),
        **reports,
    }
    if problem.constraints.course is not None:
        arrays["base"] = problem.constraints.course
    if parts.dated is not None:
        arrays["dated"] = parts.dated
    write_arrays(folder / "flight.npz", arrays)
    document = {
        "version": _VERSION,
        "policy": parts.policy_name,
        "constraints": problem.constraints.to_json(),
        "currency": problem.constraints.currency,
        "objective": problem.objective.to_json(),
        "settings": parts.settings.model_dump(mode="json"),
        "is_changed": parts.is_changed,
        "flags": [flag._asdict() for flag in parts.notes],
        "notes": list(parts.experiment.notes),
        "config": dict(parts.experiment.config),
    }
    write_json(folder / "flight.json", document)


def load_flight(folder: Path) -> Flight:
    """Return the flight that ``save_flight`` wrote.

    Raises:
        DataError: if the files are missing, damaged or of another version.
    """
    document, arrays = read_json(folder / "flight.json"), read_arrays(folder / "flight.npz")
    if not isinstance(document, dict) or document.get("version") != _VERSION:
        raise _not_a_flight(folder, f"expected version {_VERSION}")
    try:
        return _flight(folder, document, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _not_a_flight(folder, str(error)) from None


def _flight(folder: Path, document: dict[str, Any], arrays: dict[str, Any]) -> Flight:
    config = ExperimentConfig.read(document["config"])
    posterior, objective = load_posterior(folder), document["objective"]
    constraints = constraints_from_json(document["constraints"]).in_currency(document["currency"])
    ratios = objective["ratios"]
    found = None if ratios is None else [Ratio.of(ratio, "ratios") for ratio in ratios]
    if "base" in arrays:
        constraints = replace(constraints, course=arrays["base"])
    problem = problem_of(
        posterior, constraints, Objective.of(config.objective, found), arrays["static_plan"]
    )
    experiment = advertiser_experiment(config, problem, posterior, tuple(document["notes"]))
    policy = policy_of(document["policy"], experiment)
    settings = LiveSettings.of(document["settings"], "live")
    flags = tuple(Flag(**flag) for flag in document["flags"])
    parts = Parts(
        experiment,
        policy,
        document["policy"],
        settings,
        arrays["plan"],
        document["is_changed"],
        flags,
        arrays.get("dated"),
    )
    reports = Reports(*(arrays[f"report.{name}"] for name in Reports._fields))
    if arrays["course"].shape != arrays["plan"].shape or len(reports.spend) > len(arrays["plan"]):
        raise ValueError("its arrays do not fit together")
    flight = Flight(parts, reports)
    flight.course = arrays["course"].copy()
    return flight


def _not_a_flight(folder: Path, reason: str) -> DataError:
    return DataError(
        f"{folder}: not a flight ({' '.join(reason.split())}). Allowed: a folder that "
        "Flight.save wrote. To fix: open the flight from its plan and exports."
    )
