"""Tempered sequential Monte Carlo for many small posteriors at once, pooled at the end.

Every campaign is its own problem of a dozen dimensions, solved side by side on one batch axis.
Draws of a Student-t at each mode are tempered into the posterior so that each step keeps a set
effective share (Del Moral, Doucet, Jasra 2006; the bridge from an approximation is Neal's 2001),
resampled and moved by Metropolis steps, in turn a random walk and an independent Student-t fitted
to the particles. The last moves draw campaigns together: see ``PartialPooling``.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ...data.types import Floats
from .laplace import LogLikelihood, StudentT, effective_share, fit_student_t, laplace, log_prior
from .pooling import PartialPooling

LogDensity = Callable[[Floats], Floats]


class Particles(NamedTuple):
    """Draws of every problem with their log-likelihoods."""

    z: Floats  # (draws, problems, dimensions)
    loglik: Floats  # (draws, problems)


class Sample(NamedTuple):
    """Draws of the posterior and how they came about."""

    z: Floats  # (draws, problems, dimensions)
    acceptance: Floats  # (problems,) share of the last moves that were accepted
    unique: Floats  # (problems,) share of the draws that are distinct
    rounds: int  # temperatures that were passed
    start: Floats  # (problems,) effective share of the first draws: 1 is a perfect approximation


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
    kinship: PartialPooling | None = None,
    start: StudentT | None = None,
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
        kinship: how alike the problems are a priori; None: not at all.
        start: an approximation to begin with; None: Laplace's.
        progress: called with a line a round.
    """
    if start is None:
        progress("looking for the modes")
        start = laplace(loglik, shape)
    swarm = _evaluated(loglik, start.draw(particles, rng))
    first = effective_share(_gain(swarm, start))
    power, rounds = np.zeros(shape[0]), 0
    while bool((power < 1).any()):
        gain = _gain(swarm, start)
        target = _temper(gain, power, keep)
        swarm = _pick(swarm, resample((target - power) * gain, particles, rng))
        power, rounds = target, rounds + 1
        swarm, _ = _move(loglik, swarm, _bridge(start, power), moves, rng)
        progress(f"temperature {rounds}: posterior at {power.min():.3f}")
    swarm = _pick(swarm, resample(np.zeros_like(swarm.loglik), draws, rng))
    progress(f"{final_moves} last moves of {draws} markets")
    swarm, acceptance = final_mcmc(loglik, swarm, kinship, final_moves, rng)
    return Sample(swarm.z, acceptance, unique(swarm.z), rounds, first)


Target = Callable[[Particles], Floats]
"""Log density that particles are moved under, (draws, problems), up to a constant."""


def _evaluated(loglik: LogLikelihood, z: Floats) -> Particles:
    value = loglik(z)
    return Particles(z, np.where(np.isfinite(value), value, -np.inf))


def _gain(swarm: Particles, start: StudentT) -> Floats:
    """Return the log weight of the posterior over the approximation."""
    return swarm.loglik + log_prior(swarm.z) - start.log(swarm.z)


def _bridge(start: StudentT, power: Floats) -> Target:
    def density(swarm: Particles) -> Floats:
        there = np.where(power > 0, power * (swarm.loglik + log_prior(swarm.z)), 0.0)
        return there + (1 - power) * start.log(swarm.z)

    return density


def _posterior(prior: LogDensity) -> Target:
    def density(swarm: Particles) -> Floats:
        return swarm.loglik + prior(swarm.z)

    return density


def _temper(gain: Floats, power: Floats, keep: float) -> Floats:
    """Return for each problem the next power of the posterior."""
    low, high = power.copy(), np.ones_like(power)
    done = effective_share((1 - power) * gain) >= keep
    for _ in range(40):
        middle = (low + high) / 2
        fine = effective_share((middle - power) * gain) >= keep
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    return np.where(done, 1.0, np.maximum(low, power + 1e-7))


def _move(
    loglik: LogLikelihood, swarm: Particles, target: Target, moves: int, rng: np.random.Generator
) -> tuple[Particles, Floats]:
    """Move all particles; the proposals are fitted to the particles before the moves."""
    bell = fit_student_t(swarm.z)
    accepted = np.zeros((2, swarm.z.shape[1]))
    for move in range(moves):
        swarm, took = _metropolis(loglik, swarm, target, bell, move % 2 == 1, rng)
        accepted[move % 2] = took
    return swarm, accepted.max(0)


def final_mcmc(
    loglik: LogLikelihood,
    swarm: Particles,
    kinship: PartialPooling | None,
    moves: int,
    rng: np.random.Generator,
) -> tuple[Particles, Floats]:
    """Make the last moves; between them what relatives have in common is drawn anew (Gibbs).

    Returns:
        The particles, and the share of each problem's moves that was accepted.
    """
    if kinship is None:
        return _move(loglik, swarm, _posterior(log_prior), moves, rng)
    given = kinship.proposal(fit_student_t(swarm.z))
    accepted = np.zeros((2, swarm.z.shape[1]))
    for move in range(moves):
        common = kinship.draw(swarm.z, rng)
        target, bell = _posterior(kinship.log_prior(common)), given(common)
        swarm, took = _metropolis(loglik, swarm, target, bell, move % 3 != 2, rng)
        accepted[int(move % 3 != 2)] = took
    return swarm, accepted.max(0)


def _metropolis(
    loglik: LogLikelihood,
    swarm: Particles,
    target: Target,
    bell: StudentT,
    independent: bool,
    rng: np.random.Generator,
) -> tuple[Particles, Floats]:
    """Move every particle once; return them and the share that moved, (problems,)."""
    if independent:
        there = _evaluated(loglik, bell.draw(len(swarm.z), rng))
        correction: Floats | float = bell.log(swarm.z) - bell.log(there.z)
    else:
        there, correction = _evaluated(loglik, random_walk(swarm.z, bell, rng)), 0.0
    gain = target(there) - target(swarm) + correction
    take = np.log(rng.random(gain.shape)) < gain
    z = np.where(take[..., None], there.z, swarm.z)
    return Particles(z, np.where(take, there.loglik, swarm.loglik)), take.mean(0)


def random_walk(z: Floats, bell: StudentT, rng: np.random.Generator) -> Floats:
    """Return a step of a random walk, scaled for its dimension (Roberts, Gelman, Gilks 1997)."""
    stride = 2.38 / np.sqrt(z.shape[-1])
    return np.asarray(z + stride * bell.spread(rng.standard_normal(z.shape)))


def resample(logw: Floats, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return n draws' numbers by weight, (n, problems): systematic, in random order."""
    picked = np.empty((n, logw.shape[1]), np.intp)
    for p, weight in enumerate(special.softmax(logw, axis=0).T):
        points = (np.arange(n) + rng.random()) / n
        order = np.searchsorted(np.cumsum(weight), points)
        picked[:, p] = rng.permutation(np.minimum(order, len(weight) - 1))
    return picked


def resample_in_place(logw: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return draws' numbers by weight like ``resample``; who survives keeps its place.

    So draws of relatives that belong together stay together as far as they survive.
    """
    picked = resample(logw, len(logw), rng)
    for column in picked.T:
        count = np.bincount(column, minlength=len(column))
        spare = rng.permutation(np.repeat(np.arange(len(count)), np.maximum(count - 1, 0)))
        column[:] = np.arange(len(count))
        column[count == 0] = spare
    return picked


def _pick(swarm: Particles, picked: NDArray[np.intp]) -> Particles:
    z = np.take_along_axis(swarm.z, picked[:, :, None], 0)
    return Particles(z, np.take_along_axis(swarm.loglik, picked, 0))


def unique(z: Floats) -> Floats:
    """Return the share of each problem's draws that are distinct, (problems,)."""
    return np.array([len(np.unique(z[:, p, 0])) for p in range(z.shape[1])]) / len(z)
