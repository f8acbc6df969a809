"""A learner trained in an arena, from the configuration's group ``agent``."""

from pathlib import Path

from ...data.errors import ConfigError
from ..experiment import CALIBRATED, Experiment
from ..policies import BASELINES, baseline
from ..policy import PlanPolicy, Policy
from ..rollout import percent_of, rollout_policy
from .algorithms import Learner
from .network import LearnedPolicy
from .trainer import train

RIVALS = ("greedy", "replanner")  # that a learner is held against while it trains, where known


def learn(
    experiment: Experiment, seed: int, folder: Path | None, *, progress: bool
) -> LearnedPolicy:
    """Train the configured learner in the session's arena; the best on validation is kept.

    Args:
        session: what was prepared.
        seed: of the training.
        folder: of the run, where it may be resumed from; None to keep nothing.
        progress: whether to show bars.
    """
    learner = experiment.agent
    if not isinstance(learner, Learner):
        raise ConfigError("agent: no learner was given; set agent=ppo or another learner.")
    network = train(
        experiment.problem,
        experiment.source,
        experiment.held_out("validation"),
        experiment.env,
        learner,
        seed,
        folder,
        progress=progress,
        rivals=[baseline(name, experiment, "validation") for name in RIVALS if name in BASELINES],
        task=None if experiment.id == CALIBRATED else experiment.id,
    )
    return LearnedPolicy(network.name, network, experiment.problem)


def validation_percent(experiment: Experiment, policy: Policy) -> float:
    """Return a policy's percent of the clairvoyant on the validation markets.

    It is what sweeps maximise: the test markets are for the report alone.
    """
    trial = experiment.held_out("validation")
    best = trial.best
    if best is None:
        plans = PlanPolicy("clairvoyant", experiment.plans("validation", "daily"))
        best = rollout_policy(experiment.problem, plans, trial).total
    return float(percent_of(rollout_policy(experiment.problem, policy, trial).total, best).mean())
