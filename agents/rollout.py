"""Rollouts of policies on held-out markets, all under the same noise, and of the clairvoyant."""

from collections.abc import Sequence
from time import process_time
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from ..data.settings import Seed, Settings
from ..data.types import Floats, Progress
from ..envs.arrays import Array, select
from ..envs.constraints import count_violations
from ..envs.flight import Observable, Problem, initial_state, rollout
from ..envs.market import Market, MarketState, Noise, draw_noises, generator
from ..envs.planning import SolverSettings, best_plan
from .policy import PlanPolicy, Policy

CLAIRVOYANT = "clairvoyant"  # name of the clairvoyant's rollout
_MARKETS_PER_BATCH = 256  # markets whose clairvoyant plans are optimised together


MAX_MARKETS = 100_000  # markets of an evaluation
MAX_RESAMPLES = 1_000_000  # of a bootstrap
MAX_REFERENCES = 1000  # policies


class EvaluationSettings(Settings):
    """The group ``evaluation`` of the configuration; see ``conf/evaluation/default.yaml``."""

    markets: Annotated[int, Field(ge=2, le=MAX_MARKETS)]
    seed: Seed
    resamples: Annotated[int, Field(ge=100, le=MAX_RESAMPLES)]
    references: Annotated[list[str], Field(max_length=MAX_REFERENCES)]


class EvaluationSet(NamedTuple):
    """The markets and the noise that all policies face."""

    market: Market  # fields (markets, campaigns)
    state: MarketState
    noise: Noise  # fields (days, markets, campaigns)
    best: Floats | None = None  # (markets,) clairvoyant values; None: not computed yet
    informed: Floats | None = None  # (markets,) values of the policy `informed`; None: not known


class Rollout(NamedTuple):
    """Spend and value of one policy in every market."""

    policy: str
    spend: Floats  # (days, markets, campaigns) dollars
    value: Floats  # (days, markets) expected objective
    violations: int  # violated constraints, over all flights
    cents_off: int  # largest difference between a flight's spend and the budget, in cents
    seconds: float  # process time of all decisions, for the whole batch of flights

    @property
    def total(self) -> Floats:
        """Expected objective of each flight, (markets,)."""
        return np.asarray(self.value.sum(0))

    @property
    def turnover(self) -> float:
        """Mean share of the day's budget that changes campaign from one day to the next.

        Half of the L1 distance of consecutive days' shares; a day without spend has shares of 0.
        """
        shares = self.spend / np.maximum(self.spend.sum(-1, keepdims=True), 1e-9)
        return float(np.abs(np.diff(shares, axis=0)).sum(-1).mean() / 2) if len(shares) > 1 else 0.0


def percent_of(value: Floats, best: Floats) -> Floats:
    """Return values in percent of the clairvoyant's, (..., markets).

    Defined as 100 minus the regret in percent of |best|. For a positive ``best`` this is
    100 value / best; for a negative one (a loss) a worse value still scores lower.

    Args:
        value: (..., markets) objective.
        best: (markets,) the clairvoyant's objective over the whole flight, not 0.
    """
    return np.asarray(100 - 100 * (best - value) / np.abs(best))


def draw_evaluation_set(
    market: Market, state: MarketState, days: int, seed: int, skip: int = 0
) -> EvaluationSet:
    """Draw the noise of every market from (seed, skip + index of the market)."""
    count = len(market.elasticity)
    rngs = (generator(seed, skip + i) for i in range(count))
    return EvaluationSet(market, state, draw_noises(market, days, rngs))


def rollout_policy(problem: Problem, policy: Policy, evaluation_set: EvaluationSet) -> Rollout:
    """Run a policy once in every market; only its decisions are timed."""
    market, seconds = evaluation_set.market, 0.0
    start = initial_state(problem, evaluation_set.state, (len(market.elasticity),))

    def act(observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        nonlocal seconds
        before = process_time()
        decision = policy.act(observable, memory)
        seconds += process_time() - before
        return decision

    _, days = rollout(problem, market, start, evaluation_set.noise, act)
    spend = np.stack([day.spend for day in days])
    value = np.stack([day.value.sum(-1) for day in days])
    # an undelivered dollar of the last day cannot be spent on a later one: it is not counted
    # against the policy
    requested_spend = np.concatenate([spend[:-1], days[-1].planned[None]])
    violations, cents_off = violations_of(problem, requested_spend)
    return Rollout(policy.name, spend, value, violations, cents_off, seconds)


def clairvoyant_rollout(
    problem: Problem,
    evaluation_set: EvaluationSet,
    rollouts: Sequence[Rollout],
    solver: SolverSettings,
    progress: Progress = lambda _: None,
) -> Rollout:
    """Return the rollout of every market's best plan, optimised from the best rollout there.

    Args:
        problem: constraints and objective.
        evaluation_set: markets and demand paths, which the clairvoyant knows.
        rollouts: rollouts of policies on the same markets; the solver starts from the best.
        solver: number of iterations and step size.
        progress: receives a line per batch of markets.
    """
    best = np.argmax([rollout.total for rollout in rollouts], axis=0)
    count = len(best)
    spend = np.stack([rollout.spend for rollout in rollouts])
    start = spend[best, :, np.arange(count)].swapaxes(0, 1)
    path, plans = evaluation_set.noise.without_count_noise(), []
    for first in range(0, count, _MARKETS_PER_BATCH):
        batch = slice(first, first + _MARKETS_PER_BATCH)
        progress(f"clairvoyant: market {first} of {count}")
        markets = select(evaluation_set.market, batch), select(evaluation_set.state, batch)
        batch_path = Noise(*(f if f is None else f[:, batch] for f in path))
        optimum = best_plan(
            problem.constraints, problem.objective, markets, batch_path, start[:, batch], solver
        )
        plans.append(optimum.plan)
    return rollout_plans(problem, CLAIRVOYANT, np.concatenate(plans, axis=1), evaluation_set)


def best_of(rollouts: Sequence[Rollout]) -> Rollout:
    """Return the best of several rollouts in every market, under the name of the first.

    Args:
        rollouts: rollouts on the same markets; of equally good ones the first is taken.
    """
    best = np.argmax([rollout.total for rollout in rollouts], axis=0)
    markets = np.arange(len(best))
    spend = np.stack([rollout.spend for rollout in rollouts])[best, :, markets].swapaxes(0, 1)
    value = np.stack([rollout.value for rollout in rollouts])[best, :, markets].T
    taken = [rollouts[k] for k in set(best.tolist())]
    return rollouts[0]._replace(
        spend=spend,
        value=value,
        violations=max(rollout.violations for rollout in taken),
        cents_off=max(rollout.cents_off for rollout in taken),
    )


def rollout_plans(
    problem: Problem, name: str, plans: Floats, evaluation_set: EvaluationSet
) -> Rollout:
    """Return the rollout of fixed plans, (days, markets, campaigns) dollars."""
    return rollout_policy(problem, PlanPolicy(name, plans), evaluation_set)


def violations_of(problem: Problem, spend: Floats) -> tuple[int, int]:
    """Return the number of violated constraints and the largest budget error in cents.

    Args:
        problem: its constraints are checked.
        spend: (days, markets, campaigns) dollars.
    """
    flights = spend.swapaxes(0, 1)
    violations = int(count_violations(problem.constraints, flights).sum())
    cents_off = np.abs(np.round(flights.sum((1, 2)) * 100) - problem.constraints.total_cents)
    return violations, int(cents_off.max()) if problem.constraints.spend_all else 0
