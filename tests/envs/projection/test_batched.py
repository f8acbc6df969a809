"""All rows at once, where tolerances must follow the size of the problem; in closed form."""

import numpy as np
import pytest
import torch

from mediagym.envs.projection import Bounds, Tree, project
from mediagym.envs.projection.autograd import project_on_device
from mediagym.envs.projection.project import batch_shape


def both(tree, point, bounds):
    """The projection all rows at once, and row by row."""
    columns = [torch.as_tensor(array) for array in (point, *bounds.lower, *bounds.upper)]
    at_once = project_on_device(tree, columns, batch_shape(columns)).solution.spend.T.numpy()
    return at_once, project(tree, point, bounds)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_where_the_total_is_zero_channels_pay_each_other_exactly(unit):
    """Seven campaigns of a channel get what seven of another give; no campaign is at a bound."""
    tree = Tree.of([[0, 0], [0] * 7 + [1] * 7])
    rng = np.random.default_rng(0)
    paid = unit * rng.uniform(0.1, 0.3, (40, 1))
    point = unit * rng.normal(0, 0.05, (40, 14))
    point[:3] = 0
    zero, ends = 0 * paid, np.full((40, 14), unit)
    channels = np.concatenate([paid, -paid], 1)
    bounds = Bounds((zero, channels, -ends), (zero, channels, ends))
    halves = [
        half - half.mean(1, keepdims=True) + sign * paid / 7
        for half, sign in ((point[:, :7], 1), (point[:, 7:], -1))
    ]
    for spend in both(tree, point, bounds):
        np.testing.assert_allclose(spend, np.concatenate(halves, 1), rtol=0, atol=1e-11 * unit)


def test_large_caps_of_channels_loosen_nothing():
    """The point lies above the plane of the total, and nothing else binds."""
    tree = Tree.of([[0, 0], [0, 0, 1]])
    point = np.random.default_rng(0).uniform(0.5, 0.7, (40, 3))
    one, none, cap = np.ones((40, 1)), np.zeros((40, 3)), np.full((40, 3), 1e12)
    bounds = Bounds((one, none[:, :2], none), (one, cap[:, :2], cap))
    for spend in both(tree, point, bounds):
        expected = point - (point.sum(1, keepdims=True) - 1) / 3
        np.testing.assert_allclose(spend, expected, rtol=0, atol=1e-12)


def test_a_point_of_zero_without_any_bound_stays_zero():
    tree, zero = Tree.of([[0, 0], [0, 0, 1]]), [np.zeros((4, n)) for n in (1, 2, 3)]
    free = Bounds(tuple(zero), tuple(array + np.inf for array in zero))
    for spend in both(tree, zero[2], free):
        assert (spend == 0).all()
