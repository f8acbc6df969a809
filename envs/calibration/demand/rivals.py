"""How well the structures forecast the advertiser's own past, beside naive forecasts."""

from typing import Any

import numpy as np

from ....data.forecasting import NAIVE_FORECASTS, days_needed
from ....data.history import History
from ....data.types import Floats
from .smallest import summed
from .weighting import PastForecasts


def past_report(
    history: History, forecasts: PastForecasts, weights: dict[str, float]
) -> dict[str, Any]:
    """Return errors of the stack, of its structures and of naive forecasts, JSON-able.

    All forecast the conversions of the same days, given their spend, from the days before.
    """
    shares = np.array([weights[name] for name in forecasts.names])
    scores = {"stack": _errors(np.einsum("s,osk->ok", shares, forecasts.totals), forecasts.actual)}
    spans = [(day, day + forecasts.horizon) for day in forecasts.origins]
    rivals = {
        name: _errors(
            np.array([summed(_total(rival, history, *s), forecasts.columns) for s in spans]),
            forecasts.actual,
        )
        for name, rival in NAIVE_FORECASTS.items()
        if all(first >= days_needed(rival) for first, _ in spans)
    }
    return {
        "horizon": forecasts.horizon,
        "origins": [str(history.dates[day]) for day in forecasts.origins],
        "stack": scores["stack"],
        "structures": {
            name: _errors(forecasts.totals[:, column], forecasts.actual)
            for column, name in enumerate(forecasts.names)
        },
        "rivals": rivals,
        "verdict": _verdict(scores["stack"], rivals, forecasts),
    }


def _total(rival: Any, history: History, first: int, end: int) -> Floats:
    """Return a naive forecast's totals, (campaigns,)."""
    spend = np.nan_to_num(history.spend[first:end])
    return np.asarray(rival(history.window(None, first), spend, "conversions").sum(0))


def _errors(forecast: Floats, actual: Floats) -> dict[str, float] | None:
    """Return WAPE of totals and of campaigns' totals; None without anything to compare."""
    if not actual.size or actual.sum() <= 0:
        return None
    total = np.abs(forecast.sum(1) - actual.sum(1)).sum() / actual.sum()
    return {
        "total": float(total),
        "campaign": float(np.abs(forecast - actual).sum() / actual.sum()),
    }


def _verdict(
    stack: dict[str, float] | None,
    rivals: dict[str, dict[str, float] | None],
    forecasts: PastForecasts,
) -> str:
    """Return one sentence: who forecast the totals of the past best."""
    scored = {name: score for name, score in rivals.items() if score is not None}
    if not forecasts.origins:
        return "The history is too short to compare the model with naive forecasts."
    if stack is None or not scored:
        return "No conversions on past dates: the model cannot be compared with naive forecasts."
    best = min(scored, key=lambda name: scored[name]["total"])
    label = best.replace("_", " ")
    count = len(forecasts.origins)
    what = f"totals of {forecasts.horizon} days from {count} past dates"
    ours, theirs = stack["total"], scored[best]["total"]
    if ours <= theirs:
        return (
            f"The model forecasts the {what} best, with an error of {ours:.1%}; the best naive "
            f"forecast, {label}, has {theirs:.1%}."
        )
    return (
        f"WARNING: {label} forecasts the {what} better than the model: an error of {theirs:.1%} "
        f"against {ours:.1%}."
    )
