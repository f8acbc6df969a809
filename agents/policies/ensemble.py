"""`ensemble`: the mean of what the re-planner and the shipped network request.

The network and the re-planner read the same reports and err in different ways: the one has learnt
over random advertisers what reports mean, the other updates this advertiser's posterior. The value
of a plan is concave in its dollars where curves saturate, so the mean of two plans is worth at
least the mean of their values there, and more where their errors differ.
"""

from collections.abc import Sequence
from typing import Any

from ...envs.arrays import Array
from ...envs.flight import Observable
from ..experiment import Experiment
from ..policy import Policy, Report, decision, remembered
from .rolling_horizon import replanner
from .universal import universal


class Ensemble:
    """Requests the mean of what its members request, each with a memory of its own."""

    open_loop = False

    def __init__(self, name: str, members: Sequence[Policy]) -> None:
        """Args: name; policies that react to reports, at least one."""
        self.name, self.members = name, tuple(members)

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the mean of the members' requests and totals, and the memories of all."""
        return _mean([m.act(observable, own) for m, own in self._with(memory)])

    def decide(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the same from memories that hold all reports so far."""
        return _mean([decision(m, observable, own) for m, own in self._with(memory)])

    def learn(self, observable: Observable, memory: Any, report: Report) -> Any:
        """Return the members' memories after a day's report."""
        return tuple(remembered(m, observable, own, report) for m, own in self._with(memory))

    def _with(self, memory: Any) -> list[tuple[Policy, Any]]:
        memories = (None,) * len(self.members) if memory is None else memory
        return list(zip(self.members, memories, strict=True))


def _mean(decisions: Sequence[tuple[Array, Array, Any]]) -> tuple[Array, Array, Any]:
    spend, total, memories = zip(*decisions, strict=True)
    return sum(spend) / len(spend), sum(total) / len(total), memories


def ensemble(experiment: Experiment, split: str) -> Ensemble:
    """Return the mean of the re-planner and the network."""
    return Ensemble("ensemble", [replanner(experiment, split), universal(experiment, split)])
