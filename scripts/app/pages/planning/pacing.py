"""The page Pacing: the plan under way against what was spent and reported."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from mediagym.data.formats import Currency

from ...jobs import latest_jobs
from ...planning import Pacing, pacing, pacing_chart
from ...storage import Scenario, Store, UnknownError
from .. import Findings, Reader, Visit, findings
from .results import daily_reports_of, plan_content

router = APIRouter()
STATUS = {  # of a pace, in words
    "unknown": "not known yet",
    "on_pace": "on pace",
    "under": "behind",
    "over": "ahead",
    "paused": "paused",
}


@router.get("/a/{advertiser}/pacing")
def pacing_page(visit: Reader) -> Response:
    """Show how the adopted plan goes."""
    found = findings(visit.store, visit.advertiser.id)
    adopted = visit.store.adopted(visit.advertiser.id)
    values: dict[str, Any] = {"found": found, "adopted": adopted, "state": None, "end": None}
    if adopted is not None:
        plan = plan_content(visit.store, adopted.result)
        values |= {"plan": plan, "currency": Currency(plan["currency"]), "statuses": STATUS}
        values["state"] = _state(found, visit.store, adopted)
        values["end"] = _projected(visit, plan)
    return visit.page("pacing.html.j2", page="pacing", **values)


def _state(found: Findings, store: Store, adopted: Scenario) -> Pacing | None:
    daily = found.daily()
    if daily is None:
        return None
    return pacing(plan_content(store, adopted.result), daily_reports_of(daily))


def _projected(visit: Visit, plan: dict[str, Any]) -> dict[str, Any] | None:
    """Return the pace of the last re-plan of the same flight, which has replayed the reports."""
    job = latest_jobs(visit.store, visit.advertiser.id, state="done").get("replan")
    if job is None:
        return None
    later = plan_content(visit.store, job.result)
    same = later["flight"]["start"] == plan["flight"]["start"]
    pace: dict[str, Any] | None = later["pace"] if same else None
    return pace


@router.get("/a/{advertiser}/charts/pacing.json")
def pacing_json(visit: Reader) -> Response:
    """Chart of the spend to date, planned, actual and projected."""
    adopted = visit.store.adopted(visit.advertiser.id)
    found = findings(visit.store, visit.advertiser.id)
    state = None if adopted is None else _state(found, visit.store, adopted)
    if adopted is None or state is None:
        raise UnknownError("pace", visit.advertiser.id)
    return JSONResponse(pacing_chart(state))
