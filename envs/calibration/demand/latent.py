"""Joint Laplace approximation of a latent Gaussian model of all campaigns' conversions.

Log conversions are linear in the coefficients of a `Design` plus a demand that all campaigns share
and a level of each campaign, both Ornstein-Uhlenbeck processes; counts are negative binomial (Rue,
Martino, Chopin 2009). Ordered by days the processes have a banded precision, so that a Newton step
costs one banded Cholesky factor; the coefficients are eliminated by their Schur complement.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky_banded
from scipy.linalg.lapack import dtbtrs

from ....data.types import Floats
from ...arrays import compiled
from .design import Design, curve, season_sds
from .structure import Structure

_STEPS = 12  # most Newton steps
_TUNED = 3  # first of these steps, after which dispersions and the season's amplitude are kept
_CONVERGED = 5e-3  # largest change of a coefficient or a process at which they stop
_LONGEST_STEP = 2.0
_LARGEST_LOG = 20.0  # absolute value of log conversions
_SAMPLES = 12  # draws of the posterior from which dispersions are estimated
_DISPERSION = 0.05  # prior mean of the NB2 dispersion
_DISPERSION_WEIGHT = 20.0  # weight of that prior, in days of one conversion
_LARGEST_DISPERSION = 5.0
_COUNTED = 20.0  # conversions per day from which a day's weight for the dispersion grows no more


class Reports(NamedTuple):
    """Reports of a history, (days, campaigns) each."""

    conversions: Floats
    seen: Floats  # 1 where a report counts, else 0
    offset: Floats  # known part of the log conversions

    def window(self, days: slice) -> "Reports":
        """Return some days of the reports."""
        return Reports(*(field[days] for field in self))


class DemandFit(NamedTuple):
    """Mode and curvature of the posterior; the first process is shared, then one per campaign."""

    coefficients: Floats  # (coefficients,) mode
    covariance: Floats  # (coefficients, coefficients)
    path: Floats  # (days, 1 + campaigns) mode of the processes
    gain: Floats  # (1 + campaigns, coefficients) minus d last day of the path / d coefficients
    last_covariance: Floats  # (1 + campaigns, 1 + campaigns) of the last day, given coefficients
    dispersion: Floats  # (campaigns,) NB2 alpha
    sd: Floats  # (coefficients,) prior sds, the season's as estimated

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw coefficients, (count, coefficients), and the last day, (count, 1 + campaigns)."""
        change = rng.standard_normal((count, len(self.coefficients))) @ _root(self.covariance).T
        own = rng.standard_normal((count, len(self.gain))) @ _root(self.last_covariance).T
        return self.coefficients + change, self.path[-1] - change @ self.gain.T + own


class _Newton(NamedTuple):
    """A Newton step's linear system, solved."""

    coefficients: Floats
    path: Floats  # (days, 1 + campaigns)
    covariance: Floats  # of the coefficients
    factor: Floats  # banded Cholesky factor L of the processes' precision given coefficients
    cross: Floats  # (days (1 + campaigns), coefficients) L' times minus d path / d coefficients


def fit_demand(
    design: Design,
    reports: Reports,
    structure: Structure,
    rng: np.random.Generator,
    start: DemandFit | None = None,
) -> DemandFit:
    """Return the posterior of coefficients and processes.

    Args:
        design: regressors of the days of the reports.
        reports: conversions of these days.
        structure: half-lives and sds of the processes.
        rng: source of the draws from which dispersions are estimated.
        start: fit of fewer days from which Newton's method starts; None: the priors' means.
    """
    days, campaigns = reports.conversions.shape
    prior = _precision(structure, days, campaigns)
    path = np.zeros((days, 1 + campaigns))
    coefficients, dispersion, sd = design.mean, np.full(campaigns, _DISPERSION), design.sd
    if start is not None:
        coefficients, dispersion, sd = start.coefficients, start.dispersion, start.sd
        path[: len(start.path)] = start.path
    mean = design.mean
    for step in range(_STEPS):
        offset = reports.offset + linearise(design, coefficients)
        newton = _newton_step(
            design, reports, offset, (coefficients, path), dispersion, prior, (mean, sd)
        )
        change = max(
            np.abs(newton.coefficients - coefficients).max(), np.abs(newton.path - path).max()
        )
        share = min(1.0, _LONGEST_STEP / max(change, 1e-12))
        coefficients = coefficients + share * (newton.coefficients - coefficients)
        path = path + share * (newton.path - path)
        if change < _CONVERGED:
            break
        if coefficients[design.follow] < 0:
            mean, sd = _without_follow(design, mean, sd)
        if step < _TUNED and (step > 0 or start is not None):
            dispersion = _dispersion(design, reports, offset, newton, rng)
            sd = _with_amplitude(design, newton, sd)
    last = _last_root(newton.factor, 1 + campaigns)
    return DemandFit(
        coefficients=coefficients,
        covariance=newton.covariance,
        path=path,
        gain=last @ newton.cross[-(1 + campaigns) :],
        last_covariance=last @ last.T,
        dispersion=dispersion,
        sd=sd,
    )


def linearise(design: Design, coefficients: Floats) -> Floats:
    """Fill the elasticities' columns with the curve's derivative; return the rest of the curve."""
    elasticity = coefficients[design.elasticity]
    log, slope = curve(design, elasticity)
    campaigns = np.arange(log.shape[1])
    design.columns[:, campaigns, design.elasticity.start + campaigns] = slope
    return np.asarray(log - slope * elasticity)


def _newton_step(
    design: Design,
    reports: Reports,
    offset: Floats,
    at: tuple[Floats, Floats],
    dispersion: Floats,
    prior: Floats,
    priors: tuple[Floats, Floats],
) -> _Newton:
    """Return the mode of the quadratic approximation around a point."""
    (coefficients, path), (centre, sd) = at, priors
    days, campaigns = offset.shape
    size = 1 + campaigns
    log = _log_mean(design.columns @ coefficients + offset, path)
    mean = np.exp(log)
    spread = 1 + dispersion * mean
    information = reports.seen * mean / spread
    score = reports.seen * (reports.conversions - mean) / spread
    target = (log - offset) * information + score
    band = prior.copy()
    band[0, ::size] += information.sum(1)
    for k in range(campaigns):
        band[0, k + 1 :: size] += information[:, k]
        band[k + 1, ::size] += information[:, k]
    weighted = design.columns * information[:, :, None]
    cross = np.concatenate([weighted.sum(1)[:, None], weighted], axis=1)
    right = np.concatenate([target.sum(1)[:, None], target], axis=1)
    flat = days * campaigns
    precision = np.diag(sd**-2.0) + weighted.reshape(flat, -1).T @ design.columns.reshape(flat, -1)
    pull = centre / sd**2 + design.columns.reshape(flat, -1).T @ target.ravel()
    factor = cholesky_banded(band, lower=True, check_finite=False)
    both = np.column_stack([right.ravel(), cross.reshape(days * size, -1)])
    _solve_lower(factor, both)
    solved = both[:, 1:]
    schur = precision - solved.T @ solved
    covariance = np.linalg.inv((schur + schur.T) / 2)
    mode = covariance @ (pull - solved.T @ both[:, 0])
    processes = _solve_upper(factor, both[:, 0] - solved @ mode)
    return _Newton(mode, processes.reshape(days, size), covariance, factor, solved)


@compiled
def _solve_lower(factor: Floats, right: Floats) -> None:
    """Solve ``L x = right`` in place, all right-hand sides of a row at once.

    Args:
        factor: (bands, rows) lower bands of L.
        right: (rows, right-hand sides), overwritten by the solution.
    """
    bands, rows = factor.shape
    for i in range(rows):
        row = right[i]
        for j in range(max(0, i - bands + 1), i):
            weight = factor[i - j, j]
            if weight != 0.0:
                above = right[j]
                for column in range(row.shape[0]):
                    row[column] -= weight * above[column]
        row *= 1 / factor[0, i]


def _solve_upper(factor: Floats, right: Floats) -> Floats:
    """Return the solution of ``L' x = right``, (rows,) or (rows, right-hand sides)."""
    solution, _ = dtbtrs(factor, right, uplo="L", trans="T")
    return np.asarray(solution).reshape(right.shape)


def _last_root(factor: Floats, size: int) -> Floats:
    """Return the last rows of the inverse of L', a root of the last day's covariance."""
    block = np.zeros((size, size))
    for j in range(size):
        block[j:, j] = factor[: size - j, factor.shape[1] - size + j]
    return np.asarray(np.linalg.inv(block).T)


def _dispersion(
    design: Design, reports: Reports, offset: Floats, newton: _Newton, rng: np.random.Generator
) -> Floats:
    """Return the dispersions that the squared errors of posterior draws suggest, (campaigns,)."""
    days, size = newton.path.shape
    normal = rng.standard_normal((days * size, _SAMPLES))
    change = _root(newton.covariance) @ rng.standard_normal((len(newton.coefficients), _SAMPLES))
    own = _solve_upper(newton.factor, normal - newton.cross @ change)
    paths = newton.path[:, :, None] + own.reshape(days, size, _SAMPLES)
    linear = design.columns @ (newton.coefficients[:, None] + change) + offset[:, :, None]
    means = np.exp(np.clip(linear + paths[:, :1] + paths[:, 1:], -_LARGEST_LOG, _LARGEST_LOG))
    centre = np.maximum(means.mean(2), 1e-9)
    weight = reports.seen * np.minimum(centre, _COUNTED) / centre**2
    excess = ((reports.conversions[:, :, None] - means) ** 2).mean(2) - centre
    total = np.maximum((weight * excess).sum(0), 0) + _DISPERSION * _DISPERSION_WEIGHT
    known = (weight * (means**2).mean(2)).sum(0) + _DISPERSION_WEIGHT
    return np.asarray(np.clip(total / known, 1e-3, _LARGEST_DISPERSION))


def _with_amplitude(design: Design, newton: _Newton, sd: Floats) -> Floats:
    """Return prior sds with the season's amplitude re-estimated (an EM step)."""
    own = design.season
    if own.start == own.stop:
        return sd
    moments = newton.coefficients[own] ** 2 + np.diag(newton.covariance)[own]
    order = season_sds(1.0) ** -2.0
    # two terms' worth of a prior amplitude of 0.2
    amplitude = float(np.sqrt(((order * moments).sum() + 2 * 0.2**2) / (len(order) + 2)))
    after = sd.copy()
    after[own] = season_sds(amplitude)
    return after


def _without_follow(design: Design, mean: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Return priors that hold the share of the spend index at 0, the end of its range."""
    mean, sd = mean.copy(), sd.copy()
    mean[design.follow], sd[design.follow] = 0.0, 1e-3
    return mean, sd


def _log_mean(linear: Floats, path: Floats) -> Floats:
    return np.asarray(np.clip(linear + path[:, :1] + path[:, 1:], -_LARGEST_LOG, _LARGEST_LOG))


def _precision(structure: Structure, days: int, campaigns: int) -> Floats:
    """Return the prior precision of the processes as lower bands, (2 + campaigns, unknowns)."""
    size = 1 + campaigns
    band = np.zeros((size + 1, days * size))
    shared = (structure.demand_kept, structure.demand_sd)
    own = (structure.level_kept, structure.level_sd)
    for j, (kept, sd) in enumerate([shared, *[own] * campaigns]):
        precision = 1 / (sd**2 * (1 - kept**2))  # of a day's change
        diagonal = np.full(days, (1 + kept**2) * precision)
        diagonal[[0, -1]] = precision if days > 1 else sd**-2.0
        band[0, j::size] = diagonal
        band[size, j : (days - 1) * size : size] = -kept * precision
    return band


def _root(covariance: Floats) -> Floats:
    """Return a Cholesky factor of a covariance that rounding may have left singular."""
    ridge = 1e-10 * np.trace(covariance) / len(covariance)
    return np.linalg.cholesky(covariance + ridge * np.eye(len(covariance)))
