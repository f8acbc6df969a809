"""Policies compared on held-out markets, under the same noise, against the clairvoyant."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.config import Settings
from ..envs.flight import Problem, fly, start
from ..envs.market import Market, MarketState, Noise
from ..envs.noise import draw_noises, generator
from ..envs.optimum import SolverSettings, best_plan
from ..envs.violations import count_violations
from .bootstrap import interval
from .policy import PlanPolicy, Policy

Floats = NDArray[np.float64]
REFERENCES = ("greedy", "static")  # policies that every other is paired with
_SOLVED_AT_ONCE = 128  # markets whose clairvoyant plans are climbed together


class EvaluationSettings(Settings):
    """The group ``evaluation`` of the configuration; see ``conf/evaluation/default.yaml``."""

    markets: Annotated[int, Field(ge=2)]
    seed: Annotated[int, Field(ge=0)]
    resamples: Annotated[int, Field(ge=100)]


class Trial(NamedTuple):
    """The markets and the noise that all policies face."""

    market: Market  # fields (markets, campaigns)
    state: MarketState
    noise: Noise  # fields (days, markets, campaigns)
    best: Floats | None = None  # (markets,) clairvoyant values; None: not known yet


class Flown(NamedTuple):
    """What one policy did in every market."""

    policy: str
    spend: Floats  # (days, markets, campaigns) dollars
    value: Floats  # (days, markets) expected objective
    violations: int  # constraints broken, over all flights
    cents_off: int  # largest difference between a flight's spend and the budget, in cents

    @property
    def total(self) -> Floats:
        """Expected objective of each flight, (markets,)."""
        return np.asarray(self.value.sum(0))


class Evaluation(NamedTuple):
    """Every policy beside the bound."""

    flown: tuple[Flown, ...]
    clairvoyant: Flown
    settings: EvaluationSettings

    def percent(self, flown: Flown) -> Floats:
        """Return each flight in percent of the clairvoyant, (markets,).

        The bound less what is lost to it, so that a loss (a negative profit) stays below 100 too.
        """
        best = self.clairvoyant.total
        return np.asarray(100 - 100 * (best - flown.total) / np.abs(best))


def trial_of(market: Market, state: MarketState, days: int, seed: int, skip: int = 0) -> Trial:
    """Draw each market's own noise from (seed, skip + its number)."""
    count = len(market.elasticity)
    rngs = (generator(seed, skip + i) for i in range(count))
    return Trial(market, state, draw_noises(market, days, rngs))


def fly_policy(problem: Problem, policy: Policy, trial: Trial) -> Flown:
    """Fly a policy once in every market of a trial."""
    count = len(trial.market.elasticity)
    begin = start(problem, trial.state, (count,))
    _, days = fly(problem, trial.market, begin, trial.noise, policy.act)
    spend = np.stack([day.spend for day in days])
    value = np.stack([day.value.sum(-1) for day in days])
    # what a platform does not deliver on the last day can be spent on no other: not the policy's
    asked = np.concatenate([spend[:-1], days[-1].planned[None]])
    return _flown(problem, policy.name, spend, value, asked)


def evaluate(
    problem: Problem,
    policies: Sequence[Policy],
    trial: Trial,
    solver: SolverSettings,
    settings: EvaluationSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Fly all policies and find the clairvoyant plan of every market.

    The clairvoyant knows the market and its demand path, count noise averaged out. Its climb
    starts at the best of the policies' own plans, which are feasible, so it bounds them all.
    """
    flown = []
    for policy in policies:
        progress(f"flying {policy.name}")
        flown.append(fly_policy(problem, policy, trial))
    if trial.best is not None:
        bound = Flown("clairvoyant", np.zeros((0, 1, 0)), trial.best[None], 0, 0)
        return Evaluation(tuple(flown), bound, settings)
    return Evaluation(tuple(flown), clairvoyant(problem, trial, flown, solver, progress), settings)


def clairvoyant(
    problem: Problem,
    trial: Trial,
    flown: Sequence[Flown],
    solver: SolverSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Flown:
    """Return the best plan of every market, climbing from the best plan flown there."""
    best = np.argmax([f.total for f in flown], axis=0)
    count = len(best)
    begin = np.stack([f.spend for f in flown])[best, :, np.arange(count)].swapaxes(0, 1)
    path, plans = trial.noise.path(), []
    for first in range(0, count, _SOLVED_AT_ONCE):
        part = slice(first, first + _SOLVED_AT_ONCE)
        progress(f"clairvoyant: market {first} of {count}")
        markets = (_some(trial.market, part), _some(trial.state, part))
        demand = Noise(*(f if f is None else f[:, part] for f in path))
        optimum = best_plan(
            problem.constraints, problem.objective, markets, demand, begin[:, part], solver
        )
        plans.append(optimum.plan)
    return fly_plans(problem, "clairvoyant", np.concatenate(plans, axis=1), trial)


def fly_plans(problem: Problem, name: str, plan: Floats, trial: Trial) -> Flown:
    """Score given plans, (days, markets, campaigns), by the flights they make."""
    return fly_policy(problem, PlanPolicy(name, plan), trial)


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """Return the comparison as plain values: a row a policy, and the paired differences."""
    rng = np.random.Generator(np.random.PCG64(evaluation.settings.seed))
    resamples = evaluation.settings.resamples
    rows, paired = [], []
    by_name = {f.policy: evaluation.percent(f) for f in evaluation.flown}
    for flown in (*evaluation.flown, evaluation.clairvoyant):
        percent = evaluation.percent(flown)
        rows.append(
            {
                "policy": flown.policy,
                "value": float(flown.total.mean()),
                "percent_of_clairvoyant": float(percent.mean()),
                "interval": interval(percent, resamples, rng),
                "p10": float(np.quantile(percent, 0.1)),
                "best": float(percent.max()),
                "violations": flown.violations,
                "cents_off": flown.cents_off,
            }
        )
    for name, percent in by_name.items():
        for reference in REFERENCES:
            if reference in by_name and reference != name:
                apart = percent - by_name[reference]
                paired.append(
                    {
                        "policy": name,
                        "against": reference,
                        "difference": float(apart.mean()),
                        "interval": interval(apart, resamples, rng),
                        "wins": float((apart > 0).mean()),
                    }
                )
    markets = len(evaluation.clairvoyant.total)
    return {"markets": markets, "policies": rows, "paired": paired}


def _flown(
    problem: Problem, name: str, spend: Floats, value: Floats, asked: Floats | None = None
) -> Flown:
    flights = (spend if asked is None else asked).swapaxes(0, 1)
    broken = int(count_violations(problem.constraints, flights).sum())
    off = np.abs(np.round(flights.sum((1, 2)) * 100) - problem.constraints.total_cents)
    cents = int(off.max()) if problem.constraints.spend_all else 0
    return Flown(name, spend, value, broken, cents)


def _some(record: Any, part: slice) -> Any:
    return type(record)(*(f[part] if hasattr(f, "shape") else f for f in record))
