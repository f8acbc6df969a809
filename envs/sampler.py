"""Tempered adaptive importance sampling for many independent small posteriors at once.

Every campaign is its own problem of a dozen dimensions, solved side by side on one batch axis.
A Student-t proposal starts at the prior and is refitted while the likelihood is tempered in
(Cappé et al. 2008, "Adaptive importance sampling in general mixture classes"; tempering by
effective sample size as in Del Moral, Doucet, Jasra 2006). The final weighted sample is
resampled and spread by random-walk Metropolis moves.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
LogLikelihood = Callable[[Floats], Floats]
_DEGREES = 7.0  # of the Student-t proposal: tails heavier than any posterior here


class Proposal(NamedTuple):
    """One Student-t a problem."""

    mean: Floats  # (problems, dimensions)
    root: Floats  # (problems, dimensions, dimensions) lower Cholesky factor of the scale


class Sample(NamedTuple):
    """Draws of the posterior and how they came about."""

    z: Floats  # (draws, problems, dimensions)
    loglik: Floats  # (draws, problems)
    effective: Floats  # (problems,) effective share of the final importance sample, in (0, 1]
    acceptance: Floats  # (problems,) of the Metropolis moves
    rounds: int  # rounds of adaptation


def sample(
    loglik: LogLikelihood,
    shape: tuple[int, int],
    *,
    particles: int,
    draws: int,
    rounds: int,
    keep: float,
    moves: int,
    rng: np.random.Generator,
    progress: Callable[[str], None] = lambda _: None,
) -> Sample:
    """Draw from posteriors whose prior is standard normal.

    Args:
        loglik: (n, problems, dimensions) -> (n, problems), independent across problems.
        shape: (problems, dimensions).
        particles: size of an adaptation round.
        draws: size of the result.
        rounds: most rounds of adaptation.
        keep: effective share a tempering step must keep.
        moves: Metropolis moves after resampling.
        rng: source of all randomness.
        progress: called with a line a round.
    """
    proposal, used = _adapt(loglik, shape, particles, rounds, keep, rng, progress)
    z = _draw(proposal, draws, rng)
    ll = loglik(z)
    logw = _log_target(z, ll) - _log_density(z, proposal)
    effective = _effective_share(logw)
    picked = _resample(logw, rng)
    z, ll = _take(z, picked), np.take_along_axis(ll, picked, 0)
    accepted = np.zeros(shape[0])
    for move in range(moves):
        progress(f"move {move + 1} of {moves}")
        z, ll, took = _metropolis(loglik, z, ll, proposal, rng)
        accepted += took / max(moves, 1)
    return Sample(z, ll, effective, accepted, used)


def _adapt(
    loglik: LogLikelihood,
    shape: tuple[int, int],
    particles: int,
    rounds: int,
    keep: float,
    rng: np.random.Generator,
    progress: Callable[[str], None],
) -> tuple[Proposal, int]:
    """Refit the proposal until every problem is fully tempered, and once more after that."""
    problems, dimensions = shape
    proposal = Proposal(np.zeros(shape), np.tile(np.eye(dimensions), (problems, 1, 1)))
    finished = 0
    for used in range(1, rounds + 1):
        z = _draw(proposal, particles, rng)
        ll = loglik(z)
        base = _log_prior(z) - _log_density(z, proposal)
        power = _temper(ll, base, keep)
        proposal = _refit(z, base + power * ll)
        progress(f"round {used}: tempered to {power.min():.2f}")
        finished = finished + 1 if bool((power == 1).all()) else 0
        if finished == 3:
            break
    return proposal, used


def _temper(ll: Floats, base: Floats, keep: float) -> Floats:
    """Return for each problem the largest power of the likelihood that keeps enough particles."""
    low, high = np.zeros(ll.shape[1]), np.ones(ll.shape[1])
    done = _effective_share(base + ll) >= keep
    for _ in range(40):
        middle = (low + high) / 2
        fine = _effective_share(base + middle * ll) >= keep
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    return np.where(done, 1.0, np.maximum(low, 1e-6))


def _refit(z: Floats, logw: Floats) -> Proposal:
    weight = special.softmax(logw, axis=0)
    mean = np.einsum("np,npd->pd", weight, z)
    apart = z - mean
    cov = np.einsum("np,npd,npe->pde", weight, apart, apart, optimize=True)
    shrunk = 0.98 * cov + (0.02 * np.trace(cov, axis1=1, axis2=2) / z.shape[-1])[
        :, None, None
    ] * np.eye(z.shape[-1])
    return Proposal(mean, np.linalg.cholesky(shrunk))


def _draw(proposal: Proposal, n: int, rng: np.random.Generator) -> Floats:
    problems, dimensions = proposal.mean.shape
    normal = rng.standard_normal((n, problems, dimensions))
    chi = rng.chisquare(_DEGREES, (n, problems, 1)) / _DEGREES
    return proposal.mean + np.einsum("pde,npe->npd", proposal.root, normal) / np.sqrt(chi)


def _log_density(z: Floats, proposal: Proposal) -> Floats:
    """Log density of the Student-t, up to a constant."""
    whitened = np.stack(
        [
            np.linalg.solve(root, (z[:, p] - mean).T).T
            for p, (mean, root) in enumerate(zip(*proposal, strict=True))
        ],
        axis=1,
    )
    distance = (whitened**2).sum(-1)
    logdet = np.log(np.diagonal(proposal.root, axis1=1, axis2=2)).sum(-1)
    return np.asarray(-logdet - (_DEGREES + z.shape[-1]) / 2 * np.log1p(distance / _DEGREES))


def _log_prior(z: Floats) -> Floats:
    return np.asarray(-0.5 * (z**2).sum(-1))


def _log_target(z: Floats, ll: Floats) -> Floats:
    return _log_prior(z) + ll


def _effective_share(logw: Floats) -> Floats:
    weight = special.softmax(logw, axis=0)
    return np.asarray(1 / (weight**2).sum(0) / logw.shape[0])


def _resample(logw: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Systematic resampling, each problem on its own, in random order."""
    n, problems = logw.shape
    picked = np.empty((n, problems), np.intp)
    for p in range(problems):
        edges = np.cumsum(special.softmax(logw[:, p]))
        points = (np.arange(n) + rng.random()) / n
        order = np.minimum(np.searchsorted(edges, points * edges[-1]), n - 1)
        picked[:, p] = rng.permutation(order)
    return picked


def _take(z: Floats, picked: NDArray[np.intp]) -> Floats:
    return np.take_along_axis(z, picked[:, :, None], 0)


def _metropolis(
    loglik: LogLikelihood, z: Floats, ll: Floats, proposal: Proposal, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """One random-walk move of every draw, scaled for its dimension (Roberts and Rosenthal)."""
    stride = 2.0 / np.sqrt(z.shape[-1])
    moved = z + stride * np.einsum("pde,npe->npd", proposal.root, rng.standard_normal(z.shape))
    there = loglik(moved)
    gain = _log_target(moved, there) - _log_target(z, ll)
    accept = np.log(rng.random(ll.shape)) < gain
    return np.where(accept[..., None], moved, z), np.where(accept, there, ll), accept.mean(0)
