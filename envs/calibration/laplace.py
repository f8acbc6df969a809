"""The mode and the curvature of many small posteriors at once, by finite differences.

Every problem takes part in each batch of evaluations, so a Newton step of a dozen dimensions costs
one call of the likelihood with some two hundred rows.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from ...data.types import Floats

LogLikelihood = Callable[[Floats], Floats]
_APART = 0.1  # of finite differences, in prior sds
_LONGEST = 1.5  # most prior sds that a Newton step goes
_SETTLED = 0.02  # promised gain of the log posterior below which a mode is found
_SHARES = np.array([1.0, 0.3, 0.1, 0.0])  # of a step, the best of which is taken
_DEGREES = 7.0  # of the Student-t: tails heavier than the posteriors here


class StudentT(NamedTuple):
    """A Student-t for each problem, seven degrees of freedom."""

    mean: Floats  # (problems, dimensions), or one for each draw, (n, problems, dimensions)
    cholesky: Floats  # (problems, dimensions, dimensions) Cholesky factor of the scale matrix

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return (count, problems, dimensions) draws."""
        shape = np.broadcast_shapes((count, 1, 1), self.mean.shape)
        chi = rng.chisquare(_DEGREES, (*shape[:2], 1)) / _DEGREES
        return self.mean + self.scale(rng.standard_normal(shape) / np.sqrt(chi))

    def scale(self, normal: Floats) -> Floats:
        """Return standard normals, (n, problems, dimensions), with the scale's covariance."""
        return np.asarray(np.einsum("pde,npe->npd", self.cholesky, normal))

    def log(self, z: Floats) -> Floats:
        """Return the log density, (n, problems), up to a constant of each problem."""
        whitened = np.linalg.inv(self.cholesky) @ (z - self.mean)[..., None]
        distance = (whitened[..., 0] ** 2).sum(-1)
        return np.asarray(-(_DEGREES + z.shape[-1]) / 2 * np.log1p(distance / _DEGREES))


def fit_student_t(z: Floats) -> StudentT:
    """Return the mean and the slightly widened covariance of draws, (n, problems, dimensions)."""
    apart = z - z.mean(0)
    cov = np.einsum("npd,npe->pde", apart, apart, optimize=True) / len(z)
    return StudentT(z.mean(0), np.linalg.cholesky(cov + 1e-3 * _size(cov) * np.eye(z.shape[-1])))


def laplace(loglik: LogLikelihood, shape: tuple[int, int], steps: int = 30) -> StudentT:
    """Return a Student-t at the mode of each posterior whose prior is standard normal.

    Damped Newton steps: the curvature's eigenvalues are kept at the prior's at least, so every
    step climbs and the covariance is never wider than the prior's.

    Args:
        loglik: (n, problems, dimensions) -> (n, problems), independent across problems.
        shape: (problems, dimensions).
        steps: Newton steps at most.
    """

    def logpost(z: Floats) -> Floats:
        value = loglik(z) - 0.5 * (z**2).sum(-1)
        return np.where(np.isfinite(value), value, -np.inf)

    at, (values, vectors) = (
        np.zeros(shape),
        (np.ones(shape), np.eye(shape[1]) + np.zeros((*shape, 1))),
    )
    for _ in range(steps):
        slope, values, vectors = _bend(logpost, at)
        turned = np.einsum("pde,pd->pe", vectors, slope) / values
        way = np.einsum("pde,pe->pd", vectors, turned)
        way *= np.minimum(1, _LONGEST / np.maximum(np.abs(way).max(1, keepdims=True), 1e-12))
        tried = at + _SHARES[:, None, None] * way
        at = tried[logpost(tried).argmax(0), np.arange(shape[0])]
        if float((slope * way).sum(1).max()) < _SETTLED:
            break
    root = vectors / np.sqrt(values)[:, None]
    return StudentT(at, np.asarray(np.linalg.cholesky(root @ root.swapaxes(1, 2)), np.float64))


def _bend(logpost: LogLikelihood, at: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the slope, and eigenvalues (at least 1) and eigenvectors of minus the curvature."""
    size = at.shape[1]
    one = _APART * np.eye(size)
    first, second = np.triu_indices(size, 1)
    pairs = one[first] + one[second]
    moves = np.concatenate([np.zeros((1, size)), one, -one, pairs, -pairs])
    value = logpost(at + moves[:, None])
    value = np.where(np.isfinite(value), value, value[0] - 1e3)
    up, down = value[1 : 1 + size], value[1 + size : 1 + 2 * size]
    both, neither = np.split(value[1 + 2 * size :], 2)
    slope = (up - down).T / (2 * _APART)
    twice = up + down - 2 * value[0]  # the second difference along each axis
    cross = (both + neither - 2 * value[0] - twice[first] - twice[second]) / 2
    bend = np.zeros((at.shape[0], size, size))
    bend[:, first, second] = bend[:, second, first] = cross.T
    bend[:, np.arange(size), np.arange(size)] = twice.T
    values, vectors = np.linalg.eigh(-bend / _APART**2)
    return slope, np.maximum(values, 1.0), vectors


def _size(cov: Floats) -> Floats:
    return np.asarray(np.trace(cov, axis1=1, axis2=2)[:, None, None] / cov.shape[-1])


def log_prior(z: Floats) -> Floats:
    """Return the standard normal log density, (n, problems), up to a constant."""
    return np.asarray(-0.5 * (z**2).sum(-1))


def effective_share(logw: Floats) -> Floats:
    """Return the effective sample size of log weights, (n, problems), as a share of n."""
    weight = special.softmax(logw, axis=0)
    return np.asarray(1 / (weight**2).sum(0) / logw.shape[0])
