"""Time zones of the site log."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mediagym.data.errors import DataError
from mediagym.data.exports import DataSettings
from mediagym.data.journeys.visits import read_visits

Make = Callable[..., DataSettings]
HEADER = "User Id,Website Landing Time,Is Converted,Source,Channel,Campaign Type\n"


def _log(folder: Path, *times: str) -> Path:
    rows = [f"{k:08x},{time},0,google,paid,YouTube\n" for k, time in enumerate(times)]
    path = folder / "website-landings.csv"
    path.write_text(HEADER + "".join(rows))
    return path


def _times(frame: pd.DataFrame) -> list[str]:
    return [str(time) for time in frame["Website Landing Time"]]


def test_times_in_utc_become_those_of_the_account(tmp_path: Path, data_settings: Make) -> None:
    path = _log(tmp_path, "2024-01-05T23:30:00Z", "2024-04-05 21:59:59Z", "2024-04-05T22:00:00.5Z")
    frame, notes = read_visits(path, data_settings(tmp_path, timezone="Europe/Berlin"))
    assert _times(frame) == ["2024-01-06 00:30:00", "2024-04-05 23:59:59", "2024-04-06 00:00:00"]
    (note,) = [note for note in notes if "Europe/Berlin" in note]
    assert "'2024-01-05T23:30:00Z' as 2024-01-06 00:30:00" in note


def test_times_in_utc_need_the_time_zone_of_the_account(
    tmp_path: Path, data_settings: Make
) -> None:
    path = _log(tmp_path, "2024-01-05T23:30:00Z", "2024-01-06T01:00:00Z")
    with pytest.raises(DataError, match=r"row 2.*2024-01-05T23:30:00Z.*Setting: data\.timezone"):
        read_visits(path, data_settings(tmp_path))


def test_an_account_in_utc_takes_them_as_they_are(tmp_path: Path, data_settings: Make) -> None:
    path = _log(tmp_path, "2024-01-05T23:30:00Z", "2024-01-06T01:00:00Z")
    frame, _ = read_visits(path, data_settings(tmp_path, timezone="UTC"))
    assert _times(frame) == ["2024-01-05 23:30:00", "2024-01-06 01:00:00"]


def test_times_without_a_zone_are_local_whatever_the_account_has(
    tmp_path: Path, data_settings: Make
) -> None:
    path = _log(tmp_path, "2024-01-05 23:30:00", "2024-01-06 01:00:00")
    frame, notes = read_visits(path, data_settings(tmp_path, timezone="Europe/Berlin"))
    assert _times(frame) == ["2024-01-05 23:30:00", "2024-01-06 01:00:00"]
    assert not any("Berlin" in note for note in notes)
