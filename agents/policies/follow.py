"""`follow`: the static plan, its campaigns' shares moved by what the belief has learnt.

An action of 0 in an environment whose actions follow the belief (``envs.flight.followed_spend``):
the day's total is the plan's share of the unspent money, and the campaigns share it in the plan's
proportions times the belief's allocation in closed form.
"""

from typing import Any

from ...envs.arrays import Array
from ...envs.flight import Observable, Problem, followed_spend
from ..experiment import Experiment


class Follow:
    """Action 0 of an environment that follows the belief's allocation in full."""

    name = "follow"
    open_loop = False

    def __init__(self, problem: Problem) -> None:
        """Args: problem whose static plan is followed."""
        self.problem = problem

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the day's spend and its total; nothing is remembered."""
        return *followed_spend(self.problem, observable), None


def follow(experiment: Experiment, split: str) -> Follow:
    """Return the policy."""
    return Follow(experiment.problem)
