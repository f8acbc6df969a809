"""Submissions whose flights are shares of the clairvoyant's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.leaderboard import LeaderboardCommand, Submission, TaskResult
from mediagym.agents.leaderboard.submission import clairvoyant_hash
from mediagym.envs.suite import reference_of

Make = Callable[..., Submission]


@pytest.fixture(scope="session")
def result() -> Callable[..., TaskResult]:
    """Makes a task's result: flights of some share of the clairvoyant's value, with a spread."""

    def make(task: str = "Uncertain-S", share: float = 0.9, seeds: int = 1) -> TaskResult:
        best, rng = reference_of(task).daily["test"], np.random.default_rng(seeds)
        values = best * (share + 0.01 * rng.uniform(-1, 1, (seeds, len(best))))
        return TaskResult(
            task=task,
            sha256=reference_of(task).sha256["test"],
            clairvoyant=clairvoyant_hash(task),
            values=values.round(4).tolist(),
            cpu_seconds=1.5,
            violations=0,
            cents_off=0,
        )

    return make


@pytest.fixture(scope="session")
def submission(result: Callable[..., TaskResult]) -> Make:
    """Makes a sound submission; keywords change its fields."""

    def make(policy: str = "own", share: float = 0.9, **changes: Any) -> Submission:
        fields: dict[str, Any] = {
            "version": 1,
            "policy": policy,
            "authors": "A. Author",
            "url": "https://example.org/policy",
            "training": "on the training markets",
            "training_cpu_seconds": 60.0,
            "entry": "own:make",
            "seed": 0,
            "versions": {"mediagym": "0.1.0"},
            "tasks": [result(share=share)],
        }
        return Submission(**{**fields, **changes})

    return make


@pytest.fixture
def options(tmp_path: Path) -> LeaderboardCommand:
    """Options of a leaderboard of two references."""
    return LeaderboardCommand(
        folder=tmp_path, output=None, references=["follow", "replanner"], resamples=400, seed=1
    )
