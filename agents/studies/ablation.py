"""What each choice of a training is worth: variants of it, trained by the same seeds, compared.

A variant is a change of keys; every one is trained in the same task by each seed and flown on the
test markets, where the first variant is what the others are paired with.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from copy import deepcopy
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from tqdm import tqdm

from ...data.errors import ConfigError
from ...data.storage import shipped_yaml
from ..evaluation import document_of, scored, write_comparison
from ..policy import Candidate
from ..setup import Command, prepare
from ..training import learn, load_policy, save_network

Changes = Mapping[str, Any]
Positive = Annotated[int, Field(ge=1)]


class AblationCommand(Command):
    """What ``scripts/ablate.py`` is asked; see ``conf/ablate.yaml``."""

    task: str
    seeds: Positive
    jobs: Positive
    budget: dict[str, Any]  # keys of every learner that differ from what it ships with
    variants: Annotated[dict[str, dict[str, Any]], Field(min_length=2)]
    output: Path


def ablate(config: Mapping[str, Any], asked: AblationCommand) -> dict[str, Any]:
    """Train what is not trained yet in the output folder, compare, and write the comparison.

    Args:
        config: plain containers with the groups of ``conf/problem.yaml``.
        asked: what to train.

    Returns:
        The content of ``evaluation.json``; see ``comparison``.
    """
    configs = {name: changed(config, asked, changes) for name, changes in asked.variants.items()}
    for each in configs.values():  # what is wrong is told before anything slow
        session = prepare(each, lambda _: None)
    work = [(name, seed) for name in configs for seed in range(asked.seeds)]
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_train, configs[n], seed, _place(asked, n, seed)) for n, seed in work]
        for job in tqdm(as_completed(jobs), "training", len(jobs), unit="run"):
            job.result()
    first = next(iter(configs))
    references = {**config["evaluation"], "references": [first]}
    session = prepare({**configs[first], "evaluation": references}, lambda _: None)
    entrants = [_entrant(session.problem, asked, name) for name in configs]
    document = document_of([scored(session, entrants)[1]], 0)
    write_comparison(document, asked.output)
    return document


def changed(config: Mapping[str, Any], asked: AblationCommand, changes: Changes) -> dict[str, Any]:
    """Return the configuration of a variant: its learner, the budget, and its own changes.

    Raises:
        ConfigError: for a key that the configuration does not have.
    """
    name = changes.get("agent", config["agent"]["name"])
    made = {**deepcopy(dict(config)), "task": asked.task, "agent": shipped_yaml(f"agent/{name}")}
    rest = {key: value for key, value in changes.items() if key != "agent"}
    for key, value in ({f"agent.{k}": v for k, v in asked.budget.items()} | rest).items():
        _set(made, key.split("."), value, key)
    return made


def _set(node: Any, words: Sequence[str], value: Any, key: str) -> None:
    for word in words[:-1]:
        node = node.get(word, {})
    if words[-1] not in node:
        raise ConfigError(f"variants: there is no key {key!r}; allowed there: {', '.join(node)}.")
    node[words[-1]] = deepcopy(value)


def _place(asked: AblationCommand, name: str, seed: int) -> Path:
    return asked.output / "runs" / f"{name.replace(' ', '_')}_{seed}"


def _train(config: Mapping[str, Any], seed: int, folder: Path) -> None:
    """Train a variant by a seed, unless its policy is there."""
    if not (folder / "policy.json").exists():
        session = prepare(config, lambda _: None)
        save_network(learn(session, seed, None, progress=False).network, folder)


def _entrant(problem: Any, asked: AblationCommand, name: str) -> Candidate:
    policies = tuple(load_policy(_place(asked, name, seed), problem) for seed in range(asked.seeds))
    for policy in policies:
        policy.name = name
    return Candidate(name, policies)
