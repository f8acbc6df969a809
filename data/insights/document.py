"""What `insights.json` holds, as plain mappings; `insights.schema.json` describes it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

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
ALL = "all campaigns"
_WEEK = 7
_RECENT = 30  # days of the channel shares
_LITTLE = 5.0  # conversions that a week must be expected to have for an efficiency


@dataclass(frozen=True, eq=False)
class Insights:
    """Everything that was found out about one advertiser."""

    history: History
    attribution: Document | None  # of `attribution_document`; None without landings
    diagnosis: Diagnosis
    spend: Floats  # (days, campaigns) dollars that the forecast takes for granted
    comparison: Comparison
    outlooks: Mapping[Metric, Outlook]
    importances: Mapping[str, Mapping[str, float]]
    coverage: float  # of the forecast's intervals
    drift_coverage: float  # of the drifts'
    unseen: tuple[str, ...]  # campaigns whose spend ahead is above any day of the history
    notes: tuple[str, ...]


def document_of(found: Insights) -> Document:
    """Everything, JSON-able; what is undefined is null."""
    history = found.history
    return {
        "period": [str(history.dates[0]), str(history.dates[-1])],
        "campaigns": list(history.names),
        "happened": _happened(history),
        "daily": _daily(history),
        "weekly": _weekly(history, found.diagnosis.expectation),
        "attribution": found.attribution,
        "changed": _changed(found.diagnosis, found.drift_coverage),
        "expected": _expected(found),
        "unknown": limitations_of(history, found.attribution is not None, found.unseen),
        "notes": list(found.notes),
    }


def error_in(scores: Document) -> float:
    """A forecaster's WAPE of all campaigns, both metrics together; of nothing there is none."""
    return sum(own[ALL]["wape"] or 0.0 for own in scores.values())


def _happened(history: History) -> Document:
    shares = channel_shares(history, _RECENT)[-1]
    lines = {
        line.name: {key: _number(value) for key, value in line._asdict().items() if key != "name"}
        for line in history.summary()
    }
    totals = history.totals
    for at, line in enumerate(lines.values()):
        line |= {name: float(getattr(totals, name)[at]) for name in totals._fields}
    sums = {name: float(getattr(totals, name).sum()) for name in totals._fields}
    return {
        "days": len(history.dates),
        "totals": sums | {"bae": _number(bae(history.spend, history.revenue))},
        "campaigns": lines,
        "months": _months(history),
        "channel_diversity": _number(float(channel_diversity(shares))),
        "channel_breadth": _number(float(channel_breadth(shares))),
    }


def _months(history: History) -> list[Document]:
    months = history.dates.astype("datetime64[M]")
    return [
        {
            "month": str(month),
            "days": int((months == month).sum()),
            **{
                name: float(np.nansum(getattr(history, name)[months == month]))
                for name in ("spend", "conversions", "revenue")
            },
        }
        for month in np.unique(months)
    ]


def _daily(history: History) -> Document:
    """Conversions of every day; null where they were not reported."""
    columns = {name: history.conversions[:, at] for at, name in enumerate(history.names)}
    columns[ALL] = np.nansum(history.conversions, axis=1)
    return {
        "days": [str(day) for day in history.dates],
        "conversions": {name: _numbers(values) for name, values in columns.items()},
    }


def _weekly(history: History, found: Baseline) -> Document:
    """Sums of whole weeks that end with the last day, and efficiency where there is enough."""
    weeks = len(history.dates) // _WEEK

    def sums(values: Floats) -> Floats:
        return np.asarray(values[len(values) - weeks * _WEEK :].reshape(weeks, _WEEK, -1).sum(1))

    due, counted = sums(found.steady * found.known), sums(found.counted)
    efficiency = np.where(due >= _LITTLE, counted / np.maximum(due, _LITTLE), np.nan)
    columns = {
        name: sums(np.nan_to_num(getattr(history, name)))
        for name in ("spend", "conversions", "revenue")
    } | {"efficiency": efficiency}
    return {
        "weeks": [str(day) for day in history.dates[len(history.dates) - weeks * _WEEK :: _WEEK]],
        "campaigns": {
            name: {key: _numbers(values[:, at]) for key, values in columns.items()}
            for at, name in enumerate(history.names)
        },
    }


def _changed(found: Diagnosis, coverage: float) -> Document:
    return {
        "anomalies": [_plain(asdict(each)) for each in found.anomalies],
        "changes": [_plain(asdict(each)) for each in found.changes],
        "drifts": [_plain(asdict(each)) for each in found.drifts],
        "effects": [_plain(asdict(each)) for each in found.effects],
        "precedence": [_plain(asdict(each)) for each in found.precedence],
        "precedence_warning": GRANGER_WARNING,
        "drift_coverage": coverage,
    }


def _expected(found: Insights) -> Document:
    history, days = found.history, len(found.spend)
    first = history.dates[-1] + 1
    revenue = found.outlooks["revenue"].expected
    return {
        "days": [str(first + at) for at in range(days)],
        "spend": float(found.spend.sum()),
        "spend_by_campaign": _named(history, found.spend.sum(axis=0)),
        "bae": _number(bae(found.spend, revenue)),
        "forecaster": found.comparison.chosen,
        "coverage": found.coverage,
        "metrics": {
            metric: _outlook(history, outlook) for metric, outlook in found.outlooks.items()
        },
        "comparison": {
            "origins": [str(history.dates[origin]) for origin in found.comparison.origins],
            "forecasters": {
                name: {metric: _scores(history, scores) for metric, scores in both.items()}
                for name, both in found.comparison.scores.items()
            },
        },
        "importances": {name: dict(values) for name, values in found.importances.items()},
        "unseen": list(found.unseen),
    }


def _outlook(history: History, found: Outlook) -> Document:
    totals = found.expected.sum(axis=0)
    every = {
        name: _series(found.expected[:, at], found.interval.low[:, at], found.interval.high[:, at])
        | _range(float(totals[at]), float(found.least[at]), float(found.most[at]))
        for at, name in enumerate(history.names)
    }
    whole = found.together
    every[ALL] = _series(found.expected.sum(1), whole.low[:, 0], whole.high[:, 0]) | _range(
        float(totals.sum()), float(found.least[-1]), float(found.most[-1])
    )
    return {"backtests": found.backtests, "campaigns": every}


def _series(expected: Floats, low: Floats, high: Floats) -> Document:
    return {"expected": _numbers(expected), "low": _numbers(low), "high": _numbers(high)}


def _range(total: float, least: float, most: float) -> Document:
    return {"total": total, "least": _number(total * least), "most": _number(total * most)}


def _scores(history: History, scores: Any) -> Document:
    names = (*history.names, ALL)
    keys = ("mae", "rmse", "r2", "wape", "bias")
    return {
        name: {key: _number(float(getattr(scores, key)[at])) for key in keys}
        for at, name in enumerate(names)
    }


def _named(history: History, values: Floats) -> dict[str, float]:
    return dict(zip(history.names, map(float, values), strict=True))


def _plain(record: dict[str, Any]) -> Document:
    """Dates as text, arrays and tuples as lists."""
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
    """A number, or None for what is none."""
    return value if np.isfinite(value) else None
