"""The belief in flight: one update against the closed form."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mediagym.envs.arrays import select
from mediagym.envs.flight import BeliefCovariance, Problem, prior_level, step_day
from mediagym.envs.flight.belief import initial_belief, level_shift, update_belief
from mediagym.envs.flight.belief_allocation import belief_allocation
from mediagym.envs.market import Market, MarketState, elasticity_of, odds_at_reference, step
from mediagym.envs.planning import to_tensors
from mediagym.envs.suite import problem_for, task_of


def plain_problem():
    """Two campaigns without seasons; the second remembers spend."""
    zero = np.zeros(2)
    market = Market(
        reference_spend=np.array([100.0, 40.0]),
        reference_conversions=np.array([20.0, 9.0]),
        elasticity=np.array([0.5, 0.7]),
        slope=zero + 1,
        carryover=np.array([0.0, 0.6]),
        weekday=np.zeros((7, 2)),
        level_kept=np.array([0.9, 0.97]),
        level_sd=np.array([0.1, 0.05]),
        demand_sd=zero + 0.02,
        dispersion=zero + 0.05,
        reference_cpc=zero + 1,
        inflation=zero,
        price_sd=zero,
        click_rate=zero + 0.1,
        order_value=zero + 50,
        order_value_sd=zero,
    )
    state = MarketState(20_000, np.array([90.0, 50.0]), np.array([0.3, -0.2]))
    covariance = BeliefCovariance(zero + 0.2, zero + 0.1, zero + 0.05)
    return Problem(None, None, market, state, covariance, np.full((20, 2), 50.0), zero + 1)


@pytest.fixture(params=["made up", "calibrated"])
def known(request):
    """A problem that costs nothing to make, and the one of the synthetic advertiser."""
    made_up = request.param == "made up"
    return plain_problem() if made_up else request.getfixturevalue("problem")


@pytest.fixture
def belief(known):
    """The belief of four flights after a spend that moved the stock."""
    rng = np.random.default_rng(0)
    prior = initial_belief(known, np.zeros((4, len(known.mean_static_spend))))
    level = rng.uniform(0.05, 0.3, prior.elasticity.shape)
    curve = rng.uniform(0.05, 0.3, level.shape)
    both = rng.uniform(-0.8, 0.8, level.shape) * np.sqrt(level * curve)
    stock = known.mean_static_spend * rng.lognormal(0, 0.7, level.shape)
    return prior._replace(
        state=prior.state._replace(stock=stock), covariance=BeliefCovariance(level, curve, both)
    )


def expected_of(problem, belief, spend, log_odds):
    """Log of the expected conversions with these odds at the reference spend."""
    elasticity = elasticity_of(np.exp(log_odds), problem.market.slope)
    market = problem.market._replace(elasticity=elasticity)
    return np.log(step(market, belief.state, spend, None)[1].claimed)


def test_an_update_is_the_kalman_step_where_the_report_is_linear_in_the_unknowns(known, belief):
    # the log of ten million conversions is nearly Gaussian with variance dispersion + 1 / mean
    many = np.full_like(known.mean_static_spend, 1e7)
    market = known.market._replace(
        reference_conversions=many, dispersion=0 * many + 0.02, demand_sd=0 * many
    )
    known = replace(known, market=market)
    spend = known.mean_static_spend * np.random.default_rng(1).lognormal(
        0, 0.7, belief.elasticity.shape
    )
    odds = np.log(odds_at_reference(belief.elasticity, market.slope))
    expected = expected_of(known, belief, spend, odds)
    slope = (
        expected_of(known, belief, spend, odds + 1e-5)
        - expected_of(known, belief, spend, odds - 1e-5)
    ) / 2e-5
    innovation = 1e-4  # in logs, so small that the report is linear
    after = update_belief(known, belief, spend, np.exp(expected + innovation))

    gradient = np.stack([np.ones_like(slope), slope], -1)  # in level and log odds
    prior = belief.covariance
    kept = market.level_kept
    cross = kept * prior.both
    first = np.stack([kept**2 * prior.level + known.level_step_variance, cross], -1)
    before = np.stack([first, np.stack([cross, prior.curve], -1)], -2)
    noise = 0.02 + np.exp(-expected)
    gain = np.einsum("fkij,fkj->fki", before, gradient)
    gain = gain / (np.einsum("fki,fki->fk", gradient, gain) + noise)[..., None]
    posterior = before - np.einsum("fki,fkj,fkjl->fkil", gain, gradient, before)

    for ours, theirs in (
        (after.covariance.level, posterior[..., 0, 0]),
        (after.covariance.curve, posterior[..., 1, 1]),
        (after.covariance.both, posterior[..., 0, 1]),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-8)
    level = kept * belief.state.level + gain[..., 0] * innovation
    np.testing.assert_allclose(after.state.level, level, atol=2e-3 * innovation)
    moved = np.log(odds_at_reference(after.elasticity, market.slope)) - odds
    np.testing.assert_allclose(moved, gain[..., 1] * innovation, atol=2e-3 * innovation)


def test_reports_reduce_variance_and_a_known_curve_stays_known(known, belief):
    spend = 2 * known.mean_static_spend + 0 * belief.elasticity
    reported = 0 * spend + 7.0
    covariance = update_belief(known, belief, spend, reported).covariance
    ahead = known.market.level_kept**2 * belief.covariance.level + known.level_step_variance
    assert (covariance.level < ahead).all()
    assert (covariance.curve <= belief.covariance.curve).all()
    assert (covariance.both**2 <= covariance.level * covariance.curve).all()
    zero = 0 * belief.covariance.curve
    fixed = belief._replace(covariance=belief.covariance._replace(curve=zero, both=zero))
    after = update_belief(known, fixed, spend, reported)
    np.testing.assert_allclose(after.elasticity, belief.elasticity, rtol=1e-12)
    np.testing.assert_array_equal(after.covariance.curve, zero)


def test_expected_conversions_are_those_of_the_prior_whatever_was_learnt(known, belief):
    spend = known.mean_static_spend * np.linspace(0.5, 2, 4)[:, None]
    forecast = step(known.market, belief.state._replace(level=known.state.level), spend, None)[1]
    wrong = belief._replace(
        state=belief.state._replace(level=belief.state.level + 0.7),
        elasticity=0.8 * belief.elasticity,
    )
    after = update_belief(known, wrong, spend, forecast.claimed)
    np.testing.assert_allclose(after.expected, forecast.claimed, rtol=1e-9)
    np.testing.assert_allclose(after.innovation, 0, atol=1e-9)
    np.testing.assert_array_equal(after.observed, forecast.claimed)


def test_numpy_and_torch_learn_and_allocate_the_same(problem, flights):
    market, flight, noise = flights(4)
    ours, theirs = flight.view.belief, to_tensors(flight.view.belief)
    problem_in_torch = to_tensors(problem)
    for day in range(6):
        plan = problem.static_plan[day] * (0.5 + day / 4) + 0 * flight.view.smooth
        flight, result = step_day(problem, market, flight, plan, plan.sum(-1), select(noise, day))
        report = result.spend, result.outcome.claimed
        ours = update_belief(problem, ours, *report)
        theirs = update_belief(problem_in_torch, theirs, *map(torch.as_tensor, report))
    for name in ("elasticity", "observed", "expected", "innovation"):
        np.testing.assert_allclose(getattr(theirs, name).numpy(), getattr(ours, name), rtol=1e-9)
    for mine, other in zip(ours.covariance, theirs.covariance, strict=True):
        np.testing.assert_allclose(other.numpy(), mine, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(
        belief_allocation(problem_in_torch, theirs).numpy(),
        belief_allocation(problem, ours),
        atol=1e-9,
    )


def test_a_drift_widens_the_belief_alike_in_numpy_torch_and_alone(problem):
    drift = 0.05 + 0 * problem.mean_static_spend
    drifting = replace(problem, market=problem.market._replace(drift_sd=drift))
    extra = drifting.level_step_variance - problem.level_step_variance
    np.testing.assert_allclose(extra, drift**2)
    in_torch = to_tensors(drifting).level_step_variance.numpy()
    np.testing.assert_array_equal(in_torch, drifting.level_step_variance)
    zero = np.zeros((3, len(drift)))
    spend = problem.mean_static_spend * np.array([[0.5], [1.0], [2.0]])
    ours, still = (
        update_belief(p, initial_belief(p, zero), spend, spend / 50) for p in (drifting, problem)
    )
    assert (ours.covariance.level > still.covariance.level).all()
    alone = update_belief(drifting, initial_belief(drifting, zero[0]), spend[1], spend[1] / 50)
    np.testing.assert_array_equal(alone.covariance.level, ours.covariance.level[1])


@pytest.mark.parametrize("dollars", [0.0, 1e-9, 1e3])
@pytest.mark.parametrize("key", [None, "Stationary-S", "Full-S"])
def test_gradients_are_finite_without_spend_and_without_uncertainty(problem, key, dollars):
    problem = problem if key is None else problem_for(task_of(key))
    count = len(problem.mean_static_spend)
    for covariance in (problem.covariance, BeliefCovariance.none(problem.mean_static_spend)):
        known = to_tensors(replace(problem, covariance=covariance))
        stock = 0 * problem.state.stock
        known = replace(known, state=known.state._replace(stock=torch.as_tensor(stock)))
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


def test_the_prior_level_decays_to_zero_from_that_of_the_first_day(known):
    assert (prior_level(known, known.state.day) == known.state.level).all()
    kept = known.market.level_kept
    np.testing.assert_allclose(
        prior_level(known, known.state.day + 9), kept**9 * known.state.level, rtol=1e-12
    )


def test_the_level_shift_is_measured_from_the_prior_level(known, belief):
    later = known.state.day + 9
    moved = prior_level(known, later) + np.linspace(-1, 1, len(known.mean_static_spend))
    state = belief.state._replace(day=later, level=moved + 0 * belief.state.level)
    shift = level_shift(known, belief._replace(state=state))
    np.testing.assert_allclose(
        shift, np.linspace(-1, 1, len(known.mean_static_spend)) + 0 * shift, atol=1e-12
    )
