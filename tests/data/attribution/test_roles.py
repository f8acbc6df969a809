"""Roles and influence: lifts by hand, and how many journeys an interval needs."""

import numpy as np
import pytest

from mediagym.data.attribution.bootstrap import Bootstrap
from mediagym.data.attribution.roles import (
    DownstreamInfluence,
    Roles,
    downstream_influence,
    roles_of,
)

from helpers import attributed  # isort: skip


def test_the_index_needs_ten_journeys_that_a_label_begins_or_ends() -> None:
    counts = np.zeros((4, 4))
    counts[0], counts[2] = [5, 4, 10, 0], [5, 5, 0, 9]
    counts[1] = counts[3] = 100  # those between and those alone do not count
    assert Roles(counts, counts[None]).has_interval.tolist() == [True, False, True, False]


def test_a_lift_needs_five_journeys_together_and_ten_of_the_closer() -> None:
    journeys, closed = np.array([5, 4, 5, 6.0]), np.array([10, 50, 9, 11.0])
    five = np.ones(4)
    pairs = DownstreamInfluence(
        np.arange(4), np.arange(4), journeys, closed, five, five, five[None]
    )
    assert pairs.has_interval.tolist() == [True, False, False, True]


def test_draws_are_those_of_the_journeys_they_repeat() -> None:
    """Each user a group: a draw that repeats users is the count over that many journeys."""
    converting = attributed.single(attributed.worked()).converting()
    users = len(converting.user)
    weights = np.array([[1.0] * users, [3, 0, 1, 1, 0], [0, 0, 0, 0, 5]])
    bootstrap = Bootstrap(np.arange(users), weights)
    roles = roles_of(converting, bootstrap)
    np.testing.assert_array_equal(roles.draws[0], roles.counts)
    # three of ABC, one of BBA after AC: journeys in order ABC, ABC, AC, BBA, C
    np.testing.assert_array_equal(roles.draws[1], [[4, 1, 0], [0, 4, 0], [1, 0, 4], [0, 0, 0]])
    np.testing.assert_array_equal(roles.draws[2], [[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 5]])
    pairs = downstream_influence(converting, bootstrap)
    place = {(int(c), int(to)): k for k, (c, to) in enumerate(zip(pairs.label, pairs.closer))}  # noqa: B905
    np.testing.assert_allclose(pairs.lift_draws[0], pairs.lift)
    # of five journeys of several landings C closes four, all with A and three with B before it;
    # A precedes the last landing in four, B in four
    assert pairs.lift_draws[1, place[0, 2]] == pytest.approx((4 / 4) / (4 / 5))
    assert pairs.lift_draws[1, place[1, 2]] == pytest.approx((3 / 4) / (4 / 5))
    assert pairs.lift_draws[1, place[1, 0]] == pytest.approx((1 / 1) / (4 / 5))
    assert np.isnan(pairs.lift_draws[2]).all()
