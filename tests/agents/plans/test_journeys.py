"""Plans for what journeys credit, beside those for what platforms claim."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import plan_of, plan_table
from mediagym.agents.plans.document import SCHEMA, document, name_of
from mediagym.agents.policy import PlanPolicy
from mediagym.envs.calibration import Posterior
from mediagym.envs.constraints import Constraints
from mediagym.envs.flight import Problem
from mediagym.envs.market import Objective
from mediagym.envs.planning import SolverSettings, static_plan


@pytest.fixture(scope="module")
def planned(
    posterior: Posterior, constraints: Constraints, solver: SolverSettings
) -> Callable[[Objective], np.ndarray]:
    """The static plan of a short climb for an objective."""
    return lambda objective: static_plan(
        posterior, constraints, objective, constraints.days, solver
    )


def test_ratios_of_one_leave_the_plan_for_conversions(
    planned: Callable[[Objective], np.ndarray],
    journeys: Callable[..., Objective],
    objective: Objective,
    posterior: Posterior,
) -> None:
    count = len(posterior.names)
    plain = planned(objective)
    np.testing.assert_allclose(planned(journeys([1.0] * count)), plain, rtol=1e-9, atol=1e-6)
    # a common factor changes what it is worth and not the plan
    np.testing.assert_allclose(planned(journeys([3.0] * count)).sum(0), plain.sum(0), rtol=0.02)


def test_a_campaign_that_journeys_credit_more_gets_more(
    planned: Callable[[Objective], np.ndarray],
    journeys: Callable[..., Objective],
    objective: Objective,
    posterior: Posterior,
) -> None:
    k = posterior.names.index("meta")
    means = [1.0] * len(posterior.names)
    means[k] = 4.0
    assert planned(journeys(means)).sum(0)[k] > 1.3 * planned(objective).sum(0)[k]


@pytest.fixture
def content(
    experiment: Experiment, problem: Problem, journeys: Callable[..., Objective]
) -> Callable[..., dict[str, Any]]:
    """The plan's document under ratios."""

    def make(means: list[float], log_sd: float = 0.0) -> dict[str, Any]:
        problem_for_journeys = replace(problem, objective=journeys(means, log_sd))
        asked = replace(experiment, problem=problem_for_journeys)
        return document(plan_of(asked, PlanPolicy("static", problem.static_plan), []))

    return make


def test_a_plan_for_journeys_shows_them_beside_the_claims(
    content: Callable[..., dict[str, Any]], experiment: Experiment
) -> None:
    means = list(np.linspace(0.5, 2, len(experiment.posterior.names)))
    found = json.loads(json.dumps(content(means), allow_nan=False))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(found)
    assert found["objective"] == "journeys"
    rows = {name_of(row): row for row in found["campaigns"]}
    for name, mean in zip(experiment.posterior.names, means, strict=True):
        row = rows[name]
        for key in ("mean", "p05", "p95"):
            wanted = mean * row["conversions"][key]
            assert row["journey_conversions"][key] == pytest.approx(wanted)
    for part in (found["channels"], [found["totals"]]):
        total = sum(row["journey_conversions"]["mean"] for row in part)
        assert total == pytest.approx(sum(r["journey_conversions"]["mean"] for r in rows.values()))
    claims = sum(row["budget_for_claims"] for row in rows.values())
    assert claims == pytest.approx(found["totals"]["budget"], abs=0.1)
    assert plan_table(found).columns[-2].header == "for claims"


def test_uncertain_ratios_widen_what_journeys_credit(
    content: Callable[..., dict[str, Any]], experiment: Experiment
) -> None:
    count = len(experiment.posterior.names)
    sure, unsure = (content([1.0] * count, sd)["totals"] for sd in (0.0, 0.8))
    assert sure["journey_conversions"] == pytest.approx(sure["conversions"])
    width = [
        totals["journey_conversions"]["p95"] - totals["journey_conversions"]["p05"]
        for totals in (sure, unsure)
    ]
    assert width[1] > 1.2 * width[0]


def test_a_plan_for_conversions_speaks_of_no_journeys(
    experiment: Experiment, problem: Problem
) -> None:
    found = document(plan_of(experiment, PlanPolicy("static", problem.static_plan), []))
    assert "journey_conversions" not in found["totals"]
    for row in found["campaigns"]:
        assert not {"journey_conversions", "budget_for_claims"} & set(row)
