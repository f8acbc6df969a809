"""Randomness of flights, drawn ahead from explicit generators and never inside ``step``.

A flight's stream depends on (seed, episode) alone, not on how many flights run side by side, so
policies can be compared on common noise.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .market import Market, Noise

Floats = NDArray[np.float64]
_NORMALS = 4  # per campaign and day: level, price, count, order value


def generator(seed: int, episode: int) -> np.random.Generator:
    """Return the generator of one episode."""
    return np.random.Generator(np.random.PCG64([seed, episode]))


def draw_noise(market: Market, days: int, rng: np.random.Generator) -> Noise:
    """Draw the noise of one flight; fields are (days, campaigns), ``demand`` (days, 1).

    Args:
        market: one market, fields (campaigns,); only its dispersion matters here.
        days: length of the flight.
        rng: the episode's generator.
    """
    campaigns = market.dispersion.shape[-1]
    normal = rng.standard_normal((_NORMALS, days, campaigns))
    shared = rng.standard_normal((days, 1))
    gamma = unit_gamma(market.dispersion, days, rng)
    return Noise(shared, normal[0], normal[1], gamma, normal[2], normal[3])


def draw_noises(market: Market, days: int, rngs: Iterable[np.random.Generator]) -> Noise:
    """Draw the noise of many flights; fields are (days, flights, campaigns)."""
    drawn = [
        draw_noise(Market(*(field[i] for field in market)), days, rng) for i, rng in enumerate(rngs)
    ]
    return Noise(*(np.stack(fields, axis=1) for fields in zip(*drawn, strict=True)))


def unit_gamma(dispersion: Floats, days: int, rng: np.random.Generator) -> Floats:
    """Draw Gamma variates of mean 1 and variance ``dispersion``; 1 where that is zero."""
    safe = np.maximum(dispersion, 1e-6)
    drawn = rng.standard_gamma(1 / safe, (days, *dispersion.shape)) * safe
    return np.where(dispersion > 0, drawn, 1.0)
