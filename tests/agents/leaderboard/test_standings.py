"""The standings: known means, paired differences, and who is ranked with whom."""

from collections.abc import Callable

import numpy as np
import pytest

from mediagym.agents.leaderboard import (
    LeaderboardCommand,
    Submission,
    TaskResult,
    percents,
    standings,
)
from mediagym.data.errors import ConfigError

Make = Callable[..., Submission]
Result = Callable[..., TaskResult]


@pytest.fixture
def references(submission: Make, result: Result) -> list[Submission]:
    """Two references that flew two tasks."""
    shares = {"follow": (0.90, 0.80), "replanner": (0.92, 0.81)}
    return [
        submission(name, tasks=[result("Uncertain-S", first, 1), result("Full-S", second, 1)])
        for name, (first, second) in shares.items()
    ]


def test_means_and_differences_are_those_of_the_flights(
    references: list[Submission], submission: Make, result: Result, options: LeaderboardCommand
) -> None:
    own = submission("own", tasks=[result("Full-S", 0.85, 3), result("Uncertain-S", 0.91, 3)])
    found = standings([*references, own], options)
    assert found.tasks == ["Full-S", "Uncertain-S"]
    assert [row["policy"] for row in found.overall] == ["own", "replanner", "follow"]
    best = found.overall[0]
    percent = [percents(each).mean() for each in own.tasks]
    assert best["mean"] == pytest.approx(np.mean(percent))
    assert best["ci"][0] < best["mean"] < best["ci"][1]
    assert (best["seeds"], best["tasks"]) == (3, 2)
    theirs = [percents(each).mean() for each in references[0].tasks]
    pair = best["versus"]["follow"]
    assert pair["difference"] == pytest.approx(np.mean(percent) - np.mean(theirs))
    assert pair["ci"][0] < pair["difference"] < pair["ci"][1]
    assert "follow" not in found.overall[2]["versus"]
    assert best["seconds_per_decision"] == pytest.approx(1.5 / 200 / 30)


def test_differences_are_paired_by_market(
    references: list[Submission], submission: Make, result: Result, options: LeaderboardCommand
) -> None:
    """A policy that is a point better in every market is so in every resample."""
    better = []
    for each in references[0].tasks:
        scale = (percents(each)[0] + 1) / percents(each)[0]
        better.append(
            each.model_copy(update={"values": [(np.array(each.values[0]) * scale).tolist()]})
        )
    found = standings([*references, submission("own", tasks=better)], options)
    row = next(row for row in found.overall if row["policy"] == "own")
    assert row["ci"][1] - row["ci"][0] > 0.05  # its mean is uncertain, the difference is not
    np.testing.assert_allclose(row["versus"]["follow"]["ci"], 1.0, atol=1e-9)


def test_a_policy_without_all_tasks_is_ranked_after_and_compared_on_its_own(
    references: list[Submission], submission: Make, result: Result, options: LeaderboardCommand
) -> None:
    easy = submission("easy", tasks=[result("Uncertain-S", 0.97)])
    elsewhere = submission("elsewhere", tasks=[result("Shock-S", 0.97)])
    found = standings([easy, elsewhere, *references], options)
    assert [row["policy"] for row in found.overall] == ["replanner", "follow", "easy"]
    pair = found.overall[2]["versus"]["replanner"]
    assert 4 < pair["difference"] < 6  # on Uncertain-S alone
    assert [row["policy"] for row in found.by_task["Uncertain-S"]] == [
        "easy",
        "replanner",
        "follow",
    ]
    assert found.by_task["Shock-S"][0]["versus"] == {}


def test_the_order_of_the_files_changes_nothing(
    references: list[Submission], submission: Make, options: LeaderboardCommand
) -> None:
    every = [*references, submission("own")]
    assert standings(every, options) == standings(every[::-1], options)


def test_a_reference_that_is_missing_is_one_line(
    references: list[Submission], submission: Make, result: Result, options: LeaderboardCommand
) -> None:
    with pytest.raises(
        ConfigError, match="'replanner' has no submission; allowed: 'follow', 'own'"
    ):
        standings([references[0], submission()], options)
    other = submission("replanner", tasks=[result("Shock-S")])
    with pytest.raises(ConfigError, match="share no task"):
        standings([references[0], other], options)
