"""Content of `insights.json` as plain mappings; `insights.schema.json` is its schema."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..attribution import Document
from ..diagnosis import GRANGER_WARNING, Baseline, Diagnosis
from ..forecasting import (
    Comparison,
    Metric,
    Outlook,
    bae,
    channel_breadth,
    channel_diversity,
    channel_shares,
)
from ..history import History
from ..types import Floats
from .limitations import limitations_of

SCHEMA = Path(__file__).with_name("insights.schema.json")
ALL_CAMPAIGNS = "all campaigns"
_WEEK = 7
_SHARE_WINDOW = 30  # days of the channel shares
_MIN_EXPECTED = 5.0  # expected conversions of a week below which its efficiency is undefined


@dataclass(frozen=True, eq=False)
class Insights:
    """Results of every analysis of one advertiser."""

    history: History
    attribution: Document | None  # from `attribution_document`; None without landings
    diagnosis: Diagnosis
    spend: Floats  # (days, campaigns) in units of the currency, that the forecast assumes
    comparison: Comparison
    outlooks: Mapping[Metric, Outlook]
    importances: Mapping[str, Mapping[str, float]]
    coverage: float  # nominal coverage of the forecast's intervals, in (0, 1)
    drift_coverage: float  # nominal coverage of the intervals of drift, in (0, 1)
    extrapolated: tuple[str, ...]  # campaigns with a day ahead above their known spend
    notes: tuple[str, ...]


def insights_document(insights: Insights) -> Document:
    """Content of `insights.json`; undefined numbers are null."""
    history = insights.history
    return {
        "period": [str(history.dates[0]), str(history.dates[-1])],
        "currency": history.currency,
        "campaigns": list(history.names),
        "happened": _happened(history),
        "daily": _daily(history),
        "weekly": _weekly(history, insights.diagnosis.baseline),
        "attribution": insights.attribution,
        "changed": _changed(insights.diagnosis, insights.drift_coverage),
        "expected": _expected(insights),
        "unknown": limitations_of(history, insights.attribution is not None, insights.extrapolated),
        "notes": list(insights.notes),
    }


def total_wape(scores: Document) -> float:
    """Sum over the metrics of a forecaster's WAPE of all campaigns; an undefined one counts 0."""
    return sum(metric[ALL_CAMPAIGNS]["wape"] or 0.0 for metric in scores.values())


def _happened(history: History) -> Document:
    shares = channel_shares(history, _SHARE_WINDOW)[-1]
    campaigns = {
        row.name: {key: _number(value) for key, value in row._asdict().items() if key != "name"}
        for row in history.summary()
    }
    totals, revenue_is_known = history.totals, _revenue_is_known(history)
    for at, (entry, known) in enumerate(zip(campaigns.values(), revenue_is_known, strict=True)):
        entry |= {name: float(getattr(totals, name)[at]) for name in totals._fields}
        entry |= {} if known else dict.fromkeys(("revenue", "roas", "aov"))
    sums: Document = {name: float(getattr(totals, name).sum()) for name in totals._fields}
    sums |= {} if revenue_is_known.any() else {"revenue": None}
    efficiency = bae(history.spend, history.revenue) if revenue_is_known.any() else np.nan
    return {
        "days": len(history.dates),
        "totals": sums | {"bae": _number(efficiency)},
        "campaigns": campaigns,
        "months": _months(history),
        "channel_diversity": _number(float(channel_diversity(shares))),
        "channel_breadth": _number(float(channel_breadth(shares))),
    }


def _revenue_is_known(history: History) -> NDArray[np.bool_]:
    """(campaigns,) False where no export has a campaign's revenue: it is null, and not 0.

    Without a revenue column a paused campaign still has 0 on its days, so one day above 0 is
    asked for.
    """
    known = np.isfinite(history.revenue).any(axis=0)
    return np.asarray(known & bool((np.nan_to_num(history.revenue) > 0).any()))


def _months(history: History) -> list[Document]:
    months = history.dates.astype("datetime64[M]")
    unknown = {} if _revenue_is_known(history).any() else {"revenue": None}
    return [
        {
            "month": str(month),
            "days": int((months == month).sum()),
            **{
                name: float(np.nansum(getattr(history, name)[months == month]))
                for name in ("spend", "conversions", "revenue")
            },
            **unknown,
        }
        for month in np.unique(months)
    ]


def _daily(history: History) -> Document:
    """Daily conversions; null on days without a report."""
    columns = {name: history.conversions[:, at] for at, name in enumerate(history.names)}
    columns[ALL_CAMPAIGNS] = np.nansum(history.conversions, axis=1)
    return {
        "days": [str(day) for day in history.dates],
        "conversions": {name: _numbers(values) for name, values in columns.items()},
    }


def _weekly(history: History, baseline: Baseline) -> Document:
    """Sums over whole weeks, the last of which ends with the history, and their efficiency."""
    weeks = len(history.dates) // _WEEK

    def sums(values: Floats) -> Floats:
        return np.asarray(values[len(values) - weeks * _WEEK :].reshape(weeks, _WEEK, -1).sum(1))

    expected, counted = sums(baseline.steady * baseline.usable), sums(baseline.counted)
    efficiency = np.where(
        expected >= _MIN_EXPECTED, counted / np.maximum(expected, _MIN_EXPECTED), np.nan
    )
    columns = {
        name: sums(np.nan_to_num(getattr(history, name)))
        for name in ("spend", "conversions", "revenue")
    } | {"efficiency": efficiency}
    columns["revenue"][:, ~_revenue_is_known(history)] = np.nan
    return {
        "weeks": [str(day) for day in history.dates[len(history.dates) - weeks * _WEEK :: _WEEK]],
        "campaigns": {
            name: {key: _numbers(values[:, at]) for key, values in columns.items()}
            for at, name in enumerate(history.names)
        },
    }


def _changed(diagnosis: Diagnosis, coverage: float) -> Document:
    return {
        "anomalies": [_to_plain(asdict(anomaly)) for anomaly in diagnosis.anomalies],
        "changes": [_to_plain(asdict(change)) for change in diagnosis.changes],
        "drifts": [_to_plain(asdict(drift)) for drift in diagnosis.drifts],
        "effects": [_to_plain(asdict(effect)) for effect in diagnosis.effects],
        "precedence": [_to_plain(asdict(test)) for test in diagnosis.precedence],
        "precedence_warning": GRANGER_WARNING,
        "drift_coverage": coverage,
    }


def _expected(insights: Insights) -> Document:
    history, days = insights.history, len(insights.spend)
    first = history.dates[-1] + 1
    revenue, known = insights.outlooks["revenue"].expected, _revenue_is_known(history)
    return {
        "days": [str(first + at) for at in range(days)],
        "spend": float(insights.spend.sum()),
        "spend_by_campaign": _named(history, insights.spend.sum(axis=0)),
        "bae": _number(bae(insights.spend, revenue)) if known.any() else None,
        "forecaster": insights.comparison.chosen,
        "coverage": insights.coverage,
        "metrics": {
            metric: _outlook(
                history, outlook, known if metric == "revenue" else np.ones_like(known)
            )
            for metric, outlook in insights.outlooks.items()
        },
        "comparison": {
            "origins": [str(history.dates[origin]) for origin in insights.comparison.origins],
            "forecasters": {
                name: {metric: _scores(history, scores) for metric, scores in by_metric.items()}
                for name, by_metric in insights.comparison.scores.items()
            },
        },
        "importances": {name: dict(values) for name, values in insights.importances.items()},
        "unseen": list(insights.extrapolated),
    }


def _outlook(history: History, outlook: Outlook, known: NDArray[np.bool_]) -> Document:
    """Forecasts by campaign; null where the history knows nothing of the metric."""
    gap = np.where(known, 0.0, np.nan)
    expected, totals = outlook.expected + gap, outlook.expected.sum(axis=0) + gap
    campaigns = {
        name: _series(
            expected[:, at],
            outlook.interval.low[:, at] + gap[at],
            outlook.interval.high[:, at] + gap[at],
        )
        | _range(
            float(totals[at]), float(outlook.lowest_ratio[at]), float(outlook.highest_ratio[at])
        )
        for at, name in enumerate(history.names)
    }
    together, none = outlook.total_interval, 0.0 if known.any() else np.nan
    campaigns[ALL_CAMPAIGNS] = _series(
        outlook.expected.sum(1) + none, together.low[:, 0] + none, together.high[:, 0] + none
    ) | _range(
        float(outlook.expected.sum()) + none,
        float(outlook.lowest_ratio[-1]),
        float(outlook.highest_ratio[-1]),
    )
    return {"backtests": outlook.backtests, "campaigns": campaigns}


def _series(expected: Floats, low: Floats, high: Floats) -> Document:
    return {"expected": _numbers(expected), "low": _numbers(low), "high": _numbers(high)}


def _range(total: float, lowest_ratio: float, highest_ratio: float) -> Document:
    lowest, highest = total * lowest_ratio, total * highest_ratio
    return {"total": _number(total), "least": _number(lowest), "most": _number(highest)}


def _scores(history: History, scores: Any) -> Document:
    names = (*history.names, ALL_CAMPAIGNS)
    keys = ("mae", "rmse", "r2", "wape", "bias")
    return {
        name: {key: _number(float(getattr(scores, key)[at])) for key in keys}
        for at, name in enumerate(names)
    }


def _named(history: History, values: Floats) -> dict[str, float]:
    return dict(zip(history.names, map(float, values), strict=True))


def _to_plain(record: dict[str, Any]) -> Document:
    """The record with dates as text, and arrays and tuples as lists."""
    out: Document = {}
    for key, value in record.items():
        if isinstance(value, np.ndarray):
            out[key] = _numbers(value)
        elif isinstance(value, tuple):
            out[key] = list(value)
        else:
            out[key] = value if isinstance(value, str | int | float | dict) else str(value)
    return out


def _numbers(values: Floats) -> list[float | None]:
    return [_number(float(value)) for value in values]


def _number(value: float) -> float | None:
    """A number, or None if it is not finite."""
    return value if np.isfinite(value) else None
