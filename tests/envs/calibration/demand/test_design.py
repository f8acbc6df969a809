import numpy as np
import pytest

from mediagym.envs.calibration.demand import DemandPriors
from mediagym.envs.calibration.demand.design import (
    DAYS_A_YEAR,
    SEASON_PAIRS,
    Days,
    curve,
    design_of,
    season_sds,
    season_waves,
)
from mediagym.envs.calibration.demand.latent import linearise
from mediagym.envs.market import saturation, weekday_of

PRIORS = DemandPriors(0.5, 0.18, 0.2, 0.3, np.array([0.2, 0.6]))
KNOWN = 30


@pytest.fixture
def days():
    rng = np.random.default_rng(0)
    spend = rng.gamma(2, 50, (40, 2))
    return Days(19_730, spend, rng.standard_normal((40, 2)), rng.random((40, 3)))


@pytest.mark.parametrize("season", [False, True])
def test_columns_are_sizes_curves_index_weekdays_season_and_events(days, season):
    design = design_of(days, KNOWN, 0.1, PRIORS, season)
    extra = 2 * SEASON_PAIRS + 3 if season else 0
    assert design.columns.shape == (40, 2, 2 + 2 + 1 + 7 + extra)
    assert len(design.mean) == len(design.sd) == design.columns.shape[2]
    assert np.array_equal(design.columns[:, :, :2], np.broadcast_to(np.eye(2), (40, 2, 2)))
    assert np.array_equal(design.columns[:, :, design.follow], days.spend_index)
    weekday = weekday_of(19_730 + np.arange(40))
    assert np.array_equal(design.columns[:, 1, 5:12].argmax(1), weekday)
    assert (design.columns[:, :, 5:12].sum(2) == 1).all()
    for k in range(2):
        waves = season_waves(19_730 + np.arange(40)) if season else np.zeros((40, 0))
        assert np.array_equal(design.columns[:, k, design.season], waves)
        events = days.events if season else days.events[:, :0]
        assert np.array_equal(design.columns[:, k, design.events], events)


def test_references_are_those_of_the_known_days(days):
    later = days.spend.copy()
    later[KNOWN:] *= 7
    ours = design_of(days, KNOWN, 0.1, PRIORS, True)
    theirs = design_of(days._replace(spend=later), KNOWN, 0.1, PRIORS, True)
    assert np.array_equal(ours.mean, theirs.mean)
    assert np.array_equal(ours.ratio[:KNOWN], theirs.ratio[:KNOWN])
    assert (theirs.ratio[KNOWN:] > ours.ratio[KNOWN:]).all()


def test_the_size_is_centred_on_the_mean_return_at_the_usual_spend(days):
    design = design_of(days, KNOWN, 0.1, PRIORS, False)
    usual = np.exp(np.log(days.spend[:KNOWN]).mean(0))
    np.testing.assert_allclose(design.mean[:2], np.log(0.1 * usual))


def test_the_curve_is_hills_and_its_derivative_is_right(days):
    design = design_of(days, KNOWN, 0.1, PRIORS, False)
    elasticity = np.array([0.3, 0.7])
    log, slope = curve(design, elasticity)
    np.testing.assert_allclose(log, np.log(saturation(design.ratio, elasticity, np.ones(2))))
    # with exponent 1: log of ratio / (e ratio + 1 - e), with e = 1 - elasticity
    exact = (design.ratio - 1) / ((1 - elasticity) * design.ratio + elasticity)
    np.testing.assert_allclose(slope, exact, atol=1e-4)


def test_the_linearised_curve_is_exact_where_it_is_linearised(days):
    design = design_of(days, KNOWN, 0.1, PRIORS, True)
    coefficients = np.random.default_rng(1).normal(0, 0.2, len(design.mean))
    coefficients[design.elasticity] = [0.4, 0.6]
    rest = linearise(design, coefficients)
    others = coefficients.copy()
    others[design.elasticity] = 0
    own = design.columns.copy()
    own[:, :, design.elasticity] = 0
    expected = own @ others + curve(design, coefficients[design.elasticity])[0]
    np.testing.assert_allclose(design.columns @ coefficients + rest, expected)


def test_the_season_repeats_after_a_year():
    day = np.arange(100.0)
    np.testing.assert_allclose(season_waves(day), season_waves(day + DAYS_A_YEAR), atol=1e-9)
    waves = season_waves(np.arange(0, 4 * DAYS_A_YEAR))
    np.testing.assert_allclose(waves.T @ waves / len(waves), np.eye(16) / 2, atol=0.01)


def test_the_prior_of_faster_waves_is_smaller():
    sds = season_sds(0.3)
    assert sds.shape == (2 * SEASON_PAIRS,)
    np.testing.assert_allclose(sds[::2], sds[1::2])
    np.testing.assert_allclose(sds[::2] ** 2 * np.arange(1, 9), 0.09)


@pytest.mark.parametrize("factor", [0.003, 150.0])
def test_regressors_have_no_currency(days, factor):
    ours = design_of(days, KNOWN, 0.1, PRIORS, True)
    scaled = days._replace(spend=factor * days.spend)
    theirs = design_of(scaled, KNOWN, 0.1 / factor, PRIORS, True)
    for name in ("columns", "mean", "sd", "ratio"):
        np.testing.assert_allclose(getattr(theirs, name), getattr(ours, name), atol=1e-9)


def test_a_campaign_that_never_spent_is_finite(days):
    days.spend[:, 0] = 0.0
    design = design_of(days, KNOWN, 0.1, PRIORS, True)
    assert np.isfinite(design.mean).all()
    assert np.isfinite(curve(design, np.array([0.5, 0.5]))[0]).all()
