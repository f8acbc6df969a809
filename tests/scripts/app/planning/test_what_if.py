"""Answers without a new plan agree with the plans that are known, and keep every cent."""

import numpy as np
import pytest
from helpers import response_world as world

from mediagym.data.errors import ConfigError, ConstraintError, MediaGymError
from mediagym.scripts.app.planning import (
    bounds_of,
    curves_of,
    equal_marginal_split,
    frontier_of,
    what_if,
)

CURVES = curves_of(world.calibration(), world.NAMES)
FRONTIER = frontier_of(world.frontier())
LOOSE = {"channel": {"floor": None}, "most_times_recent": None}


def split(total, **group):
    bounds = bounds_of({**LOOSE, "total": total, **group}, world.NAMES, world.DAYS, "USD")
    return equal_marginal_split(CURVES, bounds), bounds


@pytest.mark.parametrize("point", world.frontier()["points"], ids=lambda point: point["budget"])
def test_the_split_over_curves_is_within_one_percent_of_the_frontiers_own_points(point):
    cents, _ = split(point["budget"])
    value = world.DAYS * world.conversions_of(cents / 100 / world.DAYS).sum()
    assert value == pytest.approx(point["conversions"]["mean"], rel=0.01)
    known = [row["budget"] for row in point["campaigns"]]
    assert cents / 100 == pytest.approx(known, abs=0.04 * point["budget"])


def test_splits_sum_to_the_cent_and_rise_with_the_budget():
    totals = np.round(np.linspace(3000, 30000, 41), 2)
    splits = np.array([split(float(total))[0] for total in totals])
    assert (splits.sum(1) == np.rint(100 * totals)).all()
    assert (np.diff(splits, axis=0) >= -1).all()  # a cent of rounding


def test_a_split_keeps_floors_and_caps_of_campaigns_and_channels_exactly():
    group = {
        "channels": {"google": {"cap": 6000.01}, "meta": {"floor": "40%"}},
        "campaigns": {"google/Video": {"fixed": 1234.56}},
    }
    cents, bounds = split(12000.0, **group)
    assert cents.sum() == 1_200_000
    assert cents[1] == 123_456
    assert cents[:2].sum() <= 600_001
    assert (cents >= bounds.floor_cents[1]).all()
    assert (cents <= bounds.cap_cents[1]).all()


def test_a_currency_without_decimals_gets_whole_units():
    bounds = bounds_of({**LOOSE, "total": 900_001}, world.NAMES, world.DAYS, "JPY")
    cents = equal_marginal_split(CURVES, bounds)
    assert (cents % 100 == 0).all()
    assert cents.sum() == 90_000_100


def test_the_frontier_is_exact_at_its_points_and_monotone_between_them():
    for point in world.frontier()["points"]:
        answer = FRONTIER.at(point["budget"])
        assert answer.conversions.mean == pytest.approx(point["conversions"]["mean"])
        assert (answer.cents / 100).tolist() == [row["budget"] for row in point["campaigns"]]
    budgets = np.round(np.linspace(6000, 18000, 97), 2)
    answers = [FRONTIER.at(float(budget)) for budget in budgets]
    assert all(a.budget == b for a, b in zip(answers, budgets, strict=True))
    means = [answer.conversions.mean for answer in answers]
    assert (np.diff(means) > 0).all()
    assert all(a.conversions.p05 < a.conversions.mean < a.conversions.p95 for a in answers)


@pytest.mark.parametrize("left_out", [1, 2, 3])
def test_a_point_that_is_left_out_is_met_within_one_percent(left_out):
    content = world.frontier()
    point = content["points"].pop(left_out)
    answer = frontier_of(content).at(point["budget"])
    assert answer.conversions.mean == pytest.approx(point["conversions"]["mean"], rel=0.01)


def test_a_budget_outside_of_the_frontier_is_refused_with_its_ends():
    with pytest.raises(MediaGymError, match=r"\$6,000 to \$18,000"):
        FRONTIER.at(18000.01)


def test_a_goal_is_met_by_the_budget_that_is_found_for_it():
    wanted = FRONTIER.at(10000.0).conversions.mean
    assert FRONTIER.budget_for("conversions", wanted) == pytest.approx(10000, rel=0.002)
    cpa = 14000 / FRONTIER.at(14000.0).conversions.mean
    assert FRONTIER.budget_for("cpa", cpa) == pytest.approx(14000, rel=0.002)
    with pytest.raises(MediaGymError, match="closest is a CPA of"):
        FRONTIER.budget_for("cpa", 0.01)


def ask(budget, fixed, group=None):
    return what_if(FRONTIER, world.plan(), {**LOOSE, **(group or {})}, budget, fixed, CURVES)


def test_the_amount_that_is_best_anyway_costs_nothing_and_moves_nothing():
    best = FRONTIER.at(12000.0)
    answer = ask(12000.0, {"meta": int(best.cents[2]) / 100})
    assert answer.lost == pytest.approx(0, abs=0.002 * best.conversions.mean)
    moved = [row.budget - int(c) / 100 for row, c in zip(answer.campaigns, best.cents, strict=True)]
    assert np.abs(moved).max() < 0.02 * 12000


def test_what_another_amount_costs_is_what_it_costs_in_the_world():
    fixed = FRONTIER.at(12000.0).cents[2] / 100 + 1500
    answer = ask(12000.0, {"meta": float(fixed)})
    amounts = np.array([row.budget for row in answer.campaigns])
    truth = world.DAYS * float(world.conversions_of(amounts / world.DAYS).sum())
    best = world.frontier()["points"][2]["conversions"]["mean"]
    assert answer.lost == pytest.approx(best - truth, abs=0.003 * best)
    assert answer.lost > 0
    assert round(amounts.sum(), 2) == 12000.0
    assert [row.fixed for row in answer.campaigns] == [False, False, True]


def test_amounts_that_contradict_a_bound_name_the_node():
    with pytest.raises(ConstraintError, match="total: floors"):
        ask(12000.0, {"meta": 9000.0}, {"channels": {"google": {"floor": "50%"}}})
    with pytest.raises((ConfigError, ConstraintError), match=r"meta|total"):
        ask(12000.0, {"meta": 12000.01})


def test_days_dearer_than_any_known_one_are_marked():
    answer = ask(18000.0, {"google/Video": 200.5 * world.DAYS})
    assert [row.extrapolated for row in answer.campaigns][1]
    assert not ask(6000.0, {}).campaigns[1].extrapolated
    assert 0 < answer.extrapolated_share <= 1


def test_without_curves_amounts_are_refused_and_budgets_answered():
    assert what_if(FRONTIER, world.plan(), {}, 9000.0, {}, None).budget == 9000.0
    with pytest.raises(MediaGymError, match="response curves"):
        what_if(FRONTIER, world.plan(), {}, 9000.0, {"meta": 100.0}, None)
