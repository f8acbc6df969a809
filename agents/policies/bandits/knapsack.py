"""`knapsack`: bandits with knapsacks, levels of spend as arms and money as the resource.

Every day each campaign plays the arm whose optimistic value, less its cost at the current price of
money, is highest (primal); the price then rises where more was asked for than an even share of the
money left, and falls where less was (dual, by multiplicative weights). This is the primal-dual
algorithm of Badanidiyuru, Kleinberg and Slivkins (FOCS 2013), one arm per campaign and day as in
its semi-bandit form (Sankararaman and Slivkins, AISTATS 2018), and with the price update of Agrawal
and Devanur (EC 2014).

What is estimated for an arm is the ratio of its reports to those that the posterior's mean market
predicts for the same spend, which takes weekdays, lags and carry-over out. Its prior counts as the
conversions that leave the belief's variance before the flight. In the textbook arms share nothing;
``pooling`` counts a share of the reports of a campaign's other arms for each of them.
"""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ....data.settings import Settings
from ....data.types import Floats
from ....envs.arrays import Array
from ....envs.constraints import remaining, total_range
from ....envs.flight import Observable, Problem, belief_curves, initial_state
from ...experiment import Experiment

Level = Annotated[float, Field(ge=0.01, le=100)]
_MIN_DOLLARS = 0.01
_PRICE_RANGE = (1e-6, 1e6)  # of the price of a dollar, in units of the static plan's


class KnapsackSettings(Settings):
    """The keys of ``conf/agent/knapsack.yaml``."""

    name: Literal["knapsack"]
    levels: Annotated[list[Level], Field(min_length=1, max_length=1000)]
    confidence: Annotated[float, Field(ge=0, le=1000)]
    rate: Annotated[float, Field(ge=0, le=10)]
    pooling: Annotated[float, Field(ge=0, le=1)]


class KnapsackMemory(NamedTuple):
    """What the arms were reported, and the price of money."""

    arm: Floats  # (flights, campaigns) arms played yesterday
    observed: Floats  # (flights, arms, campaigns) conversions reported for each arm
    expected: Floats  # the same that the mean market predicts
    seen: tuple[Floats, Floats]  # sums of both over arms at the last decision, (flights, campaigns)
    price: Floats  # (flights,) of a dollar, in units of the static plan's


class Knapsack:
    """Spend levels around the static plan, chosen by optimistic value less the price of money."""

    name = "knapsack"
    open_loop = False

    def __init__(self, problem: Problem, settings: KnapsackSettings) -> None:
        """Args: problem; levels, width of the confidence and step of the price."""
        self.problem, self.settings = problem, settings
        self.levels = np.sort(settings.levels)
        curves = belief_curves(problem, initial_state(problem, problem.state, ()).view.belief)
        self.cost = self.levels[:, None] * problem.allocation_curves.mean_static_spend
        # the integral of the marginal return, in dollars at the static plan's price
        self.value = curves.scale**2 * (1 / curves.offset - 1 / (self.cost + curves.offset))
        self.prior = 1 / np.maximum(problem.covariance.level, 1e-4)  # conversions

    def act(
        self, observable: Observable, memory: KnapsackMemory | None
    ) -> tuple[Array, Array, KnapsackMemory]:
        """Return the day's spend and its total, and what was learnt of the arms."""
        memory = self._learn(observable, memory)
        count, reports = (self.prior + self._pooled(x) for x in (memory.expected, memory.observed))
        ratio = reports / count
        width = self.settings.confidence / count
        optimistic = ratio + np.sqrt(width * ratio) + width
        arm = (optimistic * self.value - memory.price[:, None, None] * self.cost).argmax(1)
        plan = self.problem.static_plan[observable.ledger.day]
        spend = self.levels[arm] * plan
        total = spend.sum(-1)
        price = self._priced(observable, memory.price, total)
        low, high = total_range(self.problem.constraints, observable.ledger)
        total = np.clip(total, low, high)
        return spend, total, memory._replace(arm=arm, price=price)

    def _pooled(self, conversions: Floats) -> Floats:
        """Return the conversions of each arm and its share of the other arms'."""
        pooling = self.settings.pooling
        return np.asarray((1 - pooling) * conversions + pooling * conversions.sum(1, keepdims=True))

    def _learn(self, observable: Observable, memory: KnapsackMemory | None) -> KnapsackMemory:
        """Return the memory with yesterday's reports on the arms that were played."""
        seen = observable.belief.observed, observable.belief.expected
        if memory is None:
            none = np.zeros((len(seen[0]), *self.cost.shape))
            return KnapsackMemory(0 * seen[0], none, none, seen, np.ones(len(none)))
        played = np.arange(len(self.levels))[:, None] == memory.arm[:, None]
        new = [np.maximum(now - then, 0.0) for now, then in zip(seen, memory.seen, strict=True)]
        return memory._replace(
            observed=memory.observed + played * new[0][:, None],
            expected=memory.expected + played * new[1][:, None],
            seen=seen,
        )

    def _priced(self, observable: Observable, price: Floats, total: Floats) -> Floats:
        """Return tomorrow's price: higher where more was asked for than today's share."""
        terms = self.problem.day_terms[observable.ledger.day]
        share = terms.share * remaining(self.problem.constraints, observable.ledger)
        excess = total / np.maximum(share, _MIN_DOLLARS) - 1
        step = np.exp(self.settings.rate * np.clip(excess, -1.0, 1.0))
        return np.asarray(np.clip(price * step, *_PRICE_RANGE))


def knapsack(experiment: Experiment, split: str) -> Knapsack:
    """Return the policy."""
    return Knapsack(experiment.problem, experiment.settings("knapsack", KnapsackSettings))
