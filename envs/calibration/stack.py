"""The stack: structures with the weights that the advertiser's own past gives them.

Each structure is a part of the posterior: its draws are those of a calibration that takes the
structure's demand as known and its medians as priors of the campaigns' levels.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...data.calendar import occurrences
from ...data.history import History
from ...data.types import Floats
from ..market import Market, carryover_of
from .demand import (
    CALENDAR_DAYS,
    YEAR_KNOWN,
    DemandData,
    DemandPriors,
    KnownDemand,
    PastForecasts,
    SpendIndex,
    Structure,
    averaged,
    columns_of,
    known_demand,
    past_forecasts,
    prequential_weights,
    together,
    with_seasons,
)
from .filtering import ObservedHistory
from .priors import LogNormal, PriorCentres, Priors
from .settings import CalibrationSettings

_OWN_SD = 0.1  # log-sd of a campaign's half-life and sd of the level around the structure's
LEAST_WEIGHT = 0.04  # of a structure that is calibrated; lighter ones are left out


class Part(NamedTuple):
    """One structure of the stack, ready to be calibrated."""

    name: str
    weight: float
    draws: int  # its share of the posterior's draws
    priors: Priors  # with the structure's medians of the levels
    observed: ObservedHistory  # with the structure's demand
    demand: KnownDemand | None  # None: the priors alone, without a model of demand

    def market(self, market: Market) -> Market:
        """Return markets whose shared demand is the structure's."""
        if self.demand is None:
            return market
        structure, ones = self.demand.structure, np.ones_like(market.elasticity)
        return market._replace(
            demand_sd=structure.demand_step * ones, demand_kept=structure.demand_kept * ones
        )


class Stack(NamedTuple):
    """All parts, and the forecasts of the past that weigh them."""

    parts: tuple[Part, ...]
    spend_index: SpendIndex | None
    forecasts: PastForecasts | None
    weights: dict[str, float]  # of all structures, also those that were left out
    notes: tuple[str, ...] = ()  # what the history cannot tell


def stack_of(
    history: History,
    observed: ObservedHistory,
    priors: Priors,
    centres: PriorCentres,
    settings: CalibrationSettings,
    rng: np.random.Generator,
    progress: Callable[[str], None] = lambda _: None,
    weights: dict[str, float] | None = None,
) -> Stack:
    """Return the parts of the posterior.

    Args:
        history: cleaned daily data.
        observed: the same as the likelihood reads it.
        priors: priors of all parameters.
        centres: their centres.
        settings: structures, calendar and number of draws.
        rng: source of randomness.
        progress: called with one line per stage.
        weights: weights of an earlier calibration to keep; None: from forecasts of the past.
    """
    if not settings.structures:
        part = Part("priors", 1.0, settings.draws, priors, observed, None)
        return Stack((part,), None, None, {"priors": 1.0})
    data = demand_data(history, observed, priors, centres, settings)
    structures = with_seasons(settings.structures, data.days)
    forecasts = None
    if weights is None:
        forecasts = past_forecasts(data, structures, rng, progress)
        values = prequential_weights(forecasts, structures).tolist()
        weights = dict(zip(structures, values, strict=True))
    kept = _heaviest(weights, settings.draws)
    counts = _apportion(np.array(list(kept.values())), settings.draws)
    index = SpendIndex.of(observed.spend)
    observed = observed._replace(spend_index=index.values(observed.spend))
    parts = []
    for (name, weight), count in zip(kept.items(), counts, strict=True):
        demand = known_demand(data, structures[name], rng)
        path = np.repeat(demand.history[:, None], observed.spend.shape[1], axis=1)
        own = observed._replace(demand=path)
        given = priors_of(priors, structures[name])
        parts.append(Part(name, weight, int(count), given, own, demand))
    return Stack(tuple(parts), index, forecasts, weights, data.notes)


def demand_data(
    history: History,
    observed: ObservedHistory,
    priors: Priors,
    centres: PriorCentres,
    settings: CalibrationSettings,
) -> DemandData:
    """Return what the structures are fitted to."""
    dates = history.dates[0] + np.arange(len(history.dates) + CALENDAR_DAYS)
    events = occurrences(dates, settings.calendar)
    columns = columns_of(observed.spend)
    curves = DemandPriors(
        elasticity=priors.elasticity.mean,
        elasticity_sd=priors.elasticity.sd,
        follow=0.67 * priors.follow_sd,  # the median of the half-normal
        follow_sd=max(priors.follow_sd, 1e-3),
        carryover=averaged(
            np.asarray(carryover_of(centres.half_life)), observed.spend.sum(0), columns
        ),
    )
    notes = events.notes
    if len(history.dates) < YEAR_KNOWN:
        notes = (
            f"The history has {len(history.dates)} days, less than a year: neither a season nor "
            "the events ahead are known, and no interval holds them.",
        )
    pooled = together(observed, columns)
    return DemandData(pooled, events.weight, events.names, curves, columns, notes)


def priors_of(priors: Priors, structure: Structure) -> Priors:
    """Return the priors with the structure's levels, from which campaigns differ little.

    With wide priors, one-day-ahead likelihoods take a noisy campaign's noise for a wide level, and
    forecasts of weeks are too high and too wide (docs/calibration.md).
    """
    sd = LogNormal(median=structure.level_sd, sd=_OWN_SD)
    half_life = LogNormal(median=structure.level_half_life, sd=_OWN_SD)
    changed = {"level_sd": sd, "level_half_life": half_life, "level_shared": 0.0}
    return priors.model_copy(update=changed)


def _heaviest(weights: dict[str, float], count: int) -> dict[str, float]:
    """Return the weights of the structures that are calibrated, at most ``count``."""
    least = min(LEAST_WEIGHT, max(weights.values()))
    heaviest = sorted(weights, key=weights.__getitem__, reverse=True)[:count]
    return {name: weights[name] for name in weights if name in heaviest and weights[name] >= least}


def _apportion(weights: Floats, total: int) -> Floats:
    """Return whole numbers in proportion to the weights, at least 1, that sum to the total."""
    exact = weights / weights.sum() * total
    counts = np.maximum(np.floor(exact), 1)
    rest = int(total - counts.sum())
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: max(rest, 0)]] += 1
    for _ in range(-rest):  # several shares were raised to 1
        counts[np.argmax(np.where(counts > 1, counts - exact, -np.inf))] -= 1
    return np.asarray(counts.astype(int))
