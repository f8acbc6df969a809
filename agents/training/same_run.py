"""A training run's folder: the configuration it goes by, and what makes two runs the same."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...data.errors import ConfigError
from ...data.settings import Settings
from ...envs.environment import EnvSettings, MarketSource, to_arrays
from ...envs.flight import Problem


def same_run(
    problem: Problem, source: MarketSource, env: EnvSettings, settings: Any, record: Settings
) -> dict[str, Any]:
    """Return all that two trainings must share to be bitwise the same, as plain values."""
    rules = problem.constraints
    parts = {
        "bounds": np.concatenate([*rules.floor_cents, *rules.cap_cents, rules.daily_cap_cents]),
        "market": problem.market,
        "state": problem.state,
        "covariance": problem.covariance,
        "claim_slope": problem.claim_slope,
        "static_plan": problem.static_plan,
        "markets": source.market,
    }
    content = hashlib.sha256()
    for name, array in sorted(to_arrays(parts).items()):
        content.update(name.encode() + np.ascontiguousarray(array).tobytes())
    told = {"problem": content.hexdigest(), "total": rules.total, "pacing": list(rules.pacing)}
    told |= {"change_limit": rules.change_limit, "credit_days": problem.credit_days}
    told |= {f"env.{k}": v for k, v in env.model_dump().items()}
    told |= {f"agent.{k}": v for k, v in settings.model_dump().items() if k != "checkpoint"}
    return told | record.model_dump()


def require_same(path: Path, kept: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to continue the training of something else.

    Raises:
        ConfigError: naming the first thing that differs.
    """
    for name in now:
        if kept.get(name) != now[name]:
            raise ConfigError(
                f"{path}: a training with {name}={kept.get(name)!r}; here it is {now[name]!r}. "
                "Continue it as it began, or train in another folder."
            )
