"""The document of a plan: schema, sums to the cent, estimates, and the file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from helpers.subjects.plans import small_plan

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import plan_of, write_plan
from mediagym.agents.plans.document import document
from mediagym.agents.plans.estimate import forecast
from mediagym.agents.plans.records import Plan, campaign_name
from mediagym.agents.policies import baseline
from mediagym.agents.policy import PlanPolicy, Policy
from mediagym.agents.rollout import draw_evaluation_set
from mediagym.data.errors import ConstraintError
from mediagym.envs.calibration import Forecast, SpendingFacts
from mediagym.envs.constraints import constraints_from_json, violations

_OPTIONAL = {"journey_conversions", "budget_for_claims", "currency", "constraint_costs_note"}
REFERENCES = ("$ref", "type", "enum", "const", "anyOf")


@pytest.fixture(scope="module")
def plans(experiment: Experiment, baselines: list[Policy]) -> list[Plan]:
    return [plan_of(experiment, policy, baselines) for policy in baselines]


def _cents(dollars: float) -> int:
    whole = round(dollars * 100)
    assert whole / 100 == dollars
    return whole


def test_the_schema_is_valid_and_closed_and_describes_every_field(schema: dict) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    objects = fields = 0
    todo = [schema]
    while todo:
        node = todo.pop()
        if node.get("type") == "object":
            objects += 1
            assert "additionalProperties" in node, node
            optional = set(node.get("properties", {})) - set(node.get("required", []))
            assert optional <= _OPTIONAL, node
        for field in node.get("properties", {}).values():
            fields += 1
            assert len(field["description"]) > 5, node
            assert any(key in field for key in REFERENCES), field
        for child in node.values():
            if isinstance(child, dict):
                todo += [child, *(v for v in child.values() if isinstance(v, dict))]
            elif isinstance(child, list):
                todo += [v for v in child if isinstance(v, dict)]
    assert objects > 10
    assert fields > 50


def test_plans_of_every_baseline_fit_the_schema(schema: dict, plans: list[Plan]) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker)
    for plan in plans:
        validator.validate(json.loads(json.dumps(document(plan), allow_nan=False)))


def test_an_unknown_or_missing_field_does_not_fit_the_schema(
    schema: dict, plans: list[Plan]
) -> None:
    validator = jsonschema.Draft202012Validator(schema)
    content = json.loads(json.dumps(document(plans[0])))
    assert not validator.is_valid({**content, "more": 1})
    assert not validator.is_valid({k: v for k, v in content.items() if k != "totals"})
    content["campaigns"][0]["budget"] = "100"
    assert not validator.is_valid(content)


def test_cents_sum_exactly_by_day_campaign_channel_and_flight(plans: list[Plan]) -> None:
    for plan in plans:
        content = document(plan)
        total = plan.constraints.total_cents
        rows = {campaign_name(row): _cents(row["budget"]) for row in content["campaigns"]}
        sums = dict.fromkeys(rows, 0)
        for day in content["days"]:
            entries = {campaign_name(entry): _cents(entry["budget"]) for entry in day["campaigns"]}
            assert sum(entries.values()) == _cents(day["budget"])
            sums = {name: sums[name] + cents for name, cents in entries.items()}
        assert sums == rows
        for channel in content["channels"]:
            inside = [row for row in content["campaigns"] if row["channel"] == channel["channel"]]
            assert sum(rows[campaign_name(row)] for row in inside) == _cents(channel["budget"])
        assert sum(rows.values()) == total == _cents(content["totals"]["budget"])
        assert sum(_cents(day["budget"]) for day in content["days"]) == total
        assert sum(row["share"] for row in content["campaigns"]) == pytest.approx(1)


def test_dates_follow_the_history_without_a_gap(plans: list[Plan], history: Any) -> None:
    content = document(plans[0])
    dates = [np.datetime64(day["date"]) for day in content["days"]]
    assert dates[0] == history.dates[-1] + 1
    assert content["flight"]["start"] == str(dates[0])
    assert len(dates) == content["flight"]["days"] == 30
    assert (np.diff(dates) == np.timedelta64(1, "D")).all()


def test_every_constraint_holds_to_the_cent(plans: list[Plan]) -> None:
    for plan in plans:
        assert violations(plan.constraints, plan.cents) == []
        spent = plan.cents.sum(0)
        assert (spent >= plan.constraints.floor_cents[1]).all()
        assert (spent @ plan.constraints.tree.sums[1].T >= plan.constraints.floor_cents[0]).all()


def test_totals_follow_from_the_forecast(plans: list[Plan]) -> None:
    for plan in plans:
        totals = document(plan)["totals"]
        dollars = plan.constraints.total
        mean = plan.forecast.expected.sum((1, 2)).mean()
        revenue = plan.forecast.expected_revenue.sum((1, 2)).mean()
        assert totals["conversions"]["mean"] == pytest.approx(mean)
        assert totals["roas"] == pytest.approx(revenue / dollars)
        assert totals["cpa"] == pytest.approx(dollars / mean)
        assert totals["bae"] == pytest.approx((revenue - dollars) / dollars)
        for key in ("conversions", "revenue"):
            assert totals[key]["p05"] < totals[key]["mean"] < totals[key]["p95"]


def _scattered() -> Forecast:
    """Sums over two days and two campaigns, worked out by hand; 21 draws in any order.

    Conversions expected 100 to 120 and counted 0 to 200, revenue ten times that; campaign A has a
    quarter of each, its first day nothing. Of 21 draws the 5 % quantile is the second.
    """
    order = np.random.default_rng(0).permutation(21)
    cells = np.array([[0.0, 0.5], [0.25, 0.25]])  # (days, campaigns), sum 1
    expected, counted = (x[order][:, None, None] * cells for x in (RANKS + 100, 10 * RANKS))
    return Forecast(expected, counted, 10 * expected, 10 * counted + 7)


RANKS = np.arange(21.0)


def test_means_are_of_expectations_and_intervals_of_counts(conf: Callable) -> None:
    content = document(small_plan(conf, [[1000, 3000], [2000, 4000]], forecast=_scattered()))
    whole = {"mean": pytest.approx(110), "p05": pytest.approx(10), "p95": pytest.approx(190)}
    assert content["totals"]["conversions"] == whole
    assert content["channels"][0]["conversions"] == whole
    assert content["totals"]["revenue"] == {
        "mean": pytest.approx(1100),
        "p05": pytest.approx(100 + 4 * 7),
        "p95": pytest.approx(1900 + 4 * 7),
    }
    for row, share in zip(content["campaigns"], (0.25, 0.75), strict=True):
        assert row["conversions"] == {
            "mean": pytest.approx(110 * share),
            "p05": pytest.approx(10 * share),
            "p95": pytest.approx(190 * share),
        }
    days = [[entry["conversions"]["mean"] for entry in day["campaigns"]] for day in content["days"]]
    np.testing.assert_allclose(days, [[0, 55], [27.5, 27.5]])


def test_daily_conversions_sum_to_the_campaigns_and_channels(plans: list[Plan]) -> None:
    for plan in plans:
        content = document(plan)
        days = [e["conversions"]["mean"] for day in content["days"] for e in day["campaigns"]]
        campaigns = [row["conversions"]["mean"] for row in content["campaigns"]]
        channels = [row["conversions"]["mean"] for row in content["channels"]]
        total = content["totals"]["conversions"]["mean"]
        assert sum(days) == pytest.approx(total)
        assert sum(campaigns) == pytest.approx(total)
        assert sum(channels) == pytest.approx(total)


def test_the_baselines_exclude_the_planned_policy(
    plans: list[Plan], baselines: list[Policy]
) -> None:
    names = [policy.name for policy in baselines]
    for plan in plans:
        listed = [row["policy"] for row in document(plan)["baselines"]]
        assert listed == [name for name in names if name != plan.policy]


def test_a_policy_has_the_same_estimate_as_plan_and_as_baseline(
    plans: list[Plan],
) -> None:
    estimates = {plan.policy: document(plan)["totals"]["conversions"]["mean"] for plan in plans}
    for plan in plans:
        for name, value in plan.baselines.items():
            assert value == pytest.approx(
                estimates[name], rel=1e-5
            )  # one of them is in whole cents


def test_a_plan_that_spends_nothing_has_no_ratios(conf: Callable, schema: dict) -> None:
    free = {"total": 100, "total_type": "at_most"}
    plan = small_plan(conf, [[0, 0], [0, 0]], constraints=free)
    content = document(plan)
    assert content["totals"]["roas"] is None
    assert content["totals"]["bae"] is None
    jsonschema.Draft202012Validator(schema).validate(content)


def test_a_plan_in_another_order_of_campaigns_is_the_same_plan(plans: list[Plan]) -> None:
    plan = plans[-1]
    order = np.random.default_rng(0).permutation(len(plan.constraints.names)).tolist()
    content = plan.constraints.to_json()
    names = [plan.constraints.names[k] for k in order]
    content["channel_of"] = {name: content["channel_of"][name] for name in names}
    shuffled = plan._replace(
        constraints=constraints_from_json(content),
        cents=plan.cents[:, order],
        forecast=Forecast(*(draws[..., order] for draws in plan.forecast)),
        marginal=plan.marginal[order],
        observed_mean=plan.observed_mean[order],
        recent=plan.recent[order],
        observed_max=plan.observed_max[order],
        spending=SpendingFacts(*(each[order] for each in plan.spending)),
    )
    one, other = document(plan), document(shuffled)
    assert [campaign_name(row) for row in other["campaigns"]] == names
    by_name = {campaign_name(row): row for row in one["campaigns"]}
    for row in other["campaigns"]:
        same = by_name[campaign_name(row)]
        for key in ("budget", "share", "observed_max_daily", "extrapolation"):
            assert row[key] == same[key]
        assert row["conversions"] == pytest.approx(same["conversions"])
        assert (row["binding"] is None) == (same["binding"] is None)
    assert other["totals"]["conversions"] == pytest.approx(one["totals"]["conversions"])
    assert sorted(other["warnings"]) == sorted(one["warnings"])


def test_a_plan_that_breaks_a_constraint_is_not_written(plans: list[Plan], tmp_path: Path) -> None:
    plan = plans[0]
    cents = plan.cents.copy()
    cents[3, 0] += 1
    with pytest.raises(ConstraintError, match=r"not written.*above the total"):
        write_plan(plan._replace(cents=cents), tmp_path / "plan.json")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_plan_leaves_the_older_file_unchanged(plans: list[Plan], tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(plans[0], path)
    before = path.read_bytes()
    with pytest.raises(ConstraintError):
        write_plan(plans[1]._replace(cents=plans[1].cents - 1), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_holds_the_returned_content(plans: list[Plan], tmp_path: Path) -> None:
    content = write_plan(plans[0], tmp_path / "new" / "plan.json")
    assert json.loads((tmp_path / "new" / "plan.json").read_text(encoding="utf-8")) == content


def test_planning_again_gives_the_same_bytes(experiment: Experiment, tmp_path: Path) -> None:
    for name in ("one.json", "two.json"):
        write_plan(plan_of(experiment, baseline("static", experiment), []), tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_scoring_the_written_cents_again_gives_the_same_numbers(
    experiment: Experiment, plans: list[Plan]
) -> None:
    market, state = experiment.posterior.held(experiment.posterior.held_out)
    for plan in plans:
        draws = draw_evaluation_set(market, state, 30, 30)
        repeated = forecast(
            experiment.problem, PlanPolicy("x", plan.cents), plan.cents / 100, draws
        )
        for one, other in zip(plan.forecast, repeated, strict=True):
            np.testing.assert_array_equal(one, other)
