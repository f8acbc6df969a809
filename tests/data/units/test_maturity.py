"""Last days whose conversions are not complete: how much of each is taken as reported."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from helpers.small_exports import settings_for, write_csv

from mediagym.data.formats import formats
from mediagym.data.history import History
from mediagym.data.units import load_history
from mediagym.data.units.curves import COMPLETE, LONGEST, lag_days, usual_curve

HEADER = ["Day", "Campaign", "Impr.", "Clicks", "Currency code", "Cost", "Conversions"]
START = np.datetime64("2025-01-01")
DAYS = 150


def clicks_of(rng: np.random.Generator, days: int, level: float) -> np.ndarray:
    """(days, 2) clicks with a weekly cycle."""
    weekday = np.array([1.1, 1.1, 1.0, 1.0, 1.0, 0.8, 0.8])[np.arange(days) % 7]
    return rng.poisson(level * np.outer(weekday, [1.0, 0.5]))


def finals(seed: int, level: float = 1500.0) -> tuple[np.ndarray, np.ndarray]:
    """Clicks and final conversions of two campaigns, (DAYS, 2) each, one in thirty converts."""
    rng = np.random.default_rng(seed)
    clicks = clicks_of(rng, DAYS, level)
    return clicks, rng.poisson(clicks / 30)


def thinned(conversions: np.ndarray, shares: np.ndarray, seed: int) -> np.ndarray:
    """Conversions of which each is reported with the share of its day's age."""
    reported = np.ones(len(conversions))
    reported[len(conversions) - len(shares) :] = shares[::-1]
    return np.random.default_rng(seed).binomial(conversions, reported[:, None])


def export(folder: Path, clicks: np.ndarray, conversions: np.ndarray) -> Path:
    """Folder with one export of Google Ads; $2 per click."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        [START + day, name, clicks[day, k] * 20, clicks[day, k], "USD", clicks[day, k] * 2,
         conversions[day, k]]
        for day in range(len(clicks))
        for k, name in enumerate(("Brand", "Generic"))
    ]  # fmt: skip
    write_csv(folder / "google.csv", HEADER, rows)
    return folder


def load(folder: Path, **changes: object) -> History:
    return load_history(settings_for(folder, unit="campaign", **changes))


@pytest.mark.parametrize("seed", range(4))
def test_a_known_lag_is_recovered_without_any_other_export(tmp_path, seed: int) -> None:
    clicks, conversions = finals(seed, level=6000.0)
    usual = usual_curve("google").shares
    history = load(export(tmp_path, clicks, thinned(conversions, usual, seed)))
    assert history.complete is not None
    assert history.complete.shape == (DAYS, 2)
    shares = history.complete[::-1][:LONGEST, 0]
    assert (history.complete[:, 1] == history.complete[:, 0]).all()
    np.testing.assert_allclose(shares, np.where(usual < COMPLETE, usual, 1.0), atol=0.16)
    assert shares[0] < 0.82
    assert (np.diff(shares) >= 0).all()
    note = next(note for note in history.notes if "% reported" in note)
    assert note.startswith("google: the last ")
    assert note.endswith(" % reported (by the platform's usual delay).")
    assert "WARNING" not in "".join(history.notes)


def test_a_complete_export_is_left_alone(tmp_path) -> None:
    corrected = 0
    for seed in range(24):
        history = load(export(tmp_path, *finals(seed)))
        corrected += history.complete is not None
    assert corrected <= 2


def test_a_bad_week_is_no_lag(tmp_path) -> None:
    corrected = 0
    for seed in range(12):
        clicks, conversions = finals(seed)
        conversions = thinned(conversions, np.full(9, 0.75), seed)
        corrected += load(export(tmp_path, clicks, conversions)).complete is not None
    assert corrected <= 2


def test_days_left_out_by_hand_need_no_curve(tmp_path) -> None:
    clicks, conversions = finals(0, level=6000.0)
    reported = thinned(conversions, usual_curve("google").shares, 0)
    history = load(export(tmp_path, clicks, reported), incomplete_days=9, older_export="nowhere")
    assert history.complete is None
    assert len(history.dates) == DAYS - 9
    assert any("older export was not read" in note for note in history.notes)


def test_a_shortfall_that_the_curve_does_not_explain_is_warned_of(tmp_path) -> None:
    clicks, conversions = finals(0)
    shares = np.linspace(0.1, 0.82, 7)[::-1]  # as no platform reports: the youngest day has most
    history = load(export(tmp_path, clicks, thinned(conversions, shares, 0)))
    warning = next(note for note in history.notes if "WARNING" in note)
    assert "google: WARNING, the last 7 days" in warning
    assert "data.incomplete_days=7" in warning


def test_ages_count_from_the_last_day_of_the_channels_own_export(tmp_path) -> None:
    clicks, conversions = finals(0, level=6000.0)
    export(tmp_path, clicks, thinned(conversions, usual_curve("google").shares, 0))
    rows = [(START + day, "Any", 500, 50, 100.0, 5) for day in range(DAYS + 6)]
    header = ["Day", "Campaign name", "Impressions", "Link clicks", "Amount spent (USD)", "Results"]
    write_csv(tmp_path / "meta.csv", header, rows)
    history = load(tmp_path)
    assert history.complete is not None
    assert history.names[0] == "google/Brand"
    assert (history.complete[DAYS:, 0] == 1).all()
    assert history.complete[DAYS - 1, 0] == history.complete[:, 0].min() < 0.82
    assert (history.complete[:, 2] == 1).all()


def test_a_window_keeps_the_shares_of_todays_export(tmp_path) -> None:
    clicks, conversions = finals(0, level=6000.0)
    history = load(export(tmp_path, clicks, thinned(conversions, usual_curve("google").shares, 0)))
    assert history.complete is not None
    assert history.window(None, -LONGEST).complete is None
    assert history.window("2025-01-10", START + DAYS - 15).complete is None
    part = history.window(100)
    assert part.complete is not None
    np.testing.assert_array_equal(part.complete, history.complete[100:])


def test_only_shares_that_are_known_change_the_fingerprint(tmp_path) -> None:
    history = load(export(tmp_path, *finals(0)))
    shape = history.spend.shape
    assert history.complete is None
    known = [dataclasses.replace(history, complete=np.full(shape, share)) for share in (0.5, 0.9)]
    assert len({each.fingerprint() for each in (history, *known)}) == 3
    for wrong in (np.full(shape, 0.0), np.full(shape, 1.1), np.ones(3)):
        with pytest.raises(ValueError, match=r"History\.complete"):
            dataclasses.replace(history, complete=wrong)


@pytest.mark.parametrize("channel", ["google", "meta", "some podcast"])
def test_the_usual_curve_rises_to_one(channel: str) -> None:
    shares = usual_curve(channel).shares
    assert shares.shape == (LONGEST,)
    assert 0.5 < shares[0] < 0.9
    assert (np.diff(shares) > 0).all()


def test_every_platform_reports_nearly_all_within_its_lag() -> None:
    for form in formats():
        assert usual_curve(form.platform).shares[form.lag_days] >= 0.95, form.platform


def test_the_lag_is_that_of_the_platform() -> None:
    assert lag_days("google") == 7
    assert lag_days("some podcast") == 7
    assert lag_days("apple_search_ads") == 3
