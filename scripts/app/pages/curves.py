"""The page of the response curves: what each campaign brings at other spends, and how surely."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from mediagym.data.formats import Currency, name_of

from ..planning import Curve, curve_of, specification
from ..storage import Store
from .charts import Spec, hatched, layer, money_form, number, rows
from .results import Findings, document, findings
from .visit import Reader

router = APIRouter()
_EVERY = 4  # points of a curve between two rows of its table
_RECENT = 28  # days whose mean is today's spend
_BEYOND = 1.6  # a chart goes so far beyond the highest spend of interest
_FURTHER = 12  # points of a chart beyond the end of its curve
_AXIS = "conversions per day"
_BESIDE = "datum.name === 'plan' ? -13 : 15"  # pixels of a name from its point, so that two fit
_WARNING = "WARNING"
Spread = dict[str, float | None]


class Point(NamedTuple):
    """A spend of a campaign, and what the curve says there."""

    spend: float  # per day
    conversions: Spread
    cpa: Spread  # of the next unit of spend
    extrapolated: bool


class Campaign(NamedTuple):
    """A campaign of the page."""

    name: str
    position: int  # in the calibration, for the address of its chart
    known_max: float  # spend per day above which the curve is extrapolated
    today: Point
    plan: Point | None  # at the mean budget of the plan under way; None: it has no budget there
    learnt: float  # share of the curve's elasticity that the data have taught
    table: list[tuple[float, Spread, bool]]  # spend, conversions, extrapolated


@router.get("/a/{advertiser}/curves", response_class=HTMLResponse)
def show_curves(visit: Reader, dataset: str | None = None) -> Response:
    """Page of all curves, beginning with how good the model's forecasts are."""
    found = findings(visit.store, visit.advertiser.id, dataset)
    calibration = found.document("calibrate", "calibration/calibration.json")
    if calibration is None:
        return visit.page("curves.html.j2", page="curves", found=found, calibration=None)
    planned = planned_spend(visit.store, visit.advertiser.id)
    today = recent_spend(found)
    campaigns = [
        _campaign(calibration, name, k, today, planned)
        for k, name in enumerate(calibration["campaigns"])
    ]
    campaigns.sort(key=lambda each: -each.today.spend)
    return visit.page(
        "curves.html.j2",
        page="curves",
        found=found,
        calibration=calibration,
        campaigns=campaigns,
        has_plan=bool(planned),
        doubtful=calibration["verdict"].startswith(_WARNING),
        verdict=calibration["verdict"].removeprefix(f"{_WARNING}: "),
        currency=Currency(calibration["currency"]),
    )


@router.get("/a/{advertiser}/charts/curve-{position}.json")
def chart(visit: Reader, position: int, dataset: str | None = None) -> JSONResponse:
    """Specification of the curve of one campaign."""
    found = findings(visit.store, visit.advertiser.id, dataset)
    calibration = found.document("calibrate", "calibration/calibration.json")
    names = list(calibration["campaigns"]) if calibration else []
    if not 0 <= position < len(names):
        return JSONResponse({"detail": "there is no such curve"}, 404)
    name = names[position]
    planned = planned_spend(visit.store, visit.advertiser.id)
    campaign = _campaign(calibration, name, position, recent_spend(found), planned)
    return JSONResponse(_chart(campaign, curve_of(calibration, name), calibration["currency"]))


def recent_spend(found: Findings) -> dict[str, float]:
    """Return the mean daily spend of each campaign over the last four weeks of the exports."""
    daily = found.daily()
    if daily is None:
        return {}
    means = daily.values["spend"][-_RECENT:].mean(0)
    return dict(zip(daily.names, means.tolist(), strict=True))


def planned_spend(store: Store, advertiser: str) -> dict[str, float]:
    """Return the mean daily budget of each campaign in the plan under way; empty without one."""
    scenario = store.adopted(advertiser)
    plan = None if scenario is None else document(store, scenario.result, "plan.json")
    if plan is None:
        return {}
    flight = plan["flight"]
    days = flight["days"] - flight["actual_days"] or 1
    return {name_of(row): row["planned_rest"] / days for row in plan["campaigns"]}


def _campaign(
    calibration: Mapping[str, Any],
    name: str,
    position: int,
    today: Mapping[str, float],
    planned: Mapping[str, float],
) -> Campaign:
    each, curve = calibration["campaigns"][name], curve_of(calibration, name)
    spend = today.get(name, each["observed"]["spend_mean"])
    return Campaign(
        name=name,
        position=position,
        known_max=curve.known_most,
        today=point_at(curve, spend),
        plan=point_at(curve, planned[name]) if name in planned else None,
        learnt=each["parameters"]["elasticity"]["learnt"],
        table=[
            (at, _spread(curve, at), at > curve.known_most) for at in curve.spend[::_EVERY].tolist()
        ],
    )


def point_at(curve: Curve, spend: float) -> Point:
    """Return what a curve says at a daily spend.

    The cost of the next conversion is one over the conversions that a further unit of spend brings.
    """
    low, middle, high = (float(1 / rate) if rate > 0 else None for rate in curve.next_rates(spend))
    cost = {"mean": middle, "p05": high, "p95": low}
    return Point(spend, _spread(curve, spend), cost, spend > curve.known_most)


def _spread(curve: Curve, spend: float) -> Spread:
    return {**vars(curve.estimate(spend))}


def _chart(campaign: Campaign, curve: Curve, currency: str | None) -> Spec:
    """Band, median, what is extrapolated, and where today's and the plan's spend lie."""
    known, plan = campaign.known_max, campaign.plan
    end = _BEYOND * max(known, campaign.today.spend, plan.spend if plan else 0.0, 1e-9)
    last = float(curve.spend[-1])
    further = np.geomspace(last, end, _FURTHER).tolist() if end > last else []
    inside = [x for x in curve.spend.tolist() if x < end]
    grid = sorted({*inside, *further, known, end})
    estimates = [curve.estimate(spend) for spend in grid]
    low, middle, high = ([getattr(e, part) for e in estimates] for part in ("p05", "mean", "p95"))
    beyond = [spend >= known for spend in grid]
    data = rows(spend=grid, low=low, middle=middle, high=high, beyond=beyond)
    x = number("spend", "spend per day", money_form(end), scale={"domain": [0, end], "nice": False})
    band = {"x": x, "y": number("low", _AXIS), "y2": {"field": "high"}}
    about = (
        f"Conversions per day of {campaign.name} by spend per day, median and 90 % interval; "
        f"extrapolated above {Currency(currency).whole(known)} per day."
    )
    layers = [
        layer("area", band, color="var(--s3)", opacity=0.4),
        hatched(band, "datum.beyond"),
        layer("line", {"x": x, "y": number("middle", _AXIS)}, color="var(--accent)"),
        *_marks(campaign, x, currency),
    ]
    return specification(currency, about, height=190, data=data, layer=layers)


def _marks(campaign: Campaign, x: Spec, currency: str | None) -> list[Spec]:
    """Points on the curve with their names: today and, if there is one, the plan."""
    money = Currency(currency)
    marks = [("today", campaign.today), *([("plan", campaign.plan)] if campaign.plan else [])]
    data = rows(
        name=[name for name, _ in marks],
        spend=[point.spend for _, point in marks],
        middle=[point.conversions["mean"] for _, point in marks],
        shown=[f"{money.whole(point.spend)} per day" for _, point in marks],
    )
    shapes = {"domain": ["today", "plan"], "range": ["circle", "diamond"]}
    place = {"x": x, "y": number("middle", _AXIS)}
    point = place | {
        "shape": {"field": "name", "type": "nominal", "scale": shapes, "legend": None},
        "tooltip": [{"field": "name", "title": " "}, {"field": "shown", "title": "spend"}],
    }
    text = place | {"text": {"field": "name"}}
    look = {"filled": True, "size": 90, "color": "var(--ink)", "opacity": 1}
    return [
        {"data": data, **layer("point", point, **look)},
        {"data": data, **layer("text", text, dy={"expr": _BESIDE}, fontWeight=600)},
    ]
