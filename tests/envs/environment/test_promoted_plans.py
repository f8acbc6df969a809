"""What a calendar says of demand reaches the static plan and the environment's problem."""

import numpy as np
import pytest

from mediagym.data.storage import SAMPLE, shipped_yaml
from mediagym.envs.calibration import load_posterior
from mediagym.envs.constraints import ConstraintSettings
from mediagym.envs.environment import problem_in
from mediagym.envs.market import Objective, ObjectiveSettings
from mediagym.envs.planning import SolverSettings

DAYS, POSTERIOR = 10, load_posterior(SAMPLE / "calibration")
FIRST = np.datetime64(int(POSTERIOR.state.day), "D")


@pytest.fixture(scope="module")
def problem_with(tmp_path_factory):
    """Makes the problem of a calendar row of three days."""
    folder = tmp_path_factory.mktemp("cache")

    def make(**row):
        keys = {"start": str(FIRST + 4), "end": str(FIRST + 6), "campaigns": "all", **row}
        own = {"total": 60000, "calendar": [keys], "most_times_recent": None, "steadiness": None}
        constraints = shipped_yaml("constraints/default") | own
        return problem_in(
            folder,
            POSTERIOR,
            constraints=ConstraintSettings.of(constraints, "constraints"),
            objective=Objective.of(
                ObjectiveSettings.of(shipped_yaml("objective/conversions"), "objective")
            ),
            days=DAYS,
            solver=SolverSettings.of(shipped_yaml("solver/default") | {"draws": 16}, "solver"),
        )

    return make


def test_a_promotion_moves_money_to_its_days(problem_with):
    usual, sale = problem_with(), problem_with(demand=1.5)
    share = [problem.static_plan[4:7].sum() / 60000 for problem in (usual, sale)]
    assert share[1] > 1.1 * share[0]
    rows = (int(POSTERIOR.state.day) + np.arange(DAYS)) % sale.market.calendar.shape[-2]
    known = sale.market.calendar[rows, 0]
    np.testing.assert_allclose(known[4:7], np.log(1.5), rtol=1e-5)
    np.testing.assert_allclose(np.delete(known, [4, 5, 6]), 0, atol=1e-6)


def test_a_neutral_row_leaves_the_plan_bitwise(problem_with):
    np.testing.assert_array_equal(
        problem_with().static_plan, problem_with(demand=1, demand_sd=0).static_plan
    )
