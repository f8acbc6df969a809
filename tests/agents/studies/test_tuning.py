import json

import pytest

from mediagym.agents.studies import TuneCommand, tune
from mediagym.agents.studies.tuning import Range, changed
from mediagym.data.errors import ConfigError

SPACE = {
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "warm.flights": {"choices": [2, 4]},
}


def test_a_search_goes_on_where_it_was_stopped(experiment, agent, tmp_path):
    small = agent(
        warm={"iterations": 1, "flights": 2, "learning_rate": 1e-3}, total_timesteps=120, checks=1
    )
    told = []
    for trials in (1, 2, 2):
        keys = {"task": None, "agent": small, "seed": 0, "space": SPACE, "output": None}
        asked = TuneCommand.of(keys | {"trials": trials}, "tune")
        best = tune(experiment, asked, tmp_path, told.append)
    written = json.loads((tmp_path / "tune.json").read_text())
    assert [row["number"] for row in written["trials"]] == [0, 1]
    assert len(told) == 2  # the third time there was nothing left to do
    assert written["trials"][0]["values"] != written["trials"][1]["values"]
    assert written["best"] == best
    assert best["percent"] == max(row["percent"] for row in written["trials"])
    assert best["overrides"].startswith("agent=ppo agent.learning_rate=")


def test_a_dot_reaches_into_a_key_and_nothing_else_changes(agent):
    before = agent()
    made = changed(before, {"warm.flights": 9, "n_epochs": 3})
    assert made["warm"]["flights"] == 9
    assert made["n_epochs"] == 3
    assert before["warm"]["flights"] == 4
    for key in ("rates", "warm.flight", "rate.x"):
        with pytest.raises(ConfigError, match=f"space.{key}"):
            changed(before, {key: 1})


@pytest.mark.parametrize(
    "given",
    [{"low": 2, "high": 1}, {"low": 1}, {}, {"low": 1, "high": 2, "choices": [1]},
     {"low": 0, "high": 1, "log": True}],
)  # fmt: skip
def test_a_range_that_is_none_is_refused(given):
    with pytest.raises(ConfigError, match="space"):
        Range.of(given, "space.rate")
