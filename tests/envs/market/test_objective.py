import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mediagym.data.errors import ConfigError
from mediagym.envs.market import Objective, ObjectiveSettings, Outcome, Ratio

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
    objective = Objective.of(
        ObjectiveSettings.of(conf(f"objective/{name}.yaml", margin=0.5), "objective")
    )
    assert objective.expected(OUTCOME, SPEND).tolist() == expected
    assert objective.counted(OUTCOME, SPEND).tolist() == counted


@pytest.mark.parametrize("name", ["conversions", "journeys", "revenue", "profit"])
def test_each_shipped_objective_is_named_after_its_file(conf, name):
    assert ObjectiveSettings.of(conf(f"objective/{name}.yaml"), "objective").name == name


@pytest.mark.parametrize(("key", "value"), [("name", "roas"), ("margin", 0), ("margin", 1.5)])
def test_another_value_is_refused_by_key(conf, key, value):
    with pytest.raises(ConfigError, match=f"objective.{key}"):
        ObjectiveSettings.of(conf("objective/profit.yaml") | {key: value}, "objective")


@pytest.fixture
def journeys(conf):
    """Journeys with the ratios of two campaigns."""

    def made(*means):
        settings = ObjectiveSettings.of(conf("objective/journeys.yaml"), "objective")
        return Objective.of(settings, [Ratio(mean=mean, log_sd=0.2) for mean in means] or None)

    return made


def test_journeys_credit_each_campaign_at_its_ratio(journeys):
    objective = journeys(0.5, 2.0)
    assert objective.expected(OUTCOME, SPEND).tolist() == [1, 4]
    assert objective.counted(OUTCOME, SPEND).tolist() == [1.5, 6]


def test_ratios_of_one_and_none_are_the_conversions(journeys):
    for objective in (journeys(1.0, 1.0), journeys()):
        assert objective.expected(OUTCOME, SPEND).tolist() == OUTCOME.expected.tolist()


@pytest.mark.parametrize("name", ["conversions", "journeys", "revenue", "profit"])
def test_numpy_and_torch_agree(journeys, name):
    objective = replace(journeys(0.5, 2.0), name=name)
    theirs = Outcome(*(torch.tensor(field, dtype=torch.float32) for field in OUTCOME))
    for value in (Objective.expected, Objective.counted):
        ours = value(objective, OUTCOME, SPEND)
        other = value(objective, theirs, torch.tensor(SPEND, dtype=torch.float32))
        assert other.dtype == torch.float32
        np.testing.assert_allclose(other.numpy(), ours, rtol=1e-6)


def test_plain_values_tell_objectives_apart(journeys):
    contents = [journeys(0.5, 2.0).to_json(), journeys(0.5, 1.0).to_json(), journeys().to_json()]
    assert json.loads(json.dumps(contents)) == contents
    assert all(contents.count(content) == 1 for content in contents)


@pytest.mark.parametrize("ratio", [{"mean": -1, "log_sd": 0.1}, {"mean": 1, "log_sd": -0.1}])
def test_a_ratio_that_cannot_be_is_refused(ratio):
    with pytest.raises(ConfigError, match=r"ratios\.(mean|log_sd)"):
        Ratio.of(ratio, "ratios")
