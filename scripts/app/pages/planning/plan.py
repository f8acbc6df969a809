"""The page Plan: the form with all bounds, the job, and the plan that it made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from mediagym.agents import plan_page as page
from mediagym.data.errors import MediaGymError
from mediagym.data.formats import Currency, name_of

from ...jobs import job, jobs, latest_jobs
from ...planning import (
    AGENTS,
    FORM,
    KINDS,
    LABELS,
    MAIN_KEYS,
    NODE_KEYS,
    OBJECTIVES,
    WEEKDAYS,
    Errors,
    Fields,
    body_of,
    budgets_chart,
    check_rules,
    days_chart,
    defaults,
    errors_of,
    fields_of,
    names_of,
    nodes_of,
    rows_shown,
)
from ...security import problem_of
from ...storage import Job, UnknownError, UsedError
from .. import Findings, Reader, Runner, Visit, findings
from .forms import Texts, leads_to
from .results import daily_reports_of, files_of, plan_content
from .what_if import other_budgets, submit_other_budgets

router = APIRouter()
_NODES = ("channel.", "campaign.")  # start of the names of fields in the tables of bounds
_RULES = ("cpa", "roas", "change", "ramp", "pacing", "most_times_recent", "min_run", "steadiness")
_NEEDED = ("ingest", "calibrate")  # work that a plan is made of
_EARLIER = 12  # earlier plans that are listed
NARRATIVE = {  # sentences, as on the plan's own page
    "extrapolation": page.extrapolation,
    "first_sentence": page.first_sentence,
    "kind": page.kind,
    "lead": page.lead,
    "pace": page.pace,
    "reasons": page.reasons,
    "sureness": page.sureness,
}


@dataclass(frozen=True)
class Basis:
    """What is known of the campaigns before there is a plan."""

    found: Findings
    names: tuple[str, ...]  # campaigns; empty until the exports have been read
    live: Mapping[str, float]  # today's daily budgets by campaign
    currency: str | None
    start: str | None  # first day of a flight, ISO 8601


def basis_of(visit: Visit) -> Basis:
    """Return the campaigns and live budgets of the newest exports."""
    found = findings(visit.store, visit.advertiser.id)
    daily = found.daily()
    if daily is None:
        return Basis(found, (), {}, None, None)
    start = str(daily.end + timedelta(1))
    live = daily_reports_of(daily).live
    return Basis(found, daily.names, live, daily.currency, start)


def chosen_job(visit: Visit, kind: str, job_id: str | None) -> Job | None:
    """Return the job of a kind that the address names, or the one asked for last.

    Raises:
        UnknownError: the advertiser has no such job.
    """
    if job_id is None:
        return latest_jobs(visit.store, visit.advertiser.id).get(kind)
    found = job(visit.store, job_id)
    if found.advertiser != visit.advertiser.id or found.kind != kind:
        raise UnknownError("job", job_id)
    return found


@router.get("/a/{advertiser}/plan")
def plan_page(visit: Reader, job: str | None = None, new: bool = False) -> Response:
    """Show the form, the job that runs, or the plan that was made."""
    basis = basis_of(visit)
    shown = None if new else chosen_job(visit, "plan", job)
    fields = fields_of({} if shown is None else shown.body, basis.names)
    if shown is None:
        fields = _started(fields, basis)
    errors: Errors = {}
    if shown is not None and shown.error is not None:
        errors = errors_of(shown.error, fields, basis.names)
    return _page(visit, basis, fields, errors, shown)


@router.post("/a/{advertiser}/plan")
def ask_for_plan(visit: Runner, fields: Texts) -> Response:
    """Start the job of a plan, or show what is wrong beside the fields."""
    basis = basis_of(visit)
    body, errors = body_of(fields, basis.names)
    if not errors:
        errors = _refused(body, fields, basis)
    if not errors:
        try:
            made = _submit(visit, basis, body)
        except MediaGymError as error:
            errors = errors_of(problem_of(error).document(), fields, basis.names)
        else:
            return leads_to(visit, "plan", [("job", made.id)])
    return _page(visit, basis, fields, errors, None, 422)


@router.post("/a/{advertiser}/plan/delete")
def delete_plan(visit: Runner, fields: Texts) -> Response:
    """Delete a plan with its files."""
    found = chosen_job(visit, "plan", fields.get("job", ""))
    assert found is not None  # noqa: S101  # one was named
    try:
        visit.store.delete_job(found.id, visit.principal.name)
    except UsedError as error:
        return leads_to(visit, "plan", [("job", found.id), ("mistake", str(error))], "keep")
    return leads_to(visit, "plan", [("new", "true"), ("notice", "The plan was deleted.")])


def _submit(visit: Visit, basis: Basis, body: dict[str, Any]) -> Job:
    dataset = basis.found.dataset
    body = {**body, "frontier": None}  # it takes as long again, so it comes after the plan
    made = visit.submit("plan", body, None if dataset is None else dataset.id)
    submit_other_budgets(visit, made)
    detail = {"advertiser": visit.advertiser.id, "body": body}
    visit.store.audit(visit.principal.name, "plan", made.id, detail)
    return made


def _refused(body: Mapping[str, Any], fields: Fields, basis: Basis) -> Errors:
    """Return why no plan can satisfy the form, or what is wrong with a value, by field."""
    if not basis.names:
        return {FORM: "The exports have not been read yet; wait a moment and try again."}
    start = date.fromisoformat(basis.start or "1970-01-01")
    try:
        check_rules(body, basis.names, basis.currency, basis.live, start)
    except MediaGymError as error:
        return errors_of(problem_of(error).document(), fields, basis.names)
    return {}


def _started(fields: dict[str, str], basis: Basis) -> dict[str, str]:
    """Return the fields of a first plan, with what today's budgets come to as its total."""
    total = sum(basis.live.values()) * int(fields["days"])
    return {**fields, "total": f"{total:.0f}"} if total >= 1 else fields


def _page(
    visit: Visit,
    basis: Basis,
    fields: Fields,
    errors: Errors,
    shown: Job | None,
    status: int = 200,
) -> Response:
    values: dict[str, Any] = {
        "basis": basis,
        "job": shown,
        "plan": None,
        "fields": fields,
        "errors": errors,
        "before": _before(basis, shown),
        "earlier": _earlier(visit, shown),
        "currency": Currency(basis.currency),
        **form_values(basis.names, fields, errors),
        **visit.messages(),
    }
    if shown is not None and shown.state == "done":
        values |= result_values(visit, shown) | other_budgets(visit, shown)
    return visit.page("plan.html.j2", status, page="plan", **values)


def _before(basis: Basis, shown: Job | None) -> list[Job]:
    """Return the work on the exports that a plan waits for."""
    if shown is None or shown.state != "queued":
        return []
    return [each for each in basis.found.active if each.kind in _NEEDED]


def form_values(names: tuple[str, ...], fields: Fields, errors: Errors) -> dict[str, Any]:
    """Return what the form of bounds shows beside its fields."""
    more = tuple(key for key in NODE_KEYS["campaign"] if key not in MAIN_KEYS)
    return {
        "nodes": nodes_of(names),
        "names": names,
        "main_columns": MAIN_KEYS,
        "more_columns": more,
        "opened": _opened(fields, errors, more),
        "columns_of": NODE_KEYS,
        "labels": LABELS,
        "agents": AGENTS,
        "objectives": OBJECTIVES,
        "weekdays": WEEKDAYS,
        "events": KINDS,
        "calendar_rows": rows_shown(fields, "calendar"),
        "lock_rows": rows_shown(fields, "locks"),
    }


def _opened(fields: Fields, errors: Errors, more: tuple[str, ...]) -> dict[str, bool]:
    """Return which parts of the form are unfolded: those that are used, or hold a mistake."""
    used = [name for name, text in (*fields.items(), *errors.items()) if text]
    return {
        "more": any(name.startswith(_NODES) and name.endswith(more) for name in used),
        "rules": any(name.startswith(_RULES) for name in errors),
        "days": any(name.endswith((".start", ".date")) for name in used)
        or any(name.startswith(("calendar.", "locks.")) for name in errors),
        "method": "agent" in errors or fields.get("agent") not in (None, defaults()["agent"]),
    }


def result_values(visit: Visit, shown: Job) -> dict[str, Any]:
    """Return what the page shows of a plan."""
    content = plan_content(visit.store, shown.result)
    scenarios = visit.store.scenarios(visit.advertiser.id)
    rows = {name_of(row): row for row in content["campaigns"]}
    return {
        "plan": content,
        "rows": rows,
        "first": page.first(content),
        "narrative": NARRATIVE,
        "currency": Currency(content["currency"]),
        "files": files_of(visit.store, shown),
        "scenario": next((each for each in scenarios if each.result == shown.result), None),
        "campaign_names": names_of(content),
    }


def _earlier(visit: Visit, shown: Job | None) -> list[Job]:
    plans = jobs(visit.store, visit.advertiser.id, limit=_EARLIER + 1, kind="plan")
    return [each for each in plans if shown is None or each.id != shown.id][:_EARLIER]


@router.get("/a/{advertiser}/charts/budgets.json")
def budgets(visit: Reader, result: str) -> Response:
    """Chart of the daily budgets of a plan beside the live ones."""
    return JSONResponse(budgets_chart(plan_content(visit.store, result)))


@router.get("/a/{advertiser}/charts/days.json")
def days(visit: Reader, result: str) -> Response:
    """Chart of the budgets of a plan by day and channel."""
    return JSONResponse(days_chart(plan_content(visit.store, result)))
