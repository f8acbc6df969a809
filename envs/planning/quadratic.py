"""Convex quadratic programs over the plans that satisfy a constraint set's rules.

The objective is separable by campaign: a matrix (days, days) of curvatures each. The solver is
clarabel, an interior-point method (Goulart and Chen, arXiv:2405.12762, 2024); a step of least
squares on the active rows then takes the rest of the residual away.
"""

from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from ...data.types import Floats
from ..constraints import Constraints
from .rules import RampRows, linear_rules, ramp_rows, unit_of

_TOLERANCE = 1e-9  # of clarabel's residuals and gap
_ACTIVE = 1e-6  # slack, in units, below which a row counts as active
_EXACT = 1e-12  # residual, in units, that is left alone


class Pieces(NamedTuple):
    """Which line of each ramp holds, (pairs,): True for the share, False for the least amount."""

    up: NDArray[np.bool_]
    down: NDArray[np.bool_]


class Cut(NamedTuple):
    """A linear constraint of the moment: slope . plan <= bound."""

    slope: Floats  # (days, campaigns)
    bound: float


class Solution(NamedTuple):
    """The minimiser of a quadratic program."""

    plan: Floats  # (days, campaigns) dollars
    prices: Floats  # (cuts,) multipliers >= 0: objective per unit of a cut's bound


class _Rows(NamedTuple):
    """matrix @ variables = bound in the first `equal` rows, <= bound in the others."""

    matrix: "scipy.sparse.csr_array"
    bound: Floats
    equal: int


class QuadraticProgram:
    """Minimises convex quadratic functions of a plan over one constraint set."""

    def __init__(
        self,
        constraints: Constraints,
        steady_floors: bool = False,
        delivered: Floats | None = None,
    ) -> None:
        """Build the rows of `rules.linear_rules`, whose arguments these are."""
        self.constraints = constraints
        self.unit, self._delivered = unit_of(constraints), delivered
        self.days, self.count = constraints.days, len(constraints.names)
        self.ramps: RampRows | None = ramp_rows(constraints)
        self._linear = _one_sided(*linear_rules(constraints, steady_floors, delivered))
        upper = np.triu_indices(self.days)
        campaign = np.arange(self.count)[:, None]
        self._triangle = upper
        self._rows = (upper[0] * self.count + campaign).ravel()
        self._columns = (upper[1] * self.count + campaign).ravel()

    def pieces(self, plan: Floats) -> Pieces:
        """Return the lines of the ramps that hold at a plan, (days, campaigns) dollars."""
        ramps = self.ramps
        if ramps is None:
            return Pieces(np.zeros(0, bool), np.zeros(0, bool))
        level = plan.ravel()[ramps.before] / self.unit * ramps.weight_before
        with np.errstate(invalid="ignore"):  # no limit times no level: the least step holds
            return Pieces(ramps.up * level > ramps.least, ramps.down * level > ramps.least)

    def solve(
        self,
        curvature: Floats,
        linear: Floats,
        pieces: Pieces,
        cuts: tuple[Cut, ...] = (),
        exact: bool = False,
        elastic: float | None = None,
    ) -> Solution | None:
        """Return the plan that minimises 1/2 x' H x + linear . x; None if no plan is feasible.

        Args:
            curvature: (campaigns, days, days) positive semidefinite, per dollar squared.
            linear: (days, campaigns), per dollar.
            pieces: the lines of the ramps that hold.
            cuts: further linear constraints.
            exact: True to take the residual of the interior point away.
            elastic: cost per dollar by which a ramp may be broken; None: ramps hold.
        """
        rows = self._with_ramps(pieces, cuts)
        variables = rows.matrix.shape[1]
        scale = self.unit * max(float(np.abs(linear).max()), 1e-300)
        entries = curvature[:, *self._triangle].ravel() * self.unit**2 / scale
        gradient = np.zeros(variables)
        gradient[: linear.size] = linear.ravel() * self.unit / scale
        slack = 0
        if elastic is not None and self.ramps is not None:
            slack = rows.matrix.shape[0] - self._linear.matrix.shape[0]
            rows = _elastic(rows, slack)
            price = np.full(slack, elastic * self.unit / scale)
            gradient = np.concatenate([gradient, price])
        size = variables + slack
        quadratic = scipy.sparse.csc_array(
            (entries, (self._rows, self._columns)), shape=(size, size)
        )
        found = _clarabel(quadratic, gradient, rows)
        if found is None:
            return None
        solution, duals = found
        if exact:
            solution = _polished(rows, solution)
        first = len(self._linear.bound)
        steepest = [np.abs(cut.slope).max() * self.unit for cut in cuts]
        prices = duals[first : first + len(cuts)] * scale / np.array(steepest)
        return Solution(solution[: linear.size].reshape(linear.shape) * self.unit, prices)

    def ramp_excess(self, plan: Floats) -> float:
        """Return the most dollars by which a plan breaks a ramp, in level; 0 without ramps."""
        if self.ramps is None:
            return 0.0
        rows = self._ramp_rows(self.ramps, self.pieces(plan))
        over = rows.matrix[:, : plan.size] @ (plan.ravel() / self.unit) - rows.bound
        return float(max(over.max(initial=0.0), 0.0) * self.unit)

    def excess(self, plan: Floats) -> float:
        """Return the most dollars by which a plan breaks any rule; 0 for a feasible plan."""
        spent = plan if self._delivered is None else plan * self._delivered
        variables = np.concatenate([plan.ravel(), spent.sum(1)]) / self.unit
        gap = self._linear.matrix @ variables - self._linear.bound
        gap[: self._linear.equal] = np.abs(gap[: self._linear.equal])
        return max(float(gap.max(initial=0.0)) * self.unit, self.ramp_excess(plan))

    def _with_ramps(self, pieces: Pieces, cuts: tuple[Cut, ...]) -> _Rows:
        matrices, bounds = [self._linear.matrix], [self._linear.bound]
        for cut in cuts:
            largest = np.abs(cut.slope).max() * self.unit
            row = np.zeros((1, self._linear.matrix.shape[1]))
            row[0, : cut.slope.size] = cut.slope.ravel() * self.unit / largest
            matrices.append(scipy.sparse.csr_array(row))
            bounds.append(np.array([cut.bound / largest]))
        if self.ramps is not None:
            ramps = self._ramp_rows(self.ramps, pieces)
            matrices.append(ramps.matrix)
            bounds.append(ramps.bound)
        matrix = scipy.sparse.csr_array(scipy.sparse.vstack(matrices))
        return _Rows(matrix, np.concatenate(bounds), self._linear.equal)

    def _ramp_rows(self, ramps: RampRows, pieces: Pieces) -> _Rows:
        width, parts, bounds = self._linear.matrix.shape[1], [], []
        for sign, share, by_share in ((1.0, ramps.up, pieces.up), (-1.0, -ramps.down, pieces.down)):
            used = np.flatnonzero(np.isfinite(ramps.up) if sign > 0 else ramps.down < 1)
            slope = 1 + np.where(by_share, np.where(np.isfinite(share), share, 0), 0)
            row = np.arange(len(used))
            values = [sign * ramps.weight_now[used], -sign * (slope * ramps.weight_before)[used]]
            columns = np.concatenate([ramps.now[used], ramps.before[used]])
            data = (np.concatenate(values), (np.concatenate([row, row]), columns))
            parts.append(scipy.sparse.csr_array(data, shape=(len(used), width)))
            bounds.append(np.where(by_share, 0.0, ramps.least)[used])
        matrix = scipy.sparse.csr_array(scipy.sparse.vstack(parts))
        return _Rows(matrix, np.concatenate(bounds), 0)


def _one_sided(matrix: "scipy.sparse.csr_array", lower: Floats, upper: Floats) -> _Rows:
    finite = np.isfinite(lower) & np.isfinite(upper)
    equal = finite & (upper - lower <= _EXACT * np.maximum(1, np.abs(lower)))
    high, low = ~equal & np.isfinite(upper), ~equal & np.isfinite(lower)
    stacked = scipy.sparse.vstack([matrix[equal], matrix[high], -matrix[low]])
    bound = np.concatenate([(lower + upper)[equal] / 2, upper[high], -lower[low]])
    return _Rows(scipy.sparse.csr_array(stacked), bound, int(equal.sum()))


def _elastic(rows: _Rows, slack: int) -> _Rows:
    """Let the last rows be broken by slack variables, which are not negative."""
    first = rows.matrix.shape[0] - slack
    eye = scipy.sparse.eye_array(slack)
    loose = scipy.sparse.vstack([scipy.sparse.csr_array((first, slack)), -eye])
    positive = scipy.sparse.hstack([scipy.sparse.csr_array((slack, rows.matrix.shape[1])), -eye])
    matrix = scipy.sparse.vstack([scipy.sparse.hstack([rows.matrix, loose]), positive])
    return _Rows(
        scipy.sparse.csr_array(matrix), np.concatenate([rows.bound, np.zeros(slack)]), rows.equal
    )


def _clarabel(
    quadratic: "scipy.sparse.csc_array", gradient: Floats, rows: _Rows
) -> tuple[Floats, Floats] | None:
    import clarabel  # only where a plan is bound by more than sums

    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.direct_solve_method = "qdldl"  # half the time of the default, at this size
    settings.tol_feas = settings.tol_gap_abs = settings.tol_gap_rel = _TOLERANCE
    cones = [clarabel.NonnegativeConeT(rows.matrix.shape[0] - rows.equal)]
    if rows.equal:
        cones.insert(0, clarabel.ZeroConeT(rows.equal))
    matrix = scipy.sparse.csc_matrix(rows.matrix)
    solver = clarabel.DefaultSolver(
        scipy.sparse.csc_matrix(quadratic), gradient, matrix, rows.bound, cones, settings
    )
    solution = solver.solve()
    if str(solution.status) not in ("Solved", "AlmostSolved", "InsufficientProgress"):
        return None
    found, duals = np.array(solution.x), np.array(solution.z)
    gap = rows.matrix @ found - rows.bound
    gap[: rows.equal] = np.abs(gap[: rows.equal])
    return (found, duals) if gap.max(initial=0.0) < _ACTIVE else None


def _polished(rows: _Rows, solution: Floats) -> Floats:
    """Return the nearest point on which the active rows hold exactly."""
    for _ in range(4):
        gap = rows.matrix @ solution - rows.bound
        active = gap > -_ACTIVE
        active[: rows.equal] = True
        wrong = np.where(np.arange(len(gap)) < rows.equal, np.abs(gap), gap)
        if wrong.max(initial=0.0) <= _EXACT:
            break
        near = rows.matrix[active].toarray()
        target = np.where(np.arange(len(gap)) < rows.equal, gap, np.maximum(gap, 0))[active]
        solution = solution - np.linalg.lstsq(near, target, rcond=1e-10)[0]
    return solution
