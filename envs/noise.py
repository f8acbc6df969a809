"""Randomness of flights, drawn ahead from explicit generators and never inside ``step``.

A flight's stream depends on (seed, episode) alone, not on how many flights run side by side, so
policies can be compared on common noise. What a perfect forecaster would know (the path) and what
only counting brings are drawn one after the other, each from the generator it is given.
"""

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data.config import Settings
from .market import Market, Noise, select

Floats = NDArray[np.float64]
Rate = Annotated[float, Field(ge=0, le=1)]
_PATH_NORMALS = ("level", "delivery", "competition", "drift")
_COUNT_NORMALS = 3  # per campaign and day: price, count, order value


class ShockSettings(Settings):
    """How often sudden things happen and how strong they are; probabilities are a day's."""

    outage: Rate  # that a campaign's delivery stops, for outage_days
    outage_days: tuple[int, int]  # least and most
    competitor: Rate  # that a rival enters the auctions for the rest of the flight
    competitor_price: tuple[float, float]  # multiplier of the CPC, >= 1
    tracking: Rate  # that tracking of a campaign breaks for the rest of the flight
    tracking_caught: tuple[float, float]  # share of claims still caught, in (0, 1]
    spike: Rate  # that demand jumps, for spike_days
    spike_days: tuple[int, int]
    spike_size: tuple[float, float]  # multiplier of demand, > 0
    regime: Rate  # that a campaign's efficiency changes for the rest of the flight
    regime_sd: Annotated[float, Field(ge=0)]  # sd of that change of the logarithm


def generator(seed: int, episode: int) -> np.random.Generator:
    """Return the generator of one episode."""
    return np.random.Generator(np.random.PCG64([seed, episode]))


def draw_noise(
    market: Market,
    days: int,
    rng: np.random.Generator,
    counts: np.random.Generator | None = None,
    shocks: ShockSettings | None = None,
) -> Noise:
    """Draw the noise of one flight; fields are (days, campaigns), ``demand`` (days, 1).

    Args:
        market: one market, fields (campaigns,); which features are on, and its dispersion.
        days: length of the flight.
        rng: the generator of the path.
        counts: the generator of counts, prices and order values; the path's if absent.
        shocks: sudden events; none if absent.
    """
    counts = rng if counts is None else counts
    campaigns = market.dispersion.shape[-1]
    sds = (market.level_sd, market.delivery_sd, market.competition_sd, market.drift_sd)
    on = [sd is not None for sd in sds]
    normals = iter(rng.standard_normal((sum(on), days, campaigns)))
    path = {name: next(normals) for name, is_on in zip(_PATH_NORMALS, on, strict=True) if is_on}
    demand = rng.standard_normal((days, 1))
    sudden = {} if shocks is None else draw_shocks(shocks, days, campaigns, rng)
    normal = counts.standard_normal((_COUNT_NORMALS, days, campaigns))
    gamma = unit_gamma(market.dispersion, days, counts)
    return Noise(
        demand=demand,
        price=normal[0],
        gamma=gamma,
        counts=normal[1],
        order_value=normal[2],
        **path,
        **sudden,
    )


def draw_noises(
    market: Market,
    days: int,
    rngs: Iterable[np.random.Generator],
    counts: Iterable[np.random.Generator] | None = None,
    shocks: ShockSettings | None = None,
) -> Noise:
    """Draw the noise of many flights; fields are (days, flights, campaigns)."""
    paths = list(rngs)
    others: list[np.random.Generator | None] = [*counts] if counts else [None] * len(paths)
    drawn = [
        draw_noise(select(market, i), days, rng, other, shocks)
        for i, (rng, other) in enumerate(zip(paths, others, strict=True))
    ]
    return Noise(*(_stacked(fields) for fields in zip(*drawn, strict=True)))


def draw_shocks(
    shocks: ShockSettings, days: int, campaigns: int, rng: np.random.Generator
) -> dict[str, Floats]:
    """Draw the sudden events of one flight; fields are (days, campaigns).

    Events begin independently every day; an outage or a spike lasts its days, the rest for good.
    """
    shape = (days, campaigns)
    out = _lasting(rng.random(shape) < shocks.outage, _days(shocks.outage_days, shape, rng))
    rival = _for_good(rng.random((days, 1)) < shocks.competitor)
    price = np.log(rng.uniform(*shocks.competitor_price, (1, campaigns)))
    broken = _for_good(rng.random(shape) < shocks.tracking)
    caught = rng.uniform(*shocks.tracking_caught, (1, campaigns))
    spike = _lasting(rng.random((days, 1)) < shocks.spike, _days(shocks.spike_days, (days, 1), rng))
    size = np.log(rng.uniform(*shocks.spike_size, (1, 1)))
    regime = (rng.random(shape) < shocks.regime) * shocks.regime_sd * rng.standard_normal(shape)
    return {
        "outage": 1.0 - out,
        "rivalry": rival * price,
        "tracking": np.where(broken, caught, 1.0),
        "spike": spike * size + np.cumsum(regime, 0),
    }


def unit_gamma(dispersion: Floats, days: int, rng: np.random.Generator) -> Floats:
    """Draw Gamma variates of mean 1 and variance ``dispersion``; 1 where that is zero."""
    safe = np.maximum(dispersion, 1e-6)
    drawn = rng.standard_gamma(1 / safe, (days, *dispersion.shape)) * safe
    return np.where(dispersion > 0, drawn, 1.0)


def _stacked(fields: tuple[Floats | None, ...]) -> Floats | None:
    known = [field for field in fields if field is not None]
    return np.stack(known, axis=1) if known else None


def _days(
    bounds: tuple[int, int], shape: tuple[int, ...], rng: np.random.Generator
) -> NDArray[np.int64]:
    return rng.integers(bounds[0], bounds[1], shape, endpoint=True)


def _for_good(begins: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(np.maximum.accumulate(begins, 0))


def _lasting(begins: NDArray[np.bool_], days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the days on which an event that began is still on."""
    number = np.arange(len(begins))[:, None]
    ends = np.maximum.accumulate(np.where(begins, number + days, 0), 0)
    return np.asarray(number < ends)
