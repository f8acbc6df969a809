"""The compiled filter against the reference, day by day through ``market.step``."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.envs.calibration import ObservedHistory, draw_levels, filter_days
from mediagym.envs.calibration.filtering import (
    FilterResult,
    compiled,
    filter_history,
    observed_history_of,
)
from mediagym.envs.calibration.filtering import likelihood as module
from mediagym.envs.calibration.filtering.compiled import LANES, _exp
from mediagym.envs.market import odds_at_reference, saturation

DAYS = 40
SEEDS = st.integers(0, 2**32)


def reference(market, observed, initial=None, follow=None):
    """Result of the filter by its reference."""
    loglik = 0.0 if initial is None else initial.loglik
    for day in filter_days(market, observed, initial, follow):
        loglik = loglik + day.log_evidence
    return FilterResult(loglik, day.state, day.variance)


def assert_same(ours, theirs):
    assert ours.state.day == theirs.state.day
    np.testing.assert_allclose(ours.state.stock, theirs.state.stock, rtol=1e-12)
    np.testing.assert_allclose(ours.state.level, theirs.state.level, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.variance, theirs.variance, rtol=1e-9)
    # the gamma functions of the reference lose digits without dispersion
    np.testing.assert_allclose(ours.loglik, theirs.loglik, rtol=1e-9, atol=2e-7)


@pytest.fixture
def a_case(draw_market):
    """Draws a market, a history with all fields, and what follows the spend index."""

    def draw(seed, batch=(), **fixed):
        rng = np.random.default_rng(seed)
        shape = (DAYS, 3)
        market = draw_market(rng, batch, **{"slope": rng.uniform(0.9, 1.6), **fixed})
        spend = rng.gamma(2, 50, shape) * (rng.random(shape) < 0.8)
        conversions = rng.poisson(5, shape) + rng.choice([0, 0.25], shape) + 0.0
        seen = rng.random(shape) < 0.8
        observed = ObservedHistory(
            19_000,
            spend,
            np.where(seen, conversions, np.nan),
            seen,
            rng.uniform(0.3, 1, shape),
            rng.normal(0, 0.5, shape),
            rng.normal(0, 0.5, shape),
        )
        return market, observed, rng.normal(0, 0.5, (*batch, 3))

    return draw


@pytest.fixture
def compiled_only(monkeypatch):
    """Makes the reference raise, so that only the compiled filter can answer."""

    def refuse(*_):
        raise AssertionError("the reference was called")

    return lambda: monkeypatch.setattr(module, "filter_days", refuse)


VARIANTS = [
    {},
    {"slope": 1.0},
    {"dispersion": 0.0},
    {"dispersion": 3.0},
    {"level_kept": 1.0},
    {"level_kept": 0.0},
    {"level_sd": 0.0, "demand_sd": 0.0},
    {"level_sd": 1.0, "carryover": 0.0},
]


@pytest.mark.parametrize("fixed", VARIANTS, ids=str)
@pytest.mark.parametrize("batch", [(), (5,), (LANES + 1,), (2, 3)])
@settings(max_examples=5)
@given(seed=SEEDS)
def test_the_compiled_filter_equals_the_reference(a_case, fixed, batch, seed):
    market, observed, follow = a_case(seed, batch, **fixed)
    for slope in (None, follow):
        theirs = reference(market, observed, None, slope)
        assert_same(filter_history(market, observed, None, slope), theirs)


def test_the_usual_markets_are_compiled(a_case, compiled_only):
    market, observed, follow = a_case(0, (4,))
    theirs = reference(market, observed, None, follow)
    compiled_only()
    assert_same(filter_history(market, observed, None, follow), theirs)


def test_a_market_with_another_feature_takes_the_reference(a_case, compiled_only):
    market, observed, _ = a_case(0)
    market = market._replace(delivery_cap=np.full(3, 20.0))
    assert_same(filter_history(market, observed), reference(market, observed))
    compiled_only()
    with pytest.raises(AssertionError, match="reference"):
        filter_history(market, observed)


@pytest.mark.parametrize("spend", [0.0, 1e7])
def test_histories_without_spend_or_with_much_agree(a_case, spend):
    market, observed, _ = a_case(1, (4,))
    observed = observed._replace(spend=np.full((DAYS, 3), spend))
    assert_same(filter_history(market, observed), reference(market, observed))


@pytest.mark.parametrize("size", [0.0, 1.0, 8.0, 300.5, 1e5])
@pytest.mark.parametrize("dispersion", [0.01, 0.3, 20.0])
def test_reports_of_any_size_agree(a_case, size, dispersion):
    market, observed, _ = a_case(2, (4,), dispersion=dispersion)
    observed = observed._replace(conversions=np.full((DAYS, 3), size))
    assert_same(filter_history(market, observed), reference(market, observed))


def test_a_batch_has_the_bits_of_its_markets(a_case):
    market, observed, _ = a_case(3, (LANES + 3,))
    fit = filter_history(market, observed)
    for draw in (0, LANES - 1, LANES + 2):
        alone = type(market)(*(None if f is None else f[draw] for f in market))
        assert np.array_equal(filter_history(alone, observed).loglik, fit.loglik[draw])


def test_a_day_that_is_half_complete_is_expected_to_report_half(a_case):
    market, observed, _ = a_case(4)
    plain = observed._replace(complete=np.ones((DAYS, 3)), demand=np.zeros((DAYS, 3)))
    half = plain._replace(complete=np.full((DAYS, 3), 0.5))
    double = plain._replace(demand=np.full((DAYS, 3), np.log(2)))
    first = [next(iter(filter_days(market, each))).expected for each in (plain, half, double)]
    np.testing.assert_allclose(first[1], first[0] / 2)
    np.testing.assert_allclose(first[2], first[0] * 2)


def test_known_demand_is_no_level(a_case):
    """Reports as expected leave the level where it is, whatever the known demand."""
    market, observed, follow = a_case(5, level_sd=0.2, dispersion=0.01)
    days = np.ones((DAYS, 3), bool)
    blind = observed._replace(seen=~days)
    expected = np.stack([day.expected for day in filter_days(market, blind, None, follow)])
    given = observed._replace(conversions=expected, seen=days)
    assert np.abs(filter_history(market, given, None, follow).state.level).max() < 1e-6
    assert np.abs(draw_levels(market, given, np.random.default_rng(0), follow)).max() < 3
    assert np.abs(filter_history(market, given).state.level).max() > 1e-3


@settings(max_examples=10)
@given(seed=SEEDS, day=st.integers(7, DAYS - 1))
def test_a_history_continues_from_an_earlier_result(a_case, seed, day):
    market, observed, follow = a_case(seed, (2,))
    first = ObservedHistory(observed.first_day, *(field[:day] for field in observed[1:]))
    before = filter_history(market, first, None, follow)
    ours = filter_history(market, observed.since(day), before, follow)
    assert_same(ours, filter_history(market, observed, None, follow))


def test_a_report_that_is_no_number_is_not_hidden(a_case):
    market, observed, _ = a_case(6)
    observed = observed._replace(conversions=np.full((DAYS, 3), np.nan))
    assert np.isnan(filter_history(market, observed).loglik).all()


def test_the_known_fields_are_neutral_at_first():
    dates = np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")
    zeros = np.zeros((5, 2))
    observed = observed_history_of(dates, zeros, zeros, np.ones((5, 2), bool))
    assert (observed.complete == 1).all()
    assert (observed.demand == 0).all()
    assert (observed.spend_index == 0).all()


def test_the_curve_is_hills_of_the_market():
    rng = np.random.default_rng(0)
    elasticity, slope = rng.uniform(0.1, 0.85, LANES), rng.uniform(0.9, 2.5, LANES)
    slope[:8] = 1.0
    odds = odds_at_reference(elasticity, slope)
    for ratio in (0.0, 1e-6, 0.01, 0.3, 1.0, 2.5, 40.0, 1e4):
        work = np.zeros(compiled._ROWS * LANES)
        rows = {
            compiled._STOCK: 70.0 * ratio,  # all of it is kept
            compiled._CARRYOVER: 1.0,
            compiled._PER_SPEND: 1 / 70.0,
            compiled._EXPONENT: slope - 1,
            compiled._ODDS: odds,
            compiled._RHYTHM: 1 + odds,
        }
        for row, values in rows.items():
            work[row : row + LANES] = values
        compiled._predict(work, 5.0, 1.0, 0.0)
        mean = work[compiled._MEAN : compiled._MEAN + LANES] - compiled._TINY
        expected = saturation(np.full(LANES, ratio), elasticity, slope)
        np.testing.assert_allclose(mean, expected, rtol=1e-12, atol=1e-15)


def test_the_exponential_is_exact_to_the_last_digits_and_cut_where_it_would_overflow():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(-700, 700, 2000), rng.uniform(-2, 2, 2000)])
    np.testing.assert_allclose([_exp(each) for each in x], np.exp(x), rtol=5e-16)
    assert (_exp(-800.0), _exp(800.0)) == pytest.approx((np.exp(-700), np.exp(700)), rel=5e-16)
    assert np.isnan(_exp(np.nan))
