"""Every file that is no sound submission is left out, with one line that says why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.agents.leaderboard import (
    SHIPPED,
    Submission,
    TaskResult,
    checked_submissions,
    percents,
    write_submission,
)
from mediagym.data.errors import DataError
from mediagym.envs.suite import reference_of

Make = Callable[..., Submission]
BEST = reference_of("Uncertain-S").daily["test"].tolist()


def test_a_submission_that_was_written_is_read_back(submission: Make, tmp_path: Path) -> None:
    sent = submission()
    path = write_submission(sent, tmp_path)
    assert path.name == "own.json"
    assert checked_submissions([tmp_path]) == ([sent], [])
    np.testing.assert_allclose(percents(sent.tasks[0]).mean(), 90, atol=0.3)


def test_a_name_that_is_no_file_name_is_written_inside_the_folder(
    submission: Make, tmp_path: Path
) -> None:
    path = write_submission(submission("../../it's, mine: 100 %"), tmp_path)
    assert path.parent == tmp_path
    assert checked_submissions([tmp_path])[1] == []


Change = Callable[[dict[str, Any]], Any]
WRONG: dict[str, tuple[Change, str]] = {
    "version": (lambda c: c.update(version=2), "version"),
    "no key": (lambda c: c.pop("authors"), "authors: no value"),
    "a key more": (lambda c: c.update(rank=1), "rank: unknown key"),
    "no tasks": (lambda c: c.update(tasks=[]), "tasks"),
    "a script": (lambda c: c.update(url="javascript:alert(1)"), "url"),
    "an unknown task": (lambda c: c["tasks"][0].update(task="Full-XL"), "there is no such task"),
    "a task twice": (lambda c: c["tasks"].append(c["tasks"][0]), "it is there twice"),
    "other markets": (lambda c: c["tasks"][0].update(sha256="0" * 64), "the markets are others"),
    "another version": (
        lambda c: c["tasks"][0].update(clairvoyant="0"),
        "the task is of another version",
    ),
    "a market less": (lambda c: c["tasks"][0]["values"][0].pop(), "199 markets. Allowed: all 200"),
    "a market more": (lambda c: c["tasks"][0]["values"][0].append(1.0), "201 markets"),
    "no seed": (lambda c: c["tasks"][0].update(values=[]), "values"),
    "a broken rule": (lambda c: c["tasks"][0].update(violations=1), "1 constraints broken"),
    "a cent": (lambda c: c["tasks"][0].update(cents_off=1), "1 cents off"),
    "a negative value": (lambda c: c["tasks"][0]["values"][0].__setitem__(3, -1.0), "values"),
    "not a number": (lambda c: c["tasks"][0]["values"][0].__setitem__(3, float("nan")), "values"),
    "infinite": (lambda c: c["tasks"][0]["values"][0].__setitem__(3, float("inf")), "values"),
    "a text": (lambda c: c["tasks"][0]["values"][0].__setitem__(3, "much"), "values"),
    "above the bound": (
        lambda c: c["tasks"][0]["values"][0].__setitem__(3, 1.001 * BEST[3]),
        "seed 1 has 100.10 % of the clairvoyant in market 4",
    ),
}


@pytest.mark.parametrize(("change", "fragment"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_one_line_and_the_others_stay(
    submission: Make, tmp_path: Path, change: Change, fragment: str
) -> None:
    sound = submission("sound")
    write_submission(sound, tmp_path)
    content = json.loads(submission().model_dump_json())
    change(content)
    (tmp_path / "wrong.json").write_text(json.dumps(content))
    found, wrong = checked_submissions([tmp_path])
    assert found == [sound]
    (line,) = wrong
    assert "\n" not in line
    assert line.startswith(str(tmp_path / "wrong.json"))
    assert fragment in line


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"version": 1}', "\x00", "[" * 9999])
def test_what_is_no_submission_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.json").write_text(text)
    found, (line,) = checked_submissions([tmp_path])
    assert found == []
    assert str(tmp_path / "wrong.json") in line
    assert "\n" not in line


def test_values_at_the_bound_are_sound_and_rounding_is_forgiven(
    submission: Make, result: Callable[..., TaskResult], tmp_path: Path
) -> None:
    at_bound = result().model_copy(update={"values": [[1.00005 * best for best in BEST]]})
    write_submission(submission(tasks=[at_bound]), tmp_path)
    assert checked_submissions([tmp_path])[1] == []


def test_a_policy_has_one_file(submission: Make, tmp_path: Path) -> None:
    first = submission("Own", 0.91)
    (tmp_path / "a.json").write_text(first.model_dump_json())
    (tmp_path / "b.json").write_text(submission("own", 0.92).model_dump_json())
    found, (line,) = checked_submissions([tmp_path, tmp_path])
    assert found == [first]
    assert "b.json: the policy 'own' has another file already" in line


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no folder"):
        checked_submissions([tmp_path / "results"])
    assert checked_submissions([tmp_path]) == ([], [])


@settings(max_examples=40)
@given(
    path=st.lists(st.integers(0, 10), max_size=3), value=st.sampled_from([None, [], {}, "x", -1])
)
def test_no_damage_gets_past_the_checks_as_an_exception(
    submission: Make, tmp_path: Path, path: list[int], value: Any
) -> None:
    content: Any = json.loads(submission().model_dump_json())
    node = content
    for step in path:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        if not keys or not isinstance(node, dict | list):
            break
        key = keys[step % len(keys)]
        if not isinstance(node[key], dict | list):
            node[key] = value
            break
        node = node[key]
    (tmp_path / "own.json").write_text(json.dumps(content))
    found, wrong = checked_submissions([tmp_path])
    assert len(found) + len(wrong) == 1


def test_the_submissions_that_ship_are_sound() -> None:
    found, wrong = checked_submissions([SHIPPED])
    assert wrong == []
    assert {each.policy for each in found} == {
        "static",
        "follow",
        "replanner",
        "universal",
        "ensemble",
        "ppo",
    }
