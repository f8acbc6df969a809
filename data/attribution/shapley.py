"""The Shapley value of the rate game: what a label adds to the conversion rate of coalitions."""

from dataclasses import dataclass
from math import factorial

import numpy as np

from ..journeys import Paths, count_by_code
from ..types import Floats, Ints


@dataclass(frozen=True, eq=False)
class RateGame:
    """The game v(S) = conversions / journeys over the journeys whose labels lie in S."""

    present: Ints  # (players,) labels that play, those that occur
    coalition: Ints  # (paths,) bit mask over the players of each path's labels
    conversions: Floats  # (2^players,) inside each coalition
    journeys: Floats  # (2^players,) inside each coalition
    rate: Floats  # (2^players,) v; 0 where there is no journey


def rate_game(paths: Paths) -> RateGame:
    """Sum conversions and journeys over all coalitions by the zeta transform.

    Args:
        paths: of few labels: the cost doubles with each.
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
    """(players,) Shapley values; their sum is the rate of all, and some may be negative."""
    players = len(game.present)
    weight = _weights(players)[_members(players)]
    found = np.empty(players)
    for player in range(players):
        without, joined = _halves(game.rate, player)
        found[player] = (_halves(weight, player)[0] * (joined - without)).sum()
    return found


def influence_of(game: RateGame) -> tuple[Floats, Floats]:
    """How each value moves with one more journey along each path.

    Returns:
        (paths, players) derivatives for a converting journey, and for a null.
    """
    players = len(game.present)
    weight = _weights(players)[_members(players)]
    inverse = np.divide(1.0, game.journeys, out=np.zeros(1 << players), where=game.journeys > 0)
    gain, loss = (np.empty((len(game.coalition), players)) for _ in range(2))
    for player in range(players):
        sign = np.empty(1 << players)
        own = _halves(weight, player)[0]
        _halves(sign, player)[0][:] = -own
        _halves(sign, player)[1][:] = own
        gain[:, player] = superset_sums(sign * inverse)[game.coalition]
        loss[:, player] = superset_sums(sign * inverse * game.rate)[game.coalition]
    return gain - loss, -loss


def subset_sums(value: Floats) -> Floats:
    """The zeta transform: for each set the sum over its subsets; 2^n in n 2^n steps."""
    out = value.copy()
    for player in range(len(value).bit_length() - 1):
        without, joined = _halves(out, player)
        joined += without
    return out


def superset_sums(value: Floats) -> Floats:
    """For each set the sum over the sets that hold it."""
    out = value.copy()
    for player in range(len(value).bit_length() - 1):
        without, joined = _halves(out, player)
        without += joined
    return out


def _halves(value: Floats, player: int) -> tuple[Floats, Floats]:
    """Views of the coalitions without and with a player, in the same order."""
    folded = value.reshape(-1, 2, 1 << player)
    return folded[:, 0], folded[:, 1]


def _weights(players: int) -> Floats:
    """(players + 1,) |S|! (n - |S| - 1)! / n! by the size of S; the last is never used."""
    n = players
    weight = [factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)]
    return np.array([*weight, 0.0])


def _members(players: int) -> Ints:
    """(2^players,) how many members each coalition has."""
    return np.bitwise_count(np.arange(1 << players)).astype(np.int64)
