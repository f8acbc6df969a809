"""The projection against an exact QP solver; its invariances; its derivative."""

import numpy as np
import pytest
import quadprog
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mediagym.data.errors import ConfigError, ConstraintError
from mediagym.envs.projection import Bounds, Tree, project
from mediagym.envs.projection.autograd import project_on_device
from mediagym.envs.projection.project import PointError, batch_shape

SEEDS = st.integers(0, 2**32 - 1)
BUDGET = 200_000.0


def random_tree(rng, leaves, levels=2):
    sizes = np.sort(rng.integers(1, leaves + 1, size=levels - 1))
    parents, above = [], 1
    for size in (*sizes, leaves):
        above = min(above, size)
        parents.append(np.r_[np.arange(above), rng.integers(0, above, size - above)])
        above = size
    return Tree.of([rng.permutation(level) for level in parents])


def node_sums(tree, leaves):
    levels = [leaves]
    for parents, size in zip(tree.parents[::-1], tree.sizes[-2::-1], strict=True):
        matrix = np.arange(size)[:, None] == parents
        levels.append(levels[-1] @ matrix.T.astype(float))
    return levels[::-1]


def random_problem(rng, leaves, rows, levels=2, fixed_total=True, spread=1.0, degenerate=False):
    """Bounds around a feasible point; a degenerate problem has ties, equalities and zeros."""
    tree = random_tree(rng, leaves, levels)
    inside = rng.dirichlet(np.ones(leaves), size=rows)
    point = inside + spread * rng.normal(size=inside.shape) / leaves
    if degenerate:
        inside = np.round(inside * 8) / 8
        point = np.round(point * 8) / 8
    lower, upper = [], []
    for level, total in enumerate(node_sums(tree, inside)):
        root = level == 0
        low, high = rng.uniform(0.3, 1, total.shape), rng.uniform(1, 1.7, total.shape)
        if degenerate:
            low, high = rng.choice([0, 1], total.shape), rng.choice([1.0, 2, np.inf], total.shape)
            high = np.where(total == 0, 1, high)
        low, high = (1, 1) if root and fixed_total else (low, high)
        lower.append(total * low)
        upper.append(total * high)
    scaled = [BUDGET * array for array in (point, *lower, *upper)]
    return tree, scaled[0], Bounds(tuple(scaled[1 : levels + 2]), tuple(scaled[levels + 2 :]))


def row_of(bounds, i):
    return Bounds(*(tuple(level[i] for level in side) for side in bounds))


def as_matrix(tree, bounds):
    """A and b of the bounds as A x >= b, in units of the budget."""
    rows, ends = [], []
    for level, matrix in enumerate(node_sums(tree, np.eye(tree.sizes[-1]))):
        for sign, bound in ((1, bounds.lower[level]), (-1, bounds.upper[level])):
            keep = np.isfinite(bound)
            rows.append(sign * matrix.T[keep])
            ends.append(sign * bound[keep] / BUDGET)
    return np.concatenate(rows), np.concatenate(ends)


def solve_exactly(tree, point, bounds):
    rows, ends = as_matrix(tree, bounds)
    return BUDGET * quadprog.solve_qp(np.eye(len(point)), point / BUDGET, rows.T, ends)[0]


def is_nearest(tree, point, bounds, spend):
    """The variational inequality: no feasible point lies further along point - spend."""
    rows, ends = as_matrix(tree, bounds)
    pull = (point - spend) / BUDGET
    best = linprog(-pull, A_ub=-rows, b_ub=-ends + 1e-12, bounds=(None, None))
    return best.status == 0 and -best.fun - pull @ spend / BUDGET < 1e-8


def assert_feasible(tree, bounds, spend):
    for level, total in enumerate(node_sums(tree, spend)):
        slack = 0 if level == len(tree.sizes) - 1 else 1e-9 * BUDGET
        assert (total >= bounds.lower[level] - slack).all()
        assert (total <= bounds.upper[level] + slack).all()


@pytest.mark.parametrize("degenerate", [False, True])
@pytest.mark.parametrize("fixed_total", [True, False])
def test_equals_an_exact_solver_on_thousands_of_instances(degenerate, fixed_total):
    rng = np.random.default_rng(7)
    solved = 0
    for case in range(40):
        levels, leaves = 1 + case % 3, int(rng.integers(2, 14))
        tree, point, bounds = random_problem(
            rng, leaves, 24, levels, fixed_total, rng.choice([0.3, 1, 5]), degenerate
        )
        spend = project(tree, point, bounds)
        assert_feasible(tree, bounds, spend)
        for i in range(len(point)):
            one = row_of(bounds, i)
            try:
                expected = solve_exactly(tree, point[i], one)
            except ValueError:  # the solver rejects some degenerate rows that are feasible
                assert is_nearest(tree, point[i], one, spend[i])
                continue
            np.testing.assert_allclose(spend[i], expected, rtol=0, atol=1e-9 * BUDGET)
            solved += 1
    assert solved > 600


@given(SEEDS, st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_is_idempotent_and_returns_a_feasible_point_unchanged(seed, degenerate, fixed_total):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, 9, 40, 2, fixed_total, 3.0, degenerate)
    tree, point, bounds = problem
    spend = project(tree, point, bounds)
    np.testing.assert_array_equal(project(tree, spend, bounds), spend)


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_is_non_expansive(seed):
    rng = np.random.default_rng(seed)
    tree, point, bounds = random_problem(rng, 9, 50, spread=2.0)
    other = point + rng.normal(size=point.shape) * BUDGET * rng.choice([1e-6, 0.1, 10])
    moved = project(tree, point, bounds) - project(tree, other, bounds)
    before = np.linalg.norm(point - other, axis=1)
    assert (np.linalg.norm(moved, axis=1) <= before + 1e-9 * BUDGET).all()


@given(SEEDS, st.floats(-1e4, 1e4))
@settings(max_examples=40, deadline=None)
def test_ignores_a_constant_where_the_total_is_fixed(seed, constant):
    rng = np.random.default_rng(seed)
    tree, point, bounds = random_problem(rng, 9, 50)
    shifted = project(tree, point + constant * BUDGET, bounds)
    np.testing.assert_allclose(shifted, project(tree, point, bounds), atol=1e-9 * BUDGET)


@given(SEEDS, st.sampled_from([1e-9, 0.01, 3.0, 1e9]))
@settings(max_examples=30, deadline=None)
def test_scales_with_its_units(seed, unit):
    rng = np.random.default_rng(seed)
    tree, point, bounds = random_problem(rng, 9, 50, fixed_total=bool(seed % 2))
    scaled = Bounds(*(tuple(unit * level for level in side) for side in bounds))
    spend = project(tree, unit * point, scaled)
    np.testing.assert_allclose(spend / unit, project(tree, point, bounds), atol=1e-10 * BUDGET)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_permuting_the_leaves_permutes_the_result(seed):
    rng = np.random.default_rng(seed)
    tree, point, bounds = random_problem(rng, 12, 50, spread=2.0)
    order = rng.permutation(12)
    permuted = Tree.of([tree.parents[0], tree.parents[1][order]])
    sides = ((*side[:-1], side[-1][:, order]) for side in bounds)
    spend = project(permuted, point[:, order], Bounds(*sides))
    np.testing.assert_allclose(spend, project(tree, point, bounds)[:, order], atol=1e-9 * BUDGET)


@given(SEEDS, st.integers(1, 4), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_batch_equals_its_rows_one_by_one_bitwise(seed, levels, degenerate, fixed_total):
    rng = np.random.default_rng(seed)
    spread, leaves = rng.choice([0.3, 3, 30, 1e6]), int(rng.integers(1, 40))
    problem = random_problem(rng, leaves, 60, levels, fixed_total, spread, degenerate)
    tree, point, bounds = problem
    spend = project(tree, point, bounds)
    rows = [project(tree, point[i], row_of(bounds, i)) for i in range(len(point))]
    assert np.array_equal(spend, rows)
    turned = Bounds(*(tuple(map(np.asfortranarray, side)) for side in bounds))
    assert np.array_equal(spend, project(tree, np.asfortranarray(point), turned))


@given(SEEDS, st.integers(1, 3), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_torch_equals_numpy(seed, levels, degenerate, fixed_total):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, 9, 60, levels, fixed_total, 2.0, degenerate)
    tree, point, bounds = problem
    tensors = Bounds(*(tuple(torch.as_tensor(level) for level in side) for side in bounds))
    spend = project(tree, torch.as_tensor(point), tensors)
    columns = [torch.as_tensor(point), *tensors.lower, *tensors.upper]
    on_device = project_on_device(tree, columns, batch_shape(columns)).solution.spend.T
    for tensor in (spend, on_device):
        expected = project(tree, point, bounds)
        np.testing.assert_allclose(tensor.numpy(), expected, rtol=0, atol=1e-12 * BUDGET)


def test_float32_stays_in_its_boxes_exactly():
    tree, point, bounds = random_problem(np.random.default_rng(0), 9, 300)
    single = Bounds(*(tuple(torch.tensor(a, dtype=torch.float32) for a in side) for side in bounds))
    spend = project(tree, torch.tensor(point, dtype=torch.float32), single)
    assert spend.dtype == torch.float32
    assert (spend >= single.lower[-1]).all()
    assert (spend <= single.upper[-1]).all()
    np.testing.assert_allclose(spend.sum(1), BUDGET, rtol=1e-6)


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("fixed_total", [True, False])
def test_gradients_are_exact_for_the_point_and_for_every_bound(levels, fixed_total):
    rng = np.random.default_rng(levels)
    tree, point, bounds = random_problem(rng, 8, 12, levels, fixed_total, 1.5)
    arrays = [torch.tensor(a / BUDGET) for a in (point, *bounds.lower, *bounds.upper)]
    if fixed_total:  # one number, else finite differences would move the two bounds apart
        arrays[levels + 2] = arrays[1]
    for array in arrays:
        array.requires_grad_()

    def spend(*tensors):
        upper = list(tensors[levels + 2 :])
        if fixed_total:
            upper[0] = tensors[1]
        return project(tree, tensors[0], Bounds(tensors[1 : levels + 2], tuple(upper)))

    assert torch.autograd.gradcheck(spend, arrays, eps=1e-7, atol=1e-6)


def test_gradients_of_bounds_that_all_rows_share_add_up():
    tree, point, bounds = random_problem(np.random.default_rng(5), 9, 30)
    shared = row_of(bounds, 0)
    tensors = Bounds(*(tuple(torch.tensor(a, requires_grad=True) for a in s) for s in shared))
    weight = torch.randn(30, 9, dtype=torch.float64)
    (project(tree, torch.as_tensor(point), tensors) * weight).sum().backward()
    total = torch.zeros(9, dtype=torch.float64)
    for i in range(30):
        rows = Bounds(*(tuple(torch.tensor(a, requires_grad=True) for a in s) for s in shared))
        (project(tree, torch.as_tensor(point[i]), rows) * weight[i]).sum().backward()
        total += rows.lower[-1].grad
    torch.testing.assert_close(tensors.lower[-1].grad, total)


@pytest.mark.parametrize("far", [1e3, 1e7, 1e12, 1e200])
@pytest.mark.parametrize("rows", [1, 40])
def test_a_far_out_point_loses_no_digits(far, rows):
    rng = np.random.default_rng(3)
    tree, point, bounds = random_problem(rng, 9, rows, spread=0.5)
    near, far_out = point.copy(), point.copy()
    near[:, 4], far_out[:, 4] = 5 * BUDGET, far * BUDGET  # both beyond every bound
    spend = project(tree, far_out, bounds)
    assert_feasible(tree, bounds, spend)
    np.testing.assert_allclose(spend, project(tree, near, bounds), rtol=0, atol=1e-9 * BUDGET)


def test_infinite_caps_and_a_free_root_leave_the_point_alone():
    tree = Tree.of([[0, 0], [0, 0, 1]])
    free = Bounds(
        (np.zeros(1), np.zeros(2), np.zeros(3)),
        (np.array([np.inf]), np.full(2, np.inf), np.full(3, np.inf)),
    )
    np.testing.assert_array_equal(project(tree, np.array([1.0, 2e9, 3.0]), free), [1, 2e9, 3])
    np.testing.assert_array_equal(project(tree, np.array([-1.0, 2.0, -3e9]), free), [0, 2, 0])


@pytest.mark.parametrize("rows", [1, 100])
def test_a_channel_without_campaigns_changes_nothing(rows):
    full, empty = Tree.of([[0], [0, 0]]), Tree.of([[0, 0], [0, 0]])
    point = np.random.default_rng(0).normal(size=(rows, 2))
    root, leaves = np.ones((rows, 1)), np.zeros((rows, 2))
    low, high = np.zeros((rows, 2)), np.ones((rows, 2))
    ours = project(empty, point, Bounds((root, low, leaves), (root, high, leaves + 0.8)))
    theirs = project(full, point, Bounds((root, low[:, :1], leaves), (root, root, leaves + 0.8)))
    assert np.array_equal(ours, theirs)


def test_a_total_of_zero_gives_zero():
    tree = Tree.of([[0, 0], [0, 0, 1]])
    none = Bounds((np.zeros(1), np.zeros(2), np.zeros(3)), (np.zeros(1), np.ones(2), np.ones(3)))
    assert (project(tree, np.array([[1e6, 5.0, -3.0]] * 200), none) == 0).all()


@pytest.mark.parametrize("rows", [1, 200])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_refuses_a_point_that_is_not_finite(bad, rows):
    tree, point, bounds = random_problem(np.random.default_rng(1), 9, rows)
    point[-1, 3] = bad
    with pytest.raises(PointError, match="leaf 3; every coordinate must be a finite number"):
        project(tree, point, bounds)
    with pytest.raises(ValueError):
        project(tree, torch.as_tensor(point), bounds)


def test_of_several_points_that_are_not_finite_the_first_leaf_is_named():
    tree, point, bounds = random_problem(np.random.default_rng(1), 9, 4)
    point[1, 5], point[3, 2] = np.nan, np.inf
    with pytest.raises(PointError, match="leaf 2; every coordinate"):
        project(tree, point, bounds)


def test_tensors_on_the_cpu_are_projected_row_by_row(monkeypatch):
    """What a device does all rows at once costs many times as much there."""
    monkeypatch.setattr("mediagym.envs.projection.autograd.project_on_device", None)
    tree, point, bounds = random_problem(np.random.default_rng(1), 9, 4)
    spend = project(tree, torch.as_tensor(point), bounds)
    np.testing.assert_array_equal(spend.numpy(), project(tree, point, bounds))


@pytest.mark.parametrize("rows", [1, 200])
def test_refuses_bounds_that_no_point_satisfies(rows):
    tree, point, bounds = random_problem(np.random.default_rng(1), 9, rows)
    apart = Bounds(bounds.lower, (bounds.upper[0], 0.5 * bounds.lower[1], bounds.upper[2]))
    with pytest.raises(ConstraintError, match="no point satisfies the bounds"):
        project(tree, point, apart)


@pytest.mark.parametrize("parents", [[], [[0, 1]], [[0, 0], [0, 2]], [[0], []], [[0, -1]]])
def test_refuses_parents_that_do_not_exist(parents):
    with pytest.raises(ConfigError, match="tree"):
        Tree.of(parents)
