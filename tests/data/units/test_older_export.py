"""Maturity learnt from an older export of the same accounts."""

from pathlib import Path

import numpy as np
import pytest
from helpers.small_exports import settings_for, write_csv

from mediagym.data.errors import DataError
from mediagym.data.history import History
from mediagym.data.units import load_history
from mediagym.data.units.curves import usual_curve

HEADER = ["Day", "Campaign", "Impr.", "Clicks", "Currency code", "Cost", "Conversions"]
START = np.datetime64("2025-01-01")
DAYS, GAP = 120, 10
CLICKS = np.random.default_rng(0).poisson(9000.0, (DAYS + GAP, 2))
FINAL = np.full((DAYS + GAP, 2), 1000)
LAG = np.array([0.3, 0.5, 0.7, 0.8, 0.9, 0.95])  # share by age, far from the usual curve


def reported(days: int, shares: np.ndarray = LAG) -> np.ndarray:
    """Conversions of the first days, as an export that ends with them has them."""
    found = FINAL[:days].astype(float)
    found[days - len(shares) :] *= shares[::-1, None]
    return found


def export(folder: Path, conversions: np.ndarray, *, first: int = 0, code: str = "USD",
           cpc: tuple[float, float] = (2.0, 2.0)) -> Path:  # fmt: skip
    """Folder with one export of Google Ads from day `first` on."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        [START + day, name, CLICKS[day, k] * 20, CLICKS[day, k], code, CLICKS[day, k] * cpc[k],
         conversions[day, k]]
        for day in range(first, len(conversions))
        for k, name in enumerate(("Brand", "Generic"))
    ]  # fmt: skip
    write_csv(folder / "google.csv", HEADER, rows)
    return folder


def load(now: Path, older: Path | str) -> History:
    return load_history(settings_for(now, unit="campaign", older_export=str(older)))


@pytest.mark.parametrize("gap", [1, 3, GAP])
@pytest.mark.parametrize("first", [0, 60])
def test_an_older_export_gives_the_shares_exactly(tmp_path, gap: int, first: int) -> None:
    older = export(tmp_path / "older", reported(DAYS), first=first)
    history = load(export(tmp_path / "now", reported(DAYS + gap)), older)
    assert history.complete is not None
    np.testing.assert_allclose(history.complete[::-1][: len(LAG), 0], LAG, atol=0.01)
    assert (history.complete[: -len(LAG)] == 1).all()
    note = "google: the last 6 days are taken as 30 to 95 % reported (learnt from an older export)."
    assert note in history.notes
    assert "WARNING" not in "".join(history.notes)


def test_a_few_conversions_leave_the_usual_curve_nearly_as_it_is(tmp_path) -> None:
    older = export(tmp_path / "older", reported(DAYS) / 4000)
    history = load(export(tmp_path / "now", reported(DAYS + GAP) / 4000), older)
    assert history.complete is not None
    usual = usual_curve("google").shares
    assert abs(history.complete[-1, 0] - usual[0]) < 0.05


def test_a_current_export_that_is_final_is_not_corrected(tmp_path) -> None:
    older = export(tmp_path / "older", reported(DAYS))
    history = load(export(tmp_path / "now", FINAL[:DAYS].astype(float)), older)
    assert history.complete is None
    later = load(export(tmp_path / "later", FINAL.astype(float)), older)
    assert later.complete is None


def test_conversions_that_never_come_late_are_learnt_too(tmp_path) -> None:
    older = export(tmp_path / "older", FINAL[:DAYS].astype(float))
    history = load(export(tmp_path / "now", FINAL.astype(float)), older)
    assert history.complete is None
    assert "google: the last days are taken as complete (learnt from an older export)." in (
        history.notes
    )


def test_a_last_day_that_the_older_export_has_in_part_is_compared_at_equal_spend(tmp_path) -> None:
    half = reported(DAYS)
    half[-1] /= 2
    older = export(tmp_path / "older", half)
    lines = (older / "google.csv").read_text().splitlines()
    cut = [line.split(",") for line in lines[-2:]]
    for cells in cut:
        cells[5] = str(float(cells[5]) / 2)
    (older / "google.csv").write_text("\n".join([*lines[:-2], *map(",".join, cut)]) + "\n")
    history = load(export(tmp_path / "now", reported(DAYS + GAP)), older)
    assert history.complete is not None
    assert history.complete[-1, 0] == pytest.approx(LAG[0], abs=0.01)


@pytest.mark.parametrize(
    ("older", "message"),
    [
        ({"code": "EUR"}, "amounts are in EUR, and in the exports of data.path in USD"),
        ({"cpc": (2.2, 2.2)}, r"google spent [\d,.]+ on the last days.*differ by at most 5 %"),
        ({"cpc": (2.4, 1.6)}, r"google/Brand spent"),
    ],
)
def test_an_export_of_another_account_is_refused(tmp_path, older: dict, message: str) -> None:
    other = export(tmp_path / "older", reported(DAYS), **older)
    with pytest.raises(DataError, match=message) as error:
        load(export(tmp_path / "now", reported(DAYS + GAP)), other)
    assert "To fix: set data.older_export to an export of the same accounts" in str(error.value)


def test_spends_within_five_percent_are_those_of_one_account(tmp_path) -> None:
    older = export(tmp_path / "older", reported(DAYS), cpc=(2.06, 2.06))
    assert load(export(tmp_path / "now", reported(DAYS + GAP)), older).complete is not None


def test_exports_without_days_in_common_are_refused(tmp_path) -> None:
    older = export(tmp_path / "older", reported(40))
    now = export(tmp_path / "now", reported(DAYS), first=40)
    with pytest.raises(DataError, match=r"2025-01-01 to 2025-02-09.*no days.*in common"):
        load(now, older)


def test_an_export_that_is_not_older_is_refused(tmp_path) -> None:
    early, late = export(tmp_path / "a", reported(DAYS)), export(tmp_path / "b", reported(DAYS + 3))
    with pytest.raises(DataError, match="To fix: exchange the two"):
        load(early, late)
    final = export(tmp_path / "c", FINAL[:DAYS].astype(float))
    with pytest.raises(DataError, match=r"google has .* conversions.*To fix: exchange the two"):
        load(early, final)
    with pytest.raises(DataError, match="counted at two times"):
        load(early, early)


def test_a_path_that_does_not_exist_is_named_by_its_key(tmp_path) -> None:
    now = export(tmp_path / "now", reported(DAYS))
    with pytest.raises(DataError, match=r"there is no such file or folder.*data\.older_export"):
        load(now, tmp_path / "none")
    with pytest.raises(DataError, match="there is no such file or folder"):
        load(now, "x" * 3000)
