"""Randomness of flights, drawn ahead from explicit generators and never inside ``step``.

A flight's stream depends on (seed, episode) alone, not on how many flights run side by side, so
policies can be compared on common noise. What a perfect forecaster would know (the path) and what
only counting brings are drawn one after the other, each from the generator it is given.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import special

from ...data.settings import Settings
from ...data.types import Floats
from ..arrays import select
from .records import Market, Noise

Rate = Annotated[float, Field(ge=0, le=1)]
_PATH_NORMALS = ("level", "delivery", "competition", "drift")
_COUNTED = ("price", "count_normal", "order_value")  # normals of each campaign and day
_COUNTING = np.float32  # of what only counting brings: half the time and the memory
_AT_ONCE = 128  # flights drawn together
_WIDE = 512  # numbers a day from which days are joined one at a time
_LEAST_DISPERSION = 1e-6  # below it a gamma is 1


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
    one = draw_noises(
        select(market, None), days, [rng], None if counts is None else [counts], shocks
    )
    return Noise(*(field if field is None else field[:, 0] for field in one))


def draw_noises(
    market: Market,
    days: int,
    rngs: Iterable[np.random.Generator],
    counts: Iterable[np.random.Generator] | None = None,
    shocks: ShockSettings | None = None,
) -> Noise:
    """Draw the noise of many flights; fields are (days, flights, campaigns), flights contiguous.

    A flight takes from its generators, in this order: the path's normals by field, the shared
    demand, the uniforms of the shocks, and then the normals and the gammas of the counts.
    """
    flights = len(market.dispersion)
    paths = iter(rngs)
    others: Iterator[np.random.Generator | None] = iter(counts) if counts else repeat(None)
    whole: dict[str, Floats] = {}
    for first in range(0, flights, _AT_ONCE):  # few enough to turn over in the cache
        part = slice(first, min(first + _AT_ONCE, flights))
        for name, drawn in _drawn(select(market, part), days, paths, others, shocks).items():
            if name not in whole:
                whole[name] = np.empty((*drawn.shape[:2], flights), drawn.dtype)
            whole[name][..., part] = drawn
    return Noise(**{name: field.swapaxes(1, 2) for name, field in whole.items()})


def _drawn(
    market: Market,
    days: int,
    paths: Iterator[np.random.Generator],
    others: Iterator[np.random.Generator | None],
    shocks: ShockSettings | None,
) -> dict[str, Floats]:
    """Draw the fields of a few flights, (days, campaigns, flights)."""
    flights, campaigns = market.dispersion.shape
    sds = (market.level_sd, market.delivery_sd, market.competition_sd, market.drift_sd)
    on = [name for name, sd in zip(_PATH_NORMALS, sds, strict=True) if sd is not None]
    cells = days * campaigns
    path = np.empty((flights, len(on) * cells + days))
    sudden = np.empty((flights, 0 if shocks is None else _uniforms(days, campaigns)))
    normal = np.empty((flights, len(_COUNTED) * cells), _COUNTING)
    gamma = np.empty((flights, days, campaigns), _COUNTING)
    safe = np.maximum(market.dispersion, _LEAST_DISPERSION).astype(_COUNTING)
    size = 1 / safe
    for i in range(flights):
        rng, other = next(paths), next(others)
        rng.standard_normal(out=path[i])
        if shocks is not None:
            rng.random(out=sudden[i])
        other = rng if other is None else other
        other.standard_normal(dtype=_COUNTING, out=normal[i])
        other.standard_gamma(size[i], dtype=_COUNTING, out=gamma[i])
    fields = {name: path[:, k * cells : (k + 1) * cells] for k, name in enumerate(on)}
    fields |= {name: normal[:, k * cells : (k + 1) * cells] for k, name in enumerate(_COUNTED)}
    drawn = {k: v.T.reshape(days, campaigns, flights) for k, v in fields.items()}
    drawn["demand"] = path[:, len(on) * cells :].T[:, None]
    gamma *= safe[:, None]
    gamma[np.broadcast_to(market.dispersion[:, None] <= 0, gamma.shape)] = 1
    drawn["gamma"] = gamma.transpose(1, 2, 0)
    if shocks is not None:
        drawn |= _events(shocks, sudden, days, campaigns)
    return drawn


def unit_gamma(dispersion: Floats, days: int, rng: np.random.Generator) -> Floats:
    """Draw Gamma variates of mean 1 and variance ``dispersion``; 1 where that is zero."""
    safe = np.maximum(dispersion, _LEAST_DISPERSION)
    drawn = rng.standard_gamma(1 / safe, (days, *dispersion.shape)) * safe
    return np.where(dispersion > 0, drawn, 1.0)


def _uniforms(days: int, campaigns: int) -> int:
    """Return how many uniforms the events of a flight take."""
    return 5 * days * campaigns + 3 * days + 2 * campaigns + 1


def _events(shocks: ShockSettings, uniform: Floats, days: int, campaigns: int) -> dict[str, Floats]:
    """Make the sudden events of flights of uniforms; fields are (days, campaigns, flights).

    Events begin independently every day; an outage or a spike lasts its days, the rest for good.

    Args:
        shocks: how often, how strong.
        uniform: (flights, uniforms).
        days: of the flights.
        campaigns: of the flights.
    """
    flights, at = len(uniform), 5 * days * campaigns
    begins = uniform[:, :at].reshape(flights, 5, days, campaigns).swapaxes(0, 1)
    daily = uniform[:, at : at + 3 * days].reshape(flights, 3, days, 1).swapaxes(0, 1)
    sizes = uniform[:, at + 3 * days : -1].T.reshape(2, campaigns, flights)
    out = _lasting(begins[0] < shocks.outage, shocks.outage_days, begins[1])
    broken = _for_good(begins[2] < shocks.tracking)
    regime = _at(begins[3] < shocks.regime, begins[4], special.ndtri, np.float64)
    rival = _for_good(daily[0] < shocks.competitor)
    spike = _lasting(daily[1] < shocks.spike, shocks.spike_days, daily[2])
    jump = np.log(_scaled(shocks.spike_size, uniform[:, -1]))
    return {
        "outage": np.where(out, 0.0, 1.0),
        "competitor_entry": rival * np.log(_scaled(shocks.competitor_price, sizes[0])),
        "tracking": np.where(broken, _scaled(shocks.tracking_caught, sizes[1]), 1.0),
        "spike": spike * jump + _running(np.add, shocks.regime_sd * regime),
    }


def _scaled(pair: tuple[float, float], uniform: Floats) -> Floats:
    return pair[0] + (pair[1] - pair[0]) * uniform


def _at(
    begins: NDArray[np.bool_], uniform: Floats, make: Callable[[Floats], Floats], kind: type
) -> NDArray[Any]:
    """Make values of uniforms where something begins, 0 elsewhere: (days, campaigns, flights)."""
    values: NDArray[Any] = np.zeros(begins.shape, kind)
    values[begins] = make(uniform[begins])
    return np.ascontiguousarray(values.transpose(1, 2, 0))


def _for_good(begins: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return _running(np.logical_or, np.ascontiguousarray(begins.transpose(1, 2, 0)))


def _lasting(
    begins: NDArray[np.bool_], least_most: tuple[int, int], uniform: Floats
) -> NDArray[np.bool_]:
    """Mark the days on which an event that began is still on, (days, campaigns, flights)."""
    least, most = least_most
    left = _at(begins, uniform, lambda u: np.floor(least + (most - least + 1) * u), np.int16)
    for t in range(1, len(left)):  # days that are left, today included
        np.maximum(left[t - 1] - 1, left[t], out=left[t])
    return left > 0


def _running(join: np.ufunc, daily: NDArray[Any]) -> NDArray[Any]:
    """Join each day, axis 0, with all before it; may write into what it is given.

    numpy's ``accumulate`` strides through memory: a day at a time is faster for many flights.
    """
    if daily[0].size < _WIDE:
        return np.asarray(join.accumulate(daily, 0))
    for t in range(1, len(daily)):
        join(daily[t - 1], daily[t], out=daily[t])
    return daily
