"""Training of the configured learner, and its score on the validation markets."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ...data.errors import ConfigError
from ...data.types import Floats
from ...envs.environment import EpisodeDraw, WidthName, widened, wider, width_of
from ...envs.market import Stream
from ..experiment import CALIBRATED, Experiment
from ..networks import LearnedPolicy
from ..policies import BASELINES, baseline
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet, percent_of, rollout_policy
from .algorithms import LEARNERS, Learner
from .selection import Rivals, values_of
from .trainer import train

RIVALS = ("greedy", "replanner")  # baselines that validation compares a learner with


def learn(
    experiment: Experiment,
    seed: int,
    folder: Path | None,
    *,
    progress: bool,
    rivals: Rivals | None = None,
) -> LearnedPolicy:
    """Train the experiment's learner; return the policy that is best on validation.

    Args:
        experiment: its agent is the learner's settings.
        seed: seed of the network's weights, the exploration and the episodes.
        folder: folder of the run, for its checkpoint and logs; None to write nothing.
        progress: whether to show progress bars.
        rivals: what `rival_values` returns, if it is known or computed elsewhere; None: it is
            computed here.

    Raises:
        ConfigError: if the agent is not a learner, or the checkpoint belongs to another run.
    """
    learner = experiment.agent
    if not isinstance(learner, Learner):
        raise ConfigError(
            f"agent: not a learner; allowed: {', '.join(LEARNERS)}. Choose one with agent=NAME."
        )
    network = train(
        experiment.problem,
        wider(experiment.source, learner.markets),
        _validation(experiment, learner.markets),
        experiment.env,
        learner,
        seed,
        folder,
        progress=progress,
        rivals=rivals or partial(rival_values, experiment),
        task=None if experiment.id == CALIBRATED else experiment.id,
    )
    return LearnedPolicy(network.name, network, experiment.problem)


def rival_values(experiment: Experiment) -> Mapping[str, Floats]:
    """Return the values of `RIVALS` on the learner's validation markets, (markets,), by name."""
    rivals = [baseline(name, experiment, "validation") for name in RIVALS if name in BASELINES]
    width = experiment.agent.markets if isinstance(experiment.agent, Learner) else "posterior"
    return values_of(experiment.problem, rivals, _validation(experiment, width))


def _validation(experiment: Experiment, width: WidthName) -> EvaluationSet:
    """Return the validation markets, of the width that training has.

    Where they are wider, their clairvoyant values are not known.
    """
    validation, by = experiment.held_out("validation"), width_of(width)
    if by is None:
        return validation
    draw = EpisodeDraw(validation.market, validation.state, validation.noise)
    episodes = range(len(validation.market.elasticity))
    return EvaluationSet(*widened(draw, by, Stream.VALIDATION, episodes))


def validation_percent(experiment: Experiment, policy: Policy) -> float:
    """Return a policy's percent of the clairvoyant on the validation markets.

    Sweeps maximise it, so that nothing is ever selected on the test markets.
    """
    validation = experiment.held_out("validation")
    best = validation.best
    if best is None:
        plans = PlanPolicy("clairvoyant", experiment.plans("validation", "daily"))
        best = rollout_policy(experiment.problem, plans, validation).total
    total = rollout_policy(experiment.problem, policy, validation).total
    return float(percent_of(total, best).mean())
