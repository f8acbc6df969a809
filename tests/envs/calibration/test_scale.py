"""Calibrations of advertisers of any currency and any size."""

import dataclasses

import numpy as np
import pytest

from mediagym.data.forecasting import NAIVE_FORECASTS, days_needed
from mediagym.data.history import METRICS, Campaign, History
from mediagym.envs.calibration import calibrate


def in_units(history: History, factor: float) -> History:
    """The history with every amount in a currency of another value."""
    return dataclasses.replace(
        history, spend=factor * history.spend, revenue=factor * history.revenue
    )


def columns(history: History, index: list[int], names: list[str]) -> History:
    """Some campaigns of a history, possibly several times, as campaigns of a channel."""
    arrays = {name: getattr(history, name)[:, index] for name in (*METRICS, "presence")}
    campaigns = tuple(Campaign("google", name) for name in names)
    return dataclasses.replace(history, campaigns=campaigns, complete=None, **arrays)


def finite(posterior):
    fields = (*posterior.market, *posterior.state, *posterior.follow)
    return all(np.isfinite(field).all() for field in fields if field is not None)


@pytest.mark.parametrize("factor", [150.0, 0.003])
def test_a_change_of_currency_changes_amounts_alone(
    history, priors, calibration_settings, posterior, factor
):
    other = calibrate(in_units(history, factor), priors, calibration_settings)
    ours, theirs = (p.report["structures"]["weights"] for p in (posterior, other))
    assert list(ours) == list(theirs)
    np.testing.assert_allclose(list(theirs.values()), list(ours.values()), atol=1e-6)
    assert other.report["past"]["stack"] == pytest.approx(posterior.report["past"]["stack"])
    same = ("elasticity", "reference_conversions", "carryover", "slope", "level_sd", "weekday")
    for name in (*same, "inflation", "dispersion", "click_rate"):
        pair = getattr(other.market, name), getattr(posterior.market, name)
        np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-6, err_msg=name)
    for name in ("reference_spend", "reference_cpc", "order_value"):
        pair = getattr(other.market, name), factor * getattr(posterior.market, name)
        np.testing.assert_allclose(*pair, rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(other.state.level, posterior.state.level, atol=1e-4)
    np.testing.assert_allclose(other.state.stock, factor * posterior.state.stock, rtol=1e-6)


@pytest.mark.parametrize("factor", [150.0, 0.003])
@pytest.mark.parametrize("name", NAIVE_FORECASTS)
def test_a_change_of_currency_changes_no_naive_forecast(history, name, factor):
    forecast = NAIVE_FORECASTS[name]
    if days_needed(forecast) > len(history.dates):
        pytest.skip("the history is too short")
    spend = np.nan_to_num(history.spend[-14:])
    for metric, unit in (("conversions", 1.0), ("revenue", factor)):
        ours = forecast(history, spend, metric)
        theirs = forecast(in_units(history, factor), factor * spend, metric)
        np.testing.assert_allclose(theirs, unit * ours, rtol=1e-9)


def test_one_campaign_is_calibrated(history, priors, calibration_settings):
    one = calibrate(columns(history, [0], ["Search"]), priors, calibration_settings)
    assert finite(one)
    assert one.market.elasticity.shape == (calibration_settings.draws, 1)
    assert one.market.demand_kept is not None


def test_sixty_campaigns_are_calibrated(history, priors, calibration_settings):
    few = dict(list(calibration_settings.structures.items())[:2])
    settings = calibration_settings.model_copy(
        update={"structures": few, "draws": 32, "held_out": 8, "mcmc_steps": 1}
    )
    index = [k % 9 for k in range(60)]
    sixty = columns(history, index, [f"Campaign {k:02d}" for k in range(60)])
    posterior = calibrate(sixty, priors, settings)
    assert finite(posterior)
    assert posterior.market.elasticity.shape == (32, 60)
    assert sum(posterior.report["structures"]["weights"].values()) == pytest.approx(1)


@pytest.mark.parametrize("daily", [1.3, 3000.0])
def test_few_and_many_conversions_are_calibrated(history, priors, calibration_settings, daily):
    rng = np.random.default_rng(0)
    two = columns(history, [0, 2], ["Search", "Performance max"])
    mean = np.nan_to_num(two.conversions)
    mean = mean / mean.sum(1).mean() * daily
    conversions = np.where(np.isnan(two.conversions), np.nan, rng.poisson(mean))
    counted = dataclasses.replace(two, conversions=conversions)
    posterior = calibrate(counted, priors, calibration_settings)
    assert finite(posterior)
    now = posterior.market.reference_conversions * np.exp(posterior.state.level)
    ratio = now.mean(0).sum() / np.nansum(conversions[-28:], 1).mean()
    assert 0.5 < ratio < 2


def nothing(history, *names):
    arrays = {name: 0 * getattr(history, name) for name in names}
    return dataclasses.replace(history, **arrays)


EDGES = {
    "four weeks": lambda history: history.window(None, 28),
    "eight weeks": lambda history: history.window(None, 56),
    "no conversions": lambda history: nothing(history, "conversions", "revenue"),
    "no spend": lambda history: nothing(history, *METRICS),
    "a day of millions": lambda history: dataclasses.replace(
        history, conversions=history.conversions + 1e6 * (np.arange(150) == 100)[:, None]
    ),
}


@pytest.mark.parametrize("change", EDGES.values(), ids=EDGES)
def test_extreme_histories_give_finite_posteriors(history, priors, calibration_settings, change):
    posterior = calibrate(change(history), priors, calibration_settings)
    assert finite(posterior)
    assert sum(posterior.report["structures"]["weights"].values()) == pytest.approx(1)
