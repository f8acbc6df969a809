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
    ess_target: float,
    mcmc_steps: int,
    final_mcmc_steps: int,
    rng: np.random.Generator,
    pooling: PartialPooling | None = None,
    start: StudentT | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Sample:
    """Draw from posteriors whose prior is standard normal.

    Args:
        loglik: (n, problems, dimensions) -> (n, problems), independent across problems.
        shape: (problems, dimensions).
        particles: tried while the likelihood is tempered in.
        draws: size of the result.
        ess_target: effective sample size that a tempering step keeps, a share in (0, 1).
        mcmc_steps: Metropolis steps per temperature.
        final_mcmc_steps: Metropolis steps of the full set at the end.
        rng: source of all randomness.
        pooling: how alike the problems are a priori; None: not at all.
        start: an approximation to begin with; None: Laplace's.
        progress: called with a line a round.
    """
    if start is None:
        progress("looking for the modes")
        start = laplace(loglik, shape)
    population = _evaluated(loglik, start.draw(particles, rng))
    first = effective_share(_gain(population, start))
    power, rounds = np.zeros(shape[0]), 0
    while bool((power < 1).any()):
        gain = _gain(population, start)
        target = _temper(gain, power, ess_target)
        population = _pick(population, resample((target - power) * gain, particles, rng))
        power, rounds = target, rounds + 1
        population, _ = _move(loglik, population, _bridge(start, power), mcmc_steps, rng)
        progress(f"temperature {rounds}: posterior at {power.min():.3f}")
    population = _pick(population, resample(np.zeros_like(population.loglik), draws, rng))
    progress(f"{final_mcmc_steps} last moves of {draws} markets")
    population, acceptance = final_mcmc(loglik, population, pooling, final_mcmc_steps, rng)
    return Sample(population.z, acceptance, unique(population.z), rounds, first)


Target = Callable[[Particles], Floats]
"""Log density that particles are moved under, (draws, problems), up to a constant."""


def _evaluated(loglik: LogLikelihood, z: Floats) -> Particles:
    value = loglik(z)
    return Particles(z, np.where(np.isfinite(value), value, -np.inf))


def _gain(particles: Particles, start: StudentT) -> Floats:
    """Return the log weight of the posterior over the approximation."""
    return particles.loglik + log_prior(particles.z) - start.log(particles.z)


def _bridge(start: StudentT, power: Floats) -> Target:
    def density(particles: Particles) -> Floats:
        there = np.where(power > 0, power * (particles.loglik + log_prior(particles.z)), 0.0)
        return there + (1 - power) * start.log(particles.z)

    return density


def _posterior(prior: LogDensity) -> Target:
    def density(particles: Particles) -> Floats:
        return particles.loglik + prior(particles.z)

    return density


def _temper(gain: Floats, power: Floats, ess_target: float) -> Floats:
    """Return for each problem the next power of the posterior."""
    low, high = power.copy(), np.ones_like(power)
    done = effective_share((1 - power) * gain) >= ess_target
    for _ in range(40):
        middle = (low + high) / 2
        fine = effective_share((middle - power) * gain) >= ess_target
        low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    return np.where(done, 1.0, np.maximum(low, power + 1e-7))


def _move(
    loglik: LogLikelihood,
    particles: Particles,
    target: Target,
    mcmc_steps: int,
    rng: np.random.Generator,
) -> tuple[Particles, Floats]:
    """Move all particles; the proposals are fitted to the particles before the moves."""
    student_t = fit_student_t(particles.z)
    accepted = np.zeros((2, particles.z.shape[1]))
    for move in range(mcmc_steps):
        particles, took = _metropolis(loglik, particles, target, student_t, move % 2 == 1, rng)
        accepted[move % 2] = took
    return particles, accepted.max(0)


def final_mcmc(
    loglik: LogLikelihood,
    particles: Particles,
    pooling: PartialPooling | None,
    mcmc_steps: int,
    rng: np.random.Generator,
) -> tuple[Particles, Floats]:
    """Make the last moves; between them what relatives have in common is drawn anew (Gibbs).

    Returns:
        The particles, and the share of each problem's moves that was accepted.
    """
    if pooling is None:
        return _move(loglik, particles, _posterior(log_prior), mcmc_steps, rng)
    given = pooling.proposal(fit_student_t(particles.z))
    accepted = np.zeros((2, particles.z.shape[1]))
    for move in range(mcmc_steps):
        common = pooling.draw(particles.z, rng)
        target, student_t = _posterior(pooling.log_prior(common)), given(common)
        particles, took = _metropolis(loglik, particles, target, student_t, move % 3 != 2, rng)
        accepted[int(move % 3 != 2)] = took
    return particles, accepted.max(0)


def _metropolis(
    loglik: LogLikelihood,
    particles: Particles,
    target: Target,
    student_t: StudentT,
    independent: bool,
    rng: np.random.Generator,
) -> tuple[Particles, Floats]:
    """Move every particle once; return them and the share that moved, (problems,)."""
    if independent:
        there = _evaluated(loglik, student_t.draw(len(particles.z), rng))
        correction: Floats | float = student_t.log(particles.z) - student_t.log(there.z)
    else:
        there, correction = _evaluated(loglik, random_walk(particles.z, student_t, rng)), 0.0
    gain = target(there) - target(particles) + correction
    take = np.log(rng.random(gain.shape)) < gain
    z = np.where(take[..., None], there.z, particles.z)
    return Particles(z, np.where(take, there.loglik, particles.loglik)), take.mean(0)


def random_walk(z: Floats, student_t: StudentT, rng: np.random.Generator) -> Floats:
    """Return a step of a random walk, scaled for its dimension (Roberts, Gelman, Gilks 1997)."""
    stride = 2.38 / np.sqrt(z.shape[-1])
    return np.asarray(z + stride * student_t.scale(rng.standard_normal(z.shape)))


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


def _pick(particles: Particles, picked: NDArray[np.intp]) -> Particles:
    z = np.take_along_axis(particles.z, picked[:, :, None], 0)
    return Particles(z, np.take_along_axis(particles.loglik, picked, 0))


def unique(z: Floats) -> Floats:
    """Return the share of each problem's draws that are distinct, (problems,)."""
    return np.array([len(np.unique(z[:, p, 0])) for p in range(z.shape[1])]) / len(z)
