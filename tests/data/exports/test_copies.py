"""Rows that say the same twice, within a file and across files."""

import os
from pathlib import Path

import pytest
from helpers.small_exports import DAYS, read, spend, write_csv

from mediagym.data.errors import DataError

HEADER = ["Date", "Channel", "Campaign", "Cost", "Impressions", "Clicks", "Conversions"]
TRUE_SPEND = 2 * sum(10 + at for at in range(30))


def table(factor: float = 1.0, days: list[str] = DAYS) -> list[list[object]]:
    return [
        [day, "google", campaign, (10 + DAYS.index(day)) * factor, 1000 + at, 50 + at, at % 3]
        for at, day in enumerate(days)
        for campaign in "AB"
    ]


def test_a_block_that_is_pasted_again_counts_once(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, [*table(), *table()[10:30]])
    records = read(tmp_path)
    assert spend(records) == TRUE_SPEND
    assert any("20 rows are equal to an earlier row" in note for note in records.notes)


@pytest.mark.parametrize("factor", [1.01, 1.5])
def test_a_corrected_export_below_the_first_is_refused(tmp_path: Path, factor: float) -> None:
    write_csv(tmp_path / "a.csv", HEADER, [*table(), *table(factor)])
    with pytest.raises(DataError, match="two versions of one export"):
        read(tmp_path)


def test_ads_without_names_are_summed_even_if_two_are_equal(tmp_path: Path) -> None:
    ads = [
        [d, "google", "A", 1 + at % 4, 10 * k, k, 0] for at, d in enumerate(DAYS) for k in (1, 5)
    ]
    ads += [ads[4], ads[20]]  # equal by chance
    write_csv(tmp_path / "a.csv", HEADER, ads)
    records = read(tmp_path)
    assert spend(records) == sum(float(row[3]) for row in ads)  # type: ignore[arg-type]
    assert any("WARNING, 2 rows are equal" in note for note in records.notes)


def test_exports_that_overlap_count_once(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, table()[:40])
    write_csv(tmp_path / "b.csv", HEADER, table()[20:])
    records = read(tmp_path)
    assert spend(records) == TRUE_SPEND
    assert any("20 campaign-days are in several files; kept once" in n for n in records.notes)


def test_exports_that_differ_are_refused_or_settled_by_a_key(tmp_path: Path) -> None:
    older = write_csv(tmp_path / "z.csv", HEADER, table())
    newer = write_csv(tmp_path / "a.csv", HEADER, table(2.0))
    os.utime(older, (1_000, 1_000))
    os.utime(newer, (2_000, 2_000))
    with pytest.raises(DataError, match=r"the exports overlap and differ: google/A on 2025-01-01"):
        read(tmp_path)
    assert spend(read(tmp_path, overlaps="newest")) == 2 * TRUE_SPEND
    assert spend(read(tmp_path, overlaps="sum")) == 3 * TRUE_SPEND
    os.utime(older, (3_000, 3_000))
    assert spend(read(tmp_path, overlaps="newest")) == TRUE_SPEND


def test_the_same_money_at_two_levels_is_refused(tmp_path: Path) -> None:
    write_csv(tmp_path / "campaigns.csv", HEADER, table())
    typed = [[d, "google", 2 * (10 + at), 2000 + 2 * at, 1, 1] for at, d in enumerate(DAYS)]
    header = ["Date", "Channel", "Cost", "Impressions", "Clicks", "Conversions"]
    write_csv(tmp_path / "account.csv", header, typed)
    with pytest.raises(DataError, match="the same money twice"):
        read(tmp_path)
