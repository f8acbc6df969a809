"""Points far outside the set, against an exact solution in rational numbers."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.envs.projection import Bounds, Tree, project
from mediagym.envs.projection.autograd import project_on_device
from mediagym.envs.projection.project import batch_shape

SEEDS = st.integers(0, 2**32 - 1)


class Answer:
    """A node's answer to a multiplier: constant, then piecewise linear, then of a last slope."""

    def __init__(self, corners, slope=0):
        self.corners, self.slope = corners, Fraction(slope)  # [(multiplier, dollars)]

    def __call__(self, multiplier):
        if multiplier <= self.corners[0][0]:
            return self.corners[0][1]
        for (a, low), (b, high) in pairwise(self.corners):
            if multiplier <= b:
                return low + (high - low) * (multiplier - a) / (b - a)
        end, dollars = self.corners[-1]
        return dollars + self.slope * (multiplier - end)

    def multiplier_of(self, dollars):
        for (a, low), (b, high) in pairwise(self.corners):
            if low <= dollars <= high:
                return a if high == low else a + (b - a) * (dollars - low) / (high - low)
        end, most = self.corners[-1]
        if dollars < most:
            return self.corners[0][0]
        return end + (dollars - most) / self.slope if self.slope else end

    def clipped(self, low, high):
        ends = [low] if math.isinf(high) else [low, Fraction(high)]
        least, most = self.corners[0][1], self.corners[-1][1]
        inside = [end for end in ends if least < end and (end < most or self.slope)]
        at = sorted({m for m, _ in self.corners} | {self.multiplier_of(end) for end in inside})
        values = [max(self(m), low) for m in at]
        if math.isinf(high):
            return Answer(list(zip(at, values, strict=True)), self.slope)
        return Answer([(m, min(value, ends[1])) for m, value in zip(at, values, strict=True)])


def summed(answers):
    at = sorted({m for answer in answers for m, _ in answer.corners})
    corners = [(m, sum((answer(m) for answer in answers), Fraction())) for m in at]
    return Answer(corners or [(Fraction(), Fraction())], sum(answer.slope for answer in answers))


def leaf_answer(point, low, high):
    corners = [(low - point, low)]
    if math.isinf(high):
        return Answer(corners, 1)
    return Answer([*corners, (Fraction(high) - point, Fraction(high))] if high > low else corners)


def solve_in_rationals(tree, point, bounds):
    """The lemma of `project`, with every answer as a function of the multiplier."""
    lower = [[Fraction(low) for low in level.tolist()] for level in bounds.lower]
    upper = [level.tolist() for level in bounds.upper]
    points = [Fraction(p) for p in point.tolist()]
    leaves = list(map(leaf_answer, points, lower[-1], upper[-1]))
    below, sums = leaves, []
    for level in reversed(range(len(tree.parents))):
        parents = tree.parents[level]
        groups = [
            [below[k] for k in np.flatnonzero(parents == v)] for v in range(tree.sizes[level])
        ]
        sums.insert(0, [summed(group) for group in groups])
        below = [
            a.clipped(*ends) for a, *ends in zip(sums[0], lower[level], upper[level], strict=True)
        ]
    above, parents = [Fraction()], np.zeros(1, int)
    for level, answers in enumerate(sums):
        multipliers = []
        for answer, low, high, parent in zip(
            answers, lower[level], upper[level], parents, strict=True
        ):
            total = answer(above[parent])
            bound = low if total < low else Fraction(high) if total > high else None
            multipliers.append(above[parent] if bound is None else answer.multiplier_of(bound))
        above, parents = multipliers, tree.parents[level]
    return np.array([float(leaf(above[v])) for leaf, v in zip(leaves, parents, strict=True)])


def far_out_problem(rng, endless=False):
    """Bounds around a feasible point of size 1, and a point that is up to 1e150 away."""
    depth, leaves = int(rng.integers(1, 4)), int(rng.integers(1, 9))
    sizes = [1, *np.sort(rng.integers(1, leaves + 1, depth - 1)), leaves]
    parents = [rng.permutation(np.arange(n) % above) for above, n in pairwise(sizes)]
    tree, fixed_total = Tree.of(parents), bool(rng.integers(2)) and not endless
    total = np.round(8 * rng.dirichlet(np.ones(leaves))) / 8 if rng.random() < 0.5 else None
    total = rng.dirichlet(np.ones(leaves)) if total is None else total
    total = total - rng.choice([0, 1]) * rng.random(leaves)  # some leaves may go below 0
    lower, upper = [], []
    for level in range(depth, -1, -1):
        room = rng.choice([0, 0.5, 1]) if level else 0.0 if fixed_total else 0.5
        below, above = room * rng.random((2, len(total)))
        if rng.random() < 0.2 or endless:  # infinite, where the total does not forbid it
            free = rng.random(len(total)) < 0.6
            above = np.where(free & (level > 0 or endless), np.inf, above)
        lower.insert(0, total - below)
        upper.insert(0, total + above)
        if level:
            total = np.bincount(parents[level - 1], total, sizes[level - 1])
    size = 10.0 ** rng.uniform(2, rng.choice([3, 12, 150]))
    far = size * rng.choice([-1, 0, 1, 1], leaves) * rng.choice([1, 1, 2, 1e-3, 1e3], leaves)
    point = np.clip(far, -1e150, 1e150) + rng.choice([0, 1]) * rng.normal(size=leaves)
    return tree, point, Bounds(tuple(lower), tuple(upper))


def widened(tree, bounds):
    """The same bounds, made consistent: rounding can leave a sum outside its node's own."""
    low, high = list(bounds.lower), list(bounds.upper)
    for level in reversed(range(len(tree.parents))):
        least, most = (
            np.bincount(tree.parents[level], side[level + 1], tree.sizes[level])
            for side in (low, high)
        )
        low[level] = np.minimum(low[level], most)
        high[level] = np.maximum(high[level], least)
    return Bounds(tuple(low), tuple(high))


def assert_exact(tree, point, bounds):
    spend = project(tree, point, bounds)
    expected = solve_in_rationals(tree, point, bounds)
    np.testing.assert_allclose(spend, expected, rtol=1e-12, atol=1e-9)
    assert (spend >= bounds.lower[-1]).all()
    assert (spend <= bounds.upper[-1]).all()


@given(SEEDS)
@settings(max_examples=400, deadline=None)
def test_a_far_out_point_is_projected_exactly(seed):
    tree, point, bounds = far_out_problem(np.random.default_rng(seed))
    assert_exact(tree, point, widened(tree, bounds))


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_a_far_out_point_is_projected_exactly_where_nothing_bounds_the_total(seed):
    tree, point, bounds = far_out_problem(np.random.default_rng(seed), endless=True)
    assert_exact(tree, point, widened(tree, bounds))


@pytest.mark.parametrize("size", [1e2, 1e9, 1e80, 1e150])
def test_ties_far_out_share_alike(size):
    tree = Tree.of([[0, 0], [0, 0, 1]])
    bounds = Bounds(
        (np.ones(1), np.zeros(2), np.zeros(3)), (np.ones(1), np.full(2, np.inf), np.full(3, np.inf))
    )
    np.testing.assert_allclose(project(tree, np.full(3, size), bounds), 1 / 3, atol=1e-12)
    np.testing.assert_allclose(project(tree, np.full(3, -size), bounds), 1 / 3, atol=1e-12)
    np.testing.assert_array_equal(project(tree, np.array([size, 0, size]), bounds), [0.5, 0, 0.5])


@pytest.mark.parametrize("size", [1e2, 1e150])
def test_a_single_leaf_gets_its_bound_however_far_out_it_is(size):
    tree, ends = Tree.of([[0]]), ([2.0], [5.0])
    bounds = Bounds(*((np.array(end), np.array(end)) for end in ends))
    assert project(tree, np.array([size]), bounds) == 5
    assert project(tree, np.array([-size]), bounds) == 2


@pytest.mark.parametrize("size", [1e2, 1e150])
def test_leaves_that_are_all_fixed_stay_there(size):
    tree, fixed = Tree.of([[0, 0], [0, 0, 1]]), np.array([0.2, 0.5, 0.3])
    bounds = Bounds((np.ones(1), np.zeros(2), fixed), (np.ones(1), np.ones(2), fixed))
    np.testing.assert_array_equal(project(tree, size * np.array([1, -1, 1]), bounds), fixed)


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_tensors_on_a_device_have_the_projection_and_multipliers_of_numpy(seed):
    rng = np.random.default_rng(seed)
    tree, point, bounds = far_out_problem(rng)
    bounds = widened(tree, bounds)
    points = np.stack([point, rng.normal(size=len(point)), point[::-1]])  # near and far out
    columns = [torch.as_tensor(array) for array in (points, *bounds.lower, *bounds.upper)]
    solution = project_on_device(tree, columns, batch_shape(columns)).solution
    expected = project(tree, points, bounds)
    np.testing.assert_allclose(solution.spend.T.numpy(), expected, rtol=0, atol=1e-12)


def test_gradients_of_far_out_rows_are_those_of_near_rows_with_the_same_active_set():
    tree = Tree.of([[0, 0], [0, 0, 1, 1]])
    gradients = []
    for far in (3.0, 1e12):
        point = torch.tensor([0.3, 0.4, 0.2, far], dtype=torch.float64, requires_grad=True)
        root = torch.ones(1, dtype=torch.float64, requires_grad=True)
        caps = torch.tensor([0.9, 0.9, 0.9, 0.25], dtype=torch.float64, requires_grad=True)
        none = torch.zeros(2, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
        bounds = Bounds((root, *none), (root, none[0] + 0.8, caps))
        spend = project(tree, point, bounds)
        (spend * torch.tensor([1.0, 2.0, 4.0, 8.0])).sum().backward()
        gradients.append([tensor.grad for tensor in (point, root, caps)])
    for near, far in zip(*gradients, strict=True):
        torch.testing.assert_close(near, far)
