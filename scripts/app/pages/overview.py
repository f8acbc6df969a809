"""The first page of an advertiser: what to do next, the plan under way, and how things go."""

from datetime import date
from typing import Any, NamedTuple

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mediagym.data.formats import Currency
from mediagym.data.recommendations import curve_recommendations, performance_recommendations

from ..jobs import jobs
from ..storage import SAMPLE_NAME, Scenario
from .history import sums
from .periods import preset
from .progress import open_jobs
from .results import Findings, document, findings
from .visit import Reader, Visit

router = APIRouter()
_HINTS = 6  # recommendations that are shown; each analysis has its own page
_RECENT = 28  # days of the key figures


class Step(NamedTuple):
    """Something to do next, and where."""

    text: str
    address: str
    link: str


class UnderWay(NamedTuple):
    """The adopted plan, and how far its flight is by the exports."""

    scenario: Scenario
    plan: Any  # content of plan.json
    day: int  # days of the flight that the exports have
    is_newer: bool  # the exports reach into the flight further than the plan has seen


@router.get("/", response_class=HTMLResponse)
def show_first(visit: Reader) -> Response:
    """The latest advertiser's overview; without one, the page that adds one."""
    every = visit.store.advertisers()
    return RedirectResponse(f"/a/{every[0].id}/" if every else "/new", 303)


@router.get("/a/{advertiser}", response_class=HTMLResponse)
def show_without_slash(visit: Reader) -> Response:
    """The overview, under its own address."""
    return RedirectResponse(visit.address(""), 301)


@router.get("/a/{advertiser}/", response_class=HTMLResponse)
def show_overview(visit: Reader) -> Response:
    """Overview of an advertiser."""
    found = findings(visit.store, visit.advertiser.id)
    daily = found.daily()
    under_way = _under_way(visit, found)
    insights = found.document("insights", "insights.json")
    calibration = found.document("calibrate", "calibration/calibration.json")
    hints = (performance_recommendations(insights) if insights else []) + (
        curve_recommendations(calibration) if calibration else []
    )
    period = None if daily is None else preset(daily, _RECENT)
    has_before = period is not None and daily is not None and period.before.first >= daily.start
    return visit.page(
        "overview.html.j2",
        page="",
        found=found,
        steps=_steps(visit, found, under_way),
        hints=hints[:_HINTS],
        daily=daily,
        period=period,
        now=sums(daily, daily.rows(*period)) if daily and period else None,
        before=sums(daily, daily.rows(*period.before)) if has_before and daily and period else None,
        currency=Currency(daily.currency if daily else None),
        under_way=under_way,
        running=open_jobs(jobs(visit.store, visit.advertiser.id)),
        scenarios=visit.store.scenarios(visit.advertiser.id),
    )


def _under_way(visit: Visit, found: Findings) -> UnderWay | None:
    """The adopted plan, if its file is there."""
    scenario = visit.store.adopted(visit.advertiser.id)
    plan = None if scenario is None else document(visit.store, scenario.result, "plan.json")
    if scenario is None or plan is None:
        return None
    flight, daily = plan["flight"], found.daily()
    known = 0
    if daily is not None:
        since = (daily.end - date.fromisoformat(flight["start"])).days + 1
        known = min(max(since, 0), flight["days"])
    return UnderWay(scenario, plan, known, known > flight["actual_days"])


def _steps(visit: Visit, found: Findings, under_way: UnderWay | None) -> list[Step]:
    """What to do next, from how far the advertiser has come."""
    steps = [
        Step(text, visit.address(page), link) for text, page, link in _own(visit, found, under_way)
    ]
    if visit.advertiser.id == SAMPLE_NAME and visit.principal.may("run"):
        text = "This advertiser is made up, to look around with. Add your own to plan with exports."
        steps.insert(0, Step(text, "/new", "New advertiser"))
    return steps


def _own(visit: Visit, found: Findings, under_way: UnderWay | None) -> list[tuple[str, str, str]]:
    """What to do next for the advertiser of the page: a text, a page and the words of its link."""
    if found.dataset is None:
        return [("Upload the exports of your ad platforms.", "data", "Upload")]
    if found.failed("ingest"):
        return [("Some exports cannot be read: fix what the list names.", "data", "See what")]
    if "ingest" not in found.latest:
        return [("Have the exports read and analysed.", "data", "Read them")]
    steps = []
    if found.failed("calibrate"):
        steps.append(("The response curves could not be calibrated.", "curves", "See why"))
    return [*steps, _next_of_plan(visit, under_way)]


def _next_of_plan(visit: Visit, under_way: UnderWay | None) -> tuple[str, str, str]:
    """What to do about the plan once the exports are read."""
    if under_way is not None and under_way.is_newer:
        text = f"Day {under_way.day} of the flight has been reported: re-plan the days left."
        return (text, "replan", "Re-plan")
    if under_way is not None:
        text = "Keep the pace of the plan in view, and upload newer exports as days pass."
        return (text, "pacing", "Pacing")
    if visit.store.scenarios(visit.advertiser.id):
        text = "Compare your saved plans and adopt the one to carry out."
        return (text, "compare", "Compare")
    text = "Say what budget you have and which bounds hold, and get a plan."
    return (text, "plan", "Plan")
