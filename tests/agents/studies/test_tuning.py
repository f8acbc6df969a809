import json
import os

import pytest

from mediagym.agents.studies import TuneCommand, tune
from mediagym.agents.studies.tuning import Range
from mediagym.data.errors import ConfigError, DataError

SPACE = {
    "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "warm.flights": {"choices": [2, 4]},
}


@pytest.fixture
def command(conf, agent):
    """Makes the options of a search with a small learner."""
    groups = ("data", "attribution", "priors", "calibration", "constraints", "env", "solver")

    def make(trials=1, workers=1, worker=0, **changes):
        config = {name: conf(f"{name}/default.yaml") for name in (*groups, "evaluation")}
        config["data"]["path"] = "somewhere"
        config |= {"objective": conf("objective/conversions.yaml"), "agent": agent(**changes)}
        own = {"task": None, "seed": 0, "trials": trials, "space": SPACE, "output": None}
        own |= {"workers": workers, "worker": worker}
        return TuneCommand.read({**config, **own, "cache": "cache", "threads": 1})

    return make


def test_a_search_goes_on_where_it_was_stopped(experiment, command, tmp_path):
    warm = {"iterations": 1, "flights": 2, "learning_rate": 1e-3}
    lines = []
    for trials in (1, 2, 2):
        options = command(trials, warm=warm, total_timesteps=120, checks=1)
        best = tune(experiment, options, tmp_path, lines.append)
    written = json.loads((tmp_path / "tune.json").read_text())
    assert [row["number"] for row in written["trials"]] == [0, 1]
    assert len(lines) == 2  # the third time there was nothing left to do
    assert written["trials"][0]["values"] != written["trials"][1]["values"]
    assert written["best"] == best
    assert best["percent"] == max(row["percent"] for row in written["trials"])
    assert best["overrides"].startswith("agent=ppo agent.learning_rate=")


def test_two_workers_make_their_shares_and_no_trial_more(experiment, command, tmp_path):
    small = {
        "warm": {"iterations": 1, "flights": 2, "learning_rate": 1e-3},
        "total_timesteps": 120,
        "checks": 1,
    }
    made = []
    for worker in (1, 0, 1, 0):  # the third and the fourth time there is nothing left to do
        lines = []
        tune(experiment, command(3, 2, worker, **small), tmp_path, lines.append)
        made.append(len(lines))
    assert made == [1, 2, 0, 0]
    trials = json.loads((tmp_path / "tune.json").read_text())["trials"]
    assert [row["number"] for row in trials] == [0, 1, 2]
    assert len({row["values"]["learning_rate"] for row in trials}) == 3


@pytest.mark.parametrize(
    ("workers", "worker", "finished", "due"),
    [
        (1, 0, [], 20),
        (1, 0, [0, 1, 1], 17),  # of a search that had two workers
        (2, 0, [1] * 10, 10),
        (2, 1, [1] * 10, 0),
        (3, 1, [], 7),
        (3, 2, [], 6),
        (2, 1, [0] * 15, 5),  # the others have made more than their share
    ],
)
def test_the_share_of_a_worker(command, workers, worker, finished, due):
    assert command(20, workers, worker).due(finished) == due


@pytest.mark.parametrize(
    ("trials", "workers", "worker", "message"),
    [(20, 2, 2, "worker: 2 was given. Allowed: 0 to 1"), (2, 3, 0, "workers: 3 was given")],
)
def test_a_worker_that_there_is_not_is_refused(command, trials, workers, worker, message):
    with pytest.raises(ConfigError, match=message):
        command(trials, workers, worker).require_searchable()


def test_a_journal_that_is_a_pipe_is_refused(experiment, command, tmp_path):
    os.mkfifo(tmp_path / "trials.log")
    with pytest.raises(DataError, match="it is a pipe"):
        tune(experiment, command(), tmp_path, print)
    assert [path.name for path in tmp_path.iterdir()] == ["trials.log"]


def test_a_dot_reaches_into_a_key_and_nothing_else_changes(command):
    options = command()
    before = options.experiment.learner
    learner = options.learner_with({"warm.flights": 9, "n_epochs": 3})
    assert learner.warm.flights == 9
    assert learner.n_epochs == 3
    assert before == options.experiment.learner
    assert before.warm.flights == 4


@pytest.mark.parametrize("key", ["rates", "warm.flight", "rate.x"])
def test_a_key_that_the_agent_lacks_cannot_be_searched(command, key):
    options = command().model_copy(update={"space": {key: Range(choices=[1])}})
    with pytest.raises(ConfigError, match=f"space.{key}: there is no key 'agent.{key}'"):
        options.require_searchable()


@pytest.mark.parametrize(
    "given",
    [{"low": 2, "high": 1}, {"low": 1}, {}, {"low": 1, "high": 2, "choices": [1]},
     {"low": 0, "high": 1, "log": True}],
)  # fmt: skip
def test_a_range_that_is_none_is_refused(given):
    with pytest.raises(ConfigError, match="space"):
        Range.of(given, "space.rate")
