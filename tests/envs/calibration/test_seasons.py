"""A history of two years: seasons and events from the calibration to a forecast."""

import dataclasses

import numpy as np
import pytest
from helpers.histories import structured_history

from mediagym.envs.calibration import (
    calibrate,
    load_posterior,
    predict,
    save_posterior,
    update,
)

DAYS = 740
FEW = {"particles": 64, "mcmc_steps": 1, "final_mcmc_steps": 1, "draws": 64, "held_out": 16}


@pytest.fixture(scope="module")
def settings(calibration_settings):
    few = dict(list(calibration_settings.structures.items())[:2])
    return calibration_settings.model_copy(update={**FEW, "structures": few})


@pytest.fixture(scope="module")
def waved():
    """Two years with a high every January."""
    wave = 0.5 * np.cos(2 * np.pi * np.arange(DAYS) / 365.25)
    history = structured_history(0, DAYS, factor=np.exp(wave)[:, None])
    return dataclasses.replace(history, spend=history.spend.copy())


@pytest.fixture(scope="module")
def seasonal(waved, priors, settings):
    return calibrate(waved.window(None, DAYS - 7), priors, settings)


def test_structures_with_a_season_win_and_have_a_calendar(seasonal, settings):
    weights = seasonal.report["structures"]["weights"]
    assert set(weights) == {name + end for name in settings.structures for end in ("", ", season")}
    assert sum(weight for name, weight in weights.items() if "season" in name) > 0.6
    assert seasonal.market.calendar.shape == (64, 400, 1)
    assert np.isfinite(seasonal.market.calendar).all()


def test_the_calendar_knows_the_wave_of_the_year(seasonal):
    """In July a factor of exp(-1) below December, in rows that are found by the date."""
    first = seasonal.state.day
    days = first + np.arange(360)
    drawn = seasonal.market.calendar[:, days % 400, 0].mean(0)
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    july, december = (
        drawn[months == np.datetime64(month)].mean() for month in ("2026-07", "2026-12")
    )
    assert july - december == pytest.approx(-1, abs=0.3)


def test_a_forecast_follows_the_season(seasonal):
    spend = np.full((150, 3), 200.0)
    forecast = predict(seasonal, spend, 1).expected.sum(2).mean(0)
    assert forecast[120:150].mean() < 0.75 * forecast[:14].mean()  # June after January


def test_a_seasonal_posterior_is_saved_updated_and_saved(
    seasonal, waved, priors, settings, tmp_path
):
    save_posterior(seasonal, tmp_path / "a")
    loaded = load_posterior(tmp_path / "a")
    assert loaded.fingerprint() == seasonal.fingerprint()
    later = update(loaded, waved, priors, settings)
    assert later.state.day == seasonal.state.day + 7
    assert later.market.calendar.shape == seasonal.market.calendar.shape
    assert later.report["structures"]["names"] == seasonal.report["structures"]["names"]
    counts = [np.bincount(p.update_state.structure.astype(int)) for p in (seasonal, later)]
    assert np.array_equal(*counts)
    save_posterior(later, tmp_path / "b")
    assert load_posterior(tmp_path / "b").fingerprint() == later.fingerprint()
    mean, state = later.mean()
    assert mean.calendar.shape == (400, 1)
    assert state.demand.shape == (3,)


def test_draws_of_structures_without_a_season_have_an_empty_calendar(seasonal):
    names = seasonal.report["structures"]["names"]
    structure = seasonal.update_state.structure.astype(int)
    for number, name in enumerate(names):
        rows = seasonal.market.calendar[structure == number]
        assert rows.any() == ("season" in name)
