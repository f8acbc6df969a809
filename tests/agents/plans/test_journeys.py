"""Plans for conversions that journeys credit, beside plans for those that platforms claim."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import plan_of, plan_table
from mediagym.agents.plans.document import SCHEMA, document
from mediagym.agents.plans.records import campaign_name
from mediagym.agents.policy import PlanPolicy
from mediagym.envs.calibration import Posterior
from mediagym.envs.constraints import Constraints
from mediagym.envs.flight import Problem
from mediagym.envs.market import Objective
from mediagym.envs.planning import SolverSettings, static_plan


@pytest.fixture(scope="module")
def plan_for(
    posterior: Posterior, constraints: Constraints, solver: SolverSettings
) -> Callable[[Objective], np.ndarray]:
    """Makes the static plan for an objective, with few iterations."""
    return lambda objective: static_plan(
        posterior, constraints, objective, constraints.days, solver
    )


def test_ratios_of_one_leave_the_plan_for_conversions(
    plan_for: Callable[[Objective], np.ndarray],
    journeys: Callable[..., Objective],
    objective: Objective,
    posterior: Posterior,
) -> None:
    count = len(posterior.names)
    plain = plan_for(objective)
    np.testing.assert_allclose(plan_for(journeys([1.0] * count)), plain, rtol=1e-9, atol=1e-6)
    # a common factor changes the value and not the plan
    np.testing.assert_allclose(plan_for(journeys([3.0] * count)).sum(0), plain.sum(0), rtol=0.02)


def test_a_campaign_that_journeys_credit_more_gets_more(
    plan_for: Callable[[Objective], np.ndarray],
    journeys: Callable[..., Objective],
    objective: Objective,
    posterior: Posterior,
) -> None:
    k = posterior.names.index("meta")
    means = [1.0] * len(posterior.names)
    means[k] = 4.0
    assert plan_for(journeys(means)).sum(0)[k] > 1.3 * plan_for(objective).sum(0)[k]


@pytest.fixture
def content(
    experiment: Experiment, problem: Problem, journeys: Callable[..., Objective]
) -> Callable[..., dict[str, Any]]:
    """Makes the document of the static plan under ratios of these means."""

    def make(means: list[float], log_sd: float = 0.0) -> dict[str, Any]:
        problem_for_journeys = replace(problem, objective=journeys(means, log_sd))
        changed = replace(experiment, problem=problem_for_journeys)
        return document(plan_of(changed, PlanPolicy("static", problem.static_plan), []))

    return make


def test_a_plan_for_journeys_lists_credited_and_claimed_conversions(
    content: Callable[..., dict[str, Any]], experiment: Experiment
) -> None:
    means = list(np.linspace(0.5, 2, len(experiment.posterior.names)))
    plan = json.loads(json.dumps(content(means), allow_nan=False))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(plan)
    assert plan["objective"] == "journeys"
    rows = {campaign_name(row): row for row in plan["campaigns"]}
    for name, mean in zip(experiment.posterior.names, means, strict=True):
        row = rows[name]
        for key in ("mean", "p05", "p95"):
            expected = mean * row["conversions"][key]
            assert row["journey_conversions"][key] == pytest.approx(expected)
    for part in (plan["channels"], [plan["totals"]]):
        total = sum(row["journey_conversions"]["mean"] for row in part)
        assert total == pytest.approx(sum(r["journey_conversions"]["mean"] for r in rows.values()))
    claims = sum(row["budget_for_claims"] for row in rows.values())
    assert claims == pytest.approx(plan["totals"]["budget"], abs=0.1)
    assert plan_table(plan).columns[-2].header == "for claims"


def test_uncertain_ratios_widen_the_interval_of_credited_conversions(
    content: Callable[..., dict[str, Any]], experiment: Experiment
) -> None:
    count = len(experiment.posterior.names)
    certain, uncertain = (content([1.0] * count, sd)["totals"] for sd in (0.0, 0.8))
    assert certain["journey_conversions"] == pytest.approx(certain["conversions"])
    width = [
        totals["journey_conversions"]["p95"] - totals["journey_conversions"]["p05"]
        for totals in (certain, uncertain)
    ]
    assert width[1] > 1.2 * width[0]


def test_a_plan_for_conversions_has_no_journey_fields(
    experiment: Experiment, problem: Problem
) -> None:
    plan = document(plan_of(experiment, PlanPolicy("static", problem.static_plan), []))
    assert "journey_conversions" not in plan["totals"]
    for row in plan["campaigns"]:
        assert not {"journey_conversions", "budget_for_claims"} & set(row)
