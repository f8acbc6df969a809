"""Which network so far is the best: flown on validation markets against rivals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ...envs.flight import Problem
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet, rollout_policy
from .network import LearnedPolicy, Network

PERCENT = "percent_of_clairvoyant"
GAIN = "gain_over_static"


class Selection:
    """Keeps the weights that did best; the first candidate is the network whose actions are all 0.

    The best is that of the highest percent of the clairvoyant where the trial knows it, and of the
    highest gain over the static plan where it does not.
    """

    def __init__(
        self,
        network: Network,
        problem: Problem,
        trial: EvaluationSet,
        rivals: Sequence[Policy] = (),
    ) -> None:
        """Args: the network that is trained, its problem, the validation markets, its rivals."""
        self.network, self.problem, self.trial = network, problem, trial
        static = PlanPolicy("static", problem.static_plan)
        others = [rival for rival in rivals if rival.name != static.name]
        self._marks = {p.name: self._flown(p) for p in (static, *others)}
        self.best = replace(network, actor=network.actor.idle(), origin="no training: actions of 0")
        idle = LearnedPolicy("idle", self.best, problem)
        self.score = self._scores(self._flown(idle))[self._by]
        self.since = 0  # checks without an improvement

    def check(self, origin: str) -> dict[str, float]:
        """Fly the network as it is; return its scores by name, in percent.

        Args:
            origin: what training it has gone through, for the record.
        """
        scores = self._scores(self._flown(LearnedPolicy("trained", self.network, self.problem)))
        self.since += 1
        if scores[self._by] > self.score:
            self.score, self.since = scores[self._by], 0
            self.best = replace(self.network, actor=self.network.actor.copied(), origin=origin)
        return scores

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` continues from."""
        return {
            "weights": self.best.actor.state_dict(),
            "origin": self.best.origin,
            "score": self.score,
            "since": self.since,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state`` returned."""
        self.best = replace(self.best, origin=state["origin"])
        self.best.actor.load_state_dict(state["weights"])
        self.score, self.since = state["score"], state["since"]

    @property
    def _by(self) -> str:
        return GAIN if self.trial.best is None else PERCENT

    def _flown(self, policy: Policy) -> Any:
        with torch.no_grad():
            return rollout_policy(self.problem, policy, self.trial).total

    def _scores(self, total: Any) -> dict[str, float]:
        scores = {}
        if self.trial.best is not None:
            best = self.trial.best
            scores[PERCENT] = float(100 - 100 * ((best - total) / np.abs(best)).mean())
        for name, mark in self._marks.items():  # a profit may be negative
            over = 100 * (total.mean() - mark.mean()) / abs(mark.mean())
            scores[f"gain_over_{name}"] = float(over)
        return scores


def format_scores(scores: Mapping[str, float]) -> str:
    """Return scores as a progress bar shows them."""
    gain = f"{scores[GAIN]:+.2f} % over static"
    return f"{scores[PERCENT]:.2f} % of clairvoyant, {gain}" if PERCENT in scores else gain
