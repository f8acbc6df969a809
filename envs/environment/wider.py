"""`WiderMarkets`: markets a little wider than a posterior, for robust policies.

A posterior can be wrong in ways that it gives no probability to: curves of other forms,
efficiencies that change for good. A policy that was trained on its draws alone takes them for the
whole truth. Here each flight's market differs from the drawn one: some curves hardly saturate or
are S-shaped, with the same conversions and elasticity at the reference spend; elasticities and
levels vary more; efficiencies change for good on random days. Belief and plan do not know.
"""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...data.settings import Settings
from ...data.storage import shipped_yaml
from ...data.types import Floats
from ..market import Market, Noise, Stream, elasticity_of, generator, odds_at_reference
from .batch import EpisodeDraw, MarketSource

WidthName = Literal["posterior", "mild", "broad"]
Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, le=10)]
_UNIFORMS = 3  # uniform draws per campaign: form of the curve, its strength, an S or none


class Width(Settings):
    """By how much training markets are wider than the posterior; see ``conf/width``."""

    unsaturated: Share  # probability that a campaign's curve hardly saturates
    s_curve: Share  # probability that it is S-shaped
    exponent: tuple[float, float]  # interval of the Hill exponents of S-shaped curves
    log_odds_sd: NotNegative  # sd added to the log odds behind the elasticity
    level_sd: NotNegative  # sd added to the log level
    regime: Share  # probability per day that a campaign's efficiency changes for good
    regime_sd: NotNegative  # sd of such a change of the log


class WiderMarkets(NamedTuple):
    """Flights of another source in markets that differ from those drawn."""

    source: MarketSource
    width: Width

    @property
    def market(self) -> Market:
        """All markets that can be drawn before they are changed, fields (markets, campaigns)."""
        return self.source.market

    def draw(self, seed: int, episodes: range, days: int) -> EpisodeDraw:
        """Return one flight per episode; each depends on (seed, episode) alone."""
        return widened(self.source.draw(seed, episodes, days), self.width, seed, episodes)


def widened(draw: EpisodeDraw, width: Width, seed: int, episodes: range) -> EpisodeDraw:
    """Return flights in markets that differ from those of a draw.

    Args:
        draw: markets, states and noise of the flights.
        width: by how much they differ.
        seed: seed of the differences.
        episodes: numbers of the flights; each differs by (seed, number) alone.
    """
    market, state, noise = draw
    days, (flights, campaigns) = len(noise.level), market.elasticity.shape
    uniform = np.empty((flights, _UNIFORMS, campaigns))
    normal = np.empty((flights, 2, campaigns))
    begins, size = np.empty((2, days, flights, campaigns))
    for i, episode in enumerate(episodes):
        rng = generator(Stream.WIDER, seed, episode)
        uniform[i] = rng.random((_UNIFORMS, campaigns))
        normal[i] = rng.standard_normal((2, campaigns))
        begins[:, i] = rng.random((days, campaigns))
        size[:, i] = rng.standard_normal((days, campaigns))
    market = _other_curves(market, width, uniform, normal[:, 0])
    state = state._replace(level=state.level + width.level_sd * normal[:, 1])
    noise = with_lasting_changes(noise, begins < width.regime, width.regime_sd * size)
    return EpisodeDraw(market, state, noise)


def hardly_saturating(elasticity: Floats, uniform: Floats) -> Floats:
    """Return Hill exponents just above the elasticity: curves go on as a power of the spend.

    Args:
        elasticity: local elasticity at the reference spend, (..., campaigns).
        uniform: uniform draws in [0, 1) of the same shape.
    """
    return elasticity * (1.02 + 0.18 * uniform)


def with_lasting_changes(noise: Noise, begins: NDArray[np.bool_], size: Floats) -> Noise:
    """Return noise in which efficiencies change for good on some days.

    Args:
        noise: fields (days, flights, campaigns).
        begins: days on which a campaign's efficiency changes, of the same shape.
        size: change of log efficiency on such a day, of the same shape.
    """
    changes = np.where(begins, size, 0.0).cumsum(0)
    return noise._replace(spike=changes if noise.spike is None else noise.spike + changes)


def width_of(name: WidthName) -> Width | None:
    """Return a width by its name; None for ``posterior``, which changes nothing."""
    if name == "posterior":
        return None
    return Width.of(shipped_yaml(f"width/{name}"), f"conf/width/{name}.yaml")


def wider(source: MarketSource, width: WidthName) -> MarketSource:
    """Return a source of markets of a width: the source itself for ``posterior``."""
    by = width_of(width)
    return source if by is None else WiderMarkets(source, by)


def _other_curves(market: Market, width: Width, uniform: Floats, normal: Floats) -> Market:
    """Return markets with other elasticities and exponents."""
    odds = odds_at_reference(market.elasticity, market.slope)
    elasticity = elasticity_of(odds * np.exp(width.log_odds_sd * normal), market.slope)
    power = uniform[:, 0] < width.unsaturated
    s_curve = ~power & (uniform[:, 2] < width.s_curve / max(1 - width.unsaturated, 1e-9))
    low, high = width.exponent
    slope = np.where(power, hardly_saturating(elasticity, uniform[:, 1]), market.slope)
    slope = np.where(s_curve, np.maximum(low + (high - low) * uniform[:, 1], market.slope), slope)
    return market._replace(elasticity=elasticity, slope=slope)
