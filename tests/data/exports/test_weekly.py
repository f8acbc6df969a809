"""Weeks are no days: refused, or spread with their sums kept."""

from pathlib import Path

import numpy as np
import pytest
from helpers.small_exports import read, write_csv

from mediagym.data.errors import DataError

HEADER = ["Date", "Channel", "Cost", "Impressions", "Clicks", "Conversions", "Revenue"]
MONDAYS = np.arange(np.datetime64("2025-01-06"), np.datetime64("2025-07-01"), 7)


def weeks() -> list[list[object]]:
    return [
        [str(day), "google", 700 + at, 7000, 70 + at, 20.5 + at, 1000 + at]
        for at, day in enumerate(MONDAYS)
    ]


def test_weekly_rows_are_refused_by_name(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, weeks())
    with pytest.raises(DataError, match=r"the rows of google are weekly.*data\.weekly=spread"):
        read(tmp_path)


@pytest.mark.parametrize(("heading", "shift"), [("Date", 0), ("Week", 0), ("Week ending", 6)])
def test_spread_weeks_keep_their_sums_and_their_days(
    tmp_path: Path, heading: str, shift: int
) -> None:
    table = weeks()
    for row, day in zip(table, MONDAYS, strict=True):
        row[0] = str(day + shift)
    write_csv(tmp_path / "a.csv", [heading, *HEADER[1:]], table)
    records = read(tmp_path, weekly="spread", columns={} if shift == 0 else {"week": heading})
    days = records.days
    assert days.min() == MONDAYS[0]
    assert len(np.unique(days)) == 7 * len(MONDAYS) == len(days)
    for at, day in enumerate(MONDAYS):
        week = records.frame[(days >= day) & (days < day + 7)]
        np.testing.assert_allclose(week["spend"], (700 + at) / 7)
        assert week["conversions"].sum() == pytest.approx(20.5 + at)
        assert week["revenue"].sum() == pytest.approx(1000 + at)
    assert any("WARNING, weekly rows" in note for note in records.notes)
    again = read(tmp_path, weekly="spread", columns={} if shift == 0 else {"week": heading})
    assert again.frame.equals(records.frame)


def test_spread_conversions_vary_as_counts_do(tmp_path: Path) -> None:
    """Even parts would make a model too certain: the variance of a day is about its mean."""
    table = [[*row[:5], 140, 0] for row in weeks()]
    write_csv(tmp_path / "a.csv", HEADER, table)
    counts = read(tmp_path, weekly="spread").frame["conversions"].to_numpy()
    assert 0.5 < counts.var() / counts.mean() < 1.4


def test_monthly_rows_are_refused(tmp_path: Path) -> None:
    months = [f"{year}-{month:02d}-01" for year in (2023, 2024) for month in range(1, 13)]
    write_csv(tmp_path / "a.csv", HEADER, [[m, "google", 100, 1000, 10, 1, 5] for m in months])
    with pytest.raises(DataError, match="monthly"):
        read(tmp_path, weekly="spread")
