"""Multinomial bootstrap over groups of users, for any statistic that is a sum over journeys."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..journeys import count_by_code
from ..types import Floats, Ints


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Multiplicities of user groups in every bootstrap draw.

    Users are assigned at random to groups of equal size and groups are drawn with replacement, so
    a user's journeys stay together and the cost does not grow with the number of users. The
    standard deviation over resampled groups differs from that over resampled users by a relative
    error of about 1 / sqrt(2 groups).
    """

    group: Ints  # (journeys,) group of each journey's user
    weights: Floats  # (draws, groups) multiplicity of each group; every row sums to groups

    @property
    def groups(self) -> int:
        """Number of groups."""
        return int(self.weights.shape[1])

    def sums(self, journey: Ints, column: Ints, weight: Floats, columns: int) -> Floats:
        """(groups, columns) sums of weights by the group of their journey and their column.

        Args:
            journey: (entries,) position of each entry's journey.
            column: (entries,) 0 to columns - 1.
            weight: (entries,) values to sum.
            columns: number of columns.
        """
        code = self.group[journey] * columns + column
        return count_by_code(code, weight, self.groups * columns).reshape(self.groups, columns)

    def counts(self, path: Ints, weight: Floats, paths: int) -> sparse.csr_array:
        """(groups, paths) summed weights of the journeys along each path.

        Args:
            path: (journeys,) path of each journey, 0 to paths - 1.
            weight: (journeys,) >= 0.
            paths: number of paths.
        """
        positive = weight > 0
        cells = (weight[positive], (self.group[positive], path[positive]))
        return sparse.coo_array(cells, shape=(self.groups, paths)).tocsr()

    def resample(self, sums: Floats) -> Floats:
        """(draws, ...) resampled totals of (groups, ...) sums."""
        flat = self.weights @ sums.reshape(self.groups, -1)
        return np.asarray(flat.reshape(len(flat), *sums.shape[1:]))

    def deviations(self, sums: Floats) -> Floats:
        """(draws, columns) resampled totals minus the observed total of (groups, columns) sums."""
        return np.asarray((self.weights - 1.0) @ sums)


def bootstrap_of(user: Ints, draws: int, groups: int, seed: int) -> Bootstrap:
    """Assign users to groups and draw multiplicities.

    Args:
        user: (journeys,) user of each journey, 0 to users - 1.
        draws: number of resamples.
        groups: maximum number of groups; with fewer users each user is a group.
        seed: seed of the assignment and of the draws.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    users = int(user.max()) + 1
    groups = min(groups, users)
    group_of_user = rng.permutation(users) % groups
    weights = rng.multinomial(groups, np.full(groups, 1.0 / groups), size=draws)
    return Bootstrap(group_of_user[user].astype(np.int64), weights.astype(np.float64))


def interval(draws: Floats, level: float) -> tuple[Floats, Floats]:
    """Percentile interval over the first axis.

    Args:
        draws: (draws, ...) replicates; NaN draws are ignored.
        level: coverage, in (0, 1).

    Returns:
        (...) lower and upper ends; NaN where every draw is.
    """
    tails = [(1 - level) / 2, (1 + level) / 2]
    defined = ~np.isnan(draws).all(0)
    low, high = (np.full(draws.shape[1:], np.nan) for _ in tails)
    if defined.any():
        low[defined], high[defined] = np.nanquantile(draws[:, defined], tails, axis=0)
    return low, high
