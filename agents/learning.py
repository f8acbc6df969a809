"""A learner trained in an arena, from the configuration's group ``agent``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .evaluation import fly_policy, percent_of
from .learned import LearnedPolicy
from .policy import PlanPolicy, Policy
from .ppo import PPOSettings, train_ppo

if TYPE_CHECKING:
    from .workflow import Session


def learner_of(agent: Mapping[str, Any]) -> PPOSettings:
    """Return the settings of the configured learner.

    Raises:
        ConfigError: if the agent is no learner, or a key is not allowed.
    """
    return PPOSettings.of(agent, "agent")


def learn(session: "Session", seed: int, log: Path | None, *, progress: bool) -> LearnedPolicy:
    """Train the configured learner in the session's arena; the best on validation is kept."""
    arena, settings = session.arena, learner_of(session.arena.agent)
    market = arena.source.market, arena.source.state  # type: ignore[attr-defined]
    network = train_ppo(
        arena.problem, market, arena.trial("validation"), arena.env, settings, seed, log, progress
    )
    return LearnedPolicy(network.name, network, arena.problem)


def validated(session: "Session", policy: Policy) -> float:
    """Return a policy's percent of the clairvoyant on the validation markets.

    It is what sweeps maximise: the test markets are for the report alone.
    """
    arena, trial = session.arena, session.arena.trial("validation")
    best = trial.best
    if best is None:
        plans = PlanPolicy("clairvoyant", arena.plans("validation", "daily"))
        best = fly_policy(arena.problem, plans, trial).total
    return float(percent_of(fly_policy(arena.problem, policy, trial).total, best).mean())
