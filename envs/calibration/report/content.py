"""Content of a calibration report and of ``calibration.json``.

Response curves are steady-state responses at the current level: conversions per day once the stock
has converged, averaged over weekdays. Each extends to five times the largest observed daily spend.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....data.history import OBSERVED, History
from ....data.types import Floats
from ...market import Market, Stream, generator, half_life_of, steady_conversions
from .. import (
    DIMENSIONS,
    ObservedHistory,
    Parameters,
    Posterior,
    Priors,
    SpendingFacts,
    draw_levels,
    observed_history_from,
    parameters_from_normals,
    prior_centres_of,
)
from .checks import Check, one_day_ahead
from .past import least_separable, past_rows, season_note, verdict_of

PARAMETERS = (
    "conversions", "elasticity", "follow", "half_life", "dispersion", "level_sd", "level_half_life",
    "slope",
)  # fmt: skip
LEVELS = ("level_sd", "level_half_life")  # parameters that the structures of demand set
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_CURVE_EXTENT = 5.0  # multiple of the largest observed daily spend at which a curve ends
_CURVE_POINTS = 61
_POSTERIOR_DRAWS = 400  # number of draws behind curves, levels and checks
_PRIOR_DRAWS = 4000


class CalibrationContent(NamedTuple):
    """Everything that the report shows; the last axis of every array is campaigns."""

    names: tuple[str, ...]
    dates: NDArray[np.datetime64]  # (days,) dates of the history
    spend: Floats  # (days, campaigns) in units of the currency, NaN where not observed
    conversions: Floats  # (days, campaigns), NaN where not observed
    grid: Floats  # (points, campaigns) spend per day
    curve: Floats  # (quantiles, points, campaigns) conversions per day
    marginal: Floats  # (quantiles, points - 1, campaigns) conversions per further unit of spend
    prior: Mapping[str, Floats]  # parameter -> (draws, campaigns)
    posterior: Mapping[str, Floats]  # parameter -> (draws, campaigns)
    weekday: Floats  # (quantiles, 7, campaigns) multipliers
    weekday_prior: Floats  # (quantiles, 7, campaigns)
    level: Floats  # (quantiles, days, campaigns) multipliers
    check: Check
    report: Mapping[str, Any]  # ``Posterior.report``
    currency: str | None  # of all amounts, see ``History``
    known_max: Floats  # (campaigns,) spend per day above which curves are extrapolated
    spending: SpendingFacts | None  # None: not known; the dearest day of all is ``known_max``


def calibration_content(
    history: History, posterior: Posterior, priors: Priors
) -> CalibrationContent:
    """Return the content of a calibration report.

    Args:
        history: the calibrated history.
        posterior: posterior given that history.
        priors: priors of that posterior.
    """
    rng = generator(Stream.CALIBRATION_REPORT)
    observed = observed_history_from(history)
    market, state = posterior.sample_training(_POSTERIOR_DRAWS)
    saved = posterior.update_state  # an update keeps the centres of the first calibration
    centres = prior_centres_of(history, observed, priors) if saved is None else saved.centres
    z = rng.standard_normal((_PRIOR_DRAWS, len(history.campaigns), DIMENSIONS))
    prior = parameters_from_normals(z, priors, centres)
    prior_draws = _prior(prior, posterior, rng)
    seen = history.presence == OBSERVED
    grid, own = _grid(posterior), _parameters(posterior)
    fitted, known, follow = _as_fitted(market, observed, posterior)
    curves = steady_conversions(market, grid[:, None], state.level)
    return CalibrationContent(
        names=history.names,
        dates=history.dates,
        spend=np.where(seen, history.spend, np.nan),
        conversions=np.where(seen, history.conversions, np.nan),
        grid=grid,
        curve=_quantiles(curves, 1),
        marginal=_quantiles(np.diff(curves, axis=0) / np.diff(grid, axis=0)[:, None], 1),
        prior={name: values for name, values in prior_draws.items() if name in own},
        posterior=own,
        weekday=_quantiles(np.exp(posterior.market.weekday), 0),
        weekday_prior=_quantiles(np.exp(prior.weekday), 0),
        level=_quantiles(np.exp(draw_levels(fitted, known, rng, follow)), 1),
        check=one_day_ahead(fitted, known, rng, follow),
        report=posterior.report,
        currency=posterior.currency,
        known_max=posterior.known_max,
        spending=posterior.spending,
    )


def calibration_document(content: CalibrationContent) -> dict[str, Any]:
    """Return the content of ``calibration.json``; the verdict on the model is its first line."""
    report = content.report
    return {
        "verdict": verdict_of(report),
        "history": content.report["history"],
        "currency": content.currency,
        "quantiles": list(QUANTILES),
        "campaigns": {name: _campaign(content, k) for k, name in enumerate(content.names)},
        "past": [row._asdict() for row in past_rows(report)],
        "season": season_note(report),
        "least_separable": least_separable(report) if "follow" in content.posterior else None,
        "demand": report.get("demand"),
        "notes": list(report["notes"]),
    }


def _campaign(content: CalibrationContent, k: int) -> dict[str, Any]:
    spend, check = content.spend[:, k], content.check
    summary = content.report["campaigns"][content.names[k]]
    spend_max = float(np.nanmax(spend, initial=0.0))
    return {
        "observed": {
            "days": int(np.isfinite(spend).sum()),
            "spend_mean": _number(np.nanmean(spend)) if np.isfinite(spend).any() else 0.0,
            "spend_max": spend_max,
            **_lately(content.spending, k),
            "conversions": _number(np.nansum(content.conversions[:, k])),
        },
        "curve": {
            "spend": content.grid[:, k].tolist(),
            "known_max": float(content.known_max[k]),
            "times_observed_max": (content.grid[:, k] / max(spend_max, 0.01)).tolist(),
            "conversions": content.curve[:, :, k].tolist(),
            "marginal": content.marginal[:, :, k].tolist(),  # between two neighbouring spends
        },
        "parameters": {
            name: {
                "prior": np.quantile(content.prior[name][:, k], QUANTILES).tolist(),
                "posterior": np.quantile(content.posterior[name][:, k], QUANTILES).tolist(),
                "mean": float(content.posterior[name][:, k].mean()),
                "learnt": summary["parameters"][name]["learnt"],
            }
            for name in content.posterior
        },
        "weekday": {
            "posterior": content.weekday[:, :, k].tolist(),
            "prior": content.weekday_prior[:, :, k].tolist(),
            "learnt": summary["parameters"]["weekday"]["learnt"],
        },
        "level": content.level[:, :, k].tolist(),
        "checks": {
            "one_day_ahead_coverage50": _number(check.coverage50[k]),
            "one_day_ahead_coverage90": _number(check.coverage90[k]),
            "persistence_of_errors": _number(check.persistence[k]),
            "approximation": summary["start"],
            "unique": summary["unique"],
            "acceptance": summary["acceptance"],
        },
    }


def _lately(spending: SpendingFacts | None, k: int) -> dict[str, Any]:
    """Return a campaign's spending facts; a season that is not known is None."""
    if spending is None:
        return {}
    season = float(spending.season_max[k])
    return {
        "recent_max": float(spending.recent_max[k]),
        "season_max": None if np.isnan(season) else season,
        "days_without_spend": int(spending.days_off[k]),
    }


def _number(value: Any) -> float:
    return float(np.nan_to_num(value))


def _grid(posterior: Posterior) -> Floats:
    """Return the spends of the curves, (points, campaigns), denser inside the observed range."""
    largest = np.maximum(posterior.spend_max, 1.0)
    return np.linspace(0, 1, _CURVE_POINTS)[:, None] ** 1.7 * _CURVE_EXTENT * largest


def _as_fitted(
    market: Market, observed: ObservedHistory, posterior: Posterior
) -> tuple[Market, ObservedHistory, Floats | None]:
    """Return market, history and spend following as the likelihood had them.

    The demand of the history is known, the mean of the structures', so that neither the calendar
    of the days after it nor the sd of the shared demand has a part in it.
    """
    demand = posterior.report.get("demand")
    if demand is None or posterior.follow is None:
        return market, observed, None
    path = np.log(np.maximum(demand["history"], 1e-4))[:, None]
    known = observed._replace(
        demand=np.broadcast_to(path, observed.spend.shape),
        spend_index=posterior.follow.spend_index.values(observed.spend),
    )
    strength = posterior.follow.strength[: posterior.draws - posterior.held_out]
    index = np.linspace(0, len(strength) - 1, len(market.elasticity)).astype(int)
    still = market._replace(calendar=None, demand_kept=None, demand_sd=0 * market.demand_sd)
    return still, known, strength[index]


def _prior(prior: Parameters, posterior: Posterior, rng: np.random.Generator) -> dict[str, Floats]:
    """Return prior draws of the parameters; levels have the medians of the structures, if any."""
    draws = {name: getattr(prior, name) for name in PARAMETERS}
    structures = list(posterior.report.get("structures", {}).get("settings", {}).values())
    if structures:
        weight = np.array([structure["weight"] for structure in structures])
        chosen = rng.choice(len(structures), len(prior.elasticity), p=weight / weight.sum())
        for name in LEVELS:
            medians = np.array([structure[name] for structure in structures])[chosen]
            draws[name] = medians[:, None] + 0 * draws[name]
    return draws


def _parameters(posterior: Posterior) -> dict[str, Floats]:
    """Return posterior draws of the parameters that have priors, from the market's fields."""
    market, _ = posterior.training()
    step_sd = market.level_sd  # a shared demand of its own is no part of the level
    if market.demand_kept is None:
        step_sd = np.hypot(market.level_sd, market.demand_sd)
    follow = {}
    if posterior.follow is not None:
        follow["follow"] = posterior.follow.strength[: posterior.draws - posterior.held_out]
    return {
        "conversions": market.reference_conversions,
        "elasticity": market.elasticity,
        **follow,
        "half_life": half_life_of(market.carryover),
        "dispersion": market.dispersion,
        "level_sd": step_sd / np.sqrt(1 - market.level_kept**2),
        "level_half_life": half_life_of(market.level_kept),
        "slope": market.slope,
    }


def _quantiles(draws: Floats, axis: int) -> Floats:
    return np.asarray(np.quantile(draws, QUANTILES, axis=axis))
