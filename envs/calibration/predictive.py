"""What a posterior expects of days whose spend is given: the posterior predictive."""

from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..arrays import select
from ..market import Noise, draw_noises, generator, simulate
from .posterior import Posterior


class Predictive(NamedTuple):
    """Draws of the days after the history, (draws, days, campaigns)."""

    expected: Floats  # conversions within a market and its demand path: their mean is the forecast
    counted: Floats  # conversions with count noise: their spread is the interval
    expected_revenue: Floats  # dollars
    counted_revenue: Floats  # dollars, with count and order noise

    def of(self, metric: str) -> tuple[Floats, Floats]:
        """Return (expected, counted) of ``conversions`` or ``revenue``."""
        if metric == "revenue":
            return self.expected_revenue, self.counted_revenue
        return self.expected, self.counted


def predict(posterior: Posterior, spend: Floats, seed: int, draws: int | None = None) -> Predictive:
    """Simulate the days after the history in every market of the posterior.

    Args:
        posterior: of the history.
        spend: (days, campaigns) dollars from the posterior's first day on.
        seed: of demand paths and counts; draw i has the stream (seed, i).
        draws: markets that stand for the posterior, evenly spaced; None: all.
    """
    count = posterior.draws if draws is None else min(draws, posterior.draws)
    index = np.linspace(0, posterior.draws - 1, count).astype(int)
    market, state = select(posterior.market, index), select(posterior.state, index)
    noise: Noise = draw_noises(market, len(spend), (generator(seed, i) for i in range(count)))
    _, outcomes = simulate(market, state, spend[:, None], noise)
    names = ("expected", "conversions", "expected_revenue", "revenue")
    return Predictive(*(np.stack([getattr(o, n) for o in outcomes], axis=1) for n in names))
