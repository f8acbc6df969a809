"""Jobs as people see them: how far they are, and cancelling them."""

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ..jobs import cancel, job
from ..security import local_address
from ..storage import Job
from .visit import Reader, Runner

router = APIRouter()
SHOWN_AT = {
    "ingest": "data",
    "insights": "performance",
    "attribute": "attribution",
    "calibrate": "curves",
    "plan": "plan",
    "frontier": "plan",
    "replan": "replan",
    "score": "compare",
}
"""Last part of the address of the page that shows the result of a kind."""


@router.get("/jobs/{job_id}", response_class=HTMLResponse)
def show_job(visit: Reader, job_id: str) -> Response:
    """Page of a job."""
    found = job(visit.store, job_id)
    return visit.page("job.html.j2", job=found, shown_at=_shown_at(found))


@router.get("/jobs/{job_id}/progress", response_class=HTMLResponse)
def show_progress(visit: Reader, job_id: str, next: str = "") -> Response:  # noqa: A002
    """Fragment that shows how far a job is; once it has ended, the page is loaded anew.

    Args:
        visit: who asks.
        job_id: the job.
        next: address on this server to go to when it is done, in place of the page itself.
    """
    found, target = job(visit.store, job_id), local_address(next)
    answer = visit.page("job_progress.html.j2", job=found, next=target)
    if found.has_ended:
        if target and found.state == "done":
            answer.headers["HX-Redirect"] = target
        else:
            answer.headers["HX-Refresh"] = "true"
    return answer


@router.post("/jobs/{job_id}/cancel", response_class=HTMLResponse)
def cancel_job(visit: Runner, job_id: str) -> Response:
    """Cancel a job."""
    found = cancel(visit.store, job_id)
    visit.store.audit(visit.principal.name, "cancel", job_id, {"kind": found.kind})
    if visit.is_fragment:
        return visit.page("job_progress.html.j2", job=found, next="")
    return RedirectResponse(f"/jobs/{quote(job_id)}", 303)


def _shown_at(found: Job) -> str:
    return f"/a/{found.advertiser}/{SHOWN_AT.get(found.kind, '')}"


def open_jobs(found: list[Job]) -> list[Job]:
    """Jobs that wait or run, the oldest first.

    Args:
        found: the newest first.
    """
    return [each for each in reversed(found) if not each.has_ended]
