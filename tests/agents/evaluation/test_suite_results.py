import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediagym.agents.evaluation import suite_markdown, suite_results
from mediagym.agents.evaluation.suite_results import value_of_information
from mediagym.agents.experiment import Experiment
from mediagym.envs.suite import every_task, reference_of, task_of

SHOWN = {
    row["id"]: row
    for row in json.loads((Path(__file__).parents[3] / "docs" / "suite.json").read_text())["tasks"]
}
POLICIES = ("uniform", "historical", "greedy", "static")


@pytest.mark.parametrize("key", ["Stationary-S", "Stationary-M"])
def test_in_a_known_market_the_static_plan_is_the_best_there_is(
    task_experiment: Callable[..., Experiment], key: str
) -> None:
    found = suite_results(task_experiment(key, resamples=100), POLICIES)
    rows = {row["name"]: row for row in found["policies"]}
    assert list(rows) == list(POLICIES)
    assert rows["static"]["mean"] >= 99.5
    assert all(row["best"] <= 100 for row in rows.values())


@pytest.mark.parametrize("key", ["Full-S", "Shock-M"])
def test_the_table_in_the_documents_is_what_flies(
    task_experiment: Callable[..., Experiment], key: str
) -> None:
    ours, shown = suite_results(task_experiment(key), POLICIES), SHOWN[task_of(key).id]
    assert ours["sha256"] == shown["sha256"] == reference_of(key).sha256["test"]
    assert ours["best_known"] == shown["best_known"] == key.startswith("Full")
    for kind, names in (("policies", ("name",)), ("paired", ("a", "b"))):
        published = {tuple(row[name] for name in names): row for row in shown[kind]}
        pairs = [(row, published.get(tuple(row[name] for name in names))) for row in ours[kind]]
        assert any(there is not None for _, there in pairs)
        for found, there in pairs:
            for statistic, value in (there or {}).items():
                if isinstance(value, (int, float, list)):
                    assert found[statistic] == pytest.approx(value, abs=0.005), statistic
    assert all(row["violations"] == row["cents_off"] == 0 for row in shown["policies"])


def test_the_table_has_every_task_and_nobody_beats_the_clairvoyant() -> None:
    assert set(SHOWN) == {task_of(key).id for key, _ in every_task()}
    assert all(row["best"] <= 100 for shown in SHOWN.values() for row in shown["policies"])


def test_shares_learners_and_best_known_bounds_have_tables_of_their_own() -> None:
    def row(name: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "mean": 90.0, "ci": [89, 91], "best": 99.0, "violations": 0, **more}

    closed = {"closed": 42.0, "closed_ci": [40.0, 44.0]}
    first = {
        "id": "mediagym/Full-M-v0",
        "best_known": True,
        "policies": [row("static"), row("ppo", **closed, origins={"apg": 3, "ppo after apg": 2})],
    }
    second = {"id": "mediagym/Full-L-v0", "best_known": False, "policies": [row("static")]}
    text = suite_markdown([first, second], "python suite.py")
    assert "| [Full-M-v0](tasks/Full.md)\\* |  | 42.0 (40.0..44.0) |" in text
    assert "| [Full-L-v0](tasks/Full.md) | 90.0 (89.0..91.0) |  | 99.00 | 0 |" in text
    assert "best plan known" in text
    assert "ppo is 3 apg, 2 ppo after apg" in text
    assert "informed" not in text
    plain = suite_markdown([second], "python suite.py")
    assert "closed" not in plain
    assert "best plan known" not in plain


def test_the_page_shows_what_the_numbers_say() -> None:
    text = suite_markdown(list(SHOWN.values()), "python scripts/research/suite.py")
    assert text == (Path(__file__).parents[3] / "docs" / "suite.md").read_text()


def test_the_value_of_information_is_what_the_plan_would_pay_for_as_many_more() -> None:
    assert value_of_information(1100, 1000, 50_000) == pytest.approx(5_000)
    assert value_of_information(1000, 1000, 50_000) == 0
    assert value_of_information(900, 1000, 50_000) == pytest.approx(-5_000)


def test_the_table_says_what_learning_is_worth_where_the_task_asks_for_it() -> None:
    def result(key: str) -> dict[str, Any]:
        values = {"greedy": 990.0, "static": 1000.0, "follow": 1250.0}
        row = {"mean": 90.0, "ci": [89.0, 91.0], "best": 95.0, "violations": 0}
        policies = [row | {"name": name, "value": value} for name, value in values.items()]
        return {"id": task_of(key).id, "policies": policies}

    text = suite_markdown([result("ColdStart-M"), result("Full-M")], "command")
    *_, last = text.splitlines()
    name = task_of("ColdStart-M").id.split("/")[1]
    assert last == (
        f"- Value of information in {name}, of a budget of $600,000: greedy -$6,000, "
        "follow $150,000."
    )
    assert "Value" not in suite_markdown([result("Full-M")], "command")
