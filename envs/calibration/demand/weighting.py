"""Weights of structures by their forecasts of the advertiser's own past.

From several days of the past, each structure is fitted to the days before and forecasts the totals
of the next ones, given their spend. Its weight is its prior weight times the density of what was
counted (prequential weights: Dawid 1984; of weeks ahead instead of days, as a flight is). Stacking
(Yao, Vehtari, Simpson, Gelman 2018), which maximises the density of the mixture, was no better on
any advertiser tried: docs/calibration.md.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from ....data.types import Floats
from .data import DemandData
from .design import Design
from .latent import DemandFit, fit_demand, linearise
from .structure import YEAR_KNOWN, SeasonalStructure

_DRAWS = 192  # of each forecast
_DEGREES_OF_FREEDOM = 7.0  # of the Student-t density of a log total
_SMALLEST_SD = 0.01  # of a log total
_HALF = 0.5  # conversions added before taking a logarithm
_LEAST_DAYS = 42  # days of history before the first forecast
_LONG = 400  # days of history from which forecasts are four weeks long instead of two
_MOST_FORECASTS, _LEAST_FORECASTS = 16, 4
_SIZE = (
    300_000  # days x campaigns x (campaigns + 30), the work of a fit, from which there are fewer
)


class PastForecasts(NamedTuple):
    """Forecasts of the past: one row per origin, one column per structure.

    Campaigns are those of the model of demand, where the smallest are one.
    """

    origins: tuple[int, ...]  # days of history before each forecast
    horizon: int  # days that were forecast
    names: tuple[str, ...]  # structures
    log_density: Floats  # (origins, structures) of the totals that were counted
    totals: Floats  # (origins, structures, campaigns) forecast totals
    actual: Floats  # (origins, campaigns) counted totals
    columns: NDArray[np.intp]  # (campaigns of the history,) which of these campaigns each one is


def past_forecasts(
    data: DemandData,
    structures: Mapping[str, SeasonalStructure],
    rng: np.random.Generator,
    progress: Callable[[str], None] = lambda _: None,
) -> PastForecasts:
    """Forecast the past with every structure.

    A structure with a season is taken for the one without it at origins with less than a year of
    history, where both are the same forecast.
    """
    campaigns = data.observed.spend.shape[1]
    origins, horizon = origins_of(data.days, campaigns)
    density = np.full((len(origins), len(structures)), np.nan)
    totals = np.full((len(origins), len(structures), campaigns), np.nan)
    actual = np.array(
        [data.observed.conversions[day : day + horizon].sum(0) for day in origins]
    ).reshape(-1, campaigns)
    for column, (name, structure) in enumerate(structures.items()):
        progress(f"forecasting the past: {name}")
        fit: DemandFit | None = None
        for row, day in enumerate(origins):
            seasonal = structure.season and day >= YEAR_KNOWN
            used = structure.model_copy(update={"season": seasonal})
            design = data.design(used, day, horizon)
            if fit is not None and len(fit.coefficients) != len(design.mean):
                fit = None
            fit = fit_demand(design.window(slice(0, day)), data.reports(day), used, rng, fit)
            expected, counted = forecast_totals(fit, design, day, used, rng)
            running = data.observed.spend[day : day + horizon].sum(0) > 0
            density[row, column] = _log_density(counted, actual[row], running)
            totals[row, column] = expected.mean(0)
    return PastForecasts(origins, horizon, tuple(structures), density, totals, actual, data.columns)


def origins_of(days: int, campaigns: int) -> tuple[tuple[int, ...], int]:
    """Return the days of history before each forecast of the past, and the days of a forecast.

    Large histories have fewer forecasts, as each takes longer.
    """
    horizon = 28 if days >= _LONG else 14
    latest = range(days - horizon, _LEAST_DAYS - 1, -horizon // 2 if days < _LONG else -horizon)
    size = days * campaigns * (campaigns + 30)
    most = min(_MOST_FORECASTS, max(_LEAST_FORECASTS, _MOST_FORECASTS * _SIZE // size))
    return tuple(sorted(latest[:most])), horizon


def forecast_totals(
    fit: DemandFit,
    design: Design,
    known: int,
    structure: SeasonalStructure,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return draws of the totals after the known days, (draws, campaigns): means and counts."""
    coefficients, last = fit.draw(_DRAWS, rng)
    log = _log_ahead(fit, design, known, coefficients)
    kept = np.array([structure.demand_kept, *[structure.level_kept] * (last.shape[1] - 1)])
    sd = np.array([structure.demand_sd, *[structure.level_sd] * (last.shape[1] - 1)])
    expected = np.empty_like(log)
    for day in range(log.shape[1]):
        change = sd * np.sqrt(1 - kept**2) * rng.standard_normal(last.shape)
        last = kept * last + change
        expected[:, day] = np.exp(np.clip(log[:, day] + last[:, :1] + last[:, 1:], -20, 20))
    expected *= design.ratio[known:] > 0
    gamma = rng.gamma(1 / fit.dispersion, fit.dispersion, expected.shape)
    return expected.sum(1), rng.poisson(expected * gamma).sum(1).astype(float)


def prequential_weights(
    forecasts: PastForecasts, structures: Mapping[str, SeasonalStructure]
) -> Floats:
    """Return the weights of the structures, (structures,), which sum to 1.

    The prior weights times the predictive densities of the past; where forecasts overlap, each
    counts for the days that it adds.
    """
    prior = np.array([structures[name].weight for name in forecasts.names])
    if not forecasts.origins:
        return np.asarray(prior / prior.sum())
    step = np.diff(forecasts.origins).mean() if len(forecasts.origins) > 1 else forecasts.horizon
    total = forecasts.log_density.sum(0) * step / forecasts.horizon
    return np.asarray(special.softmax(np.log(prior) + total))


def _log_ahead(fit: DemandFit, design: Design, known: int, coefficients: Floats) -> Floats:
    """Return the log conversions without processes, (draws, days, campaigns)."""
    ahead = design.window(slice(known, None))
    offset = linearise(ahead, fit.coefficients)
    return np.asarray(np.einsum("tks,ns->ntk", ahead.columns, coefficients) + offset)


def _log_density(counted: Floats, actual: Floats, running: Floats) -> float:
    """Return the log density of the sum of all campaigns plus the mean of the campaigns'.

    Args:
        counted: (draws, campaigns) totals.
        actual: (campaigns,) what was counted.
        running: (campaigns,) True where a campaign had spend; their shares weigh the mean.
    """
    share = np.where(running, np.maximum(actual, 1.0), 0.0)
    share = share / max(share.sum(), 1.0)
    totals = np.column_stack([counted.sum(1), counted])
    logs = np.log(totals + _HALF)
    sd = np.sqrt(logs.var(0) + _SMALLEST_SD**2)
    error = (np.log(np.array([actual.sum(), *actual]) + _HALF) - logs.mean(0)) / sd
    density = stats.t.logpdf(error, _DEGREES_OF_FREEDOM) - np.log(sd)
    return float(density[0] + density[1:] @ share)
