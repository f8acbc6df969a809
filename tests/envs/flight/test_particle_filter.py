"""The in-flight filter over draws, on the markets of a small task."""

from typing import Any, NamedTuple

import numpy as np
import pytest

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


class Flown(NamedTuple):
    """Held-out markets, what was spent in them, and what the filter made of the reports."""

    draws: PosteriorDraws
    market: Market
    states: list[MarketState]  # by day, from the eve
    spend: np.ndarray  # (days, flights, campaigns)
    reported: np.ndarray
    clouds: list[ParticleSet]


def follow(draws: PosteriorDraws, spend: np.ndarray, reported: np.ndarray) -> list[ParticleSet]:
    """The clouds of every day, from the eve."""
    clouds = [initial_particles(draws, spend.shape[1])]
    for day in range(len(spend)):
        clouds.append(update_weights(draws, clouds[-1], spend[day], reported[day]))
    return clouds


@pytest.fixture(scope="module")
def flown() -> Flown:
    """Markets that no draw of the filter is, at spends that move."""
    task = task_of("Uncertain-S")
    posterior, problem = posterior_of(task), problem_for(task)
    draws = posterior_draws(posterior, 200)
    market, state, noise = held_out_markets(task, "validation", FLIGHTS)
    moods = np.random.default_rng(3).lognormal(0, 0.6, (DAYS, FLIGHTS, 3))
    states, spent, reports = [state], [], []
    for day in range(DAYS):
        spent.append(problem.mean_static_spend * moods[day])
        state, outcome = step(market, state, spent[-1], select(noise, day))
        states.append(state)
        reports.append(outcome.claimed)
    spend, reported = np.array(spent), np.array(reports)
    return Flown(draws, market, states, spend, reported, follow(draws, spend, reported))


def told(flown: Flown, day: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and sd that are believed of what the reference spend brings, in logs; and the truth."""
    particle_set, market = flown.clouds[day], flown.draws.market
    log = np.log(market.reference_conversions) + particle_set.state.level
    mean = (weights(particle_set) * log).sum(1)
    variance = (weights(particle_set) * ((log - mean[:, None]) ** 2 + particle_set.variance)).sum(1)
    truth = np.log(flown.market.reference_conversions) + flown.states[day].level
    return mean, np.sqrt(variance), truth


def test_draws_keep_the_mean_and_the_spread_of_what_they_stand_for(flown: Flown) -> None:
    market, state = posterior_of(task_of("Uncertain-S")).sample_training(200)
    due = np.log(market.reference_conversions) + state.level
    ours = np.log(flown.draws.market.reference_conversions) + flown.draws.state.level
    np.testing.assert_allclose(ours.mean(0), due.mean(0), rtol=1e-12)
    np.testing.assert_allclose(ours.var(0) + flown.draws.variance, due.var(0), rtol=1e-9)


def test_weights_sum_to_one_and_gather_at_the_draws_nearest_the_truth(flown: Flown) -> None:
    market = flown.draws.market
    curve = np.log(odds_at_reference(market.elasticity, market.slope))
    size = np.log(market.reference_conversions) + flown.draws.state.level
    truth_curve = np.log(odds_at_reference(flown.market.elasticity, flown.market.slope))
    truth_size = np.log(flown.market.reference_conversions) + flown.states[0].level
    for draws, truth in ((size, truth_size), (curve, truth_curve)):
        apart = np.abs(draws - truth[:, None])
        near = apart <= np.quantile(apart, 0.25, 1, keepdims=True)  # a quarter of the draws
        held = [(weights(flown.clouds[day]) * near).sum(1).mean() for day in (0, 1, 5, DAYS)]
        assert held[0] == pytest.approx(0.25, abs=0.01)
        assert held[0] < held[1] < held[2] < held[3]
        assert held[3] > 0.3
    for particle_set in flown.clouds:
        np.testing.assert_allclose(weights(particle_set).sum(1), 1, rtol=1e-12)


def test_what_is_believed_of_the_level_is_unbiased_and_as_sure_as_it_may_be(flown: Flown) -> None:
    errors = []
    for day in (0, 1, 5, DAYS):
        mean, sd, truth = told(flown, day)
        z = (truth - mean) / sd
        assert abs(z.mean(0)).max() < 3.5 / np.sqrt(FLIGHTS)
        assert 0.85 < np.sqrt((z**2).mean()) < 1.15
        errors.append(np.sqrt(((truth - mean) ** 2).mean()))
    assert errors[3] < errors[1] < 0.6 * errors[0]


def test_a_flight_alone_is_the_flight_in_a_batch(flown: Flown) -> None:
    alone = follow(flown.draws, flown.spend[:, 4:5], flown.reported[:, 4:5])
    for ours, theirs in zip(alone, flown.clouds, strict=True):
        np.testing.assert_allclose(weights(ours)[0], weights(theirs)[4], rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours.state.level[0], theirs.state.level[4], atol=1e-12)
        np.testing.assert_allclose(ours.variance[0], theirs.variance[4], atol=1e-12)


def test_a_campaign_learns_nothing_from_the_others_reports(flown: Flown) -> None:
    reported = flown.reported.copy()
    reported[:, :, 0] *= 3
    moved: Any = follow(flown.draws, flown.spend, reported)[-1]
    same, before = weights(moved), weights(flown.clouds[-1])
    np.testing.assert_array_equal(same[..., 1:], before[..., 1:])
    assert np.abs(same[..., 0] - before[..., 0]).max() > 0.01


def test_a_day_that_can_tell_nothing_changes_no_weight(flown: Flown) -> None:
    draws, particle_set = flown.draws, flown.clouds[5]
    nothing = np.zeros_like(flown.spend[0])
    after = update_weights(
        draws, particle_set, nothing, nothing
    )  # no carry-over here: none is expected
    np.testing.assert_allclose(weights(after), weights(particle_set), rtol=1e-6, atol=1e-12)
    kept = draws.market.level_kept
    walk = draws.market.level_sd**2 + draws.market.demand_sd**2
    np.testing.assert_allclose(after.variance, kept**2 * particle_set.variance + walk, rtol=1e-6)
    np.testing.assert_allclose(after.state.level, kept * particle_set.state.level, atol=1e-6)
