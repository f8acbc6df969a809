"""What is learnt in flight: one step against the closed form."""

import numpy as np
import pytest
import torch

from mediagym.envs.arrays import select
from mediagym.envs.flight import BeliefCovariance, prior_level, step_day
from mediagym.envs.flight.belief import initial_belief, level_shift, update_belief
from mediagym.envs.flight.belief_allocation import belief_allocation
from mediagym.envs.market import elasticity_of, odds_at_reference, step
from mediagym.envs.planning import to_tensors
from mediagym.envs.suite import problem_for, task_of


@pytest.fixture
def belief(problem):
    """What is believed of four flights after a spend that moved the stock."""
    rng = np.random.default_rng(0)
    eve = initial_belief(problem, np.zeros((4, len(problem.mean_static_spend))))
    level = rng.uniform(0.05, 0.3, eve.elasticity.shape)
    curve = rng.uniform(0.05, 0.3, level.shape)
    both = rng.uniform(-0.8, 0.8, level.shape) * np.sqrt(level * curve)
    stock = problem.mean_static_spend * rng.lognormal(0, 0.7, level.shape)
    return eve._replace(
        state=eve.state._replace(stock=stock), covariance=BeliefCovariance(level, curve, both)
    )


def expected_of(problem, belief, spend, log_odds):
    """Conversions that are expected with these odds at the reference spend, in logs."""
    elasticity = elasticity_of(np.exp(log_odds), problem.market.slope)
    market = problem.market._replace(elasticity=elasticity)
    return np.log(step(market, belief.state, spend, None)[1].claimed)


def test_a_step_is_kalman_s_where_the_report_is_linear_in_what_is_unknown(problem, belief):
    # ten million conversions: their log is as good as Gaussian, of variance dispersion + 1 / mean
    many = np.full_like(problem.mean_static_spend, 1e7)
    market = problem.market._replace(reference_conversions=many, dispersion=0 * many + 0.02)
    problem = problem._replace(market=market)
    spend = problem.mean_static_spend * np.random.default_rng(1).lognormal(
        0, 0.7, belief.elasticity.shape
    )
    odds = np.log(odds_at_reference(belief.elasticity, market.slope))
    expected = expected_of(problem, belief, spend, odds)
    slope = (
        expected_of(problem, belief, spend, odds + 1e-5)
        - expected_of(problem, belief, spend, odds - 1e-5)
    ) / 2e-5
    surprise = 1e-4  # in logs, so small that nothing bends
    after = update_belief(problem, belief, spend, np.exp(expected + surprise))

    told = np.stack([np.ones_like(slope), slope], -1)  # of level and log odds
    doubt = belief.covariance
    kept = market.level_kept
    cross = kept * doubt.both
    first = np.stack([kept**2 * doubt.level + problem.level_step_variance, cross], -1)
    before = np.stack([first, np.stack([cross, doubt.curve], -1)], -2)
    noise = 0.02 + np.exp(-expected)
    gain = np.einsum("fkij,fkj->fki", before, told)
    gain = gain / (np.einsum("fki,fki->fk", told, gain) + noise)[..., None]
    due = before - np.einsum("fki,fkj,fkjl->fkil", gain, told, before)

    for ours, theirs in (
        (after.covariance.level, due[..., 0, 0]),
        (after.covariance.curve, due[..., 1, 1]),
        (after.covariance.both, due[..., 0, 1]),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-8)
    level = kept * belief.state.level + gain[..., 0] * surprise
    np.testing.assert_allclose(after.state.level, level, atol=2e-3 * surprise)
    moved = np.log(odds_at_reference(after.elasticity, market.slope)) - odds
    np.testing.assert_allclose(moved, gain[..., 1] * surprise, atol=2e-3 * surprise)


def test_reports_make_surer_and_what_is_known_of_the_curve_stays_known(problem, belief):
    spend = 2 * problem.mean_static_spend + 0 * belief.elasticity
    reported = 0 * spend + 7.0
    doubt = update_belief(problem, belief, spend, reported).covariance
    ahead = problem.market.level_kept**2 * belief.covariance.level + problem.level_step_variance
    assert (doubt.level < ahead).all()
    assert (doubt.curve <= belief.covariance.curve).all()
    assert (doubt.both**2 <= doubt.level * doubt.curve).all()
    zero = 0 * belief.covariance.curve
    sure = belief._replace(covariance=belief.covariance._replace(curve=zero, both=zero))
    after = update_belief(problem, sure, spend, reported)
    np.testing.assert_allclose(after.elasticity, belief.elasticity, rtol=1e-12)
    np.testing.assert_array_equal(after.covariance.curve, zero)


def test_what_was_expected_is_told_apart_from_what_was_learnt(problem, belief):
    spend = problem.mean_static_spend * np.linspace(0.5, 2, 4)[:, None]
    due = step(problem.market, belief.state._replace(level=problem.state.level), spend, None)[1]
    wrong = belief._replace(
        state=belief.state._replace(level=belief.state.level + 0.7),
        elasticity=0.8 * belief.elasticity,
    )
    after = update_belief(problem, wrong, spend, due.claimed)
    np.testing.assert_allclose(after.expected, due.claimed, rtol=1e-9)
    np.testing.assert_allclose(after.innovation, 0, atol=1e-9)
    np.testing.assert_array_equal(after.observed, due.claimed)


def test_numpy_and_torch_learn_and_wish_alike(problem, flights):
    market, flight, noise = flights(4)
    ours, theirs, known = flight.view.belief, to_tensors(flight.view.belief), to_tensors(problem)
    for day in range(6):
        target = problem.static_plan[day] * (0.5 + day / 4) + 0 * flight.view.smooth
        flight, made = step_day(problem, market, flight, target, target.sum(-1), select(noise, day))
        news = made.spend, made.outcome.claimed
        ours = update_belief(problem, ours, *news)
        theirs = update_belief(known, theirs, *(torch.as_tensor(part) for part in news))
    for name in ("elasticity", "observed", "expected", "innovation"):
        np.testing.assert_allclose(getattr(theirs, name).numpy(), getattr(ours, name), rtol=1e-9)
    for mine, other in zip(ours.covariance, theirs.covariance, strict=True):
        np.testing.assert_allclose(other.numpy(), mine, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(
        belief_allocation(known, theirs).numpy(), belief_allocation(problem, ours), atol=1e-9
    )


@pytest.mark.parametrize("dollars", [0.0, 1e-9, 1e3])
@pytest.mark.parametrize("key", [None, "Stationary-S", "Full-S"])
def test_gradients_are_finite_where_nothing_is_spent_and_nothing_in_doubt(problem, key, dollars):
    problem = problem if key is None else problem_for(task_of(key))
    count = len(problem.mean_static_spend)
    for doubt in (problem.covariance, BeliefCovariance.none(problem.mean_static_spend)):
        known = to_tensors(problem._replace(covariance=doubt))
        stock = 0 * problem.state.stock
        known = known._replace(state=known.state._replace(stock=torch.as_tensor(stock)))
        spend = torch.full((2, count), dollars, dtype=torch.float64, requires_grad=True)
        belief = initial_belief(known, torch.zeros(2, count, dtype=torch.float64))
        for reported in (0.0, 5.0, 0.0):
            belief = update_belief(known, belief, spend, torch.full_like(spend, reported))
        parts = [
            *belief.covariance,
            belief.state.level,
            belief.elasticity,
            belief_allocation(known, belief),
        ]
        assert all(torch.isfinite(part).all() for part in parts)
        (slope,) = torch.autograd.grad(sum(part.sum() for part in parts), spend)
        assert torch.isfinite(slope).all()


def test_a_level_that_is_where_it_was_expected_has_not_moved(problem):
    assert (prior_level(problem, problem.state.day) == problem.state.level).all()
    kept = problem.market.level_kept
    np.testing.assert_allclose(
        prior_level(problem, problem.state.day + 9), kept**9 * problem.state.level, rtol=1e-12
    )


def test_how_far_a_level_moved_is_told_from_where_it_was_expected(problem, belief):
    later = problem.state.day + 9
    moved = prior_level(problem, later) + np.linspace(-1, 1, len(problem.mean_static_spend))
    state = belief.state._replace(day=later, level=moved + 0 * belief.state.level)
    told = level_shift(problem, belief._replace(state=state))
    np.testing.assert_allclose(
        told, np.linspace(-1, 1, len(problem.mean_static_spend)) + 0 * told, atol=1e-12
    )
