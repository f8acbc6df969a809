"""A comparison from rollouts to files: statistics, tables, pictures and TensorBoard."""

import platform
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from ...data.plotting import png_of
from ...data.storage import write_bytes, write_json, write_text
from ...data.types import Progress
from ...envs.planning import is_concave
from ...envs.suite import sha256_of
from ..experiment import Experiment
from ..policy import Candidate, Policy
from ..processes import Submit, at_once
from .evaluate import Evaluation, evaluate
from .figures import comparison, differences, profiles
from .statistics import summary
from .tables import markdown
from .tensorboard import log_evaluation
from .tensorboard_runs import runs_of

_PACKAGES = ("mediagym", "numpy", "torch", "stable-baselines3")


def compare(
    experiment: Experiment,
    candidates: Sequence[Candidate],
    folder: Path,
    seed: int,
    progress: Progress,
    trained: Policy | None = None,
    submit: Submit = at_once,
) -> dict[str, Any]:
    """Roll out candidates on the test markets and write all results into a folder.

    Writes what ``write_comparison`` does, and ``tensorboard/``. ``trained`` is the policy that was
    trained with the experiment's settings, if one was: they are its hyperparameters. ``submit``
    starts the writing of ``tensorboard/``, which takes long.

    Returns:
        The result of ``scored``: the one element of ``tasks`` in ``evaluation.json``.
    """
    evaluation, task = scored(experiment, candidates, progress)
    document = document_of([task], seed)
    write_comparison(document, folder)
    runs = runs_of(evaluation, candidates, experiment, trained)
    logs = folder / "tensorboard"
    submit(partial(log_evaluation, experiment, evaluation, document, logs, runs))
    return task


def clairvoyant_ahead(experiment: Experiment) -> None:
    """Compute the clairvoyant's plans on the test markets, which `scored` finds in the cache.

    Nothing is done where the values of these plans are known, as in a task.
    """
    if experiment.held_out("test").best is None:
        experiment.plans("test", "daily")


def scored(
    experiment: Experiment, candidates: Sequence[Candidate], progress: Progress = lambda _: None
) -> tuple[Evaluation, dict[str, Any]]:
    """Roll out candidates on the test markets; return the rollouts and their statistics.

    The second is an element of ``tasks`` in ``evaluation.json``: ``statistics.summary`` with the
    experiment's id, the objective, whether the clairvoyant's values are the best known or proven
    to be the best, and the hashes of the posterior and of the markets.
    """
    test = experiment.held_out("test")
    evaluation = evaluate(
        experiment.problem,
        candidates,
        test,
        experiment.solver,
        experiment.evaluation,
        progress,
        lambda progress: experiment.plans("test", "daily", progress),
    )
    return evaluation, {
        "id": experiment.id,
        "objective": experiment.problem.objective.name,
        "best_known": not is_concave(test.market),
        "posterior": experiment.posterior.fingerprint(),
        "sha256": sha256_of(test.market, test.state),
        **summary(evaluation),
    }


def document_of(tasks: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Return the content of ``evaluation.json``: comparisons with the versions that made them."""
    versions = {name: version(name) for name in _PACKAGES}
    versions |= {"python": platform.python_version(), "threads": str(torch.get_num_threads())}
    return {"seed": seed, "versions": versions, "tasks": list(tasks)}


def write_comparison(document: Mapping[str, Any], folder: Path) -> None:
    """Write ``evaluation.json``, ``evaluation.md`` and three pictures with a panel per task.

    The pictures are ``evaluation.png`` (means and intervals), ``profiles.png`` and
    ``differences.png``.
    """
    tasks = document["tasks"]
    write_json(folder / "evaluation.json", document)
    write_text(folder / "evaluation.md", markdown(tasks) + "\n")
    pictures = {"evaluation": comparison, "profiles": profiles, "differences": differences}
    for name, drawn in pictures.items():
        write_bytes(folder / f"{name}.png", png_of(drawn(tasks), dpi=110))
