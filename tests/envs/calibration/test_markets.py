import numpy as np
import pytest

from mediagym.envs.calibration import (
    DIMENSIONS,
    observed_history_from,
    parameters_from_normals,
    prior_centres_of,
)
from mediagym.envs.calibration.markets import market_of, markets_from_normals
from mediagym.envs.market import carryover_of


@pytest.fixture(scope="module")
def drawn(history, priors):
    centres = prior_centres_of(history, observed_history_from(history), priors)
    z = np.random.default_rng(0).standard_normal((20, len(history.names), DIMENSIONS))
    parameters = parameters_from_normals(z, priors, centres)
    return z, centres, parameters, market_of(parameters, priors, centres)


def test_a_market_has_its_parameters(drawn):
    _, centres, parameters, market = drawn
    assert np.array_equal(market.reference_spend, np.broadcast_to(centres.spend, (20, 9)))
    assert np.array_equal(market.reference_conversions, parameters.conversions)
    for name in ("elasticity", "slope", "dispersion", "weekday"):
        assert np.array_equal(getattr(market, name), getattr(parameters, name))
    np.testing.assert_allclose(market.carryover, carryover_of(parameters.half_life))
    np.testing.assert_allclose(market.level_kept, carryover_of(parameters.level_half_life))


@pytest.mark.parametrize("shared", [0.0, 0.3, 1.0])
def test_the_variance_of_the_level_is_own_and_shared(drawn, priors, shared):
    _, centres, parameters, _ = drawn
    changed = priors.model_copy(update={"level_shared": shared})
    market = market_of(parameters, changed, centres)
    variance = market.level_sd**2 + market.demand_sd**2
    np.testing.assert_allclose(market.demand_sd**2, shared * variance, atol=1e-15)
    stationary = np.sqrt(variance / (1 - market.level_kept**2))
    np.testing.assert_allclose(stationary, parameters.level_sd, rtol=1e-6)


def test_normals_give_the_markets_of_their_parameters(drawn, priors):
    z, centres, _, market = drawn
    for ours, theirs in zip(market, markets_from_normals(z, priors, centres), strict=True):
        assert (ours is None) == (theirs is None)
        assert np.array_equal(ours, theirs)


def test_prices_are_neutral_and_features_off(drawn):
    market = drawn[3]
    for name, value in (("reference_cpc", 1), ("inflation", 0), ("order_value", 1)):
        assert (getattr(market, name) == value).all()
    assert all(getattr(market, name) is None for name in market._field_defaults)
