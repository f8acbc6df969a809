"""Other budgets and other amounts of single campaigns, answered at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from mediagym.data.errors import MediaGymError
from mediagym.data.formats import Currency

from ...jobs import job
from ...planning import Frontier, WhatIf, frontier_chart, names_of, nodes_of, number_of, what_if
from ...storage import Job, UnknownError
from .. import Reader, Runner, Visit
from .forms import Texts, leads_to
from .results import budgets_job, budgets_result, curves, frontier, plan_content

router = APIRouter()
GOALS = {
    "conversions": "conversions, at least",
    "cpa": "a CPA, at most",
    "roas": "a ROAS, at least",
}
_OF_PLANS_ALONE = ("baselines", "export", "export_mapping", "frontier", "page", "seed")
_MOST = 1e12  # units of the currency
_MOST_CAMPAIGNS = 200  # whose amounts a question may hold


@dataclass(frozen=True)
class Answer:
    """The question of a query, its answer, and what is wrong with it."""

    frontier: Frontier
    result: str  # that holds the frontier
    query: Mapping[str, str]  # texts of the fields
    budget: float  # that is asked about, units of the currency
    answer: WhatIf | None  # None: see `error`
    error: str  # empty if there is an answer
    goal_text: str  # which budget meets the goal; empty if none was given
    step: float  # of the slider, units of the currency
    fields: Mapping[str, str]  # names of the fields of amounts, by campaign


def answer_of(visit: Visit, shown: Job, query: Mapping[str, str]) -> Answer | None:
    """Return the answer to the question of an address; None without plans of other budgets.

    Args:
        visit: who asks.
        shown: job of the plan.
        query: `budget`, amounts of campaigns as `fix.ID`, or a goal's name and value.
    """
    result = budgets_result(visit.store, shown)
    best = frontier(visit.store, result)
    if best is None or result is None:
        return None
    content = plan_content(visit.store, shown.result)
    names = names_of(content)
    fields = {node.name: f"fix.{node.id}" for node in nodes_of(names) if node.kind == "campaign"}
    budget, answer, error, goal_text = content["totals"]["budget"], None, "", ""
    try:
        budget, goal_text = _budget(best, query, budget)
        fixed = {name: _amount(query[field]) for name, field in fields.items() if query.get(field)}
        if len(fixed) > _MOST_CAMPAIGNS:
            raise MediaGymError(f"At most {_MOST_CAMPAIGNS} campaigns can be given an amount.")
        known = curves(visit.store, visit.advertiser.id, content)
        group = shown.body.get("constraints", {})
        answer = what_if(best, content, group, budget, fixed, known)
    except MediaGymError as mistake:
        error = str(mistake)
    low, high = float(best.budgets[0]), float(best.budgets[-1])
    step = _step(high - low)
    return Answer(best, result, query, budget, answer, error, goal_text, step, fields)


def _budget(best: Frontier, query: Mapping[str, str], planned: float) -> tuple[float, str]:
    """Return the budget that a question is about, and the sentence about its goal."""
    goal, value = query.get("goal", ""), query.get("value", "")
    if goal in GOALS and value.strip():
        amount = _amount(value)
        budget = round(best.budget_for(goal, amount), 2)  # type: ignore[arg-type]  # a key of GOALS
        bound = "The least" if goal == "conversions" else "The most"
        return budget, f"{bound} money that meets it is about {best.currency.whole(budget)}."
    text = query.get("budget", "").strip()
    return (round(_amount(text), 2), "") if text else (planned, "")


def _amount(text: str) -> float:
    amount = number_of(text.strip().lstrip("$€£"))
    if amount is None or amount > _MOST:
        raise MediaGymError(f"“{text.strip()[:40]}” is no amount: write a number such as 150000.")
    return amount


def _step(width: float) -> float:
    """Return a round step of which a slider has a hundred to a thousand."""
    return float(10 ** max(int(f"{width / 100:e}".split("e")[1]), 0))


def _job(visit: Visit, job_id: str) -> Job:
    found = job(visit.store, job_id)
    if found.advertiser != visit.advertiser.id or found.state != "done" or found.kind != "plan":
        raise UnknownError("plan", job_id)
    return found


@router.get("/a/{advertiser}/plan/what-if")
def what_if_answer(visit: Reader, job: str) -> Response:
    """Answer a question about another budget; without scripts, on the page of the plan."""
    query = dict(visit.request.query_params)
    shown = _job(visit, job)
    if not visit.is_fragment:
        return leads_to(visit, "plan", list(query.items()), "what-if")
    answer = answer_of(visit, shown, query)
    if answer is None:
        raise UnknownError("frontier of the plan", job)
    currency = Currency(answer.frontier.content["currency"])
    values: dict[str, Any] = {"what_if": answer, "job": shown, "currency": currency}
    return visit.page("what_if_answer.html.j2", **values)


def other_budgets(visit: Visit, shown: Job) -> dict[str, Any]:
    """Return what the part of the page about other budgets shows."""
    return {
        "goals": GOALS,
        "what_if": answer_of(visit, shown, visit.request.query_params),
        "budgets_job": budgets_job(visit.store, shown),
    }


@router.get("/a/{advertiser}/plan/other-budgets")
def show_other_budgets(visit: Reader, job: str) -> Response:
    """Show the part of the page about other budgets; without scripts, the page of the plan."""
    shown = _job(visit, job)
    if not visit.is_fragment:
        return leads_to(visit, "plan", [("job", job)], "what-if")
    currency = Currency(plan_content(visit.store, shown.result)["currency"])
    values = other_budgets(visit, shown)
    return visit.page("other_budgets.html.j2", job=shown, currency=currency, **values)


@router.post("/a/{advertiser}/plan/other-budgets")
def ask_for_other_budgets(visit: Runner, fields: Texts) -> Response:
    """Start the job that plans other budgets."""
    shown = _job(visit, fields.get("job", ""))
    submit_other_budgets(visit, shown)
    return leads_to(visit, "plan", [("job", shown.id)], "what-if")


def submit_other_budgets(visit: Visit, plan: Job) -> Job:
    """Ask for the best plans of other budgets once a plan is done; they have its settings."""
    body = {key: value for key, value in plan.body.items() if key not in _OF_PLANS_ALONE}
    return visit.submit("frontier", body, plan.dataset, follows=plan.id)


@router.get("/a/{advertiser}/charts/frontier.json")
def frontier_json(visit: Reader, result: str, budget: float | None = None) -> Response:
    """Chart of conversions by budget."""
    best = frontier(visit.store, result)
    if best is None:
        raise UnknownError("frontier of the plan", result)
    return JSONResponse(frontier_chart(best, budget))
