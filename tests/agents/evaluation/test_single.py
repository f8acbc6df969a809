"""A score from Python is the table's row, and importing the package stays quick."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import mediagym
from mediagym.agents.evaluation import scored
from mediagym.agents.setup import candidates_of, task_experiment
from mediagym.data.errors import ConfigError

SMALL: dict[str, Any] = {"markets": 6, "resamples": 200}


def test_a_score_is_the_row_of_the_table() -> None:
    score = mediagym.evaluate("Uncertain-S", "greedy", references=["static"], **SMALL)
    experiment = task_experiment("Uncertain-S", references=["static"], **SMALL)
    _, task = scored(experiment, candidates_of(["greedy", "static"], experiment))
    row = task["policies"][0]
    for key, value in row.items():
        if key not in ("name", "seconds_per_decision", "seconds_per_flight"):
            assert (
                np.allclose(score.values, value, rtol=1e-6)
                if key == "values"
                else (getattr(score, key) == value)
            ), key
    assert score.policy == row["name"] == "greedy"
    assert (score.task, score.markets) == (task["id"], 6)
    assert score.versus["static"]["difference"] == task["paired"][0]["difference"]
    assert score.values.shape == score.percent.shape == (1, 6)
    assert score.percent.mean() == pytest.approx(score.mean)
    assert str(score).splitlines()[1].startswith("  vs static: ")


def test_a_function_and_a_list_of_policies_are_scored() -> None:
    size = mediagym.describe("Uncertain-S").action_space.shape[0]

    def act(observations: np.ndarray) -> np.ndarray:
        return np.zeros((len(observations), size))

    one = mediagym.evaluate("Uncertain-S", act, references=["follow"], **SMALL)
    assert one.policy == "policy"
    assert abs(one.versus["follow"]["difference"]) < 1e-9  # an action of 0 under the commands
    two = mediagym.evaluate("Uncertain-S", [act, act], name="own", references=[], **SMALL)
    assert (two.policy, two.seeds) == ("own", 2)
    np.testing.assert_array_equal(two.values[0], one.values[0])
    assert two.versus == {}


@pytest.mark.parametrize(
    ("task", "policy", "options", "fragment"),
    [
        ("Uncertan-M", "static", {}, "Did you mean 'Uncertain-M'"),
        ("Uncertain-S", "statik", {}, "Did you mean 'static'"),
        ("Uncertain-S", None, {}, "nothing was given"),
        ("Uncertain-S", np.zeros_like, {"name": "static"}, "'static' is the name of a reference"),
        ("Uncertain-S", "static", {"market": 5}, "market: unknown key"),
        ("Uncertain-S", "nowhere_at_all:make", {}, "no module 'nowhere_at_all'"),
    ],
)
def test_a_mistake_is_one_line(
    task: str, policy: Any, options: dict[str, Any], fragment: str
) -> None:
    with pytest.raises(ConfigError, match=fragment) as caught:
        mediagym.evaluate(task, policy, **options)
    assert "\n" not in str(caught.value)


def test_importing_the_package_brings_no_torch() -> None:
    code = "import sys, mediagym; print('torch' in sys.modules, callable(mediagym.evaluate))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603
    assert done.stdout.split() == ["False", "True"]
