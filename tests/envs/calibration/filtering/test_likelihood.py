import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from mediagym.envs.arrays import select
from mediagym.envs.calibration import (
    ObservedHistory,
    draw_levels,
    filter_days,
    observed_history_from,
    update_level,
)
from mediagym.envs.calibration.filtering import filter_history, observed_history_of
from mediagym.envs.market import MarketState, negative_binomial_loglik, step

SEEDS = st.integers(0, 2**32)
DAYS = 40


@pytest.fixture
def a_history(draw_market):
    """Draws a market and a random observed history."""

    def draw(seed, batch=(), **fixed):
        rng = np.random.default_rng(seed)
        market = draw_market(rng, batch, **fixed)
        spend = rng.gamma(2, 50, (DAYS, 3))
        conversions = rng.poisson(5, (DAYS, 3)) + rng.integers(0, 10, (DAYS, 3)) / 10
        seen = rng.random((DAYS, 3)) < 0.8
        return market, ObservedHistory(19_000, spend, np.where(seen, conversions, 0.0), seen)

    return draw


def brute_force(expected, variance, reported, dispersion):
    """Mean and variance of the level and log evidence of the report, on a fine grid."""
    level = np.linspace(-8, 8, 8001) * np.sqrt(variance)
    loglik = negative_binomial_loglik(reported, expected * np.exp(level), np.array(dispersion))
    weight = np.exp(loglik - loglik.max() - level**2 / (2 * variance))
    step_size = level[1] - level[0]
    evidence = np.log(weight.sum() * step_size / np.sqrt(2 * np.pi * variance)) + loglik.max()
    mean = (weight * level).sum() / weight.sum()
    return mean, (weight * (level - mean) ** 2).sum() / weight.sum(), evidence


@settings(max_examples=300)
@given(st.floats(0.01, 200), st.floats(1e-3, 0.25), st.floats(1e-3, 0.5), st.floats(-1.5, 3))
def test_a_report_moves_the_level_as_bayes_rule_does(expected, variance, dispersion, surprise):
    scatter = np.sqrt(expected + (dispersion + variance) * expected**2)
    reported = max(expected + surprise * scatter, 0.0)
    mean, spread, evidence = brute_force(expected, variance, reported, dispersion)
    ours = update_level(np.array(expected), np.array(variance), reported, np.array(dispersion))
    # Laplace's method replaces the mean by the mode and a skewed density by a Gaussian
    assert ours[0] == pytest.approx(mean, abs=0.08 * np.sqrt(variance))
    mild = abs(surprise) <= 1  # farther off, the density is more skewed
    assert ours[1] == pytest.approx(spread, rel=0.3 if mild else 0.5)
    assert ours[2] == pytest.approx(evidence, abs=0.17 if mild else 0.35)


@settings(max_examples=100)
@given(st.floats(0.01, 200), st.floats(1e-3, 0.25), st.floats(1e-3, 0.5), st.floats(-1.5, 3))
def test_a_report_is_weighed_by_laplaces_method(expected, variance, dispersion, surprise):
    """Mode, expected information and evidence, each from the definition on a grid."""
    scatter = np.sqrt(expected + (dispersion + variance) * expected**2)
    reported = max(expected + surprise * scatter, 0.0)
    level = np.linspace(-6, 6, 200_001) * np.sqrt(variance)
    alpha = np.array(dispersion)
    joint = negative_binomial_loglik(reported, expected * np.exp(level), alpha)
    joint -= level**2 / (2 * variance)
    mode = level[joint.argmax()]
    mean = expected * np.exp(mode)
    counts = np.arange(0, mean + 60 * np.sqrt(mean + dispersion * mean**2) + 60)
    chances = nbinom.pmf(counts, 1 / dispersion, 1 / (1 + dispersion * mean))
    up, down = (negative_binomial_loglik(counts, mean * np.exp(d), alpha) for d in (1e-4, -1e-4))
    information = chances @ ((up - down) / 2e-4) ** 2
    narrowed = 1 / (1 / variance + information)
    ours = update_level(np.array(expected), np.array(variance), reported, alpha)
    assert ours[0] == pytest.approx(mode, abs=1e-3 * np.sqrt(variance))
    assert ours[1] == pytest.approx(narrowed, rel=1e-3)
    evidence = joint.max() + np.log(narrowed / variance) / 2
    assert ours[2] == pytest.approx(evidence, abs=1e-3)


def test_a_typical_report_is_approximated_closely():
    mean, spread, evidence = brute_force(20.0, 0.02, 27.0, 0.05)
    ours = update_level(np.array(20.0), np.array(0.02), 27.0, np.array(0.05))
    assert ours[0] == pytest.approx(mean, abs=0.02 * np.sqrt(0.02))
    assert ours[1] == pytest.approx(spread, rel=0.05)
    assert ours[2] == pytest.approx(evidence, abs=0.02)


@given(st.floats(1e-3, 300), st.floats(0, 500), st.floats(1e-3, 2))
def test_a_known_level_does_not_move(expected, reported, dispersion):
    no_variance = np.zeros(1)
    shift, variance, evidence = update_level(
        np.array([expected]), no_variance, reported, dispersion
    )
    assert shift == variance == 0
    plain = negative_binomial_loglik(reported, np.array([expected + 1e-9]), dispersion)
    assert evidence == pytest.approx(plain, rel=1e-6, abs=1e-6)


def test_reports_narrow_the_level_and_shift_it_towards_them():
    expected, variance = np.full(3, 20.0), np.full(3, 0.1)
    shift, after, _ = update_level(
        expected, variance, np.array([5.0, 20.0, 60.0]), 0.05 + 0 * variance
    )
    assert shift[0] < 0 < shift[2]
    assert shift[1] == pytest.approx(0, abs=1e-9)
    assert (after < variance).all()


def test_an_update_by_an_extreme_report_is_finite():
    expected = np.array([0.0, 1e-12, 1e6])
    for part in update_level(
        expected, np.full(3, 2.0), np.array([1e5, 50.0, 0.0]), np.full(3, 0.01)
    ):
        assert np.isfinite(part).all()


def test_numpy_and_torch_updates_agree():
    rng = np.random.default_rng(0)
    arrays = [
        rng.gamma(2, 10, 50),
        rng.gamma(1, 0.1, 50),
        rng.gamma(2, 10, 50),
        rng.gamma(1, 0.1, 50),
    ]
    theirs = update_level(*(torch.as_tensor(a) for a in arrays))
    for ours, other in zip(update_level(*arrays), theirs, strict=True):
        np.testing.assert_allclose(ours, other.numpy(), rtol=1e-9, atol=1e-9)


@settings(max_examples=25)
@given(SEEDS)
def test_with_a_constant_level_the_loglik_is_the_sum_over_the_days(a_history, seed):
    market, observed = a_history(seed, (2,), level_sd=0.0, demand_sd=0.0)
    fit = filter_history(market, observed)
    state = MarketState(19_000, observed.spend[:7].mean(0), np.zeros((2, 3)))
    total = np.zeros((2, 3))
    for spend, reported, seen in zip(*observed[1:4], strict=True):
        state, outcome = step(market, state, spend, None)
        day = negative_binomial_loglik(reported, outcome.expected + 1e-9, market.dispersion)
        total = total + np.where(seen, day, 0.0)
    np.testing.assert_allclose(fit.loglik, total, rtol=1e-9, atol=1e-7)
    assert (fit.variance == 0).all()
    assert (fit.state.level == 0).all()


@settings(max_examples=25)
@given(SEEDS)
def test_filtering_a_batch_equals_filtering_each_market(a_history, seed):
    market, observed = a_history(seed, (3,))
    fit = filter_history(market, observed)
    alone = filter_history(select(market, 1), observed)
    assert np.array_equal(fit.loglik[1], alone.loglik)
    assert np.array_equal(fit.variance[1], alone.variance)


def test_days_without_a_report_add_no_loglik_and_widen_the_level(a_history):
    market, observed = a_history(1, level_kept=1.0, level_sd=0.05)
    blind = observed._replace(seen=np.zeros_like(observed.seen))
    fit = filter_history(market, blind)
    assert (fit.loglik == 0).all()
    assert (fit.state.level == 0).all()
    np.testing.assert_allclose(fit.variance, DAYS * (market.level_sd**2 + market.demand_sd**2))
    other = blind._replace(conversions=observed.conversions + 1000)
    for ours, theirs in zip(fit, filter_history(market, other), strict=True):
        np.testing.assert_equal(ours, theirs)


@settings(max_examples=25)
@given(SEEDS, st.integers(0, DAYS - 1))
def test_a_report_does_not_change_forecasts_of_days_up_to_its_own(a_history, seed, day):
    market, observed = a_history(seed)
    conversions, seen = observed.conversions.copy(), observed.seen.copy()
    conversions[day:] += 100
    seen[day] = True
    before, after = (
        np.stack([each.expected for each in filter_days(market, r)])
        for r in (observed, observed._replace(conversions=conversions, seen=seen))
    )
    assert np.array_equal(before[: day + 1], after[: day + 1])
    if day < DAYS - 1:
        assert (after[day + 1] > before[day + 1]).any()


def test_a_mean_reverting_level_starts_from_its_stationary_variance(a_history):
    market, observed = a_history(2, level_kept=0.9, level_sd=0.1, demand_sd=0.0)
    blind = observed._replace(seen=np.zeros_like(observed.seen))
    np.testing.assert_allclose(filter_history(market, blind).variance, 0.01 / (1 - 0.81))


def test_the_stationary_variance_is_that_of_both_shocks(a_history):
    """A quarter of the variance is kept per day, 0.09 + 0.16 is added: a third stays a third."""
    market, observed = a_history(2, level_kept=0.5, level_sd=0.3, demand_sd=0.4)
    blind = observed._replace(seen=np.zeros_like(observed.seen))
    for day in filter_days(market, blind):
        np.testing.assert_allclose(day.variance, 1 / 3)
    np.testing.assert_allclose(filter_history(market, blind).variance, 1 / 3)


def test_the_spend_of_missing_days_is_interpolated_and_they_have_no_report():
    dates = np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")
    nan = np.nan
    spend = np.array([[10, nan], [nan, nan], [30, nan], [0, nan], [nan, nan]])
    conversions = np.array([[1.5, nan], [nan, nan], [nan, nan], [0, nan], [nan, nan]])
    alive = np.ones((5, 2), bool)
    alive[3, 0] = False
    observed = observed_history_of(dates, spend, conversions, alive)
    assert observed.first_day == 19_723
    assert observed.spend.tolist() == [[10, 0], [20, 0], [30, 0], [0, 0], [0, 0]]
    assert observed.seen[:, 0].tolist() == [True, False, False, False, False]
    assert not observed.seen[:, 1].any()
    assert observed.conversions[:, 0].tolist() == [1.5, 0, 0, 0, 0]


def test_the_steps_of_the_filter_add_up_to_its_result(a_history):
    market, observed = a_history(4, (2,))
    days, fit = list(filter_days(market, observed)), filter_history(market, observed)
    assert len(days) == DAYS
    np.testing.assert_allclose(days[-1].state.level, fit.state.level, rtol=1e-9)
    np.testing.assert_allclose(days[-1].variance, fit.variance, rtol=1e-9)
    np.testing.assert_allclose(sum(day.log_evidence for day in days), fit.loglik)
    for day, seen in zip(days, observed.seen, strict=True):
        assert (day.log_evidence[..., ~seen] == 0).all()
        assert (day.variance[..., ~seen] == day.predicted_variance[..., ~seen]).all()
        assert (day.variance <= day.predicted_variance).all()


@settings(max_examples=20)
@given(SEEDS, st.integers(7, DAYS - 1))  # the stock starts at the mean of the first week
def test_filtering_can_continue_from_an_earlier_result(a_history, seed, day):
    market, observed = a_history(seed, (2,))
    first = observed._replace(
        spend=observed.spend[:day], conversions=observed.conversions[:day], seen=observed.seen[:day]
    )
    rest = observed.since(day)
    whole = filter_history(market, observed)
    continued = filter_history(market, rest, filter_history(market, first))
    np.testing.assert_allclose(continued.loglik, whole.loglik, rtol=1e-12)
    for ours, theirs in zip(continued.state, whole.state, strict=True):
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    np.testing.assert_allclose(continued.variance, whole.variance, rtol=1e-12)


def test_levels_drawn_for_the_last_day_have_the_filters_distribution(a_history, copies):
    market, observed = a_history(7, level_sd=0.1, level_kept=0.95)
    fit = filter_history(market, observed)
    levels = draw_levels(copies(market, 4000), observed, np.random.default_rng(0))
    assert levels.shape == (DAYS, 4000, 3)
    sd = np.sqrt(fit.variance)
    np.testing.assert_array_less(np.abs(levels[-1].mean(0) - fit.state.level) / sd, 0.08)
    np.testing.assert_allclose(levels[-1].std(0), sd, rtol=0.06)


def test_bands_of_drawn_levels_cover_the_true_levels(draw_market, copies):
    """For campaigns with many conversions, whose reports identify the level."""
    rng = np.random.default_rng(3)
    market = draw_market(
        rng, (), level_sd=0.12, demand_sd=0.0, level_kept=0.97, dispersion=0.005, carryover=0.3,
        reference_spend=100.0, reference_conversions=400.0,
    )  # fmt: skip
    days = 150
    spend = rng.gamma(20, 5, (days, 3))
    level, levels, counts = np.zeros(3), [], []
    state = MarketState(19_000, spend[:7].mean(0), level)
    for t in range(days):
        level = market.level_kept * level + market.level_sd * rng.standard_normal(3)
        state = state._replace(level=level / market.level_kept)
        state, outcome = step(market, state, spend[t], None)
        levels.append(level)
        counts.append(rng.poisson(outcome.expected * rng.gamma(1 / 0.005, 0.005, 3)))
    observed = ObservedHistory(19_000, spend, np.array(counts, float), np.ones((days, 3), bool))
    drawn = draw_levels(copies(market, 300), observed, np.random.default_rng(1))
    truth = np.array(levels)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=1)
    inside = (low <= truth) & (truth <= high)
    assert inside.mean() == pytest.approx(0.9, abs=0.06)
    for k in range(3):
        assert np.corrcoef(drawn.mean(1)[:, k], truth[:, k])[0, 1] > 0.95
    # smoothing uses later reports too, so its error is smaller than the filter's
    filtered = np.stack([day.state.level for day in filter_days(market, observed)])
    assert np.abs(drawn.mean(1) - truth).mean() < np.abs(filtered - truth).mean()


def test_levels_drawn_without_reports_have_the_prior_autocovariance(draw_market, copies):
    """Without reports the level is a stationary AR(1) process."""
    market = draw_market(np.random.default_rng(0), (), level_sd=0.2, demand_sd=0.0, level_kept=0.8)
    blind = ObservedHistory(
        19_000, np.full((30, 3), 50.0), np.zeros((30, 3)), np.zeros((30, 3), bool)
    )
    levels = draw_levels(copies(market, 5000), blind, np.random.default_rng(0))
    np.testing.assert_allclose(levels.std(1), 0.2 / 0.6, rtol=0.06)
    for lag in (1, 5):
        ours = (levels[10] * levels[10 + lag]).mean(0) / levels.var(1).mean()
        np.testing.assert_allclose(ours, 0.8**lag, atol=0.06)


def test_draws_of_a_known_level_equal_it(a_history):
    market, observed = a_history(9, (5,), level_sd=0.0, demand_sd=0.0)
    assert (draw_levels(market, observed, np.random.default_rng(0)) == 0).all()


def test_observed_days_exclude_campaigns_that_were_not_alive(history):
    observed = observed_history_from(history)
    assert observed.spend.shape == history.spend.shape
    assert np.array_equal(observed.seen, (history.presence == 0) & np.isfinite(history.conversions))
    finite = np.isfinite(history.spend)
    assert np.array_equal(observed.spend[finite], history.spend[finite])
