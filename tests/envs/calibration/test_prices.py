import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mediagym.data.history import OBSERVED, Campaign, History
from mediagym.envs.calibration.prices import draw_prices, truncated_normal
from mediagym.envs.calibration.priors import Range

PRIOR = Range(low=0.05, high=0.35)
DAYS, DRAWS = 300, 2000
TRUTH = {"cpc": 2.0, "inflation": 0.2, "price_sd": 0.1, "rate": 0.02, "value": 80.0, "sd": 0.3}


@pytest.fixture
def priced():
    """Makes a history with known prices and no missing data."""

    def make(days=DAYS, seed=0, **replaced) -> History:
        rng = np.random.default_rng(seed)
        spend = 100 * np.exp(0.5 * rng.standard_normal((days, 1)))
        price = TRUTH["cpc"] * (spend / 100) ** TRUTH["inflation"]
        clicks = spend / price * np.exp(TRUTH["price_sd"] * rng.standard_normal(spend.shape))
        orders = rng.poisson(5, spend.shape).astype(float)
        value = TRUTH["value"] * np.exp(TRUTH["sd"] * rng.standard_normal(spend.shape))
        columns = {
            "spend": spend,
            "clicks": clicks,
            "impressions": clicks / TRUTH["rate"],
            "conversions": orders,
            "revenue": orders * value,
        }
        return History(
            dates=np.datetime64("2024-01-01") + np.arange(days),
            campaigns=(Campaign("google", "Search"),),
            presence=np.full(spend.shape, OBSERVED, np.int8),
            notes=(),
            **columns | {name: value + 0 * spend for name, value in replaced.items()},
        )

    return make


def draw(history, draws=DRAWS):
    return draw_prices(history, np.array([100.0]), PRIOR, draws, np.random.default_rng(1))


def test_known_prices_are_recovered(priced):
    prices = draw(priced())
    for name, truth, wide in (
        ("reference_cpc", TRUTH["cpc"], 0.03),
        ("inflation", TRUTH["inflation"], 0.03),
        ("order_value", TRUTH["value"] * np.exp(TRUTH["sd"] ** 2 / 2), 8),
    ):
        values = getattr(prices, name)[:, 0]
        assert abs(values.mean() - truth) < wide
        low, high = np.quantile(values, [0.001, 0.999])
        assert low < truth < high
    np.testing.assert_allclose(prices.price_sd, TRUTH["price_sd"], rtol=0.15)
    np.testing.assert_allclose(prices.click_rate, TRUTH["rate"], rtol=0.02)
    np.testing.assert_allclose(prices.order_value_sd, TRUTH["sd"], rtol=0.15)


def test_more_days_narrow_the_prices(priced):
    few, many = (draw(priced(days)) for days in (28, 600))
    for name in ("reference_cpc", "inflation", "order_value"):
        assert getattr(many, name).std() < getattr(few, name).std()


@pytest.mark.parametrize(
    "replaced",
    [
        {"spend": 0, "clicks": 0, "impressions": 0, "conversions": 0, "revenue": 0},
        {"clicks": 0, "impressions": 0},
        {"impressions": 0},
        {"conversions": 0, "revenue": 0},
        {"revenue": 0},
        {"spend": np.nan, "clicks": np.nan, "impressions": np.nan}
        | {"conversions": np.nan, "revenue": np.nan},
        {"spend": 50.0},
        {"conversions": 0.3},
    ],
)
def test_prices_are_possible_whatever_data_are_missing(priced, replaced):
    prices = draw(priced(40, **replaced), 200)
    for field in prices:
        assert field.shape == (200, 1)
        assert np.isfinite(field).all()
        assert (field >= 0).all()
    assert (prices.reference_cpc > 0).all()
    assert ((prices.click_rate > 0) & (prices.click_rate <= 1)).all()
    assert ((prices.inflation >= PRIOR.low) & (prices.inflation <= PRIOR.high)).all()


def test_a_constant_spend_leaves_the_prior_of_inflation(priced):
    history = priced(clicks=40.0, spend=100.0)
    noisy = dataclasses.replace(
        history, clicks=40 * np.exp(0.1 * np.random.default_rng(2).standard_normal((DAYS, 1)))
    )
    inflation = draw(noisy).inflation[:, 0]
    uniform = stats.uniform(PRIOR.low, PRIOR.high - PRIOR.low)
    assert stats.kstest(inflation, uniform.cdf).statistic < 0.05


@given(st.floats(-50, 50), st.floats(1e-3, 100))
def test_a_truncated_normal_stays_within_its_bounds(mean, sd):
    drawn = truncated_normal(mean, sd, 0.0, 1.0, np.random.default_rng(3).random(500))
    assert ((drawn >= 0) & (drawn <= 1)).all()


def test_a_truncated_normal_has_its_distribution():
    drawn = truncated_normal(0.3, 0.4, 0.0, 1.0, np.random.default_rng(4).random(20_000))
    exact = stats.truncnorm(-0.75, 1.75, 0.3, 0.4)
    assert stats.kstest(drawn, exact.cdf).statistic < 0.012
