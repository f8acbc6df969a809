"""Shapley values of the rate game: contributions of labels to the conversion rate."""

from dataclasses import dataclass
from math import factorial

import numpy as np

from ..journeys import Paths, count_by_code
from ..types import Floats, Ints


@dataclass(frozen=True, eq=False)
class RateGame:
    """Game v(S) = conversions / journeys among the journeys whose labels all lie in S."""

    present: Ints  # (players,) labels that occur
    coalition: Ints  # (paths,) each path's labels as a bit mask over the players
    conversions: Floats  # (2^players,) v's numerator
    journeys: Floats  # (2^players,) v's denominator
    rate: Floats  # (2^players,) v; 0 without journeys


def rate_game(paths: Paths) -> RateGame:
    """Conversion rates of all coalitions, by the zeta transform.

    Args:
        paths: memory and time double with each label that occurs.
    """
    present = np.unique(paths.label)
    bit = np.zeros(len(paths.names), np.int64)
    bit[present] = 1 << np.arange(len(present))
    coalition = np.bitwise_or.reduceat(bit[paths.label], paths.first)
    size = 1 << len(present)
    conversions = subset_sums(count_by_code(coalition, paths.conversions, size))
    nulls = subset_sums(count_by_code(coalition, paths.nulls, size))
    journeys = conversions + nulls
    rate = np.divide(conversions, journeys, out=np.zeros(size), where=journeys > 0)
    return RateGame(present, coalition, conversions, journeys, rate)


def values(game: RateGame) -> Floats:
    """(players,) Shapley values, which sum to the overall rate; some may be negative."""
    players = len(game.present)
    weight = _weights(players)[_members(players)]
    value = np.empty(players)
    for player in range(players):
        without, joined = _halves(game.rate, player)
        value[player] = (_halves(weight, player)[0] * (joined - without)).sum()
    return value


def shapley_influence(game: RateGame) -> tuple[Floats, Floats]:
    """Derivative of each Shapley value by the number of journeys along each path.

    Returns:
        (paths, players) derivatives for a converting journey, and for a null one.
    """
    players = len(game.present)
    weight = _weights(players)[_members(players)]
    inverse = np.divide(1.0, game.journeys, out=np.zeros(1 << players), where=game.journeys > 0)
    gain, loss = (np.empty((len(game.coalition), players)) for _ in range(2))
    for player in range(players):
        sign = np.empty(1 << players)
        player_weight = _halves(weight, player)[0]
        _halves(sign, player)[0][:] = -player_weight
        _halves(sign, player)[1][:] = player_weight
        gain[:, player] = superset_sums(sign * inverse)[game.coalition]
        loss[:, player] = superset_sums(sign * inverse * game.rate)[game.coalition]
    return gain - loss, -loss


def subset_sums(value: Floats) -> Floats:
    """(2^n,) sum of a set function over the subsets of each set (zeta transform, n 2^n steps)."""
    out = value.copy()
    for player in range(len(value).bit_length() - 1):
        without, joined = _halves(out, player)
        joined += without
    return out


def superset_sums(value: Floats) -> Floats:
    """(2^n,) sum of a set function over the supersets of each set."""
    out = value.copy()
    for player in range(len(value).bit_length() - 1):
        without, joined = _halves(out, player)
        without += joined
    return out


def _halves(value: Floats, player: int) -> tuple[Floats, Floats]:
    """Views of the coalitions without and with a player, in matching order."""
    folded = value.reshape(-1, 2, 1 << player)
    return folded[:, 0], folded[:, 1]


def _weights(players: int) -> Floats:
    """(players + 1,) |S|! (n - |S| - 1)! / n! by |S|; the last is never used."""
    n = players
    weight = [factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)]
    return np.array([*weight, 0.0])


def _members(players: int) -> Ints:
    """(2^players,) size of each coalition."""
    return np.bitwise_count(np.arange(1 << players)).astype(np.int64)
