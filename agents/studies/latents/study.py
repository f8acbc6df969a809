"""What is not known in flight: what it costs, and how fast an ideal filter finds it.

A policy falls short of the informed one because it does not know the market. Every latent is taken
from the informed policy in turn, which then plans with the posterior's mean of it and knows all
else: the loss is what that latent is worth to somebody who knows the rest (a partial value of
information; Raiffa and Schlaifer 1961). Beside it stands how much of the latent's variance is left
after some days of reports to the exact filter of the posterior's draws, which re-plans every day,
and may experiment: its spend is then moved at random.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from ....data.settings import Command, Seed
from ....data.types import Floats
from ....envs.arrays import Array
from ....envs.flight import Observable, weights
from ....envs.market import Market, MarketState, Stream, generator
from ....envs.suite import (
    HELD_OUT_MARKETS,
    held_out_markets,
    posterior_of,
    problem_for,
    reference_of,
    task_of,
)
from ...evaluation import Resamples, interval
from ...policies import MAX_DRAWS, FilterMemory, Informed, RollingHorizon
from ...rollout import EvaluationSet, percent_of, rollout_policy
from ...setup import Count

Name = Literal[
    "claims",
    "efficiency",
    "curve",
    "carryover",
    "season",
    "halo",
    "fatigue",
    "price",
    "lag",
    "levels",
    "shocks",
]

_FIELDS: dict[str, tuple[str, ...]] = {  # parameters of a market that make up a latent
    "claims": ("claim_rate", "view_through", "organic"),
    "efficiency": ("reference_conversions",),
    "curve": ("elasticity", "slope"),
    "carryover": ("carryover", "build"),
    "season": ("weekday", "annual"),
    "halo": ("halo",),
    "fatigue": ("fatigue",),
    "price": ("inflation",),
    "lag": ("same_day", "landing"),
}
_EVERY_DAY = ("levels", "shocks")  # change every day, so that there is no variance to be left


class LatentsCommand(Command):
    """Options of ``scripts/research/latents.py``; see ``conf/latents.yaml``."""

    task: str
    markets: Annotated[int, Field(ge=2, le=HELD_OUT_MARKETS)]
    draws: Annotated[int, Field(ge=2, le=MAX_DRAWS)]
    together: list[Annotated[list[Name], Field(min_length=2)]]
    experiments: Annotated[list[Annotated[float, Field(ge=0, le=2)]], Field(min_length=1)]
    days: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
    resamples: Annotated[int, Field(ge=100)]
    seed: Seed
    threads: Count
    output: Path | None  # folder of the table; None: the run's folder


class _Study(NamedTuple):
    command: LatentsCommand
    policy: RollingHorizon  # holds the draws of the posterior
    markets: EvaluationSet
    best: Floats

    def fly(self, policy: Any) -> Floats:
        """Return the percent of the clairvoyant in every market."""
        rollout = rollout_policy(self.policy.problem, policy, self.markets)
        return percent_of(rollout.total, self.best)

    @property
    def latents(self) -> list[str]:
        """Names of the latents that differ between the posterior's draws."""
        market = self.policy.draws.market
        return [name for name, fields in _FIELDS.items() if any(_varies(market, f) for f in fields)]


def latents_study(
    command: LatentsCommand, done: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Return what each latent costs, and what is left of it after some days of reports.

    Args:
        command: task, markets, and how much the filter's flights experiment.
        done: called after every batch of flights.

    Returns:
        ``task``, ``markets``, ``informed`` (percent of the clairvoyant); ``losses``, rows of
        ``unknown`` (names), ``percent``, ``loss`` and its ``interval`` in points; ``experiments``,
        rows of ``sd``, ``percent``, its ``interval``, and ``left``: by latent and day, the share of
        the variance that is left.
    """
    study = _study(command)
    informed = study.fly(Informed(study.policy.problem, study.markets))
    done()
    losses = []
    for names in _sets(command):
        unknown = [name for name in names if name in study.latents or name in _EVERY_DAY]
        if unknown and (len(unknown) > 1 or len(names) == 1):
            losses.append(_loss(study, informed, unknown))
        done()
    experiments = []
    for sd in command.experiments:
        experiments.append(_filtered(study, sd))
        done()
    return {
        "task": command.task,
        "markets": command.markets,
        "informed": float(informed.mean()),
        "losses": losses,
        "experiments": experiments,
    }


def latents_parts(command: LatentsCommand) -> int:
    """Return how often ``latents_study`` calls ``done``."""
    return 1 + len(_sets(command)) + len(command.experiments)


def _sets(command: LatentsCommand) -> list[list[str]]:
    """Return the names of what is unknown in each batch of flights."""
    return [[name] for name in (*_FIELDS, *_EVERY_DAY)] + [[*names] for names in command.together]


def _study(command: LatentsCommand) -> _Study:
    task = task_of(command.task)
    policy = RollingHorizon(problem_for(task), posterior_of(task), command.draws)
    markets = EvaluationSet(*held_out_markets(task, "test", command.markets))
    best = reference_of(command.task).daily["test"][: command.markets]
    return _Study(command, policy, markets, best)


def _varies(market: Market, field: str) -> bool:
    values = getattr(market, field)
    return values is not None and bool(np.ptp(values, axis=0).max() > 0)


def _loss(study: _Study, informed: Floats, unknown: Sequence[str]) -> dict[str, Any]:
    policy = Informed(
        study.policy.problem,
        study.markets,
        lambda market, state: _without(study.policy.draws.market, market, state, unknown),
        "shocks" not in unknown,
    )
    percent = study.fly(policy)
    return {
        "unknown": list(unknown),
        "percent": float(percent.mean()),
        "loss": float((informed - percent).mean()),
        "interval": _interval(study.command, "+".join(unknown), informed - percent),
    }


def _interval(command: LatentsCommand, name: str, values: Floats) -> list[float]:
    resamples = Resamples(len(values), command.resamples, command.seed)
    return interval(resamples.means(name, values[None]))


def _without(
    draws: Market, market: Market, state: MarketState, unknown: Sequence[str]
) -> tuple[Market, MarketState]:
    """Return markets and states with the posterior's mean of what is not known."""
    changed: dict[str, Array] = {}
    if "claims" in unknown:
        changed["reference_conversions"] = _behind_claims(draws, market)
    for name in unknown:
        for field in _FIELDS.get(name, ()):
            values = getattr(draws, field)
            if values is not None:
                changed[field] = values.mean(0) + 0 * getattr(market, field)
    if "levels" in unknown:
        drift = None if state.drift is None else 0 * state.drift
        state = state._replace(level=0 * state.level, drift=drift)
    return market._replace(**changed), state


def _behind_claims(draws: Market, market: Market) -> Floats:
    """Return the expected true conversions of who knows only the claimed ones, (..., campaigns).

    The regression of log conversions on log claimed conversions over the posterior's draws.
    """
    true, claimed = np.log(draws.reference_conversions), _log_claimed(draws)
    centred = claimed - claimed.mean(0)
    slope = (centred * true).mean(0) / (centred**2).mean(0)
    rest = (true - true.mean(0) - slope * centred).var(0)
    known = _log_claimed(market) - claimed.mean(0)
    return np.asarray(np.exp(true.mean(0) + slope * known + rest / 2))


def _log_claimed(market: Market) -> Floats:
    rate = 1.0 if market.claim_rate is None else market.claim_rate
    return np.asarray(np.log(market.reference_conversions * rate))


class _Experimenting:
    """The re-planner, its spend of every day and campaign moved at random by log-normal factors."""

    open_loop = False
    name = "experimenting"

    def __init__(self, study: _Study, sd: float) -> None:
        self.study, self.sd = study, sd
        self.rng = generator(Stream.EXPERIMENT, study.command.seed)
        self.left: dict[str, dict[int, float]] = {name: {} for name in study.latents}

    def act(
        self, observable: Observable, memory: FilterMemory | None
    ) -> tuple[Array, Array, FilterMemory]:
        spend, total, memory = self.study.policy.act(observable, memory)
        day = observable.ledger.day
        if day in self.study.command.days:
            draw_weights = np.asarray(weights(memory.particle_set))
            for name, by_day in self.left.items():
                by_day[day] = self._left(name, draw_weights)
        moved = spend * np.exp(self.sd * self.rng.standard_normal(spend.shape))
        return moved * (total / np.maximum(moved.sum(-1), 1e-9))[..., None], total, memory

    def _left(self, name: str, draw_weights: Floats) -> float:
        """Return the mean squared error of the filter's mean over that of the prior's mean."""
        draws, truth = (
            _quantity(name, market)
            for market in (self.study.policy.draws.market, self.study.markets.market)
        )
        # a season has a value per weekday: (flights, draws, campaigns) stands before its last axis
        filtered = np.einsum("fdc,dc...->fc...", draw_weights, draws)
        error, prior = filtered - truth, draws.mean(0) - truth
        return float((error**2).mean() / (prior**2).mean())


def _quantity(name: str, market: Market) -> Floats:
    """Return the number by which a latent is found, (..., campaigns) or (..., campaigns, 7)."""
    if name == "efficiency":
        return _log_claimed(market)
    values = np.asarray(getattr(market, _FIELDS[name][0]))
    if name == "claims":
        return np.asarray(np.log(values))
    return np.asarray(values.swapaxes(-1, -2) if name == "season" else values)


def _filtered(study: _Study, sd: float) -> dict[str, Any]:
    policy = _Experimenting(study, sd)
    percent = study.fly(policy)
    return {
        "sd": sd,
        "percent": float(percent.mean()),
        "interval": _interval(study.command, f"experiments {sd}", percent),
        "left": policy.left,
    }
