"""Whether the server lives, whether it is ready, and what Prometheus reads."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .jobs import counts, durations, workers_alive
from .security import Principal, require
from .storage import Store

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Say whether the database answers and a worker is alive: 200, otherwise 503."""
    store: Store = request.app.state.store
    try:
        workers, database = workers_alive(store), "ok"
    except DBAPIError:
        workers, database = 0, "does not answer"
    is_ready = workers > 0 and database == "ok"
    content = {"database": database, "workers": workers}
    status = "ready" if is_ready else "not ready"
    return JSONResponse({"status": status, **content}, 200 if is_ready else 503)


@router.get("/metrics")
async def metrics(
    request: Request, _principal: Annotated[Principal, Depends(require("read"))]
) -> Response:
    """Return the measurements in the format of Prometheus."""
    registry: CollectorRegistry = request.app.state.registry
    content = await run_in_threadpool(generate_latest, registry)
    return Response(content, headers={"Content-Type": CONTENT_TYPE_LATEST})


class QueueMetrics(Collector):
    """Reads the queue when it is asked, as workers are other processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        """Yield the length of the queue, the workers, and how long jobs took."""
        states: Any = GaugeMetricFamily("mediagym_jobs", "Jobs by state", labels=["state"])
        for state, number in {"queued": 0, "running": 0, **counts(self._store)}.items():
            states.add_metric([state], number)
        yield states
        yield GaugeMetricFamily(
            "mediagym_workers", "Workers that are alive", value=workers_alive(self._store)
        )
        times: Any = SummaryMetricFamily(
            "mediagym_job_seconds", "Time of jobs that have ended", labels=["kind", "state"]
        )
        for kind, state, number, seconds in durations(self._store):
            times.add_metric([kind, state], count_value=number, sum_value=seconds)
        yield times
