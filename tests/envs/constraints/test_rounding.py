"""Rounding of plans to whole cents, and the independent checker of violations."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.errors import ConstraintError
from mediagym.envs.constraints import (
    ConstraintSettings,
    count_violations,
    parse_constraints,
    to_cents,
    violations,
)

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ("google/Search", "google/YouTube", "meta", "microsoft/Shopping", "microsoft/Audience")


@given(seed=SEEDS)
@settings(max_examples=150)
def test_every_feasible_plan_has_an_exact_rounding(seed, feasible_set, random_flights):
    rng = np.random.default_rng(seed)
    constraints = feasible_set(rng)
    for plan in random_flights(rng, constraints, rows=3):
        cents = to_cents(plan, constraints)
        assert cents.dtype == np.int64
        assert violations(constraints, cents) == []
        for axis in (None, 0, 1, (0, 1)):
            sums, exact = cents, 100 * plan
            if axis is not None:
                sums, exact = cents.sum(axis), exact.sum(axis)
            assert (abs(sums - exact) < 1 + 1e-3).all()


@pytest.mark.parametrize("total", [1e9, 1e11, 1e12])
def test_the_cents_of_a_huge_budget_sum_to_it(total, default_constraints, ads, random_flights):
    """Doubles do not know the last cent of such sums; the bounds of the set do."""
    constraints = parse_constraints(
        ConstraintSettings.of({**default_constraints, "total": total}, "constraints"),
        ads(*NAMES),
        366,
    )
    for plan in random_flights(np.random.default_rng(0), constraints, rows=4):
        cents = to_cents(plan, constraints)
        assert cents.sum() == constraints.total_cents
        assert violations(constraints, cents) == []


@given(seed=SEEDS)
@settings(max_examples=40)
def test_amounts_near_whole_cents_become_those_cents(seed, default_constraints, ads):
    """Where the nearest cents keep every sum, no other rounding is nearer."""
    constraints = parse_constraints(
        ConstraintSettings.of(default_constraints, "constraints"), ads(*NAMES), 4
    )
    rng = np.random.default_rng(seed)
    cents = 1_000_000 + np.zeros((4, 5), np.int64)
    for _ in range(20):
        (giver, taker), moved = rng.choice(5, 2, replace=False), rng.integers(0, 1000)
        move(cents, rng.integers(4), giver, taker, moved)
    part = rng.uniform(-0.4, 0.4, (4, 5))  # of a cent; its sums are 0
    part = part - part.mean(0) - part.mean(1, keepdims=True) + part.mean()
    part *= 0.4 / np.abs(part).max()
    np.testing.assert_array_equal(to_cents((cents + part) / 100, constraints), cents)


def test_the_rounding_is_the_nearest_of_all_that_keep_the_sums(default_constraints, ads):
    """Against every rounding of four amounts."""
    limits = {"channel": {}, "total": 100}
    constraints = parse_constraints(
        ConstraintSettings.of(default_constraints | limits, "constraints"), ads("a", "b"), 2
    )
    rng = np.random.default_rng(0)
    for _ in range(50):
        exact = 2000 + rng.uniform(0, 1000, (2, 2))
        exact[1, 1] = 10_000 - exact.sum() + exact[1, 1]
        roundings = np.floor(exact) + np.array(list(itertools.product((0, 1), repeat=4))).reshape(
            -1, 2, 2
        )
        near = [roundings.sum((1, 2)) == 10_000]
        for axis in (0, 1):
            near += list((np.abs(roundings.sum(1 + axis) - exact.sum(axis)) < 1).T)
        distance = np.abs(roundings - exact).sum((1, 2))
        best = distance[np.all(near, 0)].min()
        rounded = to_cents(exact / 100, constraints)
        assert np.abs(rounded - exact).sum() == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("count", [9, 40])
def test_a_whole_flight_sums_to_the_budget(count, default_constraints, ads, random_flights):
    names = [f"{'abc'[i % 3]}/{i}" for i in range(count)]
    constraints = parse_constraints(
        ConstraintSettings.of(default_constraints, "constraints"), ads(*names), 30
    )
    plan = random_flights(np.random.default_rng(0), constraints, rows=1)[0]
    assert to_cents(plan, constraints).sum() == 20_000_000


def test_whole_cents_stay_as_they_are(default_constraints, ads):
    constraints = parse_constraints(
        ConstraintSettings.of(default_constraints, "constraints"), ads(*NAMES), 4
    )
    cents = np.full((4, 5), 1_000_000)
    np.testing.assert_array_equal(to_cents(cents / 100, constraints), cents)


def test_a_plan_that_violates_its_constraints_is_refused_by_name(default_constraints, ads):
    constraints = parse_constraints(
        ConstraintSettings.of(default_constraints, "constraints"), ads(*NAMES), 4
    )
    plan = np.full((4, 5), 10_000.0)
    plan[:, 2] = 0
    plan[:, 0] += 10_000
    with pytest.raises(ConstraintError, match=r"meta: \$0 is below its floor \$20,000"):
        to_cents(plan, constraints)


def violations_after(settings, ads, change, **limits):
    """Violations of a flat, feasible plan after a change of its cents."""
    constraints = parse_constraints(
        ConstraintSettings.of(settings | limits, "constraints"), ads(*NAMES), 4
    )
    cents = np.full((4, 5), 1_000_000)
    assert violations(constraints, cents) == []
    change(cents)
    assert count_violations(constraints, cents[None]) == len(violations(constraints, cents))
    assert len(violations(constraints, cents / 100)) == len(violations(constraints, cents))
    return violations(constraints, cents)


def move(cents, day, giver, taker, amount):
    cents[day, giver] -= amount
    cents[day, taker] += amount


def pace(cents, more):
    """Spend more on the first day, a multiple of 3, and less on the three others, evenly."""
    cents[0, 0] += more
    cents[1:, 0] -= more // 3


@pytest.mark.parametrize(
    ("limits", "change", "line"),
    [
        ({}, lambda c: c.__setitem__((0, 0), 1_000_001), "total: $200,000.01 is above the total"),
        ({}, lambda c: c.__setitem__((0, 0), 999_999), "total: $199,999.99 is below the total"),
        (
            {"channels": {"meta": {"floor": "20%"}}},
            lambda c: move(c, 1, 2, 0, 1),
            "meta: $39,999.99 is below its floor $40,000",
        ),
        (
            {"campaigns": {"google/YouTube": {"cap": 40_000}}},
            lambda c: move(c, 1, 0, 1, 1),
            "google/YouTube: $40,000.01 is above its cap $40,000",
        ),
        (
            {"campaign": {"daily_cap": 10_000}},
            lambda c: (move(c, 1, 0, 1, 1), move(c, 2, 1, 0, 1)),
            "day 2, google/YouTube: $10,000.01 is above its daily cap $10,000",
        ),
        (
            {"pacing": [0.9, 1.2]},
            lambda c: pace(c, 1_000_002),
            "day 1: $60,000.02 is above 1.2 times an even pace: $60,000",
        ),
        (
            {"pacing": [0.9, 1.2]},
            lambda c: pace(c, 1_100_001),
            "day 1: $61,000.01 is above 1.2 times an even pace: $60,000",
        ),
        (
            {"pacing": [0.9, 1.2]},
            lambda c: pace(c, -500_004),
            "day 1: $44,999.96 is below 0.9 times an even pace: $45,000",
        ),
        (
            {"pacing": [0.9, 1.2]},
            lambda c: pace(c, -600_000),
            "day 1: $44,000 is below 0.9 times an even pace: $45,000",
        ),
        (
            {"pacing": [1, 1], "change_limit": "25%"},
            lambda c: (move(c, 1, 0, 1, 260_000), move(c, 2, 1, 0, 260_000)),
            "day 2, google/YouTube: $12,600 is above a 25% change from the day before: $12,500",
        ),
    ],
)
def test_a_cent_too_much_is_reported(limits, change, line, default_constraints, ads):
    lines = violations_after(default_constraints, ads, change, **limits)
    assert any(text.startswith(line) for text in lines), lines


def test_pacing_is_kept_to_what_rounding_explains(default_constraints, ads):
    for more in (1_000_000, 1_000_001, -500_000, -500_001):
        constraints = parse_constraints(
            ConstraintSettings.of(default_constraints | {"pacing": [0.9, 1.2]}, "constraints"),
            ads(*NAMES),
            4,
        )
        cents = np.full((4, 5), 1_000_000)
        cents[0, 0] += more
        cents[1:, 0] -= np.array([more // 3, more // 3, more - 2 * (more // 3)])
        assert violations(constraints, cents) == []


def test_nan_is_a_violation(default_constraints, ads):
    constraints = parse_constraints(
        ConstraintSettings.of(default_constraints, "constraints"), ads(*NAMES), 4
    )
    plan = np.full((4, 5), 10_000.0)
    plan[2, 2] = np.nan
    assert violations(constraints, plan)


@pytest.mark.parametrize(
    ("tolerance", "allowed", "too_much"), [(1.0, 0.995, 1.005), (None, 1.99e-4, 2.01e-4)]
)
def test_a_plan_in_dollars_may_be_off_by_the_tolerance(
    tolerance, allowed, too_much, default_constraints, ads
):
    """By default a billionth of the total: $.0002 of $200,000."""
    constraints = parse_constraints(
        ConstraintSettings.of(default_constraints, "constraints"), ads(*NAMES), 4
    )
    for sign, line in ((1, "above the total"), (-1, "below the total")):
        plan = np.full((4, 5), 10_000.0)
        plan[0, 0] += sign * allowed
        assert violations(constraints, plan, tolerance) == []
        plan[0, 0] += sign * (too_much - allowed)
        lines = violations(constraints, plan, tolerance)
        assert len(lines) == count_violations(constraints, plan, tolerance) == 1
        assert line in lines[0]


def test_a_change_is_one_from_the_day_before_and_not_from_the_first(default_constraints, ads):
    """YouTube spends 20 % more on the second and third day and 25 %, or a cent more, less then."""
    constraints = parse_constraints(
        ConstraintSettings.of(
            default_constraints | {"pacing": [1, 1], "change_limit": "25%"}, "constraints"
        ),
        ads(*NAMES),
        4,
    )
    youtube = np.array([1_000_000, 1_200_000, 1_440_000, 1_080_000])
    for off, lines in ((0, 0), (3, 1)):
        cents = np.full((4, 5), 1_000_000)
        cents[:, 1] = youtube - [0, 0, 0, off]
        cents[:, 0] -= (youtube - 1_000_000) // 2
        cents[:, 3] -= (youtube - 1_000_000) // 2 - [0, 0, 0, off]
        found = violations(constraints, cents)
        assert len(found) == lines, found
    assert found[0].startswith(
        "day 4, google/YouTube: $10,799.97 is below a 25% change from the day before: $10,800"
    )
