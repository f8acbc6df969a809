"""Selection of the best network so far, by its rollouts on validation markets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from ...data.types import Floats
from ...envs.flight import Problem
from ..networks import LearnedPolicy, Network
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet, percent_of, rollout_policy

PERCENT = "percent_of_clairvoyant"  # name of the score
GAIN = "gain_over_static"  # name of the score, percent

Rivals = Callable[[], Mapping[str, Floats]]
"""Returns values on the validation markets, (markets,), by policy."""


def no_rivals() -> Mapping[str, Floats]:
    """Return no values: the network is compared with the static plan alone."""
    return {}


def values_of(
    problem: Problem, policies: Sequence[Policy], evaluation_set: EvaluationSet
) -> dict[str, Floats]:
    """Return the objective of each policy's episodes, (markets,), by its name."""
    with torch.no_grad():
        return {p.name: rollout_policy(problem, p, evaluation_set).total for p in policies}


class Selection:
    """Holds the best weights; the first candidate is the network whose actions are all 0.

    The score is the percent of the clairvoyant where the evaluation set knows it, and otherwise
    the gain over the static plan in percent.
    """

    def __init__(
        self,
        network: Network,
        problem: Problem,
        evaluation_set: EvaluationSet,
        rivals: Rivals = no_rivals,
    ) -> None:
        """Score the first candidate.

        Args:
            network: the network in training.
            problem: the problem to plan.
            evaluation_set: validation markets.
            rivals: values of policies that the network is compared with, beside the static plan;
                asked for at the first check.
        """
        self.network, self.problem, self.evaluation_set = network, problem, evaluation_set
        static = PlanPolicy("static", problem.static_plan)
        self.reference_values = values_of(problem, [static], evaluation_set)
        self._rivals = rivals
        zero_action_actor = network.actor.zero_action_copy()
        self.best = replace(network, actor=zero_action_actor, origin="no training: actions of 0")
        self.score = self._scores(self._values(LearnedPolicy("zero", self.best, problem)))[self._by]
        self.checks_since_best = 0

    def check(self, origin: str) -> dict[str, float]:
        """Score the network as it is, and store its weights if they are the best.

        Args:
            origin: training that the weights have gone through, for the record.

        Returns:
            Scores by name, in percent.
        """
        self.reference_values |= self._rivals()
        self._rivals = no_rivals
        policy = LearnedPolicy("trained", self.network, self.problem)
        scores = self._scores(self._values(policy))
        self.checks_since_best += 1
        if scores[self._by] > self.score:
            self.score, self.checks_since_best = scores[self._by], 0
            self.best = replace(self.network, actor=self.network.actor.copy(), origin=origin)
        return scores

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` continues from."""
        return {
            "weights": self.best.actor.state_dict(),
            "origin": self.best.origin,
            "score": self.score,
            "checks_since_best": self.checks_since_best,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from the result of ``state``."""
        self.best = replace(self.best, origin=state["origin"])
        self.best.actor.load_state_dict(state["weights"])
        self.score, self.checks_since_best = state["score"], state["checks_since_best"]

    @property
    def _by(self) -> str:
        return GAIN if self.evaluation_set.best is None else PERCENT

    def _values(self, policy: Policy) -> Floats:
        """Return the objective of a policy's episodes, (markets,)."""
        return values_of(self.problem, [policy], self.evaluation_set)[policy.name]

    def _scores(self, values: Floats) -> dict[str, float]:
        scores = {}
        best = self.evaluation_set.best
        if best is not None:
            scores[PERCENT] = float(percent_of(values, best).mean())
        for name, reference in self.reference_values.items():  # a profit may be negative
            gain = 100 * (values.mean() - reference.mean()) / abs(reference.mean())
            scores[f"gain_over_{name}"] = float(gain)
        return scores


def tag_of(score: str) -> str:
    """Return the tag of a score in TensorBoard; each of the two groups has one unit on one axis."""
    group = "validation" if score == PERCENT else "validation_gain"
    return f"{group}/{score.removeprefix('gain_')}"


def format_scores(scores: Mapping[str, float]) -> str:
    """Return scores as a progress bar shows them."""
    gain = f"{scores[GAIN]:+.2f} % over static"
    return f"{scores[PERCENT]:.2f} % of clairvoyant, {gain}" if PERCENT in scores else gain
