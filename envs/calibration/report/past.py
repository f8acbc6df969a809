"""How well the model forecast the advertiser's past, and what the structures of demand assume."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

MODEL = "the model: all structures by weight"
_SLOW = 90  # days of half-life from which levels are said to move slowly
_MONTH = 14  # the same, within weeks
_YEAR = 365  # days
_RIVALS = {
    "same_weekday": "same weekday, mean of the last four weeks",
    "last_28_days": "mean of the last 28 days",
    "return_times_spend": "return of the last 28 days times spend",
    "log_log": "regression of log conversions on log spend and weekday",
    "seasonal_naive": "same days a year ago times the growth since",
}


class Row(NamedTuple):
    """One line of the table of forecasts of the past."""

    kind: str  # structure, model or naive
    name: str  # as in the settings
    description: str
    weight: float | None  # in [0, 1]; None: not a structure
    left_out: bool  # True: a structure too light to be calibrated
    total: float | None  # WAPE of the totals of all campaigns; None: not known
    campaign: float | None  # WAPE of the campaigns' totals
    best_total: bool  # True: no line has a smaller error
    best_campaign: bool


def verdict_of(report: Mapping[str, Any]) -> str:
    """Return one sentence: whether the model forecast the past better than naive forecasts.

    Args:
        report: report of a posterior, see ``Posterior.report``.
    """
    if "past" in report:
        return str(report["past"]["verdict"])
    if "structures" not in report:
        why = "the calibration is of an earlier version; calibrate again"
    elif not report["structures"].get("settings"):
        why = "it has no structures of demand, so that only the priors were used"
    else:
        why = "an update keeps the weights of the calibration that it continues"
    return f"The model was not compared with naive forecasts of the past: {why}."


def past_rows(report: Mapping[str, Any]) -> list[Row]:
    """Return structures by weight, the model and naive forecasts; none without structures."""
    structures = report.get("structures", {})
    settings, weights = structures.get("settings", {}), structures.get("weights", {})
    past = report.get("past", {})
    errors = past.get("structures", {})
    rows = [
        _row("structure", name, describe(settings[name]), errors.get(name))._replace(
            weight=float(weights[name]), left_out=name not in structures["names"]
        )
        for name in sorted(settings, key=lambda name: -weights[name])
    ]
    if past:
        rows.append(_row("model", "stack", MODEL, past["stack"]))
    for name, score in past.get("rivals", {}).items():
        description = _RIVALS.get(name, name.replace("_", " "))
        rows.append(_row("naive", name, description, score))
    totals = _smallest([row.total for row in rows])
    campaigns = _smallest([row.campaign for row in rows])
    return [
        row._replace(best_total=row.total == totals, best_campaign=row.campaign == campaigns)
        if row.total is not None
        else row
        for row in rows
    ]


def describe(structure: Mapping[str, Any]) -> str:
    """Return what a structure assumes, in words.

    Args:
        structure: half-lives, sds and season, see ``demand.Structure``.
    """
    half_life = structure["level_half_life"]
    if half_life >= _SLOW:
        pace = "slowly"
    else:
        pace = "within weeks" if half_life >= _MONTH else "within days"
    season = ", with season and events" if structure["season"] else ""
    size = _factor(structure["level_sd"])
    return (
        f"levels that move {pace} (half-life {half_life:g} days, by {size}); "
        f"shared demand by {_factor(structure['demand_sd'])}{season}"
    )


def season_note(report: Mapping[str, Any]) -> str:
    """Return why there is no season; empty if there is one, or no model of demand."""
    structures = report.get("structures", {})
    settings = structures.get("settings", {})
    if not settings or any(settings[name]["season"] for name in structures["names"]):
        return ""
    if any(each["season"] for each in settings.values()):
        return (
            "No season and no events are assumed: structures that have them forecast the past "
            "worse than those without."
        )
    if report["history"]["days"] < _YEAR:
        return "Less than a year of history: no season can be known."
    return (
        "Less than a year of history when first calibrated: no season can be known. A new "
        "calibration, without update, learns it."
    )


def least_separable(report: Mapping[str, Any]) -> str | None:
    """Return the campaign whose following is least certain relative to its elasticity.

    That is, with the widest 90 % interval of the share over its mean elasticity, of the campaigns
    that ever spent; None without any.
    """
    widths = {}
    for name, campaign in report["campaigns"].items():
        parameters = campaign["parameters"]
        if campaign.get("days_with_spend", 1) > 0 and "follow" in parameters:
            follow, elasticity = parameters["follow"], parameters["elasticity"]["mean"]
            widths[name] = (follow["p95"] - follow["p05"]) / max(elasticity, 1e-9)
    return max(widths, key=lambda name: widths[name]) if widths else None


def _row(kind: str, name: str, description: str, score: Mapping[str, float] | None) -> Row:
    total, campaign = (None, None) if score is None else (score["total"], score["campaign"])
    return Row(kind, name, description, None, False, total, campaign, False, False)


def _smallest(errors: list[float | None]) -> float | None:
    known = [error for error in errors if error is not None and np.isfinite(error)]
    return min(known) if known else None


def _factor(sd: float) -> str:
    """Return the sd of a logarithm as a percentage, or as a factor where it is large."""
    return f"{np.expm1(sd):.0%}" if sd < 0.5 else f"a factor of {np.exp(sd):.1f}"
