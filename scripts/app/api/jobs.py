"""Routes of jobs: how far they are, as they go on, and their end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Header, Query
from fastapi.encoders import jsonable_encoder
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from ..jobs import cancel, events, job, jobs
from ..security import Principal, require
from ..storage import Event, Job, State, Store
from .requests import Id, Limit, OfAdvertiser, OfStore
from .responses import Listing, problems

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_POLL, _COMMENT = 0.5, 15.0  # seconds between looks at the store; of silence before a comment
_STREAM = {
    "description": "Server-sent events; the data of each is one event of the job as JSON.",
    "content": {
        "text/event-stream": {
            "schema": {
                "type": "object",
                "required": ["id", "event", "data"],
                "properties": {
                    "id": {"type": "string", "description": "for Last-Event-ID"},
                    "event": {"type": "string", "enum": list(get_args(State))},
                    "data": {"type": "string", "contentMediaType": "application/json"},
                },
            }
        }
    },
}


@router.get("", responses=problems(), dependencies=[Depends(require("read"))])
def list_jobs(
    store: OfStore,
    advertiser: OfAdvertiser = None,
    state: Annotated[State | None, Query(description="only jobs in this state")] = None,
    limit: Limit = 50,
) -> Listing[Job]:
    """List jobs, the newest first."""
    return Listing(items=jobs(store, advertiser, state, limit))


@router.get("/{job_id}", responses=problems(404), dependencies=[Depends(require("read"))])
def show_job(job_id: Id, store: OfStore) -> Job:
    """Show how far a job is, and its result or its error when it has ended."""
    return job(store, job_id)


@router.delete("/{job_id}", responses=problems(404))
def cancel_job(
    job_id: Id, store: OfStore, principal: Annotated[Principal, Depends(require("run"))]
) -> Job:
    """Cancel a job that waits or runs; one that has ended stays as it is."""
    cancelled = cancel(store, job_id)
    store.audit(principal.name, "cancel_job", job_id, {"state": cancelled.state})
    return cancelled


@router.delete("/{job_id}/result", status_code=204, responses=problems(404, 409))
def delete_job(
    job_id: Id, store: OfStore, principal: Annotated[Principal, Depends(require("run"))]
) -> None:
    """Delete a job that has ended, such as a plan, with files that nobody else refers to.

    Refused while a scenario, an open link or another job needs it.
    """
    store.delete_job(job_id, principal.name)


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: _STREAM, **problems(404)},
    dependencies=[Depends(require("read"))],
)
async def job_events(
    job_id: Id,
    store: OfStore,
    request: Request,
    last_event_id: Annotated[
        int, Header(ge=0, le=2**53, description="go on after this event, as browsers do")
    ] = 0,
    seconds: Annotated[
        float, Query(ge=0, le=3600, description="end after so long, also while the job goes on")
    ] = 600.0,
) -> StreamingResponse:
    """Follow a job: one event per step, until it has ended."""
    await run_in_threadpool(job, store, job_id)
    stream = _stream(store, job_id, last_event_id, seconds, request)
    return StreamingResponse(
        stream,
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    store: Store, job_id: str, last: int, seconds: float, request: Request
) -> AsyncIterator[str]:
    """Text of the events after one, as they happen."""
    end = time.monotonic() + seconds
    quiet = time.monotonic()
    yield "retry: 1000\n\n"
    while True:
        new = await run_in_threadpool(events, store, job_id, last)
        for event in new:
            last = event.id
            yield _text(event)
        if new:
            quiet = time.monotonic()
        elif (await run_in_threadpool(job, store, job_id)).has_ended:
            return  # all events had been sent before
        if time.monotonic() >= end or await request.is_disconnected():
            return
        if time.monotonic() - quiet > _COMMENT:
            quiet = time.monotonic()
            yield ": still there\n\n"
        await asyncio.sleep(min(_POLL, max(0.0, end - time.monotonic())))


def _text(event: Event) -> str:
    data = json.dumps(jsonable_encoder(event))
    return f"id: {event.id}\nevent: {event.state}\ndata: {data}\n\n"
