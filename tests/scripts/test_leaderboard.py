"""From a user's policy to the leaderboard, by the commands alone."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
OWN = """
import numpy as np

def make(task):
    return lambda observations: np.zeros((len(observations), 1 + len(task.campaigns)))

def broken(task):
    return lambda observations: observations * np.nan
"""
SENT = ["submission.authors=Me", "submission.training=none"]


@pytest.fixture
def own(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A policy of the user's in the current folder."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (workdir / "own_entry.py").write_text(OWN)
    return "own_entry.py:make"


def test_a_policy_of_the_user_gets_to_the_leaderboard(
    command: Command, workdir: Path, own: str
) -> None:
    result = command(
        "evaluate", "task=Uncertain-M", f"policies=[{own}]", "evaluation.resamples=100",
        "output=out", "submission.name='Mine & yours'", *SENT,
    )  # fmt: skip
    assert result.status == 0, result
    (file,) = (workdir / "results").glob("*.json")
    sent = json.loads(file.read_text())
    assert (sent["policy"], sent["entry"]) == ("Mine & yours", own)
    assert len(sent["tasks"][0]["values"][0]) == 200

    ranked = command("leaderboard", "resamples=100")
    assert ranked.status == 0, ranked
    (line,) = [line for line in ranked.out.splitlines() if line.startswith("Mine & yours")]
    assert "1 of 11 tasks" in line
    assert "vs follow +0.00" in line
    page = (workdir / "results" / "leaderboard.html").read_text()
    assert "Mine &amp; yours" in page

    sent["tasks"][0]["values"][0][7] *= 9
    (workdir / "results" / "b.json").write_text(json.dumps({**sent, "policy": "too good"}))
    (workdir / "results" / "c.json").write_text("no JSON")
    again = command("leaderboard", "resamples=100", "output=pages")
    assert "2 files are not on the leaderboard" in again.error
    wrong = [line for line in again.out.splitlines() if line.startswith("!")]
    assert len(wrong) == 2
    assert "seed 1 has" in wrong[0]  # the path is long, and the line is cut behind it
    assert "not JSON" in wrong[1]
    assert "Mine &#38; yours" in (workdir / "pages" / "leaderboard.md").read_text()


MISTAKES = {
    "two policies": (["policies=[static,follow]", *SENT], "with 2 policies"),
    "an advertiser": (["policies=[static]", "task=null", *SENT], "on tasks of the suite"),
    "no authors": (["policies=[static]", SENT[1]], "submission.authors: no value"),
    "no training": (["policies=[static]", SENT[0]], "submission.training: no value"),
    "a script": (["policies=[static]", *SENT, "submission.url='data:x'"], "submission.url"),
    "few markets": (
        ["policies=[static]", *SENT, "evaluation.markets=3", "evaluation.resamples=100"],
        "all 200 test markets of Uncertain-S; it has 3",
    ),
    "no module": (["policies=[nowhere_at_all:make]", *SENT], "no module 'nowhere_at_all'"),
    "not a number": (["policies=[own_entry.py:broken]", *SENT], "day 1: action: shape"),
}


@pytest.mark.parametrize(("words", "fragment"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line(
    command: Command, workdir: Path, own: str, words: list[str], fragment: str
) -> None:
    error = command("evaluate", "task=Uncertain-S", "submission.name=x", *words).error
    assert fragment in error
    assert not (workdir / "results").exists()


def test_folders_and_references_that_are_not_there_are_one_line(
    command: Command, workdir: Path
) -> None:
    assert "is no folder" in command("leaderboard").error
    (workdir / "results").mkdir()
    assert "'best' has no submission" in command("leaderboard", "references=[best]").error
