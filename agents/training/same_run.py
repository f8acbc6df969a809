"""Run record: everything that two training runs must share to be bitwise the same."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...data.errors import ConfigError
from ...data.settings import Settings
from ...envs.environment import EnvSettings, MarketSource, to_arrays
from ...envs.flight import Problem
from .algorithms import Learner


def same_run(
    problem: Problem, source: MarketSource, env: EnvSettings, settings: Learner, record: Settings
) -> dict[str, Any]:
    """Return the run record as plain values by name.

    Problem and markets enter as one SHA-256. How often a checkpoint is written has no influence on
    the result and is left out, and so is the task's id: its markets are in the SHA-256.
    """
    constraints = problem.constraints
    content = {
        "bounds": np.concatenate(
            [*constraints.floor_cents, *constraints.cap_cents, constraints.daily_cap_cents]
        ),
        "market": problem.market,
        "state": problem.state,
        "covariance": problem.covariance,
        "claim_slope": problem.claim_slope,
        "static_plan": problem.static_plan,
        "markets": source.market,
    }
    digest = hashlib.sha256()
    for name, array in sorted(to_arrays(content).items()):
        digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    return {
        "problem": digest.hexdigest(),
        "total": constraints.total,
        "pacing": list(constraints.pacing),
        "change_limit": constraints.change_limit,
        "credit_days": problem.credit_days,
        **{f"env.{key}": value for key, value in env.model_dump().items()},
        **{f"agent.{k}": v for k, v in settings.model_dump().items() if k != "checkpoint"},
        **record.model_dump(exclude={"task"}),
    }


def require_same(path: Path, stored: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """Raise ConfigError if a checkpoint belongs to another training run.

    Args:
        path: path of the checkpoint.
        stored: run record in the checkpoint.
        current: run record of this training.

    Raises:
        ConfigError: naming the first key that differs.
    """
    for name in current:
        if stored.get(name) != current[name]:
            raise ConfigError(
                f"{path}: checkpoint of a training with {name}={stored.get(name)!r}; this one has "
                f"{current[name]!r}. Resume with the original settings, or train in another folder."
            )
