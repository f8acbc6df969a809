"""Tempered sequential Monte Carlo for many small posteriors at once, with partial pooling.

Every campaign is a problem of a dozen dimensions; all are solved on one batch axis. Draws of a
Laplace approximation are tempered into the posterior at a constant effective sample size (Del
Moral, Doucet, Jasra 2006; the bridge from an approximation is Neal's 2001), resampled, and moved by
Metropolis-Hastings steps that alternate between a random walk and an independent Student-t fitted
to the particles. Partial pooling enters in the final MCMC steps: see ``PartialPooling``.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from ....data.types import Floats
from .laplace import LogLikelihood, StudentT, effective_share, fit_student_t, laplace, log_prior
from .pooling import PartialPooling

LogDensity = Callable[[Floats], Floats]


class Particles(NamedTuple):
    """Draws of every problem with their log-likelihoods."""

    z: Floats  # (draws, problems, dimensions)
    loglik: Floats  # (draws, problems)


class Sample(NamedTuple):
    """Draws of the posterior and diagnostics of the sampler."""

    z: Floats  # (draws, problems, dimensions)
    acceptance: Floats  # (problems,) acceptance rate of the final MCMC steps
    unique: Floats  # (problems,) share of the draws that are distinct
    rounds: int  # number of tempering steps
    initial_ess: Floats  # (problems,) effective share of the first draws; 1: exact approximation


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
        particles: number of particles during tempering.
        draws: number of draws returned.
        ess_target: effective sample size after each tempering step, as a share in (0, 1).
        mcmc_steps: Metropolis-Hastings steps per temperature.
        final_mcmc_steps: Metropolis-Hastings steps of all draws after tempering.
        rng: source of all randomness.
        pooling: prior correlations of the problems; None: independent.
        start: approximation to temper from; None: Laplace's.
        progress: called with one line per stage.
    """
    if start is None:
        progress("finding the modes")
        start = laplace(loglik, shape)
    population = _evaluated(loglik, start.draw(particles, rng))
    initial_ess = effective_share(_log_weight(population, start))
    power, rounds = np.zeros(shape[0]), 0
    while bool((power < 1).any()):
        logw = _log_weight(population, start)
        following = _next_power(logw, power, ess_target)
        population = _take(population, resample((following - power) * logw, particles, rng))
        power, rounds = following, rounds + 1
        population, _ = _mcmc(loglik, population, _bridge(start, power), mcmc_steps, rng)
        progress(f"tempering step {rounds}: posterior at power {power.min():.3f}")
    unpooled = fit_student_t(population.z)
    population = _take(population, _drawn(population, draws, pooling, rng))
    progress(f"{final_mcmc_steps} final MCMC steps of {draws} markets")
    population, acceptance = final_mcmc(
        loglik, population, pooling, final_mcmc_steps, rng, unpooled
    )
    return Sample(population.z, acceptance, unique(population.z), rounds, initial_ess)


def _drawn(
    population: Particles, draws: int, pooling: PartialPooling | None, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return indices of the draws that the final MCMC steps start from, (draws, problems)."""
    if pooling is None:
        return resample(np.zeros_like(population.loglik), draws, rng)
    return pooling.gathered(population.z, draws, rng)


Target = Callable[[Particles], Floats]
"""Log density of an MCMC step's target, (draws, problems), up to a constant."""


def _evaluated(loglik: LogLikelihood, z: Floats) -> Particles:
    value = loglik(z)
    return Particles(z, np.where(np.isfinite(value), value, -np.inf))


def _log_weight(particles: Particles, start: StudentT) -> Floats:
    """Return the log ratio of the posterior to the approximation, (draws, problems)."""
    return particles.loglik + log_prior(particles.z) - start.log_density(particles.z)


def _bridge(start: StudentT, power: Floats) -> Target:
    """Return the geometric bridge from the approximation (power 0) to the posterior (power 1)."""

    def density(particles: Particles) -> Floats:
        posterior = np.where(power > 0, power * (particles.loglik + log_prior(particles.z)), 0.0)
        return posterior + (1 - power) * start.log_density(particles.z)

    return density


def _posterior(prior: LogDensity) -> Target:
    def density(particles: Particles) -> Floats:
        return particles.loglik + prior(particles.z)

    return density


def _next_power(logw: Floats, power: Floats, ess_target: float) -> Floats:
    """Return each problem's next power, at which the effective share is the target (bisection)."""
    low, high = power.copy(), np.ones_like(power)
    done = effective_share((1 - power) * logw) >= ess_target
    for _ in range(40):
        middle = (low + high) / 2
        enough = effective_share((middle - power) * logw) >= ess_target
        low, high = np.where(enough, middle, low), np.where(enough, high, middle)
    return np.where(done, 1.0, np.maximum(low, power + 1e-7))


def _mcmc(
    loglik: LogLikelihood,
    particles: Particles,
    target: Target,
    mcmc_steps: int,
    rng: np.random.Generator,
) -> tuple[Particles, Floats]:
    """Run MCMC steps; proposals are fitted to the particles before the first step.

    Returns:
        The particles, and the acceptance rate of each problem's better proposal, (problems,).
    """
    proposal = fit_student_t(particles.z)
    rates = np.zeros((2, particles.z.shape[1]))
    for t in range(mcmc_steps):
        particles, rate = _metropolis(loglik, particles, target, proposal, t % 2 == 1, rng)
        rates[t % 2] = rate
    return particles, rates.max(0)


def final_mcmc(
    loglik: LogLikelihood,
    particles: Particles,
    pooling: PartialPooling | None,
    mcmc_steps: int,
    rng: np.random.Generator,
    unpooled: StudentT | None = None,
) -> tuple[Particles, Floats]:
    """Run MCMC steps on the pooled posterior, the shared effects redrawn before each (Gibbs).

    Args:
        loglik: (n, problems, dimensions) -> (n, problems).
        particles: draws to start from.
        pooling: prior correlations of the problems; None: independent.
        mcmc_steps: number of steps.
        rng: source of randomness.
        unpooled: posterior without pooling, from which proposals are made; None: fitted to the
            particles.

    Returns:
        The particles, and the acceptance rate of each problem's better proposal, (problems,).
    """
    if pooling is None:
        return _mcmc(loglik, particles, _posterior(log_prior), mcmc_steps, rng)
    proposal_given = pooling.proposal(unpooled or fit_student_t(particles.z))
    rates = np.zeros((2, particles.z.shape[1]))
    for t in range(mcmc_steps):
        shared = pooling.draw(particles.z, rng)
        target, proposal = _posterior(pooling.log_prior(shared)), proposal_given(shared)
        independent = t % 3 != 2
        particles, rate = _metropolis(loglik, particles, target, proposal, independent, rng)
        rates[int(independent)] = rate
    return particles, rates.max(0)


def _metropolis(
    loglik: LogLikelihood,
    particles: Particles,
    target: Target,
    proposal: StudentT,
    independent: bool,
    rng: np.random.Generator,
) -> tuple[Particles, Floats]:
    """Run one Metropolis-Hastings step; return particles and acceptance rate, (problems,)."""
    if independent:
        proposed = _evaluated(loglik, proposal.draw(len(particles.z), rng))
        correction: Floats | float = proposal.log_density(particles.z) - proposal.log_density(
            proposed.z
        )
    else:
        proposed, correction = _evaluated(loglik, random_walk(particles.z, proposal, rng)), 0.0
    log_ratio = target(proposed) - target(particles) + correction
    accepted = np.log(rng.random(log_ratio.shape)) < log_ratio
    z = np.where(accepted[..., None], proposed.z, particles.z)
    loglik_after = np.where(accepted, proposed.loglik, particles.loglik)
    return Particles(z, loglik_after), accepted.mean(0)


def random_walk(z: Floats, student_t: StudentT, rng: np.random.Generator) -> Floats:
    """Return random-walk proposals from z, (draws, problems, dimensions).

    Step sizes are optimal for the number of dimensions (Roberts, Gelman, Gilks 1997).
    """
    step_size = 2.38 / np.sqrt(z.shape[-1])
    return np.asarray(z + step_size * student_t.scale(rng.standard_normal(z.shape)))


def resample(logw: Floats, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return indices of n draws by systematic resampling, (n, problems), in random order."""
    index = np.empty((n, logw.shape[1]), np.intp)
    for p, weight in enumerate(scipy.special.softmax(logw, axis=0).T):
        points = (np.arange(n) + rng.random()) / n
        order = np.searchsorted(np.cumsum(weight), points)
        index[:, p] = rng.permutation(np.minimum(order, len(weight) - 1))
    return index


def resample_in_place(logw: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return indices like ``resample``, in which every draw that survives keeps its position.

    The dependence between problems, one draw of all at each position, survives as far as possible.
    """
    index = resample(logw, len(logw), rng)
    for column in index.T:
        count = np.bincount(column, minlength=len(column))
        copies = rng.permutation(np.repeat(np.arange(len(count)), np.maximum(count - 1, 0)))
        column[:] = np.arange(len(count))
        column[count == 0] = copies
    return index


def _take(particles: Particles, index: NDArray[np.intp]) -> Particles:
    z = np.take_along_axis(particles.z, index[:, :, None], 0)
    return Particles(z, np.take_along_axis(particles.loglik, index, 0))


def unique(z: Floats) -> Floats:
    """Return the share of each problem's draws that are distinct, (problems,)."""
    return np.array([len(np.unique(z[:, p, 0])) for p in range(z.shape[1])]) / len(z)
