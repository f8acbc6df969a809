"""The page Compare: up to four scenarios, today's budgets and a plan of the user's own."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mediagym.data.errors import MediaGymError
from mediagym.data.formats import Currency

from ...jobs import job
from ...planning import LIVE, MOST, compared, comparison_chart
from ...storage import Dataset, Job, Scenario, UnknownError
from .. import Reader, Runner, Visit, document, findings
from .forms import leads_to
from .plan import chosen_job
from .scenarios import own_scenario
from .uploads import keep_upload

router = APIRouter()
_SHARED = ("constraints", "env", "objective")  # keys of a plan's job that its score needs too


@router.get("/a/{advertiser}/compare")
def compare_page(
    visit: Reader,
    s: Annotated[list[str] | None, Query()] = None,
    own: str | None = None,
    job: str | None = None,
) -> Response:
    """Show the scenarios to choose from, and the comparison of those that were chosen."""
    store = visit.store
    scenarios = store.scenarios(visit.advertiser.id)
    shown = None if job is None else chosen_job(visit, "score", job)
    values: dict[str, Any] = {"job": shown, "score": None, "currency": Currency(None)}
    if shown is not None and shown.state == "done":
        score = document(store, shown.result, "score.json")
        content = compared(score, _labels(visit, shown))
        values |= {"score": content, "currency": Currency(content.currency)}
    if shown is None:
        chosen = s or [each.id for each in scenarios if each.adopted or len(scenarios) == 1]
    else:
        chosen = s or _chosen_of(shown, scenarios)
    return visit.page(
        "compare.html.j2",
        page="compare",
        scenarios=scenarios,
        chosen=chosen,
        own=own or _own_of(shown, visit),
        uploads=store.datasets(visit.advertiser.id, purpose="plan"),
        most=MOST,
        with_live=shown is None or LIVE in shown.body.get("beside", []),
        **visit.messages(),
        **values,
    )


@router.post("/a/{advertiser}/compare")
async def ask_for_comparison(visit: Runner, request: Request) -> Response:
    """Start the job that scores the chosen plans on the same draws."""
    query: list[tuple[str, Any]] = []
    try:
        async with request.form(max_files=1) as form:
            chosen = [str(value) for value in form.getlist("s")]
            query += [("s", each) for each in chosen]
            live = bool(form.get("live"))
            own = await keep_upload(visit, form.get("file"), "a plan") or str(form.get("own") or "")
        query.append(("own", own))
        made = await run_in_threadpool(_submitted, visit, chosen, own, live)
    except UnknownError:
        raise
    except MediaGymError as error:
        return leads_to(visit, "compare", [*query, ("mistake", str(error))])
    return leads_to(visit, "compare", [*query, ("job", made.id)])


def _submitted(visit: Visit, chosen: list[str], own: str, live: bool) -> Job:
    """Submit the score of scenarios and of an uploaded plan.

    Raises:
        MediaGymError: there is nothing to compare, or more than can be shown side by side.
    """
    scenarios = [own_scenario(visit, each) for each in dict.fromkeys(chosen)]
    if len(scenarios) > MOST:
        raise MediaGymError(f"{len(scenarios)} scenarios were chosen; at most {MOST} fit.")
    plans = list(dict.fromkeys(scenario.result for scenario in scenarios))
    if own:
        plans.append(_upload(visit, own).id)
    if not plans:
        raise MediaGymError("Choose at least one scenario, or upload a plan of your own.")
    basis = job(visit.store, scenarios[0].job) if scenarios else chosen_job(visit, "plan", None)
    body: dict[str, Any] = {"plan": plans, "beside": [LIVE] if live else []}
    if basis is not None:
        body |= {key: basis.body[key] for key in _SHARED if key in basis.body}
    dataset = _dataset_of(visit, basis)
    made = visit.submit("score", body, dataset)
    detail = {"advertiser": visit.advertiser.id, "plans": plans}
    visit.store.audit(visit.principal.name, "score", made.id, detail)
    return made


def _dataset_of(visit: Visit, basis: Job | None) -> str | None:
    """Return the exports that the first plan was made from, else the newest."""
    if basis is not None and basis.dataset is not None:
        return basis.dataset
    newest = findings(visit.store, visit.advertiser.id).dataset
    return None if newest is None else newest.id


def _upload(visit: Visit, upload: str) -> Dataset:
    found = visit.store.dataset(upload)
    if found.advertiser != visit.advertiser.id or found.purpose != "plan":
        raise UnknownError("uploaded plan", upload)
    return found


def _labels(visit: Visit, shown: Job) -> list[str]:
    """Return the names of a score's plans in the order of its body."""
    names = {each.result: each.name for each in visit.store.scenarios(visit.advertiser.id)}
    uploads = visit.store.datasets(visit.advertiser.id, purpose="plan")
    names |= {each.id: f"{each.name} (yours)" for each in uploads}
    return [names.get(each, f"Plan {each[:8]}") for each in shown.body["plan"]]


def _chosen_of(shown: Job, scenarios: list[Scenario]) -> list[str]:
    return [each.id for each in scenarios if each.result in shown.body["plan"]]


def _own_of(shown: Job | None, visit: Visit) -> str | None:
    if shown is None:
        return None
    uploads = {each.id for each in visit.store.datasets(visit.advertiser.id, purpose="plan")}
    return next((each for each in shown.body["plan"] if each in uploads), None)


@router.get("/a/{advertiser}/charts/comparison.json")
def comparison_json(visit: Reader, job: str) -> Response:
    """Chart of the conversions of the plans of a comparison."""
    shown = chosen_job(visit, "score", job)
    score = None if shown is None else document(visit.store, shown.result, "score.json")
    if shown is None or score is None:
        raise UnknownError("score", job)
    return JSONResponse(comparison_chart(compared(score, _labels(visit, shown))))
