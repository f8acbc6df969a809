"""`scripts/score.py` and `plan.py frontier= target=`: your own plan, other budgets, targets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
DAYS = ["2024-03-01", "2024-03-02", "2024-03-03"]  # the first ones after the exports
SMALL = ["env.days=10", "constraints.total=30000"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that all tests of this file share: the exports are calibrated once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def words(toy: list[str], export_folder: Path, cache: Path) -> list[str]:
    return [*toy, *SMALL, f"data.path={export_folder}", f"cache={cache}"]


def _write(path: Path, rows: list[str]) -> str:
    path.write_text("\n".join(["Date,Campaign,Amount", *rows]) + "\n")
    return f"plan={path.name}"


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_plan_typed_by_hand_is_scored_beside_others(
    command: Command, words: list[str], workdir: Path
) -> None:
    own = [f'{day},{name},"$2,000.00"' for day in DAYS for name in ("Search Network", "meta")]
    result = command("score", *words, _write(workdir / "mine.csv", own), "beside=[static,live]")
    assert result.status == 0, result
    content = _read(workdir / "scored" / "score.json")
    mine, static, live = content["plans"]
    assert [mine["name"], static["name"], live["name"]] == ["mine", "static", "live"]
    assert (mine["budget"], static["budget"]) == (12_000, 30_000)
    assert not static["broken"]
    assert any(rule["name"].startswith("total") for rule in mine["broken"])
    pairs = {(row["a"], row["b"]): row for row in content["comparisons"]}
    mean = mine["conversions"]["mean"] - static["conversions"]["mean"]
    assert pairs["mine", "static"]["conversions"]["mean"] == pytest.approx(mean, abs=1e-6)
    assert "mine (yours)" in result.out
    assert "$18,000.00 less than the budget" in result.out.replace("\n", " ")
    assert {file.name for file in (workdir / "scored").iterdir()} == {"score.json", "score.png"}


def test_the_plan_that_is_proposed_has_the_numbers_of_its_file(
    command: Command, words: list[str], workdir: Path
) -> None:
    assert command("plan", *words, "baselines=[]").status == 0
    assert command("score", *words, "plan=plan.json", "beside=[static]").status == 0
    own, static = _read(workdir / "scored" / "score.json")["plans"]
    assert own["budget"] == static["budget"] == 30_000
    assert own["conversions"]["mean"] == pytest.approx(static["conversions"]["mean"], rel=1e-9)
    planned = _read(workdir / "plan.json")["totals"]["conversions"]
    assert own["conversions"]["mean"] == pytest.approx(planned["mean"], rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "more", "fragments"),
    [
        ([f"{DAYS[0]},Nobody,5"], [], ["mine.csv", "row 2", "Nobody"]),
        ([f"{DAYS[0]},meta,5", f"{DAYS[0]},meta,6"], [], ["mine.csv", "row 3", "row 2"]),
        (["2024-05-01,meta,5"], [], ["mine.csv", "2024-05-01"]),
        ([f"{DAYS[0]},meta,many"], [], ["mine.csv", "many"]),
        ([f"{DAYS[0]},meta,5"], ["beside=[clairvoyant]"], ["beside", "clairvoyant"]),
        ([f"{DAYS[0]},meta,5"], ["plan=[no.csv]"], ["plan", "no.csv"]),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    command: Command,
    words: list[str],
    workdir: Path,
    rows: list[str],
    more: list[str],
    fragments: list[str],
) -> None:
    plan = _write(workdir / "mine.csv", rows)
    given = [plan] if not any(word.startswith("plan=") for word in more) else []
    result = command("score", *words, *given, "beside=[static]", *more)
    for fragment in fragments:
        assert fragment in result.error
    assert not (workdir / "scored").exists()


def test_a_frontier_and_targets_lie_beside_the_plan(
    command: Command, words: list[str], workdir: Path
) -> None:
    keys = ["frontier=[20000,30000,45000]", "target={conversions: 1e6, cpa: 1e6}"]
    result = command("plan", *words, "baselines=[]", *keys, "output=made/plan.json")
    assert result.status == 0, result
    names = {file.name for file in (workdir / "made").iterdir()}
    assert names == {"plan.json", "plan.html", "frontier.json", "frontier.png"}
    content = _read(workdir / "made" / "frontier.json")
    budgets = [point["budget"] for point in content["points"]]
    assert budgets == [20_000, 30_000, 45_000]
    assert content["planned_budget"] == 30_000
    for point in content["points"]:
        cents = sum(round(100 * row["budget"]) for row in point["campaigns"])
        assert cents == 100 * point["budget"]
    planned = _read(workdir / "made" / "plan.json")["totals"]["conversions"]["mean"]
    assert content["points"][1]["conversions"]["mean"] == pytest.approx(planned, rel=1e-6)
    conversions, cpa = content["targets"]
    assert conversions["expected"] is None
    assert "out of reach" in conversions["text"]
    assert cpa["open_end"]
    assert "Best plans by budget" in result.out


@pytest.mark.parametrize(
    ("key", "fragment"),
    [
        ("frontier=[5,5]", "frontier"),
        ("frontier=[-1,5000]", "frontier"),
        ("target={clicks: 5}", "target"),
        ("target={cpa: 0}", "target"),
    ],
)
def test_a_wrong_frontier_or_target_is_one_line_of_error(
    command: Command, words: list[str], key: str, fragment: str
) -> None:
    assert fragment in command("plan", *words, "baselines=[]", key).error
