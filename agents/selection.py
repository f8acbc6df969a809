"""Which network so far is the best: flown on validation markets against the static plan."""

from typing import Any

import torch
from stable_baselines3.common.policies import ActorCriticPolicy

from ..envs.actions import ActionSettings
from ..envs.flight import Problem
from .evaluation import Trial, fly_policy
from .learned import LearnedPolicy, Network
from .policy import PlanPolicy


class Selection:
    """Keeps the weights that did best; the first candidate is the static plan itself."""

    def __init__(
        self, policy: ActorCriticPolicy, problem: Problem, action: ActionSettings, trial: Trial
    ) -> None:
        """Args: the network that is trained, its problem, its scales, the validation markets."""
        self.policy, self.problem, self.action, self.trial = policy, problem, action, trial
        self.static = fly_policy(problem, PlanPolicy("static", problem.base), trial).total
        self.gain = 0.0  # percent over the static plan, of the best so far
        self.origin = "no training: it follows the static plan"  # what the best has gone through
        self._weights: dict[str, Any] = _idle(policy)

    def check(self, origin: str) -> float:
        """Fly the network as it is; return its gain over the static plan in percent.

        Args:
            origin: what training it has gone through, for the record.
        """
        network = Network.of(self.policy, self.action, [])
        flown = fly_policy(self.problem, LearnedPolicy("ppo", network, self.problem), self.trial)
        static = self.static.mean()
        gain = float(100 * (flown.total.mean() - static) / abs(static))  # a profit may be negative
        if gain > self.gain:
            self.gain, self.origin = gain, origin
            self._weights = {k: v.clone() for k, v in self.policy.state_dict().items()}
        return gain

    def restore(self) -> None:
        """Give the network its best weights back."""
        with torch.no_grad():
            self.policy.load_state_dict(self._weights)


def _idle(policy: ActorCriticPolicy) -> dict[str, Any]:
    """Return the weights with which every action is 0: exactly the static plan."""
    weights = {name: value.clone() for name, value in policy.state_dict().items()}
    for name in ("action_net.weight", "action_net.bias"):
        weights[name].zero_()
    return weights
