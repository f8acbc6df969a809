"""Tempered sequential Monte Carlo for many independent small posteriors at once.

Every campaign is its own problem of a dozen dimensions, solved side by side on one batch axis:
the likelihood is tempered in so that each step keeps a set effective share of the particles
(Del Moral, Doucet, Jasra 2006), the particles are resampled and then moved by Metropolis steps,
in turn a random walk and an independent Student-t fitted to the particles.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
LogLikelihood = Callable[[Floats], Floats]
_DEGREES = 7.0  # of the Student-t proposal: tails heavier than the posteriors here


class Particles(NamedTuple):
    """Draws of every problem with their log-likelihoods."""

    z: Floats  # (draws, problems, dimensions)
    loglik: Floats  # (draws, problems)


class Sample(NamedTuple):
    """Draws of the posterior and how they came about."""

    z: Floats  # (draws, problems, dimensions)
    acceptance: Floats  # (problems,) share of the last moves that were accepted
    unique: Floats  # (problems,) share of the draws that differ from all others
    rounds: int  # temperatures that were passed


def sample(
    loglik: LogLikelihood,
    shape: tuple[int, int],
    *,
    particles: int,
    draws: int,
    keep: float,
    moves: int,
    final_moves: int,
    rng: np.random.Generator,
    progress: Callable[[str], None] = lambda _: None,
) -> Sample:
    """Draw from posteriors whose prior is standard normal.

    Args:
        loglik: (n, problems, dimensions) -> (n, problems), independent across problems.
        shape: (problems, dimensions).
        particles: tried while the likelihood is tempered in.
        draws: size of the result.
        keep: effective share that a tempering step keeps, in (0, 1).
        moves: Metropolis moves a temperature.
        final_moves: Metropolis moves of the full set at the end.
        rng: source of all randomness.
        progress: called with a line a round.
    """
    z = rng.standard_normal((particles, *shape))
    swarm, power, rounds = Particles(z, loglik(z)), np.zeros(shape[0]), 0
    while bool((power < 1).any()):
        target = _temper(swarm.loglik, power, keep)
        swarm = _pick(swarm, _resample((target - power) * swarm.loglik, particles, rng))
        power, rounds = target, rounds + 1
        swarm, _ = _move(loglik, swarm, power, moves, rng)
        progress(f"temperature {rounds}: likelihood at {power.min():.3f}")
    swarm = _pick(swarm, _resample(np.zeros_like(swarm.loglik), draws, rng))
    progress(f"{final_moves} last moves of {draws} markets")
    swarm, acceptance = _move(loglik, swarm, power, final_moves, rng)
    return Sample(swarm.z, acceptance, _unique(swarm.z), rounds)


def _temper(ll: Floats, power: Floats, keep: float) -> Floats:
    """Return for each problem the next power of the likelihood."""
    low, high = power.copy(), np.ones_like(power)
    done = _effective_share((1 - power) * ll) >= keep
    for _ in range(40):
        middle = (low + high) / 2
        fine = _effective_share((middle - power) * ll) >= keep
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    return np.where(done, 1.0, np.maximum(low, power + 1e-7))


def _move(
    loglik: LogLikelihood, swarm: Particles, power: Floats, moves: int, rng: np.random.Generator
) -> tuple[Particles, Floats]:
    """Move all particles; the proposals are fitted to the particles before the moves."""
    mean, root = _fit(swarm.z)
    accepted = np.zeros((2, len(power)))
    for move in range(moves):
        propose = _independent if move % 2 else _walk
        there, correction = propose(swarm.z, mean, root, rng)
        ll = loglik(there)
        gain = power * (ll - swarm.loglik) + _log_prior(there) - _log_prior(swarm.z) + correction
        take = np.log(rng.random(ll.shape)) < gain
        z = np.where(take[..., None], there, swarm.z)
        swarm = Particles(z, np.where(take, ll, swarm.loglik))
        accepted[move % 2] = take.mean(0)
    return swarm, accepted.max(0)


def _walk(
    z: Floats, mean: Floats, root: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats | float]:
    """Propose a random walk, scaled for its dimension (Roberts, Gelman, Gilks 1997)."""
    stride = 2.38 / np.sqrt(z.shape[-1])
    jump = np.einsum("pde,npe->npd", root, rng.standard_normal(z.shape))
    return z + stride * jump, 0.0


def _independent(
    z: Floats, mean: Floats, root: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Propose from the fitted Student-t wherever the particle stands."""
    chi = rng.chisquare(_DEGREES, (*z.shape[:2], 1)) / _DEGREES
    jump = np.einsum("pde,npe->npd", root, rng.standard_normal(z.shape) / np.sqrt(chi))
    there = mean + jump
    return there, _log_student(z, mean, root) - _log_student(there, mean, root)


def _fit(z: Floats) -> tuple[Floats, Floats]:
    """Return the particles' mean and a Cholesky factor of their slightly widened covariance."""
    mean = z.mean(0)
    apart = z - mean
    cov = np.einsum("npd,npe->pde", apart, apart, optimize=True) / len(z)
    size = np.trace(cov, axis1=1, axis2=2)[:, None, None] / z.shape[-1]
    return mean, np.linalg.cholesky(cov + 1e-3 * size * np.eye(z.shape[-1]))


def _log_student(z: Floats, mean: Floats, root: Floats) -> Floats:
    whitened = np.linalg.inv(root) @ (z - mean)[..., None]
    distance = (whitened[..., 0] ** 2).sum(-1)
    return np.asarray(-(_DEGREES + z.shape[-1]) / 2 * np.log1p(distance / _DEGREES))


def _log_prior(z: Floats) -> Floats:
    return np.asarray(-0.5 * (z**2).sum(-1))


def _effective_share(logw: Floats) -> Floats:
    weight = special.softmax(logw, axis=0)
    return np.asarray(1 / (weight**2).sum(0) / logw.shape[0])


def _resample(logw: Floats, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Systematic resampling, each problem on its own, in random order."""
    picked = np.empty((n, logw.shape[1]), np.intp)
    for p, weight in enumerate(special.softmax(logw, axis=0).T):
        points = (np.arange(n) + rng.random()) / n
        order = np.searchsorted(np.cumsum(weight), points)
        picked[:, p] = rng.permutation(np.minimum(order, len(weight) - 1))
    return picked


def _pick(swarm: Particles, picked: NDArray[np.intp]) -> Particles:
    z = np.take_along_axis(swarm.z, picked[:, :, None], 0)
    return Particles(z, np.take_along_axis(swarm.loglik, picked, 0))


def _unique(z: Floats) -> Floats:
    return np.array([len(np.unique(z[:, p, 0])) for p in range(z.shape[1])]) / len(z)
