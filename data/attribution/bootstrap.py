"""Multinomial bootstrap over groups of users, of anything that is a sum over journeys."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..journeys import count_by_code
from ..types import Floats, Ints


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Draws of how often each group of users is taken.

    Users are dealt at random to groups of equal size, and groups are drawn with replacement, so
    the journeys of one user stay together and the cost does not grow with the users. The spread
    of G groups' resampled sums differs from that of resampled users by about 1 / sqrt(2 G).
    """

    group: Ints  # (journeys,) group of each journey's user
    weights: Floats  # (draws, groups) times each group is taken, groups in sum

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self.weights.shape[1])

    def sums(self, journey: Ints, column: Ints, weight: Floats, columns: int) -> Floats:
        """(groups, columns) sums of weights by the group of their journey and their column."""
        code = self.group[journey] * columns + column
        return count_by_code(code, weight, self.groups * columns).reshape(self.groups, columns)

    def counts(self, path: Ints, weight: Floats, paths: int) -> sparse.csr_array:
        """(groups, paths) weights of the journeys along each path."""
        some = weight > 0
        cells = (weight[some], (self.group[some], path[some]))
        return sparse.coo_array(cells, shape=(self.groups, paths)).tocsr()

    def draw(self, sums: Floats) -> Floats:
        """(draws, ...) resampled totals of (groups, ...) sums."""
        flat = self.weights @ sums.reshape(self.groups, -1)
        return np.asarray(flat.reshape(len(flat), *sums.shape[1:]))

    def shift(self, sums: Floats) -> Floats:
        """(draws, columns) resampled totals less their own total."""
        return np.asarray((self.weights - 1.0) @ sums)


def bootstrap_of(user: Ints, draws: int, groups: int, seed: int) -> Bootstrap:
    """Deal users to groups and draw.

    Args:
        user: (journeys,) whose each is, 0 to users - 1.
        draws: how many resamples.
        groups: most groups; with fewer users each user is a group.
        seed: of the dealing and of the draws.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    users = int(user.max()) + 1
    groups = min(groups, users)
    dealt = rng.permutation(users) % groups
    weights = rng.multinomial(groups, np.full(groups, 1.0 / groups), size=draws)
    return Bootstrap(dealt[user].astype(np.int64), weights.astype(np.float64))


def interval(draws: Floats, level: float) -> tuple[Floats, Floats]:
    """Lower and upper percentile of (draws, ...), each (...); NaN draws are left out."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    defined = ~np.isnan(draws).all(0)
    low, high = (np.full(draws.shape[1:], np.nan) for _ in tails)
    if defined.any():
        low[defined], high[defined] = np.nanquantile(draws[:, defined], tails, axis=0)
    return low, high
