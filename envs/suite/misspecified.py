"""Held-out markets of another kind than the posterior: other curves, lasting changes.

Training markets, posterior, belief and static plan do not know of them. A market and its changes
depend on its seed alone, from generators of their own.
"""

from collections.abc import Sequence

import numpy as np

from ..environment import hardly_saturating, with_lasting_changes
from ..market import Market, Noise, Stream, generator
from .task import HeldOutSettings


def with_other_curves(market: Market, seeds: Sequence[int], settings: HeldOutSettings) -> Market:
    """Return markets in which one form of response is drawn for all campaigns of a market.

    Conversions and elasticity at the reference spend stay as they are.

    Args:
        market: fields (markets, campaigns).
        seeds: seed of every market.
        settings: frequencies of the forms.
    """
    markets, campaigns = market.elasticity.shape
    which, strength = np.empty((markets, 1)), np.empty((markets, campaigns))
    for i, seed in enumerate(seeds):
        rng = generator(Stream.MISSPECIFIED, seed)
        which[i], strength[i] = rng.random(), rng.random(campaigns)
    forms, (low, high) = settings.forms, settings.exponent
    which *= forms.hill + forms.unsaturated + forms.s_curve
    slope = np.where(which < forms.hill, market.slope, low + (high - low) * strength)
    power = (which >= forms.hill) & (which < forms.hill + forms.unsaturated)
    slope = np.where(power, hardly_saturating(market.elasticity, strength), slope)
    return market._replace(slope=slope)


def with_regime_changes(noise: Noise, seeds: Sequence[int], settings: HeldOutSettings) -> Noise:
    """Return noise in which campaigns' efficiencies change for good on random days.

    Args:
        noise: fields (days, flights, campaigns).
        seeds: seed of every flight's market.
        settings: probability per day and size of the changes.
    """
    begins, size = np.empty((2, *noise.level.shape))
    for i, seed in enumerate(seeds):
        rng = generator(Stream.MISSPECIFIED, seed, 1)
        begins[:, i] = rng.random(begins[:, i].shape)
        size[:, i] = rng.standard_normal(size[:, i].shape)
    return with_lasting_changes(noise, begins < settings.regime, settings.regime_sd * size)
