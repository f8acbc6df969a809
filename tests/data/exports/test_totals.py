"""Rows of totals: found by their sums, left out, and refused where they disagree."""

from pathlib import Path

import pytest
from helpers.small_exports import DAYS, read, spend, write_csv

from mediagym.data.errors import DataError

HEADER = ["Date", "Channel", "Campaign", "Device", "Cost", "Impressions", "Clicks", "Conversions"]


def rows(day: str, at: int, total: str | None, word: str = "") -> list[list[object]]:
    """Three rows of a day, and their sum under a label of the device."""
    parts: list[list[object]] = [
        [day, "google", "A", "Mobile", 10 + at, 1000 + at, 50, 2],
        [day, "google", "A", "Desktop", 20 + at, 2000, 60 + at, 1],
        [day, "google", "B", "Mobile", 5.5, 300, 7, 0],
    ]
    sums: list[object] = [round(35.5 + 2 * at, 2), 3300 + at, 117 + at, 3]
    return parts if total is None else [*parts, [day, "google", word, total, *sums]]


TRUE_SPEND = sum(35.5 + 2 * at for at in range(len(DAYS)))


@pytest.mark.parametrize("total", ["All devices", "", "Total", "Ｔｏｔａｌ", "Alle Geräte"])
def test_a_label_that_equals_the_sum_of_the_others_every_day_is_a_total(
    tmp_path: Path, total: str
) -> None:
    write_csv(
        tmp_path / "ads.csv", HEADER, [r for at, d in enumerate(DAYS) for r in rows(d, at, total)]
    )
    records = read(tmp_path)
    assert spend(records) == TRUE_SPEND
    assert any("30 rows left out (totals)" in note for note in records.notes)


def test_a_campaign_is_no_total_if_one_day_differs(tmp_path: Path) -> None:
    table = [r for at, d in enumerate(DAYS) for r in rows(d, at, "Tablet", "C")]
    table[3][4] = float(table[3][4]) + 1  # type: ignore[arg-type]
    write_csv(tmp_path / "ads.csv", HEADER, table)
    assert spend(read(tmp_path)) == 2 * TRUE_SPEND + 1


def test_two_equal_campaigns_are_no_totals(tmp_path: Path) -> None:
    """A total sums two rows at least; two campaigns may be twins."""
    table = [[d, "google", c, "", 10 + at, 100, 5, 1] for at, d in enumerate(DAYS) for c in "AB"]
    write_csv(tmp_path / "ads.csv", HEADER, table)
    assert spend(read(tmp_path)) == 2 * sum(10 + at for at in range(30))


def test_a_total_of_each_platform_is_a_total(tmp_path: Path) -> None:
    table = []
    for at, day in enumerate(DAYS):
        for channel in ("google", "meta"):
            table += [[day, channel, c, "", 10 + at, 100, 5, 1] for c in "AB"]
            table.append([day, channel, f"{channel} total", "", 20 + 2 * at, 200, 10, 2])
    write_csv(tmp_path / "ads.csv", HEADER, table)
    assert spend(read(tmp_path)) == 4 * sum(10 + at for at in range(30))


def test_a_row_that_says_total_and_is_none_is_refused(tmp_path: Path) -> None:
    table = [r for at, d in enumerate(DAYS) for r in rows(d, at, "Total")]
    table[7][4] = 999
    write_csv(tmp_path / "ads.csv", HEADER, table)
    with pytest.raises(DataError, match=r"'Total' marks a row of totals.*not the sum"):
        read(tmp_path)


@pytest.mark.parametrize("column", [4, 5, 6, 7])
def test_an_undated_total_is_checked_in_every_number(tmp_path: Path, column: int) -> None:
    table: list[list[object]] = [r for at, d in enumerate(DAYS) for r in rows(d, at, None)]
    sums: list[object] = [sum(float(row[c]) for row in table) for c in range(4, 8)]  # type: ignore[arg-type]
    write_csv(tmp_path / "ads.csv", HEADER, [*table, ["Total", "", "", "", *sums]])
    assert spend(read(tmp_path)) == TRUE_SPEND
    wrong = [*sums]
    wrong[column - 4] = 2 * float(wrong[column - 4])  # type: ignore[arg-type]
    write_csv(tmp_path / "ads.csv", HEADER, [*table, ["Total", "", "", "", *wrong]])
    with pytest.raises(DataError, match="the rows sum to"):
        read(tmp_path)


@pytest.mark.parametrize(
    "word", ["Total", "Ｔｏｔａｌ", "ＴＯＴＡＬ：", "合計", "All", "Ａｌｌ", "Tous"]
)
def test_a_word_for_totals_in_the_place_of_the_date_is_one_in_any_width(
    tmp_path: Path, word: str
) -> None:
    table = [r for at, d in enumerate(DAYS) for r in rows(d, at, None)]
    sums = [sum(float(str(row[place])) for row in table) for place in range(4, 8)]
    header = [HEADER[1], HEADER[0], *HEADER[2:]]  # so that the first cell says nothing
    data = [[row[1], row[0], *row[2:]] for row in table]
    write_csv(tmp_path / "ads.csv", header, [*data, ["google", word, "-", "-", *sums]])
    assert spend(read(tmp_path)) == TRUE_SPEND


def test_the_total_of_an_account_may_hold_more_and_is_warned_of(tmp_path: Path) -> None:
    table: list[list[object]] = [r for at, d in enumerate(DAYS) for r in rows(d, at, None)]
    write_csv(tmp_path / "ads.csv", HEADER, [*table, ["Total: Account", "", "", "", 5000, 1, 1, 1]])
    records = read(tmp_path)
    assert spend(records) == TRUE_SPEND
    assert any("WARNING, 'Total: Account'" in note for note in records.notes)


def test_a_subtotal_is_compared_with_the_rows_of_its_label(tmp_path: Path) -> None:
    table: list[list[object]] = [r for at, d in enumerate(DAYS) for r in rows(d, at, None)]
    of_b: list[object] = [5.5 * 30, 300 * 30, 7 * 30, 0]
    write_csv(tmp_path / "ads.csv", HEADER, [*table, ["Total: B", "", "", "", *of_b]])
    assert not any("WARNING, 'Total" in note for note in read(tmp_path).notes)


def test_a_row_without_a_date_that_is_no_total_is_refused(tmp_path: Path) -> None:
    table: list[list[object]] = [r for at, d in enumerate(DAYS) for r in rows(d, at, None)]
    table[5][0] = ""
    write_csv(tmp_path / "ads.csv", HEADER, table)
    with pytest.raises(DataError, match=r"row 7.*the date is blank"):
        read(tmp_path)
