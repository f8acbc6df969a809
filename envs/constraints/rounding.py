"""A plan in exact whole cents that keeps to every constraint the plan in dollars keeps to.

Controlled rounding (Bacharach, Management Science 12(9), 1966; Cox, JASA 82, 1987): every cell goes
to the cent below or above, so that every day's total, the money spent up to every day, and every
campaign's, channel's and the flight's total goes to the cent below or above its own too. Bounds are
whole cents, so whatever held before holds after, exactly. Such a rounding always exists: days and
the sums of days form one laminar family, campaigns and channels another, and two laminar families
make a totally unimodular system, whose linear program has whole-number vertices (Edmonds, 1970).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from ...data.errors import ConstraintError
from .constraints import Constraints
from .violations import violations

_SNAP = 1e-4  # cents; nearer to a whole cent than this is that cent: rounding noise


def to_cents(plan: NDArray[np.float64], constraints: Constraints) -> NDArray[np.int64]:
    """Round a feasible plan to whole cents with all sums kept, as near to it as can be.

    Args:
        plan: dollars, (days, campaigns), feasible to 1e-9 of the total.
        constraints: the set it is feasible for.

    Returns:
        Whole cents, (days, campaigns). They sum to the total exactly where it is to be spent.

    Raises:
        ConstraintError: if the plan breaks the constraints, with the first of what it breaks.
    """
    _require_kept(constraints, plan)
    exact = np.asarray(plan, np.float64) * 100
    whole = _floor(exact)
    part = np.clip(exact - whole, 0, 1)
    rows = _sums(constraints, len(plan))
    spent, base = rows @ exact.ravel(), rows @ whole.ravel()
    solved = milp(
        (1 - 2 * part).ravel(),  # the distance |z - part| of every cell, up to a constant
        constraints=LinearConstraint(rows, _floor(spent) - base, _ceil(spent) - base),
        bounds=Bounds(0, _ceil(part).ravel()),
    )
    if solved.x is None:
        raise ConstraintError(
            f"no rounding to cents keeps every sum of this plan ({solved.message}); "
            "project it onto its constraints again"
        )
    cents = (whole + np.rint(solved.x).reshape(plan.shape)).astype(np.int64)
    _require_kept(constraints, cents)
    return cents


def _floor(cents: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.floor(cents + _SNAP)


def _ceil(cents: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ceil(cents - _SNAP)


def _sums(constraints: Constraints, days: int) -> sparse.csr_array:
    """One row a sum: days, days so far (the last is the total), campaigns, channels."""
    campaigns = len(constraints.names)
    one_day, one_campaign = np.ones((1, campaigns)), np.ones((1, days))
    return sparse.csr_array(
        sparse.vstack(
            [
                sparse.kron(sparse.eye_array(days), one_day),
                sparse.kron(np.tri(days), one_day),
                sparse.kron(one_campaign, sparse.eye_array(campaigns)),
                sparse.kron(one_campaign, constraints.tree.sums[1]),
            ]
        )
    )


def _require_kept(constraints: Constraints, plan: NDArray[np.float64] | NDArray[np.int64]) -> None:
    broken = violations(constraints, plan)
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise ConstraintError(
            f"the plan breaks its constraints: {broken[0]}{more}; project it onto them first"
        )
