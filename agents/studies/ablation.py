"""Ablation: variants of a learner, trained with the same seeds and compared.

A variant is a set of overrides. Each is trained on the same task with each seed and evaluated
on the test markets, where each of the others is paired with the first.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from ...data.display import file_name
from ...data.settings import Command
from ...data.types import Progress
from ...envs.flight import Problem
from ..policy import Candidate
from ..setup import Count, ExperimentConfig, prepare


class Run(NamedTuple):
    """One training of a variant."""

    variant: str
    seed: int


class AblationCommand(Command):
    """Options of ``scripts/research/ablate.py``; see ``conf/ablate.yaml``."""

    experiment: ExperimentConfig
    task: str
    seeds: Count
    jobs: Count
    budget: dict[str, Any]  # overrides of the defaults, the same for every variant
    variants: Annotated[dict[str, dict[str, Any]], Field(min_length=2)]
    output: Path

    def variant(self, name: str) -> ExperimentConfig:
        """Return the configuration of a variant: its learner, the budget, and its own changes.

        Raises:
            ConfigError: for a key that the configuration does not have.
        """
        changes = self.variants[name]
        config = self.experiment.with_task(self.task)
        agent = changes.get("agent", config.learner.name)
        budget = {f"agent.{key}": value for key, value in self.budget.items()}
        return config.changed({"agent": agent, **budget, **changes}, "variants")

    def runs(self) -> list[Run]:
        """Return all runs of the study."""
        return [Run(name, seed) for name in self.variants for seed in range(self.seeds)]


def check_variants(command: AblationCommand, progress: Progress = lambda _: None) -> None:
    """Prepare every variant, before the first of them is trained.

    Raises:
        MediaGymError: for a variant that cannot be trained.
    """
    for name in command.variants:
        progress(name)
        prepare(command.variant(name), progress)


def train_variants(command: AblationCommand, done: Callable[[Run], None] = lambda _: None) -> None:
    """Train all runs that are not yet in the output folder, several at once.

    Args:
        command: options of the study.
        done: called when a run is finished.
    """
    with ProcessPoolExecutor(command.jobs, mp_context=get_context("spawn")) as pool:
        jobs = {
            pool.submit(_train, command.variant(run.variant), run.seed, _folder(command, run)): run
            for run in command.runs()
        }
        for job in as_completed(jobs):
            job.result()
            done(jobs[job])


def compare_variants(
    command: AblationCommand, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Write the comparison of the trained variants, each of the others paired with the first.

    Returns:
        The content of ``evaluation.json``; see ``comparison``.
    """
    from ..evaluation import document_of, scored, write_comparison

    first = next(iter(command.variants))
    evaluation = command.experiment.evaluation.model_copy(update={"references": [first]})
    config = command.variant(first).model_copy(update={"evaluation": evaluation})
    experiment = prepare(config, progress)
    candidates = [_candidate(experiment.problem, command, name) for name in command.variants]
    document = document_of([scored(experiment, candidates, progress)[1]], 0)
    write_comparison(document, command.output)
    return document


def _folder(command: AblationCommand, run: Run) -> Path:
    name = file_name(run.variant.replace(" ", "_"))
    return command.output / "runs" / f"{name}_{run.seed}"


def _train(config: ExperimentConfig, seed: int, folder: Path) -> None:
    """Train a variant with a seed, unless its trained policy exists."""
    from ..networks import save_network
    from ..training import learn

    if not (folder / "policy.json").exists():
        experiment = prepare(config, lambda _: None)
        save_network(learn(experiment, seed, None, progress=False).network, folder)


def _candidate(problem: Problem, command: AblationCommand, name: str) -> Candidate:
    from ..networks import load_policy

    folders = [_folder(command, Run(name, seed)) for seed in range(command.seeds)]
    policies = tuple(load_policy(folder, problem) for folder in folders)
    for policy in policies:
        policy.name = name
    return Candidate(name, policies)
