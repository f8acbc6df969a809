"""Days of a plan, cumulative estimates, and days that are over."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.agents.plans import Change, ConstraintCost, Flag, write_plan
from mediagym.agents.plans.document import SCHEMA, document
from mediagym.agents.plans.records import Plan, campaign_name
from mediagym.data.errors import ConstraintError

DAYS = st.integers(1, 12)
SPREAD = ("mean", "p05", "p95")


def _cents(amount: float) -> int:
    assert round(100 * amount) / 100 == amount
    return round(100 * amount)


def _valid(content: dict[str, Any]) -> dict[str, Any]:
    plain = json.loads(json.dumps(content, allow_nan=False))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(plain)
    return dict(plain)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), days=DAYS, share=st.floats(0, 1))
def test_sums_agree_in_cents_and_so_far_never_falls(
    random_plan: Callable[..., Plan], seed: int, days: int, share: float
) -> None:
    over = round(share * days)
    content = _valid(document(random_plan(seed, days, over)))
    flight, rows = content["flight"], [content["totals"], *content["channels"]]
    assert _cents(flight["spent"]) + _cents(flight["remaining"]) == _cents(flight["budget"])
    for row in [*rows, *content["campaigns"]]:
        assert _cents(row["spent"]) + _cents(row["planned_rest"]) == _cents(row["budget"])
    for part in (content["channels"], content["campaigns"]):
        for key in ("budget", "spent", "planned_rest"):
            assert sum(_cents(row[key]) for row in part) == _cents(content["totals"][key])
    assert [day["status"] for day in content["days"]] == ["actual"] * over + ["planned"] * (
        days - over
    )
    money, before = 0, dict.fromkeys(SPREAD, 0.0)
    for day in content["days"]:
        so_far = day["cumulative"]
        money += sum(_cents(entry["budget"]) for entry in day["campaigns"])
        assert _cents(so_far["budget"]) == money
        for key in SPREAD:
            assert so_far["conversions"][key] >= before[key] - 1e-9
        before = so_far["conversions"]
    assert money == _cents(flight["budget"])
    last = content["days"][-1]["cumulative"]
    for key in SPREAD:
        assert last["conversions"][key] == pytest.approx(content["totals"]["conversions"][key])
        assert last["revenue"][key] == pytest.approx(content["totals"]["revenue"][key])


def test_a_sum_of_draws_is_surer_than_a_sum_of_quantiles(random_plan: Callable[..., Plan]) -> None:
    content = document(random_plan(1, 12, 0))
    for key, sign in (("p05", 1), ("p95", -1)):
        by_day = sum(day["conversions"][key] for day in content["days"])
        assert sign * (content["days"][-1]["cumulative"]["conversions"][key] - by_day) > 5
    for day in content["days"]:
        so_far = day["cumulative"]["conversions"]
        assert so_far["p05"] < so_far["mean"] < so_far["p95"]


def test_days_that_are_over_hold_what_happened(under_way: Plan) -> None:
    content = _valid(document(under_way))
    actuals = under_way.actuals
    assert actuals is not None
    assert content["flight"]["actual_days"] == 10
    assert content["made"]["as_of"] == content["days"][9]["date"] == content["pace"]["as_of"]
    for t, day in enumerate(content["days"]):
        for k, entry in enumerate(day["campaigns"]):
            if t >= 10:
                assert entry["actual"] is None
                assert entry["planned"] is None
                continue
            reported = float(actuals.conversions[t, k])
            assert entry["conversions"] == dict.fromkeys(SPREAD, reported)
            assert entry["actual"]["conversions"] == reported
            assert _cents(entry["actual"]["spend"]) == _cents(entry["budget"])
            assert _cents(entry["planned"]) == actuals.planned[t, k]
    so_far = content["days"][9]["cumulative"]["conversions"]
    assert so_far == dict.fromkeys(SPREAD, float(actuals.conversions.sum()))
    assert content["campaigns"][0]["today"] == content["days"][10]["campaigns"][0]["budget"]


def test_unknown_revenue_is_null_and_not_0(random_plan: Callable[..., Plan]) -> None:
    plan = random_plan(3, 5, 2)
    assert plan.actuals is not None
    unknown = np.full_like(plan.forecast.expected, np.nan)
    actuals = plan.actuals._replace(revenue=np.full_like(plan.actuals.revenue, np.nan))
    forecast = plan.forecast._replace(expected_revenue=unknown, counted_revenue=unknown)
    content = _valid(document(plan._replace(forecast=forecast, actuals=actuals)))
    totals, days = content["totals"], content["days"]
    assert totals["revenue"] is totals["roas"] is totals["bae"] is None
    assert all(day["revenue"] is day["cumulative"]["revenue"] is None for day in days)
    assert all(entry["actual"]["revenue"] is None for entry in days[0]["campaigns"])
    assert totals["conversions"]["mean"] > 0


def test_revenue_unknown_on_one_day_is_unknown_from_then_on(
    random_plan: Callable[..., Plan],
) -> None:
    plan = random_plan(3, 5, 0)
    revenue = plan.forecast.expected_revenue.copy()
    revenue[:, 2, 1] = np.nan
    content = document(plan._replace(forecast=plan.forecast._replace(expected_revenue=revenue)))
    assert [day["revenue"] is None for day in content["days"]] == [False] * 2 + [True] + [False] * 2
    so_far = [day["cumulative"]["revenue"] is None for day in content["days"]]
    assert so_far == [False] * 2 + [True] * 3


def test_a_plan_says_its_markets_changes_costs_and_flags(random_plan: Callable[..., Plan]) -> None:
    plan = random_plan(
        5,
        6,
        3,
        markets="64 draws, updated by the reports",
        changes=(
            Change("google/A", 100.0, 80.0, True, "Fewer conversions."),
            Change("meta", 0.0, 10.0, False, "It does not pay."),
        ),
        costs=(ConstraintCost("ramp", 12.5, 0.01, "The ramp costs 12.5 conversions."),),
        flags=(Flag("break", "meta", "2024-10-06", "meta: it broke."),),
    )
    content = _valid(document(plan))
    assert content["made"]["markets"] == "64 draws, updated by the reports"
    change, begun = content["changes"]
    assert campaign_name(change) == "google/A"
    assert (begun["from"], begun["to"], begun["share"], begun["adopted"]) == (0, 10, None, False)
    assert (change["from"], change["to"], change["share"]) == (100.0, 80.0, pytest.approx(-0.2))
    assert content["constraint_costs"][0]["name"] == "ramp"
    assert content["flags"][-1] == plan.flags[0]._asdict()
    assert "meta: it broke." in content["warnings"]


def test_the_level_is_told_against_the_rhythm_and_the_live_budget(
    random_plan: Callable[..., Plan],
) -> None:
    plan = random_plan(0, 3, 0)
    rhythm = np.array([1.0, 2.0, 1.0])[:, None] * np.ones(3)
    cents = np.array([[1000, 0, 50], [2000, 0, 100], [1500, 0, 25]])
    rules = replace(plan.constraints, rhythm=rhythm, live_cents=np.array([800, 0, 50]))
    rows = document(plan._replace(cents=cents, constraints=rules))["campaigns"]
    assert rows[0]["level_change_most"] == pytest.approx(0.5)  # 8, 10, 10, 15
    assert rows[1]["level_change_most"] is None
    assert rows[2]["level_change_most"] == pytest.approx(0.5)  # .5, .5, .5, .25
    assert [row["live"] for row in rows] == [8.0, 0.0, 0.5]
    assert [row["today"] for row in rows] == [10.0, 0.0, 0.5]


def test_overspend_is_a_fact_and_a_rest_that_breaks_a_rule_is_not_written(
    under_way: Plan, tmp_path: Any
) -> None:
    write_plan(under_way, tmp_path / "plan.json")
    cents = under_way.cents.copy()
    cents[12, 0] += 1
    with pytest.raises(ConstraintError, match="above the total"):
        write_plan(under_way._replace(cents=cents), tmp_path / "other.json")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
    assert under_way.actuals is not None
    spent = under_way.actuals.spend.copy()
    spent[0] += under_way.constraints.total_cents
    over = np.concatenate([spent, np.zeros_like(under_way.cents[10:])])
    whole = under_way._replace(cents=over, actuals=under_way.actuals._replace(spend=spent))
    assert write_plan(whole, tmp_path / "over.json")["flight"]["remaining"] == 0
