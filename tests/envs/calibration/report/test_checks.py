import numpy as np
import pytest

from mediagym.envs.calibration import ObservedHistory
from mediagym.envs.calibration.report.checks import one_day_ahead
from mediagym.envs.market import MarketState, step

DAYS = 400
FIRST = 19_000


@pytest.fixture
def simulated(draw_market):
    """Draws a market and a long history that it simulated."""

    def simulate(seed=0, **fixed):
        rng = np.random.default_rng(seed)
        defaults = {"level_sd": 0.06, "demand_sd": 0.0, "level_kept": 0.95, "dispersion": 0.03}
        defaults |= {"reference_spend": 100.0, "reference_conversions": 15.0}
        market = draw_market(rng, (), **(defaults | fixed))
        spend = rng.gamma(10, 10, (DAYS, 3))
        state, counts = MarketState(FIRST, spend[:7].mean(0), np.zeros(3)), []
        shape = 1 / np.maximum(market.dispersion, 1e-9)
        for dollars in spend:
            innovation = market.level_sd * rng.standard_normal(3) / market.level_kept
            state, outcome = step(
                market, state._replace(level=state.level + innovation), dollars, None
            )
            counts.append(rng.poisson(outcome.expected * rng.gamma(shape) / shape))
        observed = ObservedHistory(FIRST, spend, np.array(counts, float), np.ones((DAYS, 3), bool))
        return market, observed

    return simulate


@pytest.fixture
def check(copies):
    """Checks a posterior with a single market."""
    return lambda market, observed: one_day_ahead(
        copies(market, 300), observed, np.random.default_rng(0)
    )


@pytest.mark.parametrize("conversions", [0.5, 15.0, 2000.0])
def test_the_true_markets_intervals_have_nominal_coverage(simulated, check, conversions):
    """For counts of any size, as ties are broken at random."""
    checks = check(*simulated(reference_conversions=conversions))
    np.testing.assert_allclose(checks.coverage90, 0.9, atol=0.06)
    np.testing.assert_allclose(checks.coverage50, 0.5, atol=0.1)
    rank = checks.rank.ravel()
    assert np.abs(np.sort(rank) - np.linspace(0, 1, len(rank))).max() < 0.05
    np.testing.assert_allclose(checks.persistence, 0, atol=0.17)


def test_a_market_without_dispersion_counts_like_poisson(simulated, check):
    market, observed = simulated(dispersion=0.0, level_sd=1e-6)
    checks = check(market, observed)
    np.testing.assert_allclose(checks.coverage90, 0.9, atol=0.06)


def test_an_overconfident_posterior_has_low_coverage(simulated, check):
    market, observed = simulated(dispersion=0.3)
    checks = check(market._replace(dispersion=0 * market.dispersion + 0.001), observed)
    assert (checks.coverage90 < 0.8).all()
    assert (checks.coverage50 < 0.4).all()


def test_a_constant_level_leaves_persistent_errors_if_the_true_one_varies(simulated, check):
    market, observed = simulated(level_sd=0.15, dispersion=0.002, reference_conversions=300.0)
    still = market._replace(
        level_sd=0 * market.level_sd + 1e-4, dispersion=0 * market.dispersion + 0.3
    )
    assert (check(still, observed).persistence > 0.4).all()


def test_days_without_a_report_are_left_out(simulated, check):
    market, observed = simulated()
    blind = np.zeros((DAYS, 3), bool)
    checks = check(market, observed._replace(seen=blind))
    assert np.isnan(checks.rank).all()
    assert (checks.coverage90 == 0).all()
    assert (checks.persistence == 0).all()
    assert np.isfinite(checks.mean).all()
    half = blind.copy()
    half[::2] = True
    checks = check(market, observed._replace(seen=half))
    assert np.isnan(checks.rank[1::2]).all()
    np.testing.assert_allclose(checks.coverage90, 0.9, atol=0.08)


def test_a_days_forecast_depends_on_earlier_days_alone(simulated, check):
    market, observed = simulated()
    changed = observed.conversions.copy()
    changed[200:] += 500
    before, after = check(market, observed), check(market, observed._replace(conversions=changed))
    for name in ("mean", "low", "high"):
        one, two = getattr(before, name), getattr(after, name)
        np.testing.assert_array_equal(one[:201], two[:201])
        assert (one[210:] < two[210:]).all()
