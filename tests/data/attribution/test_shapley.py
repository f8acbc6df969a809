from itertools import permutations

import numpy as np
import pytest
from helpers import attributed
from helpers.attributed import paths_of
from hypothesis import given, settings

from mediagym.data.attribution import credits_of, shapley, shapley_set


def sets_of(paths):
    return [
        set(paths.label[begin:end].tolist())
        for begin, end in zip(paths.offsets, paths.offsets[1:], strict=False)
    ]


def by_orders(value, players):
    """Mean marginal contribution of each player over all orders of the players."""
    credit = dict.fromkeys(players, 0.0)
    orders = list(permutations(players))
    for order in orders:
        before = set()
        for player in order:
            credit[player] += (value(before | {player}) - value(before)) / len(orders)
            before = before | {player}
    return credit


@settings(max_examples=40)
@given(attributed.some_paths())
def test_the_rate_game_equals_the_mean_over_all_orders(paths):
    sets = sets_of(paths)

    def rate(coalition):
        inside = np.array([labels <= coalition for labels in sets])
        total = ((paths.conversions + paths.nulls) * inside).sum()
        return (paths.conversions * inside).sum() / total if total else 0.0

    game = shapley.rate_game(paths)
    expected = by_orders(rate, game.present.tolist())
    np.testing.assert_allclose(shapley.values(game), list(expected.values()), atol=1e-9)
    overall = paths.conversions.sum() / (paths.conversions + paths.nulls).sum()
    assert shapley.values(game).sum() == pytest.approx(overall, abs=1e-12)


@settings(max_examples=40)
@given(attributed.some_paths())
def test_the_set_game_equals_the_mean_over_all_orders(paths):
    sets = sets_of(paths)

    def converted(coalition):
        pairs = zip(paths.conversions, sets, strict=True)
        return sum(conversions for conversions, labels in pairs if labels <= coalition)

    expected = by_orders(converted, sorted(set().union(*sets)))
    credit = credits_of(paths, shapley_set(paths))
    np.testing.assert_allclose(credit[list(expected)], list(expected.values()), atol=1e-9)


def test_sums_over_subsets_and_supersets():
    value = np.arange(8.0)
    for mask in range(8):
        assert shapley.subset_sums(value)[mask] == sum(s for s in range(8) if s & mask == s)
        assert shapley.superset_sums(value)[mask] == sum(s for s in range(8) if s & mask == mask)


def test_the_influence_of_a_journey_is_the_derivative_by_its_count():
    paths = attributed.worked()
    game = shapley.rate_game(paths)
    influence = shapley.shapley_influence(game)
    for at in range(5):
        for kind in (0, 1):
            counts = [paths.conversions.copy(), paths.nulls.copy()]
            counts[kind][at] += 1e-6
            more = shapley.rate_game(paths_of(attributed.NAMES, attributed.SEQUENCES, *counts))
            slope = (shapley.values(more) - shapley.values(game)) / 1e-6
            np.testing.assert_allclose(influence[kind][at], slope, atol=1e-6)
