"""`Submission`: a policy's results on tasks, as a file that anybody can send."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from ...data.display import file_name
from ...data.errors import ConfigError
from ...data.settings import Seed, Settings
from ...data.storage import ROOT, digest, write_text
from ...envs.suite import reference_of, task_of
from ..setup import PolicyName, Seconds, Statement, SubmissionSettings, Url, task_key

SHIPPED = ROOT / "data" / "leaderboard"  # submissions that come with the package
MAX_SEEDS = 100  # training seeds of a submission

Value = Annotated[float, Field(ge=0, le=1e15)]
Flights = Annotated[list[Value], Field(min_length=1, max_length=1000)]


class TaskResult(Settings):
    """Every flight of a policy on one task."""

    task: Annotated[str, Field(max_length=64)]  # key, such as Full-M
    sha256: Annotated[str, Field(max_length=64)]  # hash of the test markets
    clairvoyant: Annotated[str, Field(max_length=64)]  # hash of their clairvoyant values
    # expected objective of every flight, a list of markets per training seed
    values: Annotated[list[Flights], Field(min_length=1, max_length=MAX_SEEDS)]
    cpu_seconds: Seconds  # of all decisions of a training seed's flights
    violations: Annotated[int, Field(ge=0)]
    cents_off: Annotated[int, Field(ge=0)]


class Submission(Settings):
    """Content of a file of results."""

    version: Literal[1]
    policy: PolicyName
    authors: Statement
    url: Url | None
    training: Statement
    training_cpu_seconds: Seconds | None  # per task and seed
    entry: Statement  # name of the policy in the command
    seed: Seed
    versions: Annotated[
        dict[str, Annotated[str, Field(max_length=64)]], Field(max_length=64)
    ]  # of the packages
    tasks: Annotated[list[TaskResult], Field(min_length=1, max_length=1000)]


def submission_of(
    document: Mapping[str, Any], settings: SubmissionSettings, entry: str
) -> Submission:
    """Return the submission of the first policy of a comparison.

    Args:
        document: content of ``evaluation.json``.
        settings: name, authors, URL and training statement.
        entry: name of the policy in ``policies``.

    Raises:
        ConfigError: if it is about fewer markets than are published.
    """
    results = []
    for found in document["tasks"]:
        task, row = task_of(task_key(found["id"])), found["policies"][0]
        published = reference_of(task.key)
        if found["sha256"] != published.sha256["test"]:
            markets = len(published.daily["test"])
            raise ConfigError(
                f"evaluation.markets: a submission is about all {markets} test markets of "
                f"{task.key}; it has {found['markets']}. Leave evaluation.markets out."
            )
        results.append(
            TaskResult(
                task=task.key,
                sha256=found["sha256"],
                clairvoyant=clairvoyant_hash(task.key),
                values=row["values"],
                cpu_seconds=round(row["seconds_per_decision"] * task.size.days, 4),
                violations=row["violations"],
                cents_off=row["cents_off"],
            )
        )
    return Submission(
        version=1,
        policy=settings.name or entry,
        authors=settings.authors or "",
        url=settings.url,
        training=settings.training or "",
        training_cpu_seconds=settings.cpu_seconds,
        entry=entry,
        seed=document["seed"],
        versions=dict(document["versions"]),
        tasks=results,
    )


def write_submission(submission: Submission, folder: Path) -> Path:
    """Write a submission as compact JSON, named by its policy; return the file."""
    text = json.dumps(submission.model_dump(), ensure_ascii=False, allow_nan=False)
    return write_text(folder / f"{file_name(submission.policy)}.json", text + "\n")


def clairvoyant_hash(key: str) -> str:
    """Return the hash of a task's clairvoyant values on the test markets."""
    return digest(reference_of(key).daily["test"].tolist())
