"""What a policy is, for baselines and learners alike."""

from typing import Any, NamedTuple, Protocol

from ..data.types import Floats
from ..envs.arrays import Array
from ..envs.flight import Observable


class Policy(Protocol):
    """Turns what has been observed so far into today's spend, for a batch of flights."""

    name: str
    open_loop: bool  # whether reports leave its decisions unchanged

    def act(self, view: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Decide a day.

        Args:
            view: money, belief and smoothed spend so far, (flights, campaigns).
            memory: what this policy returned yesterday; None on the first day.

        Returns:
            Dollars wanted by campaign (flights, campaigns), dollars wanted in all (flights,),
            and the memory for tomorrow. Both are projected onto what is allowed.
        """
        ...


class PlanPolicy:
    """Follows a plan that was made before the flight."""

    open_loop = True

    def __init__(self, name: str, plan: Floats) -> None:
        """Args: name, and the plan in dollars, (days, campaigns) or (days, flights, campaigns)."""
        self.name, self.plan = name, plan

    def act(self, view: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the plan's day."""
        today = self.plan[view.ledger.day] + 0 * view.ledger.spent
        return today, today.sum(-1), None


class Candidate(NamedTuple):
    """A name in a comparison and all that fly under it."""

    name: str
    policies: tuple[Policy, ...]  # one of a baseline, one a training seed of a learner
