"""A learner trained in an arena, from the configuration's group ``agent``."""

from pathlib import Path
from typing import TYPE_CHECKING

from ..experiment import CALIBRATED
from ..policies import BASELINES, baseline
from ..policy import PlanPolicy, Policy
from ..rollout import percent_of, rollout_policy
from .algorithms import learner_of
from .network import LearnedPolicy
from .trainer import train

if TYPE_CHECKING:
    from ..experiment import Session

RIVALS = ("greedy", "replanner")  # that a learner is held against while it trains, where known


def learn(session: "Session", seed: int, folder: Path | None, *, progress: bool) -> LearnedPolicy:
    """Train the configured learner in the session's arena; the best on validation is kept.

    Args:
        session: what was prepared.
        seed: of the training.
        folder: of the run, where it may be resumed from; None to keep nothing.
        progress: whether to show bars.
    """
    arena = session.arena
    network = train(
        arena.problem,
        arena.source,
        arena.trial("validation"),
        arena.env,
        learner_of(arena.agent),
        seed,
        folder,
        progress=progress,
        rivals=[baseline(name, arena, "validation") for name in RIVALS if name in BASELINES],
        task=None if arena.id == CALIBRATED else arena.id,
    )
    return LearnedPolicy(network.name, network, arena.problem)


def validation_percent(session: "Session", policy: Policy) -> float:
    """Return a policy's percent of the clairvoyant on the validation markets.

    It is what sweeps maximise: the test markets are for the report alone.
    """
    arena, trial = session.arena, session.arena.trial("validation")
    best = trial.best
    if best is None:
        plans = PlanPolicy("clairvoyant", arena.plans("validation", "daily"))
        best = rollout_policy(arena.problem, plans, trial).total
    return float(percent_of(rollout_policy(arena.problem, policy, trial).total, best).mean())
