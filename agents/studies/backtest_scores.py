"""Scores of a backtest: pooled over its origins, compared with the rivals', and the verdict.

A rival is compared with the model over the origins from which both can forecast. Those that can
forecast from every origin are ranked together. A rival that needs a longer history than the first
origins have, such as the seasonal naive, is scored over its own origins, with the model's scores
over the same ones beside it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data.forecasting import NAIVE_FORECASTS, Verification, pooled_scores
from ...data.history import History
from ..evaluation import Resamples, interval
from .backtest import COVERAGES, BacktestCommand, Origin

_FEW_ORIGINS = 8  # of fewer a bootstrap says nothing
_RESAMPLES = 2_000
_COMPARED = {
    "daily_wape": "the day's total (WAPE)",
    "total_wape": "the horizon's total (WAPE)",
    "campaign_wape": "the campaigns' totals (WAPE)",
    "crps": "the day's distribution (CRPS)",
}
_Scores = dict[str, float | None]


def backtest_document(
    origins: list[Origin], latest: Origin, command: BacktestCommand, history: History
) -> dict[str, Any]:
    """Return the content of ``backtest.json``; its verdict names the rivals that win."""
    pooled = _side_by_side(origins)
    horizon, campaigns = command.backtest.horizon, len(history.campaigns)
    verdict = _verdict(pooled, len(origins), f"{horizon}-day totals", campaigns)
    return {
        "verdict": verdict,
        "ratio_to_best_rival": _ratio_to_best(pooled),
        "ratio_interval95": _ratio_interval(pooled, origins),
        "metric": command.metric,
        "currency": history.currency,
        "objective": command.objective.name,
        "horizon": horizon,
        "history": {"fingerprint": history.fingerprint(), "days": len(history.dates)},
        "origins": [_alone(origin) for origin in origins],
        **pooled,
        "latest": _alone(latest),
        "goals": command.backtest.goals,
        "remarks": [
            verdict,
            *_remarks(pooled, _origins(len(origins))),
            *_remarks(_side_by_side([latest]), f"from {latest.date}"),
        ],
    }


def _side_by_side(origins: list[Origin]) -> dict[str, Any]:
    """Return the pooled scores of the model and of each rival.

    ``partial`` has an entry for each rival that some of the origins lack: the number of its
    origins, and the model's scores over them.
    """
    rivals, partial = {}, {}
    for name in NAIVE_FORECASTS:
        own = [origin for origin in origins if name in origin.rivals]
        if not own:
            continue
        rivals[name] = _pooled([origin.rivals[name] for origin in own])
        if len(own) < len(origins):
            model = _pooled([origin.model for origin in own])
            partial[name] = {"origins": len(own), "model": model}
    model = _pooled([origin.model for origin in origins])
    return {"model": model, "rivals": rivals, "partial": partial}


def _pooled(horizons: list[Verification]) -> _Scores:
    """Return scores over several horizons; coverage over those with intervals, None without."""
    scores: _Scores = {**pooled_scores(horizons)}
    for name in COVERAGES:
        shares = [getattr(each, name) for each in horizons if np.isfinite(getattr(each, name))]
        scores[name] = float(np.mean(shares)) if shares else None
    return scores


def _alone(origin: Origin) -> dict[str, Any]:
    forecasts = {"model": origin.model, **origin.rivals}
    return {
        "date": str(origin.date),
        "days_known": origin.day,
        "actual_total": origin.model.actual,
        "total_interval90": list(origin.model.interval),
        "forecast_totals": {name: each.actual + each.bias for name, each in forecasts.items()},
        **_side_by_side([origin]),
    }


def _opponents(pooled: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores of the rivals that can forecast from every origin."""
    return {name: r for name, r in pooled["rivals"].items() if name not in pooled["partial"]}


def _ratio_to_best(pooled: Mapping[str, Any]) -> float | None:
    """Return the model's WAPE of totals over the best rival's; None if that one has no error."""
    best = min(scores["total_wape"] for scores in _opponents(pooled).values())
    return pooled["model"]["total_wape"] / best if best > 0 else None


def _ratio_interval(pooled: Mapping[str, Any], origins: list[Origin]) -> list[float] | None:
    """Return the ratio's paired bootstrap interval over origins; None for few of them."""
    opponents = _opponents(pooled)
    best = min(opponents, key=lambda name: opponents[name]["total_wape"])
    errors = np.abs([[origin.model.bias, origin.rivals[best].bias] for origin in origins])
    if len(origins) < _FEW_ORIGINS or not errors[:, 1].any():
        return None
    ours, theirs = (Resamples(len(origins), _RESAMPLES, 0).markets @ errors).T
    return interval(ours / np.maximum(theirs, 1e-300))


def _verdict(pooled: Mapping[str, Any], count: int, totals: str, campaigns: int) -> str:
    """Return who forecasts best, by total and by campaign, in one line."""
    known = f"(WAPE, {_origins(count)})"
    sentences = [_winner(pooled, "total_wape", f"forecasts {totals}", known)]
    if campaigns > 1:
        sentences.append(_winner(pooled, "campaign_wape", "forecasts totals by campaign", ""))
    for name, part in pooled["partial"].items():
        won = [
            f"{what}, {' against '.join(_errors(rival, ours))}"
            for score, what in (("total_wape", totals), ("campaign_wape", "totals by campaign"))
            if (rival := pooled["rivals"][name][score]) < (ours := part["model"][score])
            and (score == "total_wape" or campaigns > 1)
        ]
        if won:
            where = f"Over the {part['origins']} of {_origins(count)} that it can forecast from"
            sentences.append(f"{where}, {name} is better than the model: {'; '.join(won)}.")
    return " ".join(sentences)


def _winner(pooled: Mapping[str, Any], score: str, does: str, known: str) -> str:
    """Return a sentence on one score: the model or, better than it, a rival forecasts best."""
    ours, tail = pooled["model"][score], f" {known}" if known else ""
    ranked = sorted((scores[score], name) for name, scores in _opponents(pooled).items())
    error, best = ranked[0]
    if ours <= error:
        own, other = _errors(ours, error)
        return f"The model {does} best: {own}; the best rival, {best}, {other}{tail}."
    others = [f"{name} ({_errors(each, ours)[0]})" for each, name in ranked[1:] if each < ours]
    also = f"; so {'do' if others[1:] else 'does'} {', '.join(others)}" if others else ""
    against = " against ".join(_errors(error, ours))
    return f"{best} {does} better than the model: {against}{tail}{also}."


def _remarks(pooled: Mapping[str, Any], when: str) -> list[str]:
    """Return a sentence per score at which a naive forecast beats the model."""
    lines = []
    for score, what in _COMPARED.items():
        for name, scores in pooled["rivals"].items():
            part = pooled["partial"].get(name, pooled)
            ours = part["model"][score]
            if scores[score] < ours:
                own = f" (its {_origins(part['origins'])})" if name in pooled["partial"] else ""
                both = f"{scores[score]:,.3f}, {ours:,.3f}"
                lines.append(f"{when}: {name} beats the model at {what}{own}: {both}.")
    return lines


def _origins(count: int) -> str:
    return "1 origin" if count == 1 else f"{count} origins"


def _errors(*wapes: float) -> list[str]:
    """Return WAPEs as ``.066``, with more digits where two different ones would read the same."""
    for digits in (3, 4, 5):
        texts = [f"{each:,.{digits}f}".removeprefix("0") for each in wapes]
        if len(set(texts)) == len(set(wapes)):
            break
    return texts
