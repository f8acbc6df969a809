"""Random constraint sets with flights through them under any policy, and random markets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import yaml

from mediagym.envs.arrays import namespace
from mediagym.envs.calibration import Posterior
from mediagym.envs.constraints import (
    Constraints,
    ConstraintSettings,
    Ledger,
    day_bounds,
    parse_constraints,
    spend_day,
)
from mediagym.envs.flight import FlightState, Observable, Problem, initial_state
from mediagym.envs.market import Market, MarketState, Noise, draw_noises, generator

torch.set_num_threads(1)  # the tensors here are small
ROOT = Path(__file__).parents[2]


class Ad(NamedTuple):
    """A campaign as constraints need it."""

    name: str
    channel: str


@pytest.fixture(scope="session")
def ads() -> Callable[..., list[Ad]]:
    """Makes campaigns from names such as google/YouTube."""
    return lambda *names: [Ad(name, name.split("/")[0]) for name in names]


@pytest.fixture(scope="session")
def default_constraints() -> dict:
    """The shipped settings."""
    return yaml.safe_load((ROOT / "conf" / "constraints" / "default.yaml").read_text())


def _dollars(amount: float, up: bool) -> str:
    return f"${(np.ceil if up else np.floor)(100 * amount) / 100:.2f}"


def _bounds(rng: np.random.Generator, amount: float) -> dict:
    """A floor under an amount and a cap over it, tight or not, or none."""
    keys = {}
    if rng.random() < 0.6:
        keys["floor"] = _dollars(amount * rng.choice([rng.random(), 0.9, 1]), up=False)
    if rng.random() < 0.6:
        keys["cap"] = _dollars(amount * rng.choice([1, 1.01, 1.3, 1 + rng.exponential()]), up=True)
    return keys


def _settings(rng: np.random.Generator, plan: np.ndarray, campaigns: list[Ad], days: int) -> dict:
    by_campaign, by_channel = {}, {}
    for amount, ad in zip(plan, campaigns, strict=True):
        keys = _bounds(rng, amount)
        if rng.random() < 0.7:
            more = 1 + rng.choice([0, 0.01, 0.1, 0.5, rng.exponential(2)])
            keys["daily_cap"] = _dollars(amount / days * more, up=True)
        by_campaign[ad.name] = keys
    for channel in dict.fromkeys(ad.channel for ad in campaigns):  # in one order
        inside = [amount for amount, ad in zip(plan, campaigns, strict=True) if ad[1] == channel]
        by_channel[channel] = _bounds(rng, sum(inside))
    even = rng.random() < 0.2
    band = [1, 1] if even else [rng.uniform(0, 1), rng.uniform(1, 3)]
    return {
        "total": round(float(plan.sum()), 2),
        "total_type": str(rng.choice(["equal", "at_most"])),
        "channel": {},
        "campaign": {},
        "channels": by_channel,
        "campaigns": by_campaign,
        "pacing": None if rng.random() < 0.2 and not even else band,
        "change_limit": "20%" if even else None,
    }


@pytest.fixture(scope="session")
def feasible_set() -> Callable[..., Constraints]:
    """Draws a set that an even plan satisfies, often with little slack."""

    def some(rng: np.random.Generator) -> list[Ad]:
        count = int(rng.integers(1, 8))
        channels = int(rng.integers(1, count + 1))
        owners = np.r_[np.arange(channels), rng.integers(0, channels, count - channels)]
        return [Ad(f"c{owner}/k{i}", f"c{owner}") for i, owner in enumerate(owners)]

    def draw(rng: np.random.Generator, campaigns: list[Ad] | None = None) -> Constraints:
        campaigns = campaigns or some(rng)
        count, days = len(campaigns), int(rng.integers(1, 9))
        shares = rng.dirichlet(np.full(count, rng.choice([0.2, 1, 5])))
        plan = np.round(shares * rng.integers(100, 5000), 2)
        return parse_constraints(
            ConstraintSettings.of(_settings(rng, plan, campaigns, days), "constraints"),
            campaigns,
            days,
        )

    return draw


def _requests(
    rng: np.random.Generator, constraints: Constraints, rows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Requested spends and totals: plausible, zero, negative, huge, all on one campaign."""
    count, total = len(constraints.names), constraints.total
    target = rng.normal(size=(rows, count)) * total / constraints.days
    one = np.eye(count)[rng.integers(0, count, rows)]
    kind = rng.integers(0, 8, (rows, 1))
    for number, request in enumerate([0 * one, 0 * one - 1e6, 1e3 * target, 10 * total * one]):
        target = np.where(kind == number, request, target)
    target = np.where(kind == 4, 1e12 * one, np.where(kind == 5, -total * one, target))
    size = rng.choice([0, total, -1e5, 1e9, total / constraints.days], rows)
    return target, size * rng.uniform(0.5, 1.5, rows)


@pytest.fixture(scope="session")
def random_flights() -> Callable[..., np.ndarray]:
    """Spends a batch of flights: half repeat one request, half make another one every day."""

    def spend_flights(
        rng: np.random.Generator, constraints: Constraints, rows: int = 24
    ) -> np.ndarray:
        ledger, plan = Ledger.start(constraints, (rows,)), []
        constant = rng.random(rows) < 0.5
        first, first_total = _requests(rng, constraints, rows)
        for _ in range(constraints.days):
            target, total = _requests(rng, constraints, rows)
            target = np.where(constant[:, None], first, target)
            total = np.where(constant, first_total, total)
            for low, high in zip(*day_bounds(constraints, ledger), strict=True):
                assert (low <= high).all()
            spend, ledger = spend_day(constraints, ledger, target, total)
            plan.append(spend)
        return np.stack(plan, 1)

    return spend_flights


def _draw_market(
    rng: np.random.Generator, batch: tuple[int, ...] = (), campaigns: int = 3, **fixed: Any
) -> Market:
    """Random markets; `fixed` replaces fields, numbers apply to all campaigns."""
    shape = (*batch, campaigns)

    def between(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, shape)

    weekday = rng.normal(0, 0.3, (*batch, 7, campaigns))
    random = {
        "reference_spend": np.exp(between(0, 8)),
        "reference_conversions": np.exp(between(-3, 5)),
        "elasticity": between(0.1, 0.85),
        "slope": np.ones(shape),
        "carryover": between(0, 0.95),
        "weekday": weekday - weekday.mean(-2, keepdims=True),
        "level_kept": between(0.9, 1),
        "level_sd": between(0, 0.1),
        "demand_sd": between(0, 0.1),
        "dispersion": between(0.01, 0.5),
        "reference_cpc": between(0.1, 5),
        "inflation": between(0, 0.4),
        "price_sd": between(0, 0.2),
        "click_rate": between(0.001, 1),
        "order_value": between(0, 300),
        "order_value_sd": between(0, 0.8),
    }
    fields = {
        name: value if np.ndim(value) else np.full(shape, float(value))
        for name, value in fixed.items()
    }
    return Market(**{**random, **fields})


@pytest.fixture(scope="session")
def draw_market() -> Callable[..., Market]:
    """Draws random markets of a batch shape; keywords fix fields."""
    return _draw_market


@pytest.fixture(scope="session")
def copies() -> Callable[[Market, int], Market]:
    """Makes a batch of one market."""

    def make(market: Market, count: int) -> Market:
        fields = (None if f is None else np.broadcast_to(f, (count, *f.shape)) for f in market)
        return Market(*fields)

    return make


@pytest.fixture(scope="session")
def draw_state() -> Callable[..., MarketState]:
    """Draws a random state for markets."""

    def draw(rng: np.random.Generator, market: Market) -> MarketState:
        stock = market.reference_spend * rng.exponential(1, market.elasticity.shape)
        level = rng.normal(0, 0.5, market.elasticity.shape)
        return MarketState(int(rng.integers(10_000, 20_000)), stock, level)

    return draw


@pytest.fixture(scope="session")
def flights(problem: Problem, posterior: Posterior) -> Callable[..., tuple]:
    """Draws markets of the posterior, their flights before the first day, and the noise."""

    def draw(count: int = 6, seed: int = 0) -> tuple[Market, FlightState, Noise]:
        market, state = posterior.sample_training(count)
        rngs = [generator(seed, i) for i in range(count)]
        return (
            market,
            initial_state(problem, state, (count,)),
            draw_noises(market, problem.days, rngs),
        )

    return draw


@pytest.fixture(scope="session")
def varying_policy() -> Callable[..., Callable]:
    """Makes a policy whose requests vary from day to day and react to the belief."""

    def make(problem: Problem, count: int, seed: int = 0) -> Callable:
        shape = (problem.days, count, len(problem.constraints.names))
        factors = np.random.default_rng(seed).lognormal(0, 1, shape)

        def act(view: Observable, memory: Any) -> tuple:
            level = view.belief.state.level
            xp = namespace(level)
            today = view.ledger.day
            factor = factors[today] if xp is np else level.new_tensor(factors[today])
            spend = problem.static_plan[today] * factor * xp.exp(xp.clip(level, -2.0, 2.0))
            return spend, spend.sum(-1), memory

        return act

    return make
