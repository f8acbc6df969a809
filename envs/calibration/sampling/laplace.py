"""Laplace approximation of many small posteriors at once, by finite differences.

All problems share each batch of evaluations, so a Newton step in a dozen dimensions costs one
likelihood call with some two hundred rows.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

from ....data.types import Floats

LogLikelihood = Callable[[Floats], Floats]
_DIFFERENCE_STEP = 0.1  # step of the finite differences, in prior sds
_MAX_STEP = 1.5  # longest Newton step along any axis, in prior sds
_MIN_GAIN = 0.02  # predicted gain of the log posterior below which the iteration stops
_STEP_FRACTIONS = np.array([1.0, 0.3, 0.1, 0.0])  # line search: the best of these is taken
_DEGREES_OF_FREEDOM = 7.0  # heavier Student-t tails than those of the posteriors here


class StudentT(NamedTuple):
    """Multivariate Student-t of each problem, with seven degrees of freedom."""

    mean: Floats  # (problems, dimensions), or one per draw, (n, problems, dimensions)
    cholesky: Floats  # (problems, dimensions, dimensions) Cholesky factor of the scale matrix

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return (count, problems, dimensions) draws."""
        shape = np.broadcast_shapes((count, 1, 1), self.mean.shape)
        chi = rng.chisquare(_DEGREES_OF_FREEDOM, (*shape[:2], 1)) / _DEGREES_OF_FREEDOM
        return self.mean + self.scale(rng.standard_normal(shape) / np.sqrt(chi))

    def scale(self, normal: Floats) -> Floats:
        """Return the Cholesky factor times standard normals, (n, problems, dimensions)."""
        return np.asarray(np.einsum("pde,npe->npd", self.cholesky, normal))

    def log_density(self, z: Floats) -> Floats:
        """Return the log density, (n, problems), up to a constant per problem."""
        whitened = np.linalg.inv(self.cholesky) @ (z - self.mean)[..., None]
        distance = (whitened[..., 0] ** 2).sum(-1)
        degrees = _DEGREES_OF_FREEDOM
        return np.asarray(-(degrees + z.shape[-1]) / 2 * np.log1p(distance / degrees))


def fit_student_t(z: Floats) -> StudentT:
    """Fit a Student-t by the mean and the slightly widened covariance of draws.

    Args:
        z: (n, problems, dimensions).
    """
    centred = z - z.mean(0)
    cov = np.einsum("npd,npe->pde", centred, centred, optimize=True) / len(z)
    ridge = 1e-3 * _mean_variance(cov) * np.eye(z.shape[-1])
    return StudentT(z.mean(0), np.linalg.cholesky(cov + ridge))


def laplace(loglik: LogLikelihood, shape: tuple[int, int], steps: int = 30) -> StudentT:
    """Return a Student-t at the mode of each posterior whose prior is standard normal.

    Damped Newton steps: eigenvalues of minus the Hessian are at least those of the prior, so every
    step is an ascent direction and the covariance is never wider than the prior's.

    Args:
        loglik: (n, problems, dimensions) -> (n, problems), independent across problems.
        shape: (problems, dimensions).
        steps: maximum number of Newton steps.
    """

    def logpost(z: Floats) -> Floats:
        value = loglik(z) - 0.5 * (z**2).sum(-1)
        return np.where(np.isfinite(value), value, -np.inf)

    mode = np.zeros(shape)
    values, vectors = np.ones(shape), np.eye(shape[1]) + np.zeros((*shape, 1))
    for _ in range(steps):
        gradient, values, vectors = _derivatives(logpost, mode)
        rotated = np.einsum("pde,pd->pe", vectors, gradient) / values
        step = np.einsum("pde,pe->pd", vectors, rotated)
        step *= np.minimum(1, _MAX_STEP / np.maximum(np.abs(step).max(1, keepdims=True), 1e-12))
        candidates = mode + _STEP_FRACTIONS[:, None, None] * step
        mode = candidates[logpost(candidates).argmax(0), np.arange(shape[0])]
        if float((gradient * step).sum(1).max()) < _MIN_GAIN:
            break
    root = vectors / np.sqrt(values)[:, None]
    return StudentT(mode, np.asarray(np.linalg.cholesky(root @ root.swapaxes(1, 2)), np.float64))


def _derivatives(logpost: LogLikelihood, z: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the gradient at z, and eigenvalues (>= 1) and eigenvectors of minus the Hessian."""
    size = z.shape[1]
    axes = _DIFFERENCE_STEP * np.eye(size)
    first, second = np.triu_indices(size, 1)
    pairs = axes[first] + axes[second]
    offsets = np.concatenate([np.zeros((1, size)), axes, -axes, pairs, -pairs])
    value = logpost(z + offsets[:, None])
    value = np.where(np.isfinite(value), value, value[0] - 1e3)
    up, down = value[1 : 1 + size], value[1 + size : 1 + 2 * size]
    both_up, both_down = np.split(value[1 + 2 * size :], 2)
    gradient = (up - down).T / (2 * _DIFFERENCE_STEP)
    diagonal = up + down - 2 * value[0]  # the second difference along each axis
    mixed = (both_up + both_down - 2 * value[0] - diagonal[first] - diagonal[second]) / 2
    hessian = np.zeros((z.shape[0], size, size))
    hessian[:, first, second] = hessian[:, second, first] = mixed.T
    hessian[:, np.arange(size), np.arange(size)] = diagonal.T
    values, vectors = np.linalg.eigh(-hessian / _DIFFERENCE_STEP**2)
    return gradient, np.maximum(values, 1.0), vectors


def _mean_variance(cov: Floats) -> Floats:
    return np.asarray(np.trace(cov, axis1=1, axis2=2)[:, None, None] / cov.shape[-1])


def log_prior(z: Floats) -> Floats:
    """Return the standard normal log density, (n, problems), up to a constant."""
    return np.asarray(-0.5 * (z**2).sum(-1))


def effective_share(logw: Floats) -> Floats:
    """Return the effective sample size of log weights, (n, problems), as a share of n."""
    weight = scipy.special.softmax(logw, axis=0)
    return np.asarray(1 / (weight**2).sum(0) / logw.shape[0])
