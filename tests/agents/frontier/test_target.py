"""The budget of a target is that of a plan that meets it, next to plans that miss it."""

from typing import Any

import numpy as np
import pytest

from mediagym.agents.frontier import Curve, Kind, Target, budget_for
from mediagym.agents.frontier.curve import rounded
from mediagym.agents.frontier.target import reached
from mediagym.data.errors import ConfigError


@pytest.fixture(scope="module")
def curve(quick: Any) -> Curve:
    return Curve(quick())


def test_budgets_have_four_digits_on_the_side_that_is_asked_for() -> None:
    assert rounded(254_321.9, up=True) == 254_400
    assert rounded(254_321.9, up=False) == 254_300
    assert rounded(254_300, up=True) == rounded(254_300, up=False) == 254_300


@pytest.mark.parametrize(("kind", "share"), [("conversions", 1.2), ("cpa", 1.1), ("roas", 0.9)])
@pytest.mark.parametrize("sure", [False, True])
def test_a_little_less_or_more_money_misses_the_target(
    curve: Curve, kind: Kind, share: float, sure: bool
) -> None:
    plan = curve.at(curve.planned)
    assert plan is not None
    target = Target(kind, share * reached(Target(kind, 1), plan))
    answer = budget_for(curve.experiment, target, curve=curve)
    found = answer.sure if sure else answer.expected
    assert found is not None
    assert not answer.open_end
    sign = -1 if kind == "cpa" else 1
    assert sign * reached(target, found, sure) >= sign * target.amount
    beyond = curve.at(found.budget * (0.985 if kind == "conversions" else 1.015))
    assert beyond is not None
    assert sign * reached(target, beyond, sure) < sign * target.amount


def test_with_90_percent_costs_more_money_or_allows_less(curve: Curve) -> None:
    plan = curve.at(curve.planned)
    assert plan is not None
    volume = Target("conversions", float(plan.outcomes.conversions.mean()))
    answer = budget_for(curve.experiment, volume, curve=curve)
    assert answer.expected is not None
    assert answer.sure is not None
    assert answer.expected.budget == pytest.approx(curve.planned, rel=0.01)
    assert answer.sure.budget > 1.03 * answer.expected.budget
    counted = answer.sure.outcomes.counted
    assert np.quantile(counted, 0.1) >= volume.amount
    cost = budget_for(curve.experiment, Target("cpa", reached(Target("cpa", 1), plan)), curve=curve)
    assert cost.sure is not None
    assert cost.expected is not None
    assert cost.sure.budget < 0.97 * cost.expected.budget


def test_out_of_reach_says_what_is_reached(quick: Any) -> None:
    curve = Curve(quick(channel={"floor": None, "cap": 70_000}))
    answer = budget_for(curve.experiment, Target("conversions", 1e7), curve=curve)
    assert answer.expected is None
    assert 200_000 <= answer.nearest.budget <= 210_000
    got = f"{answer.nearest.outcomes.conversions.mean():,.0f} conversions in expectation"
    assert answer.sentence.startswith("1e+07 conversions: out of reach. The closest is")
    assert got in answer.sentence


def test_a_cost_that_every_budget_keeps_is_said_to_be_so(quick: Any) -> None:
    curve = Curve(quick(channel={"floor": None, "cap": 70_000}))
    answer = budget_for(curve.experiment, Target("cpa", 1e6), curve=curve)
    assert answer.expected is not None
    assert answer.open_end
    assert "the largest budget that fits or was tried" in answer.sentence
    assert 200_000 <= answer.expected.budget <= 210_000


def test_a_roas_without_revenue_is_refused(quick: Any) -> None:
    curve = Curve(quick())
    (budget, point), *_ = curve._points.items()
    outcomes = point.outcomes._replace(revenue=0 * point.outcomes.revenue)
    curve._points[budget] = point._replace(outcomes=outcomes)
    with pytest.raises(ConfigError, match=r"target\.roas: the exports hold no revenue"):
        budget_for(curve.experiment, Target("roas", 4), curve=curve)
