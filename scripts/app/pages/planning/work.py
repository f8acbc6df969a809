"""The page of a job, its progress, and how it is cancelled."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from ...jobs import cancel, job
from ...storage import Job
from .. import Reader, Runner, Visit
from .forms import is_fragment

router = APIRouter()
_PAGES = {  # where what a job has found is shown
    "ingest": "data",
    "insights": "performance",
    "calibrate": "curves",
    "attribute": "attribution",
    "plan": "plan",
    "replan": "replan",
    "score": "compare",
}


def _shown_at(found: Job) -> str:
    page = _PAGES.get(found.kind, "")
    query = {"job": found.id} if page in ("plan", "replan", "compare") else {}
    address = f"/a/{found.advertiser}/{page}"
    return f"{address}?{urlencode(query)}" if query else address


@router.get("/jobs/{job_id}")
def job_page(visit: Reader, job_id: str) -> Response:
    """Show a job: how far it is, what went wrong, or where its result is."""
    found = job(visit.store, job_id)
    return visit.page("job.html.j2", job=found, shown_at=_shown_at(found))


@router.get("/jobs/{job_id}/progress")
def job_progress(visit: Reader, job_id: str, next: str = "") -> Response:  # noqa: A002
    """Show how far a job is; once it has ended, go to the page that waits for it."""
    found = job(visit.store, job_id)
    return _progress(visit, found, next)


@router.post("/jobs/{job_id}/cancel")
def cancel_job(visit: Runner, job_id: str) -> Response:
    """Cancel a job that waits or runs."""
    found = cancel(visit.store, job_id)
    detail = {"kind": found.kind, "advertiser": found.advertiser}
    visit.store.audit(visit.principal.name, "cancel", job_id, detail)
    if is_fragment(visit.request):
        return _progress(visit, found, "")
    return RedirectResponse(f"/jobs/{job_id}", 303)


def _progress(visit: Visit, found: Job, then: str) -> Response:
    values: dict[str, Any] = {"job": found, "next": then}
    answer = visit.page("job_progress.html.j2", **values)
    # only to pages of this server
    if then.startswith("/a/") and found.state not in ("queued", "running"):
        answer.headers["HX-Redirect"] = then
    return answer
