import numpy as np
import pytest

from mediagym.data.errors import ConfigError
from mediagym.envs.market import Outcome
from mediagym.envs.objective import Objective

ONES = np.ones(2)
OUTCOME = Outcome(2 * ONES, 200 * ONES, 3 * ONES, 290 * ONES, ONES, ONES, ONES, 3 * ONES)
SPEND = np.array([10.0, 400.0])


@pytest.mark.parametrize(
    ("name", "expected", "counted"),
    [
        ("conversions", [2, 2], [3, 3]),
        ("revenue", [200, 200], [290, 290]),
        ("profit", [90, -300], [135, -255]),
    ],
)
def test_a_day_is_worth(conf, name, expected, counted):
    objective = Objective.of(conf(f"objective/{name}.yaml", margin=0.5), "objective")
    assert objective.expected(OUTCOME, SPEND).tolist() == expected
    assert objective.counted(OUTCOME, SPEND).tolist() == counted


@pytest.mark.parametrize("name", ["conversions", "revenue", "profit"])
def test_each_shipped_objective_is_named_after_its_file(conf, name):
    assert Objective.of(conf(f"objective/{name}.yaml"), "objective").name == name


@pytest.mark.parametrize(("key", "value"), [("name", "roas"), ("margin", 0), ("margin", 1.5)])
def test_another_value_is_refused_by_key(conf, key, value):
    with pytest.raises(ConfigError, match=f"objective.{key}"):
        Objective.of(conf("objective/profit.yaml") | {key: value}, "objective")
