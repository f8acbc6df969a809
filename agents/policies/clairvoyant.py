"""Oracles: the clairvoyants know every market and its demand path, ``informed`` only the market.

The clairvoyants are upper bounds rather than policies. Their plans are rolled out like any other,
so that losses in execution show (delivery, the order in which floors are paid).
``envs.planning`` optimises them.
"""

from collections.abc import Callable

import numpy as np

from ...data.types import Floats
from ...envs.arrays import Array, select
from ...envs.constraints import spend_day
from ...envs.flight import Observable, Problem
from ...envs.market import Market, MarketState, Noise, step
from ...envs.planning import best_remaining_plan
from ..experiment import Experiment
from ..policy import PlanPolicy
from ..rollout import EvaluationSet

Beliefs = Callable[[Market, MarketState], tuple[Market, MarketState]]  # of the true ones

_FIRST_ITERATIONS = 600  # evaluations of the objective behind the first day's plan
_ITERATIONS = 60  # and of each later one, which goes on from it


def clairvoyant(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of the best daily plan of each of the split's markets."""
    return PlanPolicy("clairvoyant", experiment.plans(split, "daily"))


def clairvoyant_static(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of the best constant plan of each of the split's markets."""
    return PlanPolicy("clairvoyant_static", experiment.plans(split, "constant"))


def informed(experiment: Experiment, split: str) -> "Informed":
    """Return the policy that knows each of the split's markets, but not what will happen."""
    return Informed(experiment.problem, experiment.held_out(split))


class Informed:
    """Knows its markets' parameters and states every morning, and nothing of the days to come.

    Every day it optimises the days left by the simulator's gradient, as if they brought no further
    change: levels return to their mean, a competitor who is there stays, a campaign whose
    efficiency has changed keeps it, and no outage, spike or drift follows. What separates it from
    the clairvoyant is the future; what separates a policy from it is what the policy has to learn.
    It is no bound: a flight may do better by luck, or because its plan allows for chance.
    """

    name = "informed"
    open_loop = False

    def __init__(
        self,
        problem: Problem,
        evaluation_set: EvaluationSet,
        beliefs: Beliefs = lambda market, state: (market, state),
        sees_shocks: bool = True,
    ) -> None:
        """Prepare the flights.

        Args:
            problem: constraints and objective.
            evaluation_set: the markets, one per flight of a batch, with the noise that they face.
            beliefs: what it plans with instead of the markets and their states this morning.
            sees_shocks: whether it knows of competitors and lasting changes once they are there.
        """
        self.problem, self.markets = problem, evaluation_set
        self.beliefs, self.sees_shocks = beliefs, sees_shocks
        self.path = evaluation_set.noise.without_count_noise()

    def act(
        self, observable: Observable, memory: tuple[MarketState, Floats] | None
    ) -> tuple[Array, Array, tuple[MarketState, Floats]]:
        """Return today's spend and its total; remember this evening's states and the plan."""
        problem, ledger, market = self.problem, observable.ledger, self.markets.market
        state, plan = memory or (self.markets.state, None)
        changes = problem.constraints.may_change
        if plan is None or changes is None or changes[ledger.day]:
            start = np.repeat(problem.static_plan[None], len(market.elasticity), 0)
            plan = best_remaining_plan(
                (problem, *self.beliefs(market, state)),
                ledger,
                self._expected(ledger.day),
                start if plan is None else plan,
                _FIRST_ITERATIONS if plan is None else _ITERATIONS,
            )
        today, total = plan[:, 0], plan[:, 0].sum(-1)
        planned, _ = spend_day(problem.constraints, ledger, today, total)
        evening, _ = step(market, state, planned, select(self.path, ledger.day))
        return today, total, (evening, plan[:, 1:])

    def _expected(self, day: int) -> Noise | None:
        """Return the path of the days left in which what lasts goes on; None without shocks."""
        entry, spike = self.path.competitor_entry, self.path.spike
        if entry is None or spike is None or not day or not self.sees_shocks:
            return None
        # a spike raises all campaigns alike and passes; a campaign's own change is for good
        regime = spike[day - 1] - np.median(spike[day - 1], axis=-1, keepdims=True)
        days = np.zeros((self.problem.days - day, 1, 1))
        none = days + 0 * regime
        return Noise(
            demand=none[..., :1],
            level=none,
            price=None,
            gamma=None,
            count_normal=None,
            order_value=None,
            competitor_entry=days + entry[day - 1],
            spike=days + regime,
        )
