"""Projection of whole plans onto ramps, change days, pacing and sums at once."""

from dataclasses import replace

import numpy as np
import pytest
import quadprog
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.errors import ConstraintError
from mediagym.envs.constraints import Ramp, violations
from mediagym.envs.planning import constant_plan, project_executable


def _even(constraints):
    """The same day repeated, which satisfies total, floors, caps and any pacing band."""
    shares = np.ones(len(constraints.names))
    plan = constant_plan(constraints, shares, constraints.days)
    return np.repeat(plan.mean(0, keepdims=True), constraints.days, 0)


def _ramped(rng, constraints, still=False):
    """The set with random ramps around its even plan, passed-over days, maybe change days."""
    count, days = len(constraints.names), constraints.days
    up, down = rng.uniform(0.15, 0.6, count), rng.uniform(0.15, 0.6, count)
    least = rng.integers(2, 2 + constraints.total_cents // (10 * days), count)
    rhythm = None if still else rng.uniform(0.97, 1.03, (days, count))
    may_change = rng.random(days) < 0.5
    may_change[0] = True
    return replace(
        constraints,
        change_limit=None,
        ramp=Ramp(up, down, least, np.zeros(count, bool)),
        live_cents=np.round(100 * _even(constraints)[0]).astype(np.int64),
        rhythm=rhythm,
        may_change=may_change if still else None,
        passed_over=rng.random((days, count)) < 0.1,
    )


def _rows(constraints, pieces_at):
    """All rules as lists of (row, lower, upper) in dollars, written out one by one."""
    days, count, total = constraints.days, len(constraints.names), constraints.total
    rows, cell = [], np.eye(days * count).reshape(days, count, days * count)
    ones = cell.sum((0, 1))
    rows.append((ones, total if constraints.spend_all else 0, total))
    owners = constraints.tree.parents[1]
    for level, members in enumerate((owners, np.arange(count))):
        for node in np.unique(members):
            row = cell[:, members == node].sum((0, 1))
            floor, cap = constraints.floor_cents[level][node], constraints.cap_cents[level][node]
            rows.append((row, floor / 100, cap / 100))
    spent = 0 * ones
    for t in range(days):
        today, left = cell[t].sum(0), days - t
        low, high = constraints.pacing
        rows.append((today + high / left * spent, -np.inf, high / left * total))
        if constraints.spend_all:
            rows.append((today + low / left * spent, low / left * total, np.inf))
        spent = spent + today
    ramp, rhythm = constraints.ramp, np.ones((days, count))
    rhythm = rhythm if constraints.rhythm is None else constraints.rhythm
    for k in range(count):
        before, level = None, constraints.live_cents[k] / 100
        for t in range(days):
            rows.append((cell[t, k], 0, constraints.daily_cap_cents[k] / 100))
            if constraints.passed_over[t, k]:
                continue
            now = cell[t, k] / rhythm[t, k]
            by_share = ramp.up[k] * level > ramp.least[k], ramp.down[k] * level > ramp.least[k]
            up = (1 + ramp.up[k], 0) if by_share[0] else (1, ramp.least[k])
            down = (1 - ramp.down[k], 0) if by_share[1] else (1, -ramp.least[k])
            earlier = 0 * now if before is None else before
            base = level if before is None else 0
            rows.append((now - up[0] * earlier, -np.inf, up[0] * base + up[1]))
            rows.append((now - down[0] * earlier, down[0] * base + down[1], np.inf))
            before, level = now, pieces_at[t, k] / rhythm[t, k]
    return rows


def _reference(constraints, plan, pieces_at):
    """The projection by an active-set solver, (days, campaigns), with the ramps' lines given."""
    unit = constraints.total / plan.size
    equal, more = [], []
    for row, low, high in _rows(constraints, pieces_at):
        if high - low < 1e-9 * constraints.total:
            equal.append((row, (low + high) / 2 / unit))
            continue
        more += [(row, low / unit)] if np.isfinite(low) else []
        more += [(-row, -high / unit)] if np.isfinite(high) else []
    equal = _independent(equal)
    matrix = np.array([row for row, _ in equal + more]).T
    bound = (
        np.array([value for _, value in equal + more])
        - np.r_[np.zeros(len(equal)), np.full(len(more), 1e-9)]
    )
    eye = np.eye(plan.size)
    return quadprog.solve_qp(eye, plan.ravel() / unit, matrix, bound, len(equal))[0] * unit


def _independent(rows):
    kept = []
    for row in rows:
        stacked = np.array([other for other, _ in kept] + [row[0]])
        if np.linalg.matrix_rank(stacked) == len(stacked):
            kept.append(row)
    return kept


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_the_projection_is_the_one_of_an_active_set_solver(feasible_set, seed):
    rng = np.random.default_rng(seed)
    constraints = _ramped(rng, feasible_set(rng))
    plan = _even(constraints) * np.exp(rng.normal(0, 0.7, (constraints.days, 1)))
    plan = plan + rng.normal(0, 0.3 * plan.mean(), plan.shape)
    projected = project_executable(constraints)(plan[None])[0]
    reference = _reference(constraints, plan, projected)
    distance = [((p.ravel() - plan.ravel()) ** 2).sum() ** 0.5 for p in (projected, reference)]
    assert distance[0] == pytest.approx(distance[1], rel=1e-5, abs=1e-5 * constraints.total)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_any_plan_is_projected_to_one_without_violations(feasible_set, seed, still):
    rng = np.random.default_rng(seed)
    constraints = _ramped(rng, feasible_set(rng), still)
    plan = rng.normal(0, constraints.total, (2, constraints.days, len(constraints.names)))
    metric = np.exp(rng.normal(0, 1, plan.shape))
    for projected in project_executable(constraints)(plan, metric):
        assert violations(constraints, projected) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_feasible_plan_is_its_own_projection(feasible_set, seed):
    rng = np.random.default_rng(seed)
    constraints = _ramped(rng, feasible_set(rng))
    projection = project_executable(constraints)
    plan = projection(rng.uniform(0, 1, (1, constraints.days, len(constraints.names))))
    np.testing.assert_allclose(projection(plan), plan, atol=1e-6 * constraints.total)


def test_a_fast_fall_that_the_band_needs_and_ramps_forbid_is_refused(constraints):
    even = _even(constraints)
    few, cents = np.full(even.shape[1], 0.1), np.zeros(even.shape[1], np.int64)
    rushed = replace(
        constraints,
        ramp=Ramp(few, few, cents, cents > 0),
        live_cents=np.round(200 * even[0]).astype(np.int64),
        pacing=(0.0, 1.5),
    )
    with pytest.raises(ConstraintError, match=r"no plan satisfies.*pacing.*ramps from the live"):
        project_executable(rushed)(even[None])
    slower = replace(rushed, pacing=(0.0, 2.0))
    assert violations(slower, project_executable(slower)(even[None])[0]) == []
