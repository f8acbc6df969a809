"""Millionths, currencies and rates."""

from pathlib import Path

import pytest
from helpers.small_exports import DAYS, read, spend, write_csv

from mediagym.data.errors import ConfigError, DataError

HEADER = ["Date", "Channel", "Currency", "Cost", "Impressions", "Clicks", "Conversions"]


def table(currency: str = "", factor: float = 1.0, channel: str = "google") -> list[list[object]]:
    return [
        [day, channel, currency, round((10 + at) * factor, 2), 1000, 5 + at, 1]
        for at, day in enumerate(DAYS)
    ]


TRUE_SPEND = sum(10 + at for at in range(30))


def test_a_currency_is_kept(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, table("EUR"))
    assert read(tmp_path).currency == "EUR"


def test_two_currencies_need_rates(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, table("EUR"))
    write_csv(tmp_path / "b.csv", HEADER, table("USD", channel="meta"))
    with pytest.raises(DataError, match=r"EUR \(a\.csv\) and USD \(b\.csv\).*exchange_rates"):
        read(tmp_path)
    records = read(tmp_path, currency="EUR", exchange_rates={"USD": 0.5})
    assert records.currency == "EUR"
    assert spend(records) == 1.5 * TRUE_SPEND
    with pytest.raises(DataError, match=r"Setting: data\.currency=EUR .*USD: RATE"):
        read(tmp_path, currency="EUR", exchange_rates={"GBP": 2})


def test_a_currency_that_no_file_has_is_refused(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, table("EUR"))
    with pytest.raises(DataError, match=r"but USD was given"):
        read(tmp_path, currency="USD")


def test_a_file_without_a_currency_takes_that_of_the_others_with_a_warning(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, table("EUR"))
    write_csv(tmp_path / "b.csv", HEADER, table("", channel="meta"))
    records = read(tmp_path)
    assert records.currency == "EUR"
    assert any("b.csv: WARNING, no currency is named; taken as EUR" in n for n in records.notes)


def test_a_dear_currency_is_no_micros(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, table("VND", 25_000.5))
    records = read(tmp_path)
    assert spend(records) == sum(round((10 + at) * 25_000.5, 2) for at in range(30))


def test_micros_that_nothing_declares_are_refused_and_a_key_settles_it(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", HEADER, table("", 1e6))
    with pytest.raises(DataError, match=r"seems to be in micros.*data\.cost_in_micros"):
        read(tmp_path)
    assert spend(read(tmp_path, cost_in_micros=["google"])) == TRUE_SPEND
    with pytest.raises(ConfigError, match=r"data\.cost_in_micros: 'gogle'"):
        read(tmp_path, cost_in_micros=["google", "gogle"])


def test_one_cell_in_micros_is_refused(tmp_path: Path) -> None:
    rows = table()
    rows[4][3] = 14_000_000
    write_csv(tmp_path / "a.csv", HEADER, rows)
    with pytest.raises(DataError, match=r"row 6, column Cost.*micros"):
        read(tmp_path)


def test_a_count_in_the_wrong_column_is_refused(tmp_path: Path) -> None:
    rows = [row for k in range(5) for row in table(channel=f"c{k}")]
    rows[7][4] = 12.34
    write_csv(tmp_path / "a.csv", HEADER, rows)
    with pytest.raises(DataError, match=r"row 9, column Impressions: 12\.34 is not a whole number"):
        read(tmp_path)


def test_a_blank_among_a_platforms_numbers_is_refused_and_a_platform_without_them_is_not(
    tmp_path: Path,
) -> None:
    rows = [*table(), *table(channel="meta")]
    for row in rows[30:]:
        row[6] = ""
    write_csv(tmp_path / "a.csv", HEADER, rows)
    frame = read(tmp_path).frame
    assert frame[frame["platform"] == "meta"]["conversions"].isna().all()
    assert frame[frame["platform"] == "google"]["conversions"].notna().all()
    rows[3][6] = ""
    write_csv(tmp_path / "a.csv", HEADER, rows)
    with pytest.raises(DataError, match=r"row 5, column Conversions: the cell is blank"):
        read(tmp_path)
