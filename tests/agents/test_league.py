import json
from pathlib import Path

import pytest

from mediagym.agents.league import POLICIES, as_json, league
from mediagym.envs.tasks import every_task, task_of

SHOWN = {
    told["id"]: told["policies"]
    for told in json.loads((Path(__file__).parents[2] / "docs" / "suite.json").read_text())["tasks"]
}


@pytest.mark.parametrize("key", ["Stationary-S", "Stationary-M"])
def test_in_a_known_market_the_static_plan_is_the_best_there_is(key):
    scores = {score.policy: score for score in league(task_of(key), 0)}
    assert list(scores) == list(POLICIES)
    assert scores["static"].percent.mean() >= 99.5
    assert all(score.percent.max() <= 100 for score in scores.values())


@pytest.mark.parametrize("key", ["Full-S", "Shock-M"])
def test_the_table_in_the_documents_is_what_flies(key):
    task = task_of(key)
    for ours, shown in zip(
        as_json(task, league(task, 20))["policies"], SHOWN[task.id], strict=True
    ):
        assert ours["name"] == shown["name"]
        assert ours["mean"] == pytest.approx(shown["mean"], abs=0.005)
        assert ours["ci"] == pytest.approx(shown["ci"], abs=0.005)
        assert ours["violations"] == shown["violations"] == 0


def test_the_table_has_every_task_and_nobody_beats_the_clairvoyant():
    assert set(SHOWN) == {task_of(key).id for key, _ in every_task()}
    assert all(policy["most"] <= 100 for told in SHOWN.values() for policy in told)
