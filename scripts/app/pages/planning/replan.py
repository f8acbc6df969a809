"""The page Re-plan: the days that are left, planned from what has happened."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mediagym.data.errors import MediaGymError
from mediagym.data.formats import Currency
from mediagym.data.storage import shipped_yaml

from ...planning import FORM, Errors, body_of, errors_of, fields_of, names_of
from ...security import problem_of
from ...storage import Job, Scenario
from .. import Reader, Runner, Visit, document
from .forms import MAX_FIELDS, leads_to
from .plan import Basis, basis_of, chosen_job, form_values, result_values
from .results import plan_content
from .scenarios import own_scenario
from .uploads import keep_upload

router = APIRouter()
DEFAULT_POLICY: str = shipped_yaml("replan")["policy"]
POLICIES = {  # who may plan the days left, each in a sentence
    "ensemble": "Plans the rest anew, and asks a trained network too: the mean (recommended).",
    "replanner": "Plans the rest anew from what the reports have taught.",
    "follow": "Moves money to where the reports so far say that it brings most.",
    "static": "Keeps the plan and only adapts it to the money that is left.",
    "proportional": "Moves money to where reports are better than expected.",
}


@router.get("/a/{advertiser}/replan")
def replan_page(visit: Reader, job: str | None = None) -> Response:
    """Show the form, the job that runs, or what to set today."""
    shown = chosen_job(visit, "replan", job)
    names = _names(visit, shown)
    body = {} if shown is None else shown.body
    fields = _fields_of(body, names)
    errors: Errors = {}
    if shown is not None and shown.error is not None:
        errors = errors_of(shown.error, fields, names)
    return _page(visit, fields, errors, shown)


@router.post("/a/{advertiser}/replan")
async def ask_for_replan(visit: Runner, request: Request) -> Response:
    """Start the job of a re-plan, or show what is wrong beside the fields."""
    async with request.form(max_fields=MAX_FIELDS, max_files=1) as form:
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        try:
            mapping = await keep_upload(visit, form.get("mapping"), "a mapping")
        except MediaGymError as error:
            errors = {FORM: str(error)}
            return await run_in_threadpool(_page, visit, fields, errors, None, 422)
    return await run_in_threadpool(_asked, visit, fields, mapping)


def _asked(visit: Visit, fields: dict[str, str], mapping: str | None) -> Response:
    """Submit the job of a form and lead to its page, or show what is wrong."""
    scenario = own_scenario(visit, fields.get("plan", ""))
    names = names_of(plan_content(visit.store, scenario.result))
    body, errors = _body(fields, names, scenario, mapping)
    if not errors:
        try:
            made = _submit(visit, basis_of(visit), scenario, body)
        except MediaGymError as error:
            errors = errors_of(problem_of(error).document(), fields, names)
        else:
            return leads_to(visit, "replan", [("job", made.id)])
    return _page(visit, fields, errors, None, 422)


def _body(
    fields: dict[str, str], names: tuple[str, ...], scenario: Scenario, mapping: str | None
) -> tuple[dict[str, Any], Errors]:
    """Return the body of the job: only what was typed replaces what the plan has."""
    typed, errors = body_of(fields, names, {})
    body = {"constraints": typed["constraints"]} if "constraints" in typed else {}
    body |= {"plan": scenario.result, "policy": fields.get("policy") or DEFAULT_POLICY}
    if fields.get("as_of"):
        body["as_of"] = fields["as_of"]
    if fields.get("hold") == "no":
        body["live"] = {"hold": None}
    if mapping:
        body |= {"export_mapping": mapping, "export": ["google_ads_editor"]}
    return body, errors


def _submit(visit: Visit, basis: Basis, scenario: Scenario, body: dict[str, Any]) -> Job:
    dataset = basis.found.dataset
    made = visit.submit("replan", body, None if dataset is None else dataset.id)
    detail = {"advertiser": visit.advertiser.id, "plan": scenario.name, "body": body}
    visit.store.audit(visit.principal.name, "replan", made.id, detail)
    return made


def _names(visit: Visit, shown: Job | None) -> tuple[str, ...]:
    """Return the campaigns of the plan that is, or would be, re-planned."""
    adopted = visit.store.adopted(visit.advertiser.id)
    result = adopted.result if adopted is not None else None
    results = [result] if shown is None else [shown.body["plan"], shown.result]  # one may be gone
    plans = (document(visit.store, each, "plan.json") for each in results)
    return next((names_of(plan) for plan in plans if plan is not None), ())


def _fields_of(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Return the fields of a re-plan: empty ones leave what the plan has."""
    fields = fields_of({"constraints": body.get("constraints", {})}, names, {})
    hold = "no" if "live" in body and body["live"].get("hold", "") is None else ""
    return fields | {
        "policy": body.get("policy", DEFAULT_POLICY),
        "as_of": body.get("as_of") or "",
        "hold": hold,
    }


def _page(
    visit: Visit, fields: dict[str, str], errors: Errors, shown: Job | None, status: int = 200
) -> Response:
    basis = basis_of(visit)
    scenarios = visit.store.scenarios(visit.advertiser.id)
    adopted = visit.store.adopted(visit.advertiser.id)
    names = _names(visit, shown)
    values: dict[str, Any] = {
        "basis": basis,
        "job": shown,
        "scenarios": scenarios,
        "adopted": adopted,
        "chosen": fields.get("plan") or _scenario_of(shown, scenarios) or (adopted and adopted.id),
        "fields": fields,
        "errors": errors,
        "policies": POLICIES,
        "form_error": errors.get(FORM, ""),
        "plan": None,
        "currency": Currency(basis.currency),
        **visit.messages(),
        **form_values(names, fields, errors),
    }
    if shown is not None and shown.state == "done":
        values |= result_values(visit, shown)
        values["changes"] = document(visit.store, shown.result, "changes.json")
    return visit.page("replan.html.j2", status, page="replan", **values)


def _scenario_of(shown: Job | None, scenarios: list[Scenario]) -> str | None:
    if shown is None:
        return None
    return next((each.id for each in scenarios if each.result == shown.body["plan"]), None)
