"""Landings of a site log: counts, times, and the unit that is marked as converted."""

from pathlib import Path

import numpy as np
import pytest
from helpers.subjects.landing_logs import NAME, Make
from helpers.subjects.site_logs import HEADER, ROW, read, rewrite

from mediagym.data.errors import DataError
from mediagym.data.journeys import load_landings
from mediagym.data.units import load_history


def test_without_the_file_there_is_a_note_and_no_report(
    export_folder: Path, data_settings: Make
) -> None:
    settings = data_settings(export_folder)
    history = load_history(settings)
    assert load_landings(settings, history) is None
    assert any("no log of site landings" in note for note in history.notes)


@pytest.mark.parametrize(
    ("rows", "marked_unit", "share"),
    [
        (["a0", "a1", "b0", "b0"], "row", 0.5),
        (["a1", "a1", "b0", "b0", "c1"], "user", 1.0),
        (["a1", "b0", "b0"], None, None),
    ],
)
def test_the_marked_unit_is_inferred_from_converters_with_several_landings(
    rows: list[str], marked_unit: str | None, share: float | None, folder: Path, data_settings: Make
) -> None:
    lines = [f"0000000{r[0]},2024-01-05 10:00:00,{r[1]},google,paid,YouTube\n" for r in rows]
    (folder / NAME).write_text(HEADER + "".join(lines))
    report = read(folder, data_settings).report
    assert report.marked_unit == marked_unit
    assert np.isnan(report.converted_share) if share is None else report.converted_share == share


def test_one_time_in_utc_among_local_ones_is_refused(folder: Path, data_settings: Make) -> None:
    rewrite(folder, lambda text: text + ROW.replace("01:57:19", "01:57:19Z"))
    with pytest.raises(DataError, match=r"01:57:19Z.*has a time zone, and other rows have none"):
        read(folder, data_settings)


def test_times_of_mixed_formats_are_read_alike(folder: Path, data_settings: Make) -> None:
    clean = read(folder, data_settings).frame
    rewrite(folder, lambda text: text.replace(",2024-01-05 ", ",2024-01-05T"))
    assert read(folder, data_settings).frame.equals(clean)


def test_landings_of_another_period_are_an_error(folder: Path, data_settings: Make) -> None:
    rewrite(folder, lambda text: text.replace(",2024-", ",2020-"))
    with pytest.raises(DataError, match=f"{NAME}.*2024-01-01 to 2024-02-29.*2020-01-01"):
        read(folder, data_settings)


def test_times_just_after_midnight_are_noted_as_imputed(folder: Path, data_settings: Make) -> None:
    facebook = "".join(f"{n:08x},2024-01-05 00:00:{n:02d},0,facebook,paid,\n" for n in range(50))
    (folder / NAME).write_text(HEADER + ROW + facebook)
    report = read(folder, data_settings).report
    assert any("landings of meta lie just after midnight" in note for note in report.notes)
