"""The best plan by budget, on common draws, and where the range of budgets ends."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.frontier import (
    Curve,
    Frontier,
    frontier_lines,
    frontier_of,
    frontier_table,
    plan_frontier,
    write_frontier,
)
from mediagym.agents.frontier.figures import frontier_figure
from mediagym.agents.frontier.frontier import budgets_of, marginal_cost
from mediagym.data.errors import ConfigError

BUDGETS = [100_000, 150_000, 250_000]


@pytest.fixture(scope="module")
def frontier(quick: Any) -> Frontier:
    return frontier_of(quick(), BUDGETS)


def test_two_ends_stand_for_nine_budgets_and_three_for_themselves() -> None:
    assert budgets_of([300_000, 100_000]) == list(np.linspace(100_000, 300_000, 9))
    assert budgets_of([3, 1, 2]) == [1, 2, 3]
    with pytest.raises(ConfigError, match=r"frontier: \[5, 5\] was given"):
        budgets_of([5, 5])


def test_more_money_brings_more_at_a_rising_cost(frontier: Frontier) -> None:
    conversions = [point.outcomes.conversions.mean() for point in frontier.points]
    assert (np.diff(conversions) > 0).all()
    costs = [marginal_cost(segment) for segment in frontier.segments]
    assert (np.diff([cost["mean"] for cost in costs if cost]) > 0).all()
    first, second = frontier.points[:2]
    average = second.spent / conversions[1]
    assert costs[0] is not None
    assert costs[0]["mean"] > average  # of concave curves
    assert costs[0]["p05"] < costs[0]["mean"] < costs[0]["p95"]
    difference = second.outcomes.conversions - first.outcomes.conversions
    assert np.array_equal(frontier.segments[0].conversions, difference)


def test_the_planned_budget_is_among_them_with_its_plan(frontier: Frontier, quick: Any) -> None:
    budgets = [point.budget for point in frontier.points]
    assert budgets == [100_000, 150_000, 200_000, 250_000]
    assert frontier.planned == 200_000
    plan = quick().problem.static_plan
    assert np.abs(frontier.points[2].cents / 100 - plan).max() < 0.01


def test_floors_in_shares_move_with_the_budget_to_the_cent(frontier: Frontier) -> None:
    for point in frontier.points:
        assert point.cents.sum() == round(100 * point.budget)
        assert (point.cents.sum(0) >= 0.005 * 100 * point.budget - 1e-6).all()


def test_the_end_of_the_range_is_found_and_said(quick: Any) -> None:
    """Three channels of at most $70,000 hold $210,000; floors of $40,000 need $120,000."""
    experiment = quick(channel={"floor": 40_000, "cap": 70_000})
    channels = len(experiment.problem.constraints.channels)
    assert channels == 3
    frontier = frontier_of(experiment, [60_000, 200_000, 400_000])
    assert frontier.least is not None
    assert 120_000 <= frontier.least < 125_000
    assert frontier.most is not None
    assert 202_000 < frontier.most <= 210_000
    assert {budget for budget, _ in frontier.refused} >= {60_000, 400_000}
    assert all(reason for _, reason in frontier.refused)


def test_no_budget_with_a_plan_is_an_error_of_one_line(quick: Any) -> None:
    experiment = quick(channel={"floor": 40_000, "cap": None})
    with pytest.raises(ConfigError, match="none of the budgets has a plan; the first, 10,000"):
        frontier_of(experiment, [10_000, 20_000])


def test_the_document_holds_plain_numbers_and_its_views_draw(quick: Any, tmp_path: Path) -> None:
    content = plan_frontier(quick(), BUDGETS, {"conversions": 1e9}, tmp_path)
    assert json.loads((tmp_path / "frontier.json").read_text()) == content
    assert (tmp_path / "frontier.png").stat().st_size > 10_000
    assert frontier_table(content).row_count == 4
    assert "out of reach" in frontier_lines(content)[0]
    assert content["planned_budget"] == 200_000
    assert [row["from"] for row in content["marginal"]] == [100_000, 150_000, 200_000]
    frontier_figure(content).canvas.draw()


def test_budgets_may_be_shares_of_the_total(quick: Any, tmp_path: Path) -> None:
    shares = plan_frontier(quick(), ["50%", "75%", "125%"], None, tmp_path / "shares")
    assert shares == plan_frontier(quick(), BUDGETS, None, tmp_path / "amounts")


def test_a_budget_is_solved_once(quick: Any, frontier: Frontier, tmp_path: Path) -> None:
    said: list[str] = []
    curve = Curve(quick(), said.append)
    frontier_of(quick(), BUDGETS, curve=curve)
    frontier_of(quick(), BUDGETS, curve=curve)
    assert len(said) == len(BUDGETS)
    again = write_frontier(frontier_of(quick(), BUDGETS), [], tmp_path / "a.json")
    assert again == write_frontier(frontier, [], tmp_path / "b.json")
