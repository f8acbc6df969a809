"""An experiment whose plans of other budgets are quick to make."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mediagym.agents.experiment import Experiment
from mediagym.envs.constraints import ConstraintSettings, parse_constraints
from mediagym.envs.planning import static_plan

Quick = Callable[..., Experiment]


@pytest.fixture(scope="module")
def quick(experiment: Experiment, conf: Callable[..., dict[str, Any]]) -> Quick:
    """Makes the experiment with other keys of its constraints, without ramps and steadiness."""

    def make(**changes: Any) -> Experiment:
        free = {"ramp": None, "most_times_recent": None, "steadiness": None, "pacing": [0.5, 1.5]}
        settings = conf("constraints/default.yaml", **{**free, **changes})
        limits = parse_constraints(
            ConstraintSettings.of(settings, "constraints"),
            experiment.posterior.campaigns,
            experiment.problem.days,
        )
        posterior, old = experiment.posterior, experiment.problem
        plan = static_plan(posterior, limits, old.objective, old.days, experiment.solver)
        problem = replace(old, constraints=limits, static_plan=plan)
        return replace(experiment, problem=problem, config={"constraints": settings})

    return make
