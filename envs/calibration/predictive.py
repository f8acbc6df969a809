"""Posterior predictive distribution of days whose spend is given."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from ...data.types import Floats
from ..arrays import select
from ..market import Noise, Outcome, draw_noises, generator, simulate
from .posterior import Posterior


class Forecast(NamedTuple):
    """Draws of the days to come over markets and noise; fields are (draws, days, campaigns)."""

    expected: (
        Floats  # conversions given market and level, no count noise: their mean is the estimate
    )
    counted: Floats  # conversions with count noise: their spread is the interval
    expected_revenue: Floats  # dollars, no count or order-value noise
    counted_revenue: Floats  # dollars, with count and order-value noise

    @classmethod
    def from_outcomes(cls, outcomes: Sequence[Outcome]) -> Self:
        """Stack the outcomes of days, each with fields (draws, campaigns)."""
        names = ("expected", "conversions", "expected_revenue", "revenue")
        return cls(*(np.stack([getattr(o, name) for o in outcomes], axis=1) for name in names))

    def of(self, metric: str) -> tuple[Floats, Floats]:
        """Return (expected, counted) of ``conversions`` or ``revenue``."""
        if metric == "revenue":
            return self.expected_revenue, self.counted_revenue
        return self.expected, self.counted


def predict(posterior: Posterior, spend: Floats, seed: int, draws: int | None = None) -> Forecast:
    """Forecast the days after the history by simulating draws of the posterior.

    The spend is taken as what an advertiser chose who saw demand, so that it says something about
    demand (``SpendFollowing``). A plan sets the spend, which says nothing: simulate its market.

    Args:
        posterior: posterior given the history.
        spend: (days, campaigns) dollars from the posterior's first day on.
        seed: seed of levels and counts; draw i has the stream (seed, i).
        draws: number of posterior draws, evenly spaced; None: all.
    """
    count = posterior.draws if draws is None else min(draws, posterior.draws)
    index = np.linspace(0, posterior.draws - 1, count).astype(int)
    market, state = select(posterior.market, index), select(posterior.state, index)
    noise: Noise = draw_noises(market, len(spend), (generator(seed, i) for i in range(count)))
    if posterior.follow is not None:
        strength, known = posterior.follow.strength[index], posterior.follow.spend_index
        state = state._replace(level=state.level - strength * known.latest)
        noise = noise._replace(spike=strength * known.ahead(spend)[:, None])
    _, outcomes = simulate(market, state, spend[:, None], noise)
    return Forecast.from_outcomes(outcomes)
