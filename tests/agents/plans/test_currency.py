"""Plans of an advertiser whose currency is known: warnings, tables, pictures."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import plan_of, plan_table
from mediagym.agents.plans.document import document
from mediagym.agents.plans.figures import response_curves, spend_map
from mediagym.agents.plans.records import Plan
from mediagym.agents.policies import baseline

SIGNS = {"EUR": "€", "JPY": "¥"}


def _in_currency(experiment: Experiment, currency: str | None) -> Experiment:
    problem = experiment.problem
    return replace(
        experiment,
        problem=replace(problem, constraints=problem.constraints.in_currency(currency)),
        posterior=replace(experiment.posterior, currency=currency),
    )


@pytest.fixture(scope="module")
def plans(experiment: Experiment) -> dict[str | None, Plan]:
    """The static plan, by currency, with a campaign that is extrapolated and one at its floor."""
    made = {}
    for currency in (None, *SIGNS):
        own = _in_currency(experiment, currency)
        plan = plan_of(own, baseline("static", own), [])
        highest, marginal = plan.spending.recent_max.copy(), plan.marginal.copy()
        highest[0] = 12.3
        channels, floors = plan.constraints.floor_cents
        spent = plan.cents.sum(0)
        at_floor = np.arange(len(spent)) == np.argmin(spent / floors)
        marginal[at_floor] = 0.0
        raised = replace(
            plan.constraints, floor_cents=(channels, np.where(at_floor, spent, floors))
        )
        spending = plan.spending._replace(recent_max=highest, season_max=highest + np.nan)
        changed = plan._replace(spending=spending, marginal=marginal, constraints=raised)
        made[currency] = changed
    return made


def _printed(content: dict[str, Any]) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(plan_table(content))
    return capture.get()


def _text(figure: Figure) -> str:
    figure.canvas.draw()
    return "\n".join(each.get_text() for each in figure.findobj(lambda x: hasattr(x, "get_text")))


@pytest.mark.parametrize("currency", SIGNS)
def test_a_plan_differs_from_that_in_dollars_only_in_its_signs_and_decimals(
    plans: dict[str | None, Plan], currency: str
) -> None:
    ours, dollars = document(plans[currency]), document(plans[None])
    assert ours["currency"] == currency
    assert dollars["currency"] is None
    tolerance = 1 if currency == "JPY" else 0
    for row, other in zip(ours["campaigns"], dollars["campaigns"], strict=True):
        assert row["budget"] == pytest.approx(other["budget"], abs=tolerance)
        assert row["observed_max_daily"] == other["observed_max_daily"]
    budgets = np.array([[e["budget"] for e in day["campaigns"]] for day in ours["days"]])
    assert (budgets == np.rint(budgets)).all() == (currency == "JPY")
    assert "$" not in str(ours)
    number = re.compile(rf"[{SIGNS[currency]}$]?\d[\d,.]*")  # whole yen change ratios as well
    warnings, others = ([number.sub("", w) for w in d["warnings"]] for d in (ours, dollars))
    assert warnings == others
    assert any(re.search(SIGNS[currency], line) for line in ours["warnings"])


def test_warnings_in_euros_differ_from_those_in_dollars_in_the_sign_alone(
    plans: dict[str | None, Plan],
) -> None:
    ours, dollars = (document(plans[currency])["warnings"] for currency in ("EUR", None))
    assert [line.replace("€", "$") for line in ours] == dollars


def test_warnings_give_amounts_of_some_weight(plans: dict[str | None, Plan]) -> None:
    for currency, highest, last in (
        (None, r"\$12\.30", r"\$1,000"),
        ("EUR", "€12.30", "€1,000"),
        ("JPY", "¥12", "¥100,000"),
    ):
        warnings = "\n".join(document(plans[currency])["warnings"])
        assert re.search(rf"its highest day of the last 56 days \({highest}\)", warnings)
        assert re.search(rf"elsewhere the last {last} would bring \d", warnings)


@pytest.mark.parametrize("currency", SIGNS)
def test_the_table_is_in_the_currency(plans: dict[str | None, Plan], currency: str) -> None:
    printed = _printed(document(plans[currency]))
    total = "¥200,000" if currency == "JPY" else "€200,000.00"
    assert f"{total} " in printed
    assert f"CPA {SIGNS[currency]}" in printed
    assert "$" not in printed
    assert bool(re.search(r"¥[\d,]+\.\d", printed)) is False


def test_a_plan_from_before_there_were_currencies_is_shown_in_dollars(
    plans: dict[str | None, Plan],
) -> None:
    content = document(plans[None])
    shown = _printed(content)
    content.pop("currency")
    assert _printed(content) == shown
    assert "$200,000.00" in shown


@pytest.mark.parametrize("currency", [None, *SIGNS])
def test_the_pictures_are_in_the_currency(
    experiment: Experiment, plans: dict[str | None, Plan], currency: str | None
) -> None:
    own = _in_currency(experiment, currency)
    spend = plans[currency].cents / 100
    dates = np.datetime64("2024-01-01") + np.arange(len(spend))
    text = _text(spend_map(own.posterior.names, dates, spend, "mine", currency))
    curves = response_curves(own.posterior, spend)
    unit = "dollars" if currency is None else SIGNS[currency]
    sign = "$" if currency is None else unit
    for name, total in zip(own.posterior.names, spend.sum(0), strict=True):
        assert f"{name}  {sign}{total:,.0f}" in text
    assert f"mine: {unit} per day" in text
    assert curves.get_supxlabel().startswith(f"{unit} per day;")
    if currency is not None:
        assert not re.search(r"\$|dollar", text + _text(curves))
