"""Ablation: variants of a learner, trained with the same seeds and compared.

A variant is a set of overrides. Each is trained on the same task with each seed and evaluated
on the test markets, where each of the others is paired with the first.
"""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from tqdm import tqdm

from ...data.display import file_name
from ...data.settings import Command
from ...envs.flight import Problem
from ..evaluation import document_of, scored, write_comparison
from ..policy import Candidate
from ..setup import Count, ExperimentConfig, prepare
from ..training import learn, load_policy, save_network

Changes = Mapping[str, Any]


class AblationCommand(Command):
    """Options of ``scripts/ablate.py``; see ``conf/ablate.yaml``."""

    experiment: ExperimentConfig
    task: str
    seeds: Count
    jobs: Count
    budget: dict[str, Any]  # overrides of the defaults, the same for every variant
    variants: Annotated[dict[str, dict[str, Any]], Field(min_length=2)]
    output: Path


def ablate(command: AblationCommand) -> dict[str, Any]:
    """Train all variants that are not yet in the output folder, and write their comparison.

    Returns:
        The content of ``evaluation.json``; see ``comparison``.
    """
    configs = {name: variant(command, changes) for name, changes in command.variants.items()}
    for config in configs.values():  # validate every variant before training
        prepare(config, lambda _: None)
    runs = [(name, seed) for name in configs for seed in range(command.seeds)]
    with ProcessPoolExecutor(command.jobs, mp_context=get_context("spawn")) as pool:
        jobs = [
            pool.submit(_train, configs[n], seed, _folder(command, n, seed)) for n, seed in runs
        ]
        for job in tqdm(as_completed(jobs), "training", len(jobs), unit="run"):
            job.result()
    first = next(iter(configs))
    evaluation = command.experiment.evaluation.model_copy(update={"references": [first]})
    config = configs[first].model_copy(update={"evaluation": evaluation})
    experiment = prepare(config, lambda _: None)
    candidates = [_candidate(experiment.problem, command, name) for name in configs]
    document = document_of([scored(experiment, candidates)[1]], 0)
    write_comparison(document, command.output)
    return document


def variant(command: AblationCommand, changes: Changes) -> ExperimentConfig:
    """Return the configuration of a variant: its learner, the budget, and its own changes.

    Raises:
        ConfigError: for a key that the configuration does not have.
    """
    config = command.experiment.with_task(command.task)
    agent = changes.get("agent", config.learner.name)
    budget = {f"agent.{key}": value for key, value in command.budget.items()}
    return config.changed({"agent": agent, **budget, **changes}, "variants")


def _folder(command: AblationCommand, name: str, seed: int) -> Path:
    return command.output / "runs" / f"{file_name(name.replace(' ', '_'))}_{seed}"


def _train(config: ExperimentConfig, seed: int, folder: Path) -> None:
    """Train a variant with a seed, unless its trained policy exists."""
    if not (folder / "policy.json").exists():
        experiment = prepare(config, lambda _: None)
        save_network(learn(experiment, seed, None, progress=False).network, folder)


def _candidate(problem: Problem, command: AblationCommand, name: str) -> Candidate:
    folders = [_folder(command, name, seed) for seed in range(command.seeds)]
    policies = tuple(load_policy(folder, problem) for folder in folders)
    for policy in policies:
        policy.name = name
    return Candidate(name, policies)
