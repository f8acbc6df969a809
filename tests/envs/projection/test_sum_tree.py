from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.envs.projection import Tree


def tree_of(seed):
    """Any depth from 1 to 4; some inner nodes have no children."""
    rng = np.random.default_rng(seed)
    sizes = [1, *rng.integers(1, 9, rng.integers(1, 5))]
    return Tree.of([rng.integers(0, above, size) for above, size in pairwise(sizes)])


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_in_the_numbering_every_nodes_children_are_neighbours(seed):
    tree = tree_of(seed)
    begin, parents, places = tree.numbering
    starts = tree.starts
    assert starts.tolist() == [sum(tree.sizes[:k]) for k in range(len(tree.sizes) + 1)]
    assert sorted(places) == list(range(starts[-1]))
    for level, above in enumerate(tree.parents):
        for node in range(starts[level], starts[level + 1]):
            children = range(begin[node], begin[node + 1])
            assert all(parents[child] == node for child in children)
            order = [places[child] - starts[level + 1] for child in children]
            assert order == np.flatnonzero(above == places[node] - starts[level]).tolist()


@given(st.integers(0, 2**32 - 1), st.sampled_from([(), (1,), (7,), (2, 3)]))
@settings(max_examples=100, deadline=None)
def test_sums_are_those_of_the_matrix_in_any_layout(seed, batch):
    tree = tree_of(seed)
    for level, matrix in enumerate(tree.sums):
        array = np.random.default_rng(seed).normal(size=(*batch, tree.sizes[level + 1]))
        sums = tree.add_up(level, array)
        assert sums.shape == (*batch, tree.sizes[level])
        np.testing.assert_allclose(sums, array @ matrix.T, atol=1e-12)
        assert np.array_equal(sums, tree.add_up(level, np.asfortranarray(array)))
        if batch == (7,):
            assert np.array_equal(sums, [tree.add_up(level, row) for row in array])


@pytest.mark.parametrize("kind", [np.float32, np.int64, bool])
def test_sums_are_float64_for_any_dtype(kind):
    tree = Tree.of([[0, 0], [0, 1, 1]])
    assert tree.add_up(1, np.ones((4, 3), kind)).tolist() == [[1.0, 2.0]] * 4
