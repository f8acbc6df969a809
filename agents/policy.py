"""Interface of policies, which baselines and learned policies share."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

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


class Report(NamedTuple):
    """What a day brought, as far as it is known."""

    spend: Floats  # dollars delivered, (flights, campaigns)
    reported: Floats  # conversions so far, the same shape
    complete: Floats  # share of the day's conversions reported so far, 0 to 1, the same shape


@runtime_checkable
class Learning(Protocol):
    """A policy with a filter of its own, which takes days that are only partly reported."""

    def learn(self, observable: Observable, memory: Any, report: Report) -> Any:
        """Return the memory after a day's report, from what was seen and known before it."""

    def decide(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return what ``act`` does, where the memory holds all reports so far."""


def remembered(policy: Policy, observable: Observable, memory: Any, report: Report) -> Any:
    """Return a policy's memory after a day's report.

    Args:
        policy: decides from the observations.
        observable: what was seen when the day began.
        memory: the policy's at that time; None before the first day.
        report: of the day.
    """
    if isinstance(policy, Learning):
        return policy.learn(observable, memory, report)
    return memory if policy.open_loop else policy.act(observable, memory)[2]


def decision(policy: Policy, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
    """Return what ``Policy.act`` does, from a memory of ``remembered``."""
    if memory is not None and isinstance(policy, Learning):
        return policy.decide(observable, memory)
    return policy.act(observable, memory)


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
