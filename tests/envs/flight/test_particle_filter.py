"""The in-flight filter over draws, on the markets of a small task."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import stats

from mediagym.envs.arrays import select
from mediagym.envs.flight import (
    ParticleSet,
    PosteriorDraws,
    initial_particles,
    posterior_draws,
    update_weights,
    weights,
)
from mediagym.envs.market import Market, MarketState, odds_at_reference, step
from mediagym.envs.suite import held_out_markets, posterior_of, problem_for, task_of

DAYS = 15
FLIGHTS = 150


class Tracked(NamedTuple):
    """Held-out markets, the spend in them, and the filter's particles after each report."""

    draws: PosteriorDraws
    market: Market
    states: list[MarketState]  # per day, from before the first
    spend: np.ndarray  # (days, flights, campaigns)
    reported: np.ndarray
    particles: list[ParticleSet]  # per day, from before the first


def filtered(draws: PosteriorDraws, spend: np.ndarray, reported: np.ndarray) -> list[ParticleSet]:
    """The particles of every day, from before the first."""
    particles = [initial_particles(draws, spend.shape[1])]
    for day in range(len(spend)):
        particles.append(update_weights(draws, particles[-1], spend[day], reported[day]))
    return particles


@pytest.fixture(scope="module")
def tracked() -> Tracked:
    """Markets outside the filter's draws, at spends that vary."""
    task = task_of("Uncertain-S")
    posterior, problem = posterior_of(task), problem_for(task)
    draws = posterior_draws(posterior, 200)
    market, state, noise = held_out_markets(task, "validation", FLIGHTS)
    factors = np.random.default_rng(3).lognormal(0, 0.6, (DAYS, FLIGHTS, 3))
    states, spent, reports = [state], [], []
    for day in range(DAYS):
        spent.append(problem.mean_static_spend * factors[day])
        state, outcome = step(market, state, spent[-1], select(noise, day))
        states.append(state)
        reports.append(outcome.claimed)
    spend, reported = np.array(spent), np.array(reports)
    return Tracked(draws, market, states, spend, reported, filtered(draws, spend, reported))


def level_belief(tracked: Tracked, day: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Believed mean and sd of the log conversions at the reference spend, and the truth."""
    particle_set, market = tracked.particles[day], tracked.draws.market
    log = np.log(market.reference_conversions) + particle_set.state.level
    mean = (weights(particle_set) * log).sum(1)
    variance = (weights(particle_set) * ((log - mean[:, None]) ** 2 + particle_set.variance)).sum(1)
    truth = np.log(tracked.market.reference_conversions) + tracked.states[day].level
    return mean, np.sqrt(variance), truth


def test_kernels_preserve_the_mean_and_variance_of_the_draws(tracked: Tracked) -> None:
    market, state = posterior_of(task_of("Uncertain-S")).sample_training(200)
    expected = np.log(market.reference_conversions) + state.level
    ours = np.log(tracked.draws.market.reference_conversions) + tracked.draws.state.level
    np.testing.assert_allclose(ours.mean(0), expected.mean(0), rtol=1e-12)
    np.testing.assert_allclose(ours.var(0) + tracked.draws.variance, expected.var(0), rtol=1e-9)


def test_weights_sum_to_one_and_gather_at_the_draws_nearest_the_truth(tracked: Tracked) -> None:
    market = tracked.draws.market
    curve = np.log(odds_at_reference(market.elasticity, market.slope))
    size = np.log(market.reference_conversions) + tracked.draws.state.level
    truth_curve = np.log(odds_at_reference(tracked.market.elasticity, tracked.market.slope))
    truth_size = np.log(tracked.market.reference_conversions) + tracked.states[0].level
    for draws, truth in ((size, truth_size), (curve, truth_curve)):
        apart = np.abs(draws - truth[:, None])
        near = apart <= np.quantile(apart, 0.25, 1, keepdims=True)  # a quarter of the draws
        mass = [(weights(tracked.particles[day]) * near).sum(1).mean() for day in (0, 1, 5, DAYS)]
        assert mass[0] == pytest.approx(0.25, abs=0.01)
        assert mass[0] < mass[1] < mass[2] < mass[3]
        assert mass[3] > 0.3
    for particle_set in tracked.particles:
        np.testing.assert_allclose(weights(particle_set).sum(1), 1, rtol=1e-12)


def test_the_believed_level_is_unbiased_and_calibrated(tracked: Tracked) -> None:
    errors = []
    for day in (0, 1, 5, DAYS):
        mean, sd, truth = level_belief(tracked, day)
        z = (truth - mean) / sd
        assert abs(z.mean(0)).max() < 3.5 / np.sqrt(FLIGHTS)
        assert 0.85 < np.sqrt((z**2).mean()) < 1.15
        errors.append(np.sqrt(((truth - mean) ** 2).mean()))
    assert errors[3] < errors[1] < 0.6 * errors[0]


def test_a_flight_alone_is_the_flight_in_a_batch(tracked: Tracked) -> None:
    alone = filtered(tracked.draws, tracked.spend[:, 4:5], tracked.reported[:, 4:5])
    for ours, theirs in zip(alone, tracked.particles, strict=True):
        np.testing.assert_allclose(weights(ours)[0], weights(theirs)[4], rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours.state.level[0], theirs.state.level[4], atol=1e-12)
        np.testing.assert_allclose(ours.variance[0], theirs.variance[4], atol=1e-12)


def test_a_campaign_learns_nothing_from_the_others_reports(tracked: Tracked) -> None:
    reported = tracked.reported.copy()
    reported[:, :, 0] *= 3
    moved: Any = filtered(tracked.draws, tracked.spend, reported)[-1]
    same, before = weights(moved), weights(tracked.particles[-1])
    np.testing.assert_array_equal(same[..., 1:], before[..., 1:])
    assert np.abs(same[..., 0] - before[..., 0]).max() > 0.01


def test_a_day_without_information_changes_no_weight(tracked: Tracked) -> None:
    draws, particle_set = tracked.draws, tracked.particles[5]
    zero = np.zeros_like(tracked.spend[0])
    after = update_weights(draws, particle_set, zero, zero)  # without carry-over none are expected
    np.testing.assert_allclose(weights(after), weights(particle_set), rtol=1e-6, atol=1e-12)
    kept = draws.market.level_kept
    walk = draws.market.level_sd**2 + draws.market.demand_sd**2
    np.testing.assert_allclose(after.variance, kept**2 * particle_set.variance + walk, rtol=1e-6)
    np.testing.assert_allclose(after.state.level, kept * particle_set.state.level, atol=1e-6)


def plain_market(draws: int, size: float = 1.0) -> Market:
    """Draws of one campaign without memory of spend or seasons, about 20 times `size` per day."""
    rng, zero = np.random.default_rng(0), np.zeros((draws, 1))
    return Market(
        reference_spend=zero + 100,
        reference_conversions=size * rng.lognormal(3, 0.5, (draws, 1)),
        elasticity=zero + 0.5,
        slope=zero + 1,
        carryover=zero,
        weekday=np.zeros((draws, 7, 1)),
        level_kept=zero + 0.9,
        level_sd=zero + 0.1,
        demand_sd=zero + 0.2,
        dispersion=zero + 0.02,
        reference_cpc=zero + 1,
        inflation=zero,
        price_sd=zero,
        click_rate=zero + 0.1,
        order_value=zero + 50,
        order_value_sd=zero,
    )


def plain_draws(count: int, size: float = 1.0) -> PosteriorDraws:
    market = plain_market(count, size)
    level = np.random.default_rng(1).normal(0, 0.3, (count, 1))
    state = MarketState(20_000, 100 + 0 * level, level)
    return posterior_draws(SimpleNamespace(sample_training=lambda _: (market, state)), count)


@pytest.mark.parametrize("size", [1.0, 1e-3])  # 20 conversions per day, and 1 in 50 days
def test_kernels_of_a_third_of_the_scatter_keep_its_mean_and_variance(size: float) -> None:
    draws, market = plain_draws(40, size), plain_market(40, size)
    level = np.random.default_rng(1).normal(0, 0.3, (40, 1))
    before = np.log(market.reference_conversions) + level
    after = np.log(market.reference_conversions) + draws.state.level
    np.testing.assert_allclose(draws.variance, 0.09 * before.var(0), rtol=1e-12)
    np.testing.assert_allclose(after.mean(0), before.mean(0), rtol=1e-12)
    np.testing.assert_allclose(after.var(0), 0.91 * before.var(0), rtol=1e-12)
    assert (np.argsort(after[:, 0]) == np.argsort(before[:, 0])).all()


def test_particles_begin_alike_and_weights_are_shares_of_likelihoods() -> None:
    draws = plain_draws(4)
    particles = initial_particles(draws, 3)
    assert particles.state.day == 20_000
    assert particles.state.pending is None
    np.testing.assert_array_equal(particles.state.level, [draws.state.level] * 3)
    np.testing.assert_array_equal(particles.variance, np.zeros((3, 4, 1)) + draws.variance)
    np.testing.assert_array_equal(weights(particles), np.full((3, 4, 1), 0.25))
    logs = 1000 + np.log([[[1.0], [3.0]], [[2.0], [2.0]]])  # (flights, draws, campaigns)
    shares = weights(particles._replace(log_weight=logs))
    np.testing.assert_allclose(shares[..., 0], [[0.25, 0.75], [0.5, 0.5]], rtol=1e-12)


def test_a_report_moves_level_variance_and_weight_as_the_equations_say() -> None:
    """Next to no variance before the report: evidence is the log-likelihood of NB2."""
    draws, walk = plain_draws(5), 0.3
    spend, zero = np.full((1, 1), 100.0), np.zeros((1, 1))
    particles = initial_particles(draws, 1)
    nothing = update_weights(draws, particles, zero, zero, walk)
    ahead = 0.81 * draws.variance + 0.1**2 + 0.2**2 + walk**2
    np.testing.assert_allclose(nothing.variance[0], np.zeros((5, 1)) + ahead, rtol=1e-6)
    np.testing.assert_allclose(nothing.state.level[0], 0.9 * draws.state.level, atol=1e-6)
    market = draws.market._replace(level_sd=0 * spend, demand_sd=0 * spend)
    sharp = draws._replace(market=market)
    known = particles._replace(variance=0 * particles.variance + 1e-12)
    reported = np.full((1, 1), 23.0)
    full, half = (update_weights(sharp, known, spend, reported, 0.0, t) for t in (1.0, 0.5))
    mean = (market.reference_conversions * np.exp(0.9 * draws.state.level))[:, 0]
    size = 1 / 0.02
    exact = stats.nbinom.logpmf(23, size, size / (size + mean))
    for particle_set, power in ((full, 1.0), (half, 0.5)):
        found = particle_set.log_weight[0, :, 0]
        np.testing.assert_allclose(found - found[0], power * (exact - exact[0]), atol=1e-6)
    twice = update_weights(sharp, full._replace(state=known.state), spend, reported)
    np.testing.assert_allclose(twice.log_weight, 2 * full.log_weight, atol=1e-6)


@pytest.mark.parametrize("reported", [2.0, 60.0])
def test_a_report_moves_a_level_to_the_mode_of_its_posterior(reported: float) -> None:
    draws, spend = plain_draws(5), np.full((1, 1), 100.0)
    particles = initial_particles(draws, 1)
    after = update_weights(draws, particles, spend, np.full((1, 1), reported))
    size = 1 / 0.02
    sd = np.sqrt(0.81 * draws.variance[0] + 0.1**2 + 0.2**2)
    for k, conversions in enumerate(draws.market.reference_conversions[:, 0]):
        before = 0.9 * draws.state.level[k, 0]
        level = before + sd * np.linspace(-8, 8, 160_001)
        mean = conversions * np.exp(level)
        density = stats.nbinom.logpmf(reported, size, size / (size + mean))
        mode = level[np.argmax(density - (level - before) ** 2 / (2 * sd**2))]
        assert after.state.level[0, k, 0] == pytest.approx(mode, abs=1e-3 * sd)
        assert abs(mode - before) > 0.01 * sd
