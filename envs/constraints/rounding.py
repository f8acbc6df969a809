"""Rounding of a plan to whole cents that satisfies every constraint the plan satisfies.

Controlled rounding (Bacharach, Management Science 12(9), 1966; Cox, JASA 82, 1987): every cell is
rounded to the cent below or above, and so is every day's total, the cumulative spend up to every
day, and every campaign's, channel's and the flight's total. Bounds are whole cents, so those that
held before hold exactly. Such a rounding always exists: days and their cumulative sums form one
laminar family, campaigns and channels another, and two laminar families make a totally unimodular
system, whose linear program has integer vertices (Edmonds, 1970).
"""

from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from ...data.errors import ConstraintError
from .constraints import Constraints
from .violations import violations

_ERRORS = 2e-15  # share of a sum that rounding errors may reach
_SNAP = 1e-4  # cents; an amount closer than this to a whole cent is that cent


def to_cents(plan: NDArray[np.float64], constraints: Constraints) -> NDArray[np.int64]:
    """Return the nearest rounding of a feasible plan to whole cents that rounds all its sums too.

    In a currency without decimals, amounts are rounded to whole units. A plan of whole cents is its
    own rounding: it is judged as what it is, by rules that let levels round to cents.

    Args:
        plan: in units of the currency, (days, campaigns), feasible to 1e-9 of the total.
        constraints: the set it is feasible for.

    Returns:
        Whole cents, (days, campaigns). They sum to the total exactly if all of it must be spent.

    Raises:
        ConstraintError: if the plan violates the constraints, naming the first violation.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # slow to import: only where needed

    exact = np.asarray(plan, np.float64) * (100 / constraints.quantum)
    whole = _floor(exact)
    if (np.abs(exact - whole) < _SNAP).all():
        cents = np.rint(exact).astype(np.int64) * constraints.quantum
        _require_satisfied(constraints, cents)
        return cents
    _require_satisfied(constraints, plan)
    fraction = np.clip(exact - whole, 0, 1)
    rows = _sums(len(plan), tuple(constraints.tree.parents[1].tolist()))
    spent, base = rows @ fraction.ravel(), rows @ whole.ravel()  # the base is exact
    # of sums of a huge budget the last digits are not known, and only its own bounds are exact
    unsure = _ERRORS * base
    unsure = np.where(unsure > _SNAP, _SNAP + unsure, 0)
    least, most = (bound - base for bound in _limits(constraints, len(plan)))
    low = np.clip(_floor(spent - unsure), least, most)
    high = np.clip(_ceil(spent + unsure), least, most)
    solved = milp(
        (1 - 2 * fraction).ravel(),  # the sum of |z - fraction|, up to a constant
        constraints=LinearConstraint(rows, low, high),
        bounds=Bounds(0, _ceil(fraction).ravel()),
    )
    if solved.x is None:
        raise ConstraintError(
            f"no rounding to cents keeps every sum of this plan ({solved.message}); "
            "project it onto its constraints again"
        )
    rounded = (whole + np.rint(solved.x).reshape(plan.shape)).astype(np.int64)
    cents = rounded * constraints.quantum
    _require_satisfied(constraints, cents)
    return cents


def _floor(cents: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.floor(cents + _SNAP)


def _ceil(cents: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ceil(cents - _SNAP)


def _limits(constraints: Constraints, days: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the most of each sum of `_sums`, in units of the rounding."""
    unbounded = np.full(2 * days, np.inf)
    (channel_floors, floors), (channel_caps, caps) = constraints.floor_cents, constraints.cap_cents
    least = np.concatenate([-unbounded, floors, channel_floors]).astype(np.float64)
    most = np.concatenate([unbounded, caps, channel_caps]).astype(np.float64)
    most[2 * days - 1] = constraints.total_cents
    if constraints.spend_all:
        least[2 * days - 1] = constraints.total_cents
    return least / constraints.quantum, most / constraints.quantum


@lru_cache(maxsize=64)
def _sums(days: int, owners: tuple[int, ...]) -> "scipy.sparse.csr_array":
    """One row per sum: days, cumulative days (the last is the total), campaigns, channels.

    ``owners`` are the channels of the campaigns.
    """
    campaigns = len(owners)
    one_day, one_campaign = np.ones((1, campaigns)), np.ones((1, days))
    channels = np.equal.outer(np.arange(max(owners) + 1), owners).astype(np.float64)
    return scipy.sparse.csr_array(
        scipy.sparse.vstack(
            [
                scipy.sparse.kron(scipy.sparse.eye_array(days), one_day),
                scipy.sparse.kron(np.tri(days), one_day),
                scipy.sparse.kron(one_campaign, scipy.sparse.eye_array(campaigns)),
                scipy.sparse.kron(one_campaign, channels),
            ]
        )
    )


def _require_satisfied(
    constraints: Constraints, plan: NDArray[np.float64] | NDArray[np.int64]
) -> None:
    lines = violations(constraints, plan)
    if lines:
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        raise ConstraintError(
            f"the plan violates its constraints: {lines[0]}{more}; project it onto them first"
        )
