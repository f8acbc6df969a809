"""Policies flown on held-out markets, under the same noise, against the clairvoyant."""

from collections.abc import Callable, Sequence
from time import process_time
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from ..data.settings import Settings
from ..data.types import Floats
from ..envs.arrays import Array
from ..envs.constraints import count_violations
from ..envs.flight import Observable, Problem, initial_state, rollout
from ..envs.market import Market, MarketState, Noise, draw_noises, generator
from ..envs.planning import SolverSettings, best_plan
from .policy import PlanPolicy, Policy

CLAIRVOYANT = "clairvoyant"  # the bound's name where it is found here
_SOLVED_AT_ONCE = 128  # markets whose clairvoyant plans are climbed together


class EvaluationSettings(Settings):
    """The group ``evaluation`` of the configuration; see ``conf/evaluation/default.yaml``."""

    markets: Annotated[int, Field(ge=2)]
    seed: Annotated[int, Field(ge=0)]
    resamples: Annotated[int, Field(ge=100)]
    references: list[str]


class EvaluationSet(NamedTuple):
    """The markets and the noise that all policies face."""

    market: Market  # fields (markets, campaigns)
    state: MarketState
    noise: Noise  # fields (days, markets, campaigns)
    best: Floats | None = None  # (markets,) clairvoyant values; None: not known yet


class Rollout(NamedTuple):
    """What one policy did in every market."""

    policy: str
    spend: Floats  # (days, markets, campaigns) dollars
    value: Floats  # (days, markets) expected objective
    violations: int  # constraints broken, over all flights
    cents_off: int  # largest difference between a flight's spend and the budget, in cents
    seconds: float  # process time of all its decisions, the whole batch of flights

    @property
    def total(self) -> Floats:
        """Expected objective of each flight, (markets,)."""
        return np.asarray(self.value.sum(0))

    @property
    def turnover(self) -> float:
        """Mean share of the day's budget that changes campaign from one day to the next.

        Half of the L1 distance of consecutive days' shares; a day without spend has none.
        """
        shares = self.spend / np.maximum(self.spend.sum(-1, keepdims=True), 1e-9)
        return float(np.abs(np.diff(shares, axis=0)).sum(-1).mean() / 2) if len(shares) > 1 else 0.0


def percent_of(value: Floats, best: Floats) -> Floats:
    """Return values, (..., markets), in percent of the best there is, (markets,).

    The bound less what is lost to it, so that a loss (a negative profit) stays below 100 too.
    """
    return np.asarray(100 - 100 * (best - value) / np.abs(best))


def evaluation_set(
    market: Market, state: MarketState, days: int, seed: int, skip: int = 0
) -> EvaluationSet:
    """Draw each market's own noise from (seed, skip + its number)."""
    count = len(market.elasticity)
    rngs = (generator(seed, skip + i) for i in range(count))
    return EvaluationSet(market, state, draw_noises(market, days, rngs))


def rollout_policy(problem: Problem, policy: Policy, trial: EvaluationSet) -> Rollout:
    """Fly a policy once in every market of a trial; only its decisions are timed."""
    count, seconds = len(trial.market.elasticity), 0.0
    begin = initial_state(problem, trial.state, (count,))

    def act(view: Observable, memory: Any) -> tuple[Array, Array, Any]:
        nonlocal seconds
        before = process_time()
        decision = policy.act(view, memory)
        seconds += process_time() - before
        return decision

    _, days = rollout(problem, trial.market, begin, trial.noise, act)
    spend = np.stack([day.spend for day in days])
    value = np.stack([day.value.sum(-1) for day in days])
    # what a platform does not deliver on the last day can be spent on no other: not the policy's
    asked = np.concatenate([spend[:-1], days[-1].planned[None]])
    broken, off = violations_of(problem, asked)
    return Rollout(policy.name, spend, value, broken, off, seconds)


def clairvoyant_rollout(
    problem: Problem,
    trial: EvaluationSet,
    flown: Sequence[Rollout],
    solver: SolverSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Rollout:
    """Return the best plan of every market, climbing from the best plan flown there."""
    best = np.argmax([f.total for f in flown], axis=0)
    count = len(best)
    begin = np.stack([f.spend for f in flown])[best, :, np.arange(count)].swapaxes(0, 1)
    path, plans = trial.noise.without_count_noise(), []
    for first in range(0, count, _SOLVED_AT_ONCE):
        part = slice(first, first + _SOLVED_AT_ONCE)
        progress(f"clairvoyant: market {first} of {count}")
        markets = (_some(trial.market, part), _some(trial.state, part))
        demand = Noise(*(f if f is None else f[:, part] for f in path))
        optimum = best_plan(
            problem.constraints, problem.objective, markets, demand, begin[:, part], solver
        )
        plans.append(optimum.plan)
    return rollout_plans(problem, CLAIRVOYANT, np.concatenate(plans, axis=1), trial)


def rollout_plans(problem: Problem, name: str, plan: Floats, trial: EvaluationSet) -> Rollout:
    """Score given plans, (days, markets, campaigns), by the flights they make."""
    return rollout_policy(problem, PlanPolicy(name, plan), trial)


def violations_of(problem: Problem, spend: Floats) -> tuple[int, int]:
    """Return the constraints broken and the most cents that a flight is off the budget.

    Args:
        problem: whose constraints are checked.
        spend: (days, markets, campaigns) dollars.
    """
    flights = spend.swapaxes(0, 1)
    broken = int(count_violations(problem.constraints, flights).sum())
    off = np.abs(np.round(flights.sum((1, 2)) * 100) - problem.constraints.total_cents)
    return broken, int(off.max()) if problem.constraints.spend_all else 0


def _some(record: Any, part: slice) -> Any:
    return type(record)(*(f[part] if hasattr(f, "shape") else f for f in record))
