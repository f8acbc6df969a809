"""Warnings of a plan: extrapolation, the calibration's verdict, binding bounds, restarts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from helpers.subjects.plans import small_plan

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import forecast_notes, plan_of
from mediagym.agents.plans.document import document
from mediagym.agents.plans.records import campaign_name
from mediagym.agents.policy import Policy


def test_extrapolation_is_null_inside_the_observed_range_and_a_ratio_outside(
    conf: Callable,
) -> None:
    plan = small_plan(conf, [[1000, 3000], [2000, 4000]], observed_max=np.array([20.0, 10.0]))
    inside, outside = (row["extrapolation"] for row in document(plan)["campaigns"])
    assert inside is None
    assert outside == {"times_mean": 35 / 35, "times_max": 4.0}
    lines = [line for line in document(plan)["warnings"] if "extrapolation" in line]
    assert len(lines) == 1
    assert lines[0].startswith("google/B")


def test_a_campaign_that_never_spent_is_extrapolated_without_a_ratio(
    conf: Callable, schema: dict
) -> None:
    never = {"observed_max": np.zeros(2), "observed_mean": np.zeros(2)}
    content = document(small_plan(conf, [[1000, 0], [1000, 0]], **never))
    rows = content["campaigns"]
    assert rows[0]["extrapolation"] == {"times_mean": None, "times_max": None}
    assert rows[1]["extrapolation"] is None
    lines = [line for line in content["warnings"] if "extrapolation" in line]
    assert len(lines) == 1
    assert "No spend is known" in lines[0]
    jsonschema.Draft202012Validator(schema).validate(content)


@pytest.mark.parametrize(
    ("past", "verdict"),
    [
        ({"verdict": "WARNING: last year is better."}, "WARNING: last year is better."),
        ({"verdict": "two\nlines"}, "two lines"),
        ({"verdict": 3}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_plan_holds_the_verdict_of_its_calibration(
    experiment: Experiment, baselines: list[Policy], past: Any, verdict: str | None
) -> None:
    posterior = experiment.posterior
    report = {**posterior.report, "past": past}
    judged = replace(experiment, posterior=replace(posterior, report=report))
    content = document(plan_of(judged, baselines[0], []))
    assert content["forecast_verdict"] == verdict


def test_only_a_verdict_against_the_model_is_printed_above_the_table(conf: Callable) -> None:
    printed = {
        verdict: forecast_notes(
            document(small_plan(conf, [[1000], [1000]], forecast_verdict=verdict))
        )
        for verdict in ("WARNING: a naive forecast is better.", "The model is best.", None)
    }
    assert list(printed.values()) == [["WARNING: a naive forecast is better."], [], []]


BOUNDS = [
    ({"campaigns": {"google/A": {"floor": "$20"}}}, "campaign floor"),
    ({"campaigns": {"google/A": {"cap": "$20"}}}, "campaign cap"),
    ({"campaigns": {"google/A": {"fixed": "$20"}}}, "campaign floor"),
    ({"campaigns": {"google/A": {"daily_cap": "$10"}}}, "campaign daily cap"),
    ({"channels": {"google": {"floor": "$60"}}}, "channel floor"),
    ({"channels": {"google": {"cap": "$60"}}}, "channel cap"),
    ({"campaigns": {"google/A": {"floor": "$10", "cap": "$60"}}}, None),
    ({"campaigns": {"google/A": {"daily_cap": "$30"}}}, None),
    ({"campaigns": {"google/B": {"floor": "$40"}}}, None),
]


@pytest.mark.parametrize(("bounds", "name"), BOUNDS)
def test_binding_names_the_binding_bound(conf: Callable, bounds: dict, name: str | None) -> None:
    plan = small_plan(conf, [[1000, 2000, 3000], [1000, 2000, 3000]], constraints=bounds)
    binding = document(plan)["campaigns"][0]["binding"]
    assert (binding and binding["bound"]) == name


def test_the_shadow_price_is_the_marginal_return_elsewhere_minus_here(conf: Callable) -> None:
    bounds = {"campaigns": {"google/A": {"floor": "$20"}}}
    marginal = np.array([0.01, 0.3, 0.1])
    cents = [[1000, 1500, 3000], [1000, 1500, 3000]]
    plan = small_plan(conf, cents, constraints=bounds, marginal=marginal)
    binding = document(plan)["campaigns"][0]["binding"]
    elsewhere = (30 * 0.3 + 60 * 0.1) / 90
    assert binding["shadow_price"] == pytest.approx(1000 * (elsewhere - 0.01))
    assert any("floor buys almost nothing" in line for line in document(plan)["warnings"])


def test_a_campaign_that_is_restarted_is_warned_of_and_warnings_of_the_data_come_first(
    conf: Callable,
) -> None:
    notes = ("read as Google Ads", "WARNING, the last 7 days are not complete")
    plan = small_plan(conf, [[600, 400]] * 2, recent=np.array([1.0, 0.0]), notes=notes)
    written = document(plan)
    restarted = [note for note in written["warnings"] if "restarted" in note]
    assert len(restarted) == 1
    assert restarted[0].startswith(campaign_name(written["campaigns"][1]))
    assert written["warnings"][-2:] == [notes[1], notes[0]]


@pytest.mark.parametrize(
    ("objective", "here", "elsewhere"),
    [
        ("conversions", "10.0 expected conversions", "156.7 more"),
        ("journeys", "10.0 expected conversions credited by journeys", "156.7 more"),
        ("revenue", "$10.00 of expected revenue", "$156.67 more"),
        ("profit", "$10.00 of expected profit", "$156.67 more"),
    ],
)
def test_the_warning_of_a_floor_is_in_the_unit_of_the_objective(
    conf: Callable, objective: str, here: str, elsewhere: str
) -> None:
    bounds = {"campaigns": {"google/A": {"floor": "$20"}}}
    marginal, cents = np.array([0.01, 0.5 / 3, 0.5 / 3]), [[1000, 1500, 1500], [1000, 1500, 1500]]
    plan = small_plan(conf, cents, constraints=bounds, marginal=marginal, objective=objective)
    (warning,) = (w for w in document(plan)["warnings"] if "floor buys" in w)
    assert warning == (
        f"google/A: its floor buys almost nothing: another $1,000 here would bring {here}; "
        f"elsewhere the last $1,000 would bring {elsewhere}."
    )
