"""The page of the data: uploads, what was read in them, and what has to be fixed."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from mediagym.data.display import label
from mediagym.data.errors import MediaGymError
from mediagym.data.formats import Currency, span
from mediagym.data.recommendations import export_recommendations

from ..api import store_upload
from ..planning import specification
from ..security import ProblemError
from ..storage import UsedError
from .charts import Spec, layer, named, rows
from .progress import SHOWN_AT
from .results import Findings, findings
from .visit import Reader, Runner, Visit

router = APIRouter()
Kind = Literal["ingest", "insights", "calibrate", "attribute"]
FIRST_KINDS: tuple[Kind, ...] = ("ingest", "calibrate", "insights")
"""Jobs that every new data set gets, in this order."""
_PATIENT = ("insights",)  # that no plan needs, so that one which is asked for comes before them
_ROW = 22  # pixels of a campaign in the chart of lifetimes
_WARNING = "WARNING"


@router.get("/a/{advertiser}/data", response_class=HTMLResponse)
def show_data(visit: Reader, dataset: str | None = None) -> Response:
    """Page of a data set, the latest unless one is named."""
    return _data_page(visit, findings(visit.store, visit.advertiser.id, dataset))


@router.post("/a/{advertiser}/data", response_class=HTMLResponse)
async def upload(visit: Runner, request: Request) -> Response:
    """Take exports over and start their analysis; what cannot be read is shown on the page."""
    try:
        made = await store_upload(request)
    except ProblemError as error:
        return await run_in_threadpool(_refused, visit, error)
    await run_in_threadpool(start, visit, made.dataset.id, FIRST_KINDS)
    target = visit.address("data")
    if visit.is_fragment:
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


@router.post("/a/{advertiser}/analyse", response_class=HTMLResponse)
def analyse(
    visit: Runner, dataset: Annotated[str, Form()], kind: Annotated[Kind, Form()]
) -> Response:
    """Start one analysis of a data set, and return to where it was asked for."""
    start(visit, dataset, (kind,), fresh=True)
    return RedirectResponse(visit.address(SHOWN_AT[kind], dataset=dataset), 303)


@router.post("/a/{advertiser}/datasets/{dataset}/delete")
def delete_dataset(visit: Runner, dataset: str) -> Response:
    """Delete an upload with its analyses."""
    found = findings(visit.store, visit.advertiser.id, dataset).dataset
    assert found is not None  # noqa: S101  # one was named
    try:
        visit.store.delete_dataset(found.id, visit.principal.name)
    except UsedError as error:
        return RedirectResponse(visit.address("data", mistake=str(error)), 303)
    notice = f"{found.name} was deleted."
    return RedirectResponse(visit.address("data", notice=notice), 303)


@router.post("/a/{advertiser}/delete")
def delete_advertiser(visit: Runner) -> Response:
    """Delete an advertiser with all that is kept of it."""
    try:
        visit.store.delete_advertiser(visit.advertiser.id, visit.principal.name)
    except UsedError as error:
        return RedirectResponse(visit.address("data", mistake=str(error)), 303)
    return RedirectResponse("/", 303)


@router.get("/new", response_class=HTMLResponse)
def show_new(visit: Runner) -> Response:
    """Page on which an advertiser is added."""
    return visit.page("new.html.j2", name="", error="")


@router.post("/new", response_class=HTMLResponse)
def add_new(visit: Runner, name: Annotated[str, Form()] = "") -> Response:
    """Add an advertiser and go to its data."""
    try:
        made = visit.store.add_advertiser(name)
    except MediaGymError as error:
        return visit.page("new.html.j2", status=422, name=name, error=str(error))
    visit.store.audit(visit.principal.name, "add_advertiser", made.id, {"name": made.name})
    return RedirectResponse(f"/a/{made.id}/data", 303)


@router.get("/a/{advertiser}/charts/lifetimes.json")
def lifetimes_chart(visit: Reader, dataset: str | None = None) -> JSONResponse:
    """Specification of the chart of the days on which each campaign ran."""
    ingest = findings(visit.store, visit.advertiser.id, dataset).document("ingest", "ingest.json")
    if ingest is None:
        return JSONResponse({"detail": "the exports have not been read yet"}, 404)
    return JSONResponse(_lifetimes(ingest))


def start(visit: Visit, dataset: str, kinds: Sequence[Kind], fresh: bool = False) -> None:
    """Ask for analyses of a data set, unless the same are there, wait or run.

    Args:
        visit: who asks, for which advertiser.
        dataset: id of the data set.
        kinds: what is asked for, in this order.
        fresh: work anew even if it is done.
    """
    for kind in kinds:
        waits = kind in _PATIENT and not fresh
        visit.submit(kind, {}, dataset, fresh, background=waits)


def _refused(visit: Visit, error: ProblemError) -> Response:
    """The page of the latest data set with what is wrong with an upload."""
    found = findings(visit.store, visit.advertiser.id)
    return _data_page(visit, found, error.problem.document(), error.status_code)


def _data_page(
    visit: Visit, found: Findings, refused: dict[str, Any] | None = None, status: int = 200
) -> Response:
    ingest = found.document("ingest", "ingest.json")
    failed = found.failed("ingest")
    problem = refused or (failed.error if failed is not None else None)
    notes = ingest["notes"] if ingest else []
    return visit.page(
        "data.html.j2",
        status=status,
        page="data",
        found=found,
        ingest=ingest,
        datasets=visit.store.datasets(visit.advertiser.id),
        problem=problem,
        is_upload=refused is not None,
        warnings=[line for line in notes if _WARNING in line],
        notes=[line for line in notes if _WARNING not in line],
        advice=export_recommendations(ingest) if ingest else [],
        currency=Currency(ingest["currency"] if ingest else None),
        files_limit=visit.request.app.state.settings.limits.files,
        **visit.messages(),
    )


def _lifetimes(ingest: dict[str, Any]) -> Spec:
    """Chart of runs: a bar per run, a row per campaign, in the order of the first day."""
    order = sorted(ingest["campaigns"], key=lambda each: (each["first"] or "", each["name"]))
    runs = [(each, run) for each in order for run in each["runs"]]
    data = rows(
        campaign=[label(each["name"]) for each, _ in runs],
        first=[run["first"] for _, run in runs],
        until=[f"{run['last']}T23:59:59" for _, run in runs],
        days=[run["days"] for _, run in runs],
        shown=[span(run["first"], run["last"], year=True) for _, run in runs],
    )
    bar = {
        "y": named("campaign"),
        "x": {"field": "first", "type": "temporal", "axis": {"title": None, "tickCount": 6}},
        "x2": {"field": "until"},
        "tooltip": [
            {"field": "campaign", "title": "campaign"},
            {"field": "shown", "title": "ran"},
            {"field": "days", "title": "days with spend"},
        ],
    }
    about = f"Days on which each of {len(order)} campaigns had spend."
    look = layer("bar", bar, color="var(--accent)", height=10)
    return specification(ingest["currency"], about, height=_ROW * len(order), data=data, **look)
