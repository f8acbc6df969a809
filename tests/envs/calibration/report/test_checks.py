import numpy as np
import pytest

from mediagym.envs.calibration import ObservedHistory
from mediagym.envs.calibration.report.checks import one_day_ahead
from mediagym.envs.market import MarketState, step

DAYS = 400
FIRST = 19_000


@pytest.fixture
def told(draw_market):
    """A market and a long record that it brought about itself."""

    def tell(seed=0, **fixed):
        rng = np.random.default_rng(seed)
        usual = {"level_sd": 0.06, "demand_sd": 0.0, "level_kept": 0.95, "dispersion": 0.03}
        usual |= {"reference_spend": 100.0, "reference_conversions": 15.0}
        market = draw_market(rng, (), **(usual | fixed))
        spend = rng.gamma(10, 10, (DAYS, 3))
        state, counts = MarketState(FIRST, spend[:7].mean(0), np.zeros(3)), []
        shape = 1 / np.maximum(market.dispersion, 1e-9)
        for dollars in spend:
            nudge = market.level_sd * rng.standard_normal(3) / market.level_kept
            state, outcome = step(market, state._replace(level=state.level + nudge), dollars, None)
            counts.append(rng.poisson(outcome.expected * rng.gamma(shape) / shape))
        record = ObservedHistory(FIRST, spend, np.array(counts, float), np.ones((DAYS, 3), bool))
        return market, record

    return tell


@pytest.fixture
def check(copies):
    """Checks a market that is known for sure."""
    return lambda market, record: one_day_ahead(
        copies(market, 300), record, np.random.default_rng(0)
    )


@pytest.mark.parametrize("conversions", [0.5, 15.0, 2000.0])
def test_a_markets_own_days_are_covered_as_they_should_be(told, check, conversions):
    """Counts of any size: ranks of few are made even by a toss."""
    found = check(*told(reference_conversions=conversions))
    np.testing.assert_allclose(found.coverage90, 0.9, atol=0.06)
    np.testing.assert_allclose(found.coverage50, 0.5, atol=0.1)
    rank = found.rank.ravel()
    assert np.abs(np.sort(rank) - np.linspace(0, 1, len(rank))).max() < 0.05
    np.testing.assert_allclose(found.persistence, 0, atol=0.17)


def test_a_market_without_dispersion_counts_like_poisson(told, check):
    market, record = told(dispersion=0.0, level_sd=1e-6)
    found = check(market, record)
    np.testing.assert_allclose(found.coverage90, 0.9, atol=0.06)


def test_a_posterior_that_is_too_sure_shows(told, check):
    market, record = told(dispersion=0.3)
    found = check(market._replace(dispersion=0 * market.dispersion + 0.001), record)
    assert (found.coverage90 < 0.8).all()
    assert (found.coverage50 < 0.4).all()


def test_a_level_that_should_have_walked_leaves_persistent_errors(told, check):
    market, record = told(level_sd=0.15, dispersion=0.002, reference_conversions=300.0)
    still = market._replace(
        level_sd=0 * market.level_sd + 1e-4, dispersion=0 * market.dispersion + 0.3
    )
    assert (check(still, record).persistence > 0.4).all()


def test_days_that_were_not_seen_count_for_nothing(told, check):
    market, record = told()
    blind = np.zeros((DAYS, 3), bool)
    found = check(market, record._replace(seen=blind))
    assert np.isnan(found.rank).all()
    assert (found.coverage90 == 0).all()
    assert (found.persistence == 0).all()
    assert np.isfinite(found.mean).all()
    half = blind.copy()
    half[::2] = True
    found = check(market, record._replace(seen=half))
    assert np.isnan(found.rank[1::2]).all()
    np.testing.assert_allclose(found.coverage90, 0.9, atol=0.08)


def test_a_day_is_checked_by_those_before_it_alone(told, check):
    market, record = told()
    changed = record.conversions.copy()
    changed[200:] += 500
    before, after = check(market, record), check(market, record._replace(conversions=changed))
    for name in ("mean", "low", "high"):
        one, two = getattr(before, name), getattr(after, name)
        np.testing.assert_array_equal(one[:201], two[:201])
        assert (one[210:] < two[210:]).all()
