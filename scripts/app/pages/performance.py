"""The page that shows what happened: spend, results and their ratio, and what changed."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BeforeValidator

from mediagym.data.display import label
from mediagym.data.formats import NOTHING, Currency, count

from ..planning import specification
from .charts import (
    OTHERS,
    Spec,
    bars_by_time,
    count_form,
    line_by_time,
    money_form,
    rows,
)
from .history import Daily, Sums, largest, sums
from .periods import PRESETS, Period, buckets, chosen_period, preset
from .results import findings
from .visit import Reader, Visit

router = APIRouter()
By = Literal["campaign", "channel"]
Metric = Literal["spend", "conversions", "revenue", "cpa", "roas"]
TITLES: Mapping[str, str] = {
    "spend": "Spend",
    "conversions": "Conversions",
    "revenue": "Revenue",
    "cpa": "Cost per conversion (CPA)",
    "roas": "Return on ad spend (ROAS)",
}
_COLOURED = 7  # groups with a colour of their own
_TREND = 24  # points of a trend in the table
_Day = Annotated[date | None, BeforeValidator(lambda text: text or None), Query()]


class Row(NamedTuple):
    """A campaign or channel in the table; the page writes its numbers."""

    name: str
    now: Sums
    before: Sums
    share: float  # of the spend
    trend: str  # points of a polyline in a box of 100 by 20


@router.get("/a/{advertiser}/performance", response_class=HTMLResponse)
def show_performance(
    visit: Reader,
    dataset: str | None = None,
    first: _Day = None,
    last: _Day = None,
    by: By = "campaign",
) -> Response:
    """Page of a period: the last 28 days unless another one is named."""
    found = findings(visit.store, visit.advertiser.id, dataset)
    daily = found.daily()
    if daily is None:
        return visit.page("performance.html.j2", page="performance", found=found, daily=None)
    shown = daily if by == "campaign" else daily.by_channel()
    period = chosen_period(daily, first, last)
    current, previous = daily.rows(*period), _rows_before(daily, period)
    query = _query(period, by, dataset)
    return visit.page(
        "performance.html.j2",
        page="performance",
        found=found,
        daily=daily,
        by=by,
        period=period,
        dataset=dataset,
        presets=[_preset(visit, daily, days, label, query) for days, label in PRESETS],
        chart=lambda metric: visit.address("charts/performance.json", metric=metric, **query),
        now=sums(daily, current),
        before=sums(daily, previous) if previous is not None else None,
        rows=_table(shown, current, previous),
        grid=_grid(shown, period),
        titles=TITLES,
        currency=Currency(daily.currency),
        changed=(found.document("insights", "insights.json") or {}).get("changed"),
    )


@router.get("/a/{advertiser}/charts/performance.json")
def chart(
    visit: Reader,
    metric: Metric,
    dataset: str | None = None,
    first: _Day = None,
    last: _Day = None,
    by: By = "campaign",
) -> JSONResponse:
    """Specification of one chart of the page."""
    daily = findings(visit.store, visit.advertiser.id, dataset).daily()
    if daily is None:
        return JSONResponse({"detail": "the exports have not been read yet"}, 404)
    period = chosen_period(daily, first, last)
    shown = daily if by == "campaign" else daily.by_channel()
    if metric in ("cpa", "roas"):
        return JSONResponse(_ratio_chart(daily, period, metric))
    return JSONResponse(_stacked_chart(shown, period, metric))


def _query(period: Period, by: str, dataset: str | None) -> dict[str, Any]:
    return {"first": period.first, "last": period.last, "by": by, "dataset": dataset}


def _preset(
    visit: Visit, daily: Daily, days: int, label: str, query: dict[str, Any]
) -> tuple[str, str, bool]:
    """Label, address and whether it is shown, of a period to choose."""
    choice = _query(preset(daily, days), query["by"], query["dataset"])
    return label, visit.address("performance", **choice), choice == query


def _rows_before(daily: Daily, period: Period) -> slice | None:
    """Rows of the same number of days before a period; None if the history lacks some."""
    before = period.before
    return daily.rows(*before) if before.first >= daily.start else None


def _table(daily: Daily, current: slice, previous: slice | None) -> list[Row]:
    """Rows of the table, the dearest first; those without any figures are left out."""
    total = float(daily.values["spend"][current].sum())
    made = []
    for k in largest(daily, current, len(daily.names)):
        now = sums(daily, current, k)
        before = sums(daily, previous, k) if previous is not None else Sums(0.0, 0.0, 0.0)
        if now.spend or now.conversions or now.revenue or before.spend:
            share = now.spend / total if total else 0.0
            made.append(Row(daily.names[k], now, before, share, _trend(daily, current, k)))
    return made


def _trend(daily: Daily, current: slice, k: int) -> str:
    """Spend of a campaign over the period as points of a small line."""
    parts = min(_TREND, current.stop - current.start)
    means = [
        float(part.mean())
        for part in np.array_split(daily.values["spend"][current, k], max(parts, 1))
        if len(part)
    ]
    top = max(means, default=0.0) or 1.0
    step = 100 / max(len(means) - 1, 1)
    return " ".join(f"{i * step:.1f},{19 - 18 * mean / top:.1f}" for i, mean in enumerate(means))


def _groups(daily: Daily, period: Period) -> tuple[list[str], list[list[int]]]:
    """Names of a chart's groups and their columns; small ones are together."""
    order = largest(daily, daily.rows(*period), len(daily.names))
    whole = order if len(order) <= _COLOURED + 1 else order[:_COLOURED]
    names, columns = [daily.names[k] for k in whole], [[k] for k in whole]
    rest = list(order[len(whole) :])
    return ([*names, OTHERS], [*columns, rest]) if rest else (names, columns)


def _shown(daily: Daily, metric: str) -> Callable[[float], str]:
    """Function that writes a value of a metric."""
    currency = Currency(daily.currency)
    return count if metric == "conversions" else currency.whole


def _stacked_chart(daily: Daily, period: Period, metric: str) -> Spec:
    unit, bars = buckets(daily, period)
    groups, columns = _groups(daily, period)
    write, values = _shown(daily, metric), daily.values[metric]
    cells = [
        (bar, group, order, float(values[bar.rows][:, own].sum()))
        for bar in bars
        for order, (group, own) in enumerate(zip(groups, columns, strict=True))
    ]
    data = rows(
        date=[bar.first.isoformat() for bar, *_ in cells],
        until=[bar.until.isoformat() for bar, *_ in cells],
        label=[bar.label for bar, *_ in cells],
        group=[label(group) for _, group, _, _ in cells],
        order=[order for _, _, order, _ in cells],
        value=[round(value, 2) for *_, value in cells],
        shown=[write(value) for *_, value in cells],
    )
    top = max((sum(values[bar.rows].sum(1)) for bar in bars), default=0.0)
    form = count_form(top) if metric == "conversions" else money_form(top)
    axis = {"title": f"{TITLES[metric].lower()} per {unit}", "format": form}
    about = f"{TITLES[metric]} per {unit}, {period.label}, stacked by {len(groups)} groups."
    parts = bars_by_time(data, [label(group) for group in groups], unit, axis)
    return specification(daily.currency, about, height=240, **parts)


def _ratio_chart(daily: Daily, period: Period, metric: str) -> Spec:
    unit, bars = buckets(daily, period)
    currency = Currency(daily.currency)
    values = [getattr(sums(daily, bar.rows), metric) for bar in bars]
    write = currency.exact if metric == "cpa" else lambda value: f"{value:.2f}"
    data = rows(
        date=[bar.first.isoformat() for bar in bars],
        label=[bar.label for bar in bars],
        value=values,
        shown=[NOTHING if value is None else write(value) for value in values],
    )
    axis = {
        "title": f"{metric.upper()} per {unit}",
        "format": money_form(max(v or 0 for v in values)) if metric == "cpa" else ".1f",
    }
    about = f"{TITLES[metric]} per {unit}, {period.label}, all campaigns."
    return specification(daily.currency, about, height=200, **line_by_time(data, unit, axis))


def _grid(daily: Daily, period: Period) -> dict[str, Any]:
    """Table of the stacked charts: a row per bar, its sums, and the spend of each group."""
    unit, bars = buckets(daily, period)
    groups, columns = _groups(daily, period)
    spend = daily.values["spend"]
    return {
        "unit": unit,
        "groups": groups,
        "rows": [
            (
                bar.label,
                sums(daily, bar.rows),
                [float(spend[bar.rows][:, own].sum()) for own in columns],
            )
            for bar in bars
        ],
    }
