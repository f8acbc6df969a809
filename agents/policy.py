"""Interface of policies, which baselines and learned policies share."""

from typing import Any, NamedTuple, Protocol

from ..data.types import Floats
from ..envs.arrays import Array
from ..envs.flight import Observable


class Policy(Protocol):
    """Decides a day's spend from the observations so far, for a batch of flights."""

    name: str
    open_loop: bool  # True if reports do not change its decisions

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the dollars requested for a day.

        Args:
            observable: ledger, belief and smoothed spend so far, (flights, campaigns).
            memory: the policy's own state, as it returned it the day before; None on the first day.

        Returns:
            Requested spend by campaign (flights, campaigns), requested total (flights,), both
            before the projection onto the constraints, and the memory for the next day.
        """
        ...


class PlanPolicy:
    """Requests each day of a fixed plan."""

    open_loop = True

    def __init__(self, name: str, plan: Floats) -> None:
        """Args: name; plan in dollars, (days, campaigns) or (days, flights, campaigns)."""
        self.name, self.plan = name, plan

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the day of the plan, for every flight."""
        requested_spend = self.plan[observable.ledger.day] + 0 * observable.ledger.spent
        return requested_spend, requested_spend.sum(-1), None


class Candidate(NamedTuple):
    """An entry of a comparison: a name and its policies."""

    name: str
    policies: tuple[Policy, ...]  # one for a baseline; one per training seed for a learner
