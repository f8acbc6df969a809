"""Noise of flights, drawn in advance from explicit generators and never inside ``step``.

A flight's noise depends on its generators alone, not on how many flights run in parallel, so that
policies can be compared on common random numbers. The demand path, which a perfect forecaster would
know, and the count noise are drawn one after the other, each from a generator of its own if given.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Annotated, Any

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import Field

from ...data.settings import Settings
from ...data.types import Floats
from ..arrays import select
from .records import Market, Noise

Rate = Annotated[float, Field(ge=0, le=1)]
_PATH_NORMALS = ("level", "delivery", "competition", "drift")
_COUNT_NORMALS = ("price", "count_normal", "order_value")
_COUNT_DTYPE = np.float32  # half the time and memory of double precision
_BLOCK = 128  # flights drawn together, few enough to transpose in cache
_MIN_ROW = 512  # numbers per day from which days are accumulated one at a time
_MIN_DISPERSION = 1e-6  # keeps the shape of the gamma finite


class ShockSettings(Settings):
    """Probability per day and size of sudden events."""

    outage: Rate  # a campaign's delivery stops for outage_days
    outage_days: tuple[int, int]  # minimum and maximum
    competitor: Rate  # a competitor enters the auctions for the rest of the flight
    competitor_price: tuple[float, float]  # factor of the cost per click, >= 1
    tracking: Rate  # tracking of a campaign breaks for the rest of the flight
    tracking_caught: tuple[float, float]  # share of claims still tracked, in (0, 1]
    spike: Rate  # demand jumps for spike_days
    spike_days: tuple[int, int]
    spike_size: tuple[float, float]  # factor of demand, > 0
    regime: Rate  # a campaign's efficiency changes for the rest of the flight
    regime_sd: Annotated[float, Field(ge=0)]  # sd of the change of log efficiency

    @property
    def rate(self) -> float:
        """Events per campaign and day."""
        return self.outage + self.competitor + self.tracking + self.spike + self.regime


def draw_noise(
    market: Market,
    days: int,
    rng: np.random.Generator,
    counts: np.random.Generator | None = None,
    shocks: ShockSettings | None = None,
) -> Noise:
    """Draw the noise of one flight; fields are (days, campaigns), ``demand`` (days, 1).

    Args:
        market: fields (campaigns,); says which features are on, and the dispersion.
        days: length of the flight.
        rng: generator of the demand path.
        counts: generator of counts, prices and order values; that of the path if absent.
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

    A flight draws from its generators in this order: the path's normals by field, the shared
    demand, the uniforms of the events, then the normals and the gammas of the counts.
    """
    flights = len(market.dispersion)
    paths = iter(rngs)
    others: Iterator[np.random.Generator | None] = iter(counts) if counts else repeat(None)
    fields: dict[str, Floats] = {}
    for first in range(0, flights, _BLOCK):
        rows = slice(first, min(first + _BLOCK, flights))
        block = _draw_block(select(market, rows), days, paths, others, shocks)
        for name, values in block.items():
            if name not in fields:
                fields[name] = np.empty((*values.shape[:2], flights), values.dtype)
            fields[name][..., rows] = values
    return Noise(**{name: field.swapaxes(1, 2) for name, field in fields.items()})


def _draw_block(
    market: Market,
    days: int,
    paths: Iterator[np.random.Generator],
    others: Iterator[np.random.Generator | None],
    shocks: ShockSettings | None,
) -> dict[str, Floats]:
    """Draw the fields of a block of flights, (days, campaigns, flights)."""
    flights, campaigns = market.dispersion.shape
    sds = (market.level_sd, market.delivery_sd, market.competition_sd, market.drift_sd)
    on = [name for name, sd in zip(_PATH_NORMALS, sds, strict=True) if sd is not None]
    cells = days * campaigns
    path = np.empty((flights, len(on) * cells + days))
    uniform = np.empty((flights, 0 if shocks is None else _event_uniforms(days, campaigns)))
    normal = np.empty((flights, len(_COUNT_NORMALS) * cells), _COUNT_DTYPE)
    gamma = np.empty((flights, days, campaigns), _COUNT_DTYPE)
    safe = np.maximum(market.dispersion, _MIN_DISPERSION).astype(_COUNT_DTYPE)
    size = 1 / safe
    for i in range(flights):
        rng, other = next(paths), next(others)
        rng.standard_normal(out=path[i])
        if shocks is not None:
            rng.random(out=uniform[i])
        other = rng if other is None else other
        other.standard_normal(dtype=_COUNT_DTYPE, out=normal[i])
        other.standard_gamma(size[i], dtype=_COUNT_DTYPE, out=gamma[i])
    fields = {name: path[:, k * cells : (k + 1) * cells] for k, name in enumerate(on)}
    fields |= {
        name: normal[:, k * cells : (k + 1) * cells] for k, name in enumerate(_COUNT_NORMALS)
    }
    block = {k: v.T.reshape(days, campaigns, flights) for k, v in fields.items()}
    block["demand"] = path[:, len(on) * cells :].T[:, None]
    gamma *= safe[:, None]
    gamma[np.broadcast_to(market.dispersion[:, None] <= 0, gamma.shape)] = 1
    block["gamma"] = gamma.transpose(1, 2, 0)
    if shocks is not None:
        block |= _events(shocks, uniform, days, campaigns)
    return block


def unit_gamma(dispersion: Floats, days: int, rng: np.random.Generator) -> Floats:
    """Draw gamma variates, (days, ...), of mean 1 and variance ``dispersion``; 1 where it is 0."""
    safe = np.maximum(dispersion, _MIN_DISPERSION)
    gamma = rng.standard_gamma(1 / safe, (days, *dispersion.shape)) * safe
    return np.where(dispersion > 0, gamma, 1.0)


def _event_uniforms(days: int, campaigns: int) -> int:
    """Return the number of uniforms behind the events of a flight."""
    return 5 * days * campaigns + 3 * days + 2 * campaigns + 1


def _events(shocks: ShockSettings, uniform: Floats, days: int, campaigns: int) -> dict[str, Floats]:
    """Return the sudden events of flights, fields (days, campaigns, flights).

    Events begin independently every day; outages and spikes last their days, the rest for good.

    Args:
        shocks: probabilities and sizes.
        uniform: uniform draws in [0, 1), (flights, uniforms).
        days: number of days of the flights.
        campaigns: number of campaigns of the flights.
    """
    flights, cells = len(uniform), 5 * days * campaigns
    begins = uniform[:, :cells].reshape(flights, 5, days, campaigns).swapaxes(0, 1)
    daily = uniform[:, cells : cells + 3 * days].reshape(flights, 3, days, 1).swapaxes(0, 1)
    sizes = uniform[:, cells + 3 * days : -1].T.reshape(2, campaigns, flights)
    outage = _lasting(begins[0] < shocks.outage, shocks.outage_days, begins[1])
    broken = _permanent(begins[2] < shocks.tracking)
    regime = _values_at_begin(begins[3] < shocks.regime, begins[4], scipy.special.ndtri, np.float64)
    competitor = _permanent(daily[0] < shocks.competitor)
    spike = _lasting(daily[1] < shocks.spike, shocks.spike_days, daily[2])
    jump = np.log(_between(shocks.spike_size, uniform[:, -1]))
    return {
        "outage": np.where(outage, 0.0, 1.0),
        "competitor_entry": competitor * np.log(_between(shocks.competitor_price, sizes[0])),
        "tracking": np.where(broken, _between(shocks.tracking_caught, sizes[1]), 1.0),
        "spike": spike * jump + _accumulate(np.add, shocks.regime_sd * regime),
    }


def _between(ends: tuple[float, float], uniform: Floats) -> Floats:
    return ends[0] + (ends[1] - ends[0]) * uniform


def _values_at_begin(
    begins: NDArray[np.bool_], uniform: Floats, transform: Callable[[Floats], Floats], dtype: type
) -> NDArray[Any]:
    """Return transformed uniforms where an event begins, else 0: (days, campaigns, flights)."""
    values: NDArray[Any] = np.zeros(begins.shape, dtype)
    values[begins] = transform(uniform[begins])
    return np.ascontiguousarray(values.transpose(1, 2, 0))


def _permanent(begins: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return True from the day an event begins, (days, campaigns, flights)."""
    return _accumulate(np.logical_or, np.ascontiguousarray(begins.transpose(1, 2, 0)))


def _lasting(
    begins: NDArray[np.bool_], durations: tuple[int, int], uniform: Floats
) -> NDArray[np.bool_]:
    """Return True on the days of an event, (days, campaigns, flights)."""
    low, high = durations
    days_remaining = _values_at_begin(
        begins, uniform, lambda u: np.floor(low + (high - low + 1) * u), np.int16
    )
    for t in range(1, len(days_remaining)):  # today is one of them
        np.maximum(days_remaining[t - 1] - 1, days_remaining[t], out=days_remaining[t])
    return days_remaining > 0


def _accumulate(operation: np.ufunc, daily: NDArray[Any]) -> NDArray[Any]:
    """Return ``operation.accumulate`` over days, axis 0; may overwrite its input.

    numpy's ``accumulate`` strides through memory: one day at a time is faster for many flights.
    """
    if daily[0].size < _MIN_ROW:
        return np.asarray(operation.accumulate(daily, 0))
    for t in range(1, len(daily)):
        operation(daily[t - 1], daily[t], out=daily[t])
    return daily
