"""Malformed export folders: one small mutation of a valid folder for each known defect.

Tests run over all of them through the argument `malformed` (tests/conftest.py).
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

GOOGLE = "googleads-performance.csv"
META = "metaads-performance.csv"
MICROSOFT = "microsoftads-performance.csv"


class Mutation(NamedTuple):
    """A defect of an export folder, and fragments that the error message must contain."""

    name: str
    mutate: Callable[[Path], object]  # changes the folder of `write_exports` in place
    fragments: tuple[str, ...]  # all are in the message


def lines(edit: Callable[[list[str]], list[str]], file: str = GOOGLE) -> Callable[[Path], object]:
    """Mutation of the lines of one file (line 1 has index 0)."""

    def mutate(folder: Path) -> None:
        path = folder / file
        original = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(edit(original)) + "\n", encoding="utf-8")

    return mutate


def cell(row: int, column: str, value: str, file: str = GOOGLE) -> Callable[[Path], object]:
    """Mutation of one cell; rows are counted from 1."""

    def edit(text: list[str]) -> list[str]:
        cells = text[row - 1].split(",")
        cells[text[0].split(",").index(column)] = value
        return [*text[: row - 1], ",".join(cells), *text[row:]]

    return lines(edit, file)


def content(change: Callable[[bytes], bytes], file: str = GOOGLE) -> Callable[[Path], object]:
    """Mutation of the bytes of one file."""

    def mutate(folder: Path) -> None:
        path = folder / file
        path.write_bytes(change(path.read_bytes()))

    return mutate


def sequence(*mutations: Callable[[Path], object]) -> Callable[[Path], object]:
    """Several mutations in sequence."""

    def mutate(folder: Path) -> None:
        for each in mutations:
            each(folder)

    return mutate


def replaced(old: str, new: str, file: str = GOOGLE) -> Callable[[Path], object]:
    """Mutation that replaces a text everywhere in a file."""
    return lines(lambda text: [line.replace(old, new) for line in text], file)


def without(column: str, file: str = GOOGLE) -> Callable[[Path], object]:
    """Mutation that deletes a column."""

    def edit(text: list[str]) -> list[str]:
        at = text[0].split(",").index(column)
        rows = [line.split(",") for line in text]
        return [",".join(row[:at] + row[at + 1 :]) for row in rows]

    return lines(edit, file)


def added(name: str, value: str, file: str = GOOGLE) -> Callable[[Path], object]:
    """Mutation that appends a column."""
    return lines(lambda text: [f"{text[0]},{name}", *(f"{t},{value}" for t in text[1:])], file)


def dates(change: Callable[[str], str], file: str = GOOGLE) -> Callable[[Path], object]:
    """Mutation of every date of a file."""
    return lines(
        lambda text: [text[0], *(",".join([change(t[:10]), t[11:]]) for t in text[1:])], file
    )


def only_dates(predicate: Callable[[str], bool], file: str = GOOGLE) -> Callable[[Path], object]:
    """Mutation that deletes the rows for whose date the predicate is false."""
    return lines(lambda text: [text[0], *(t for t in text[1:] if predicate(t[:10]))], file)


def day_first(day: str) -> str:
    """2024-01-31 as 31-01-2024."""
    return f"{day[8:]}-{day[5:7]}-{day[:4]}"


def everywhere(
    make: Callable[..., Callable[[Path], object]], *args: object
) -> Callable[[Path], object]:
    """The same mutation of all three files."""
    return sequence(*(make(*args, file=file) for file in (GOOGLE, META, MICROSOFT)))


def directory(folder: Path) -> None:
    """A directory in place of a file."""
    (folder / GOOGLE).unlink()
    (folder / GOOGLE).mkdir()


def no_folder(folder: Path) -> None:
    """The folder is missing."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


HTML = b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n"

_TABLE: list[tuple[str, Callable[[Path], object], tuple[str, ...]]] = [
    ("missing date column", without("Date"), ("row 1", "Date")),
    ("duplicate column", added("cost", "1"), ("row 1", "cost", "5 and 8")),
    ("no header", lines(lambda text: text[1:]), ("row 1", "no column of date or of cost")),
    (
        "whole lines in quotes",
        lines(lambda text: [f'"{line}"' for line in text]),
        ("quotes around each whole line",),
    ),
    ("text in a number", cell(5, "Clicks", "many"), ("row 5", "Clicks", "'many'")),
    ("currency symbol", cell(7, "Cost", "$12.5"), ("row 7", "Cost", "currency")),
    ("currency code", cell(7, "Cost", "12.5 EUR"), ("row 7", "Cost", "currency")),
    ("percentage", cell(7, "Clicks", "12%"), ("row 7", "Clicks", "percentage")),
    ("negative cost", cell(4, "Cost", "-3.5"), ("row 4", "Cost", "negative")),
    (
        "negative conversions",
        cell(3, "Conversions", "-1", META),
        (META, "row 3", "Conversions", "negative"),
    ),
    ("NaN", cell(9, "Revenue", "NaN"), ("row 9", "Revenue", "'NaN'", "unknown")),
    ("dashes", cell(9, "Cost", "--"), ("row 9", "Cost", "'--'", "unknown")),
    ("broken formula", cell(9, "Cost", "#REF!"), ("row 9", "Cost", "#REF!")),
    ("infinite", cell(9, "Clicks", "inf"), ("row 9", "Clicks", "infinite")),
    ("1e400", cell(9, "Clicks", "1e400"), ("row 9", "Clicks", "1e400", "large")),
    ("underscore in a number", cell(9, "Clicks", "1_000"), ("row 9", "'1_000'")),
    ("other digits", cell(9, "Clicks", "١٢"), ("row 9", "Clicks", "not a number")),
    ("total row", lines(lambda t: [*t, "Total,,1,1,1,1,1"]), ("row 182", "totals")),
    (
        "mixed date formats",
        cell(11, "Date", "04-01-2024"),
        ("row 11", "Date", "04-01-2024", "2024-01-01"),
    ),
    ("mixed separators", cell(11, "Date", "2024/01/04"), ("row 11", "Date", "2024/01/04")),
    (
        "days and months swapped in some rows",
        sequence(dates(day_first, META), cell(40, "Date", "02-28-2024", META)),
        (META, "row 40", "Date", "02-28-2024"),
    ),
    ("impossible date", cell(8, "Date", "2024-02-30"), ("row 8", "2024-02-30")),
    ("blank date", cell(8, "Date", ""), ("row 8", "Date", "blank")),
    ("text date", cell(8, "Date", "Monday"), ("row 8", "Date", "'Monday'")),
    ("serial day number", cell(8, "Date", "45295"), ("row 8", "day number")),
    # Whole columns of day numbers or two-digit years are read: tests/data/exports/test_dates.py.
    ("two-digit year", cell(8, "Date", "03/01/24"), ("row 8", "two digits")),
    (
        "day first up to day 12, month first after it",
        dates(lambda day: day_first(day) if day[8:] <= "12" else f"{day[5:]}-{day[:4]}", META),
        (META, "Date", "another format"),
    ),
    ("weeks", dates(lambda day: f"{day[:4]}-W{day[8:]}"), ("row 2", "a week", "data.weekly")),
    ("months", dates(lambda day: day[:7]), ("row 2", "a month", "data.weekly")),
    (
        "time stamps of an unknown time zone",
        dates(lambda day: f"{day}T23:00:00Z"),
        ("row 2", "time stamp", "data.timezone"),
    ),
    (
        "midnights of an unknown time zone",
        dates(lambda day: f"{day} 23:00:00"),
        ("row 2", "time of day", "data.timezone"),
    ),
    (
        "ambiguous dates",
        sequence(only_dates(lambda day: day[8:] <= "12", META), dates(day_first, META)),
        (META, "Date", "data.date_format"),
    ),
    (
        "a campaign type that is damaged",
        content(lambda d: d.replace(b"YouTube", b"YouT\xfcbe", 1)),
        ("row 4", "'YouTübe'", "write 'YouTube'"),
    ),
    ("NUL byte", content(lambda d: d.replace(b"YouTube", b"You\0ube", 1)), ("row 4", "NUL")),
    ("empty file", content(lambda d: b""), ("empty",)),
    ("only line ends", content(lambda d: b"\n\n \n"), ("empty",)),
    ("header only", lines(lambda text: text[:1]), ("row 1", "no data")),
    (
        "misspelled campaign type",
        cell(6, "Campaign type", "Serch Network"),
        ("row 6", "Campaign type", "write 'Search Network'"),
    ),
    (
        "non-overlapping channels",
        dates(lambda day: "2020" + day[4:], META),
        (META, "2020-01-01", "overlap", "google"),
    ),
    # Thousands separators that fit all cells (1,234.5 or 1 234.5 among 656.3) are read since the
    # notation is inferred from the whole column: tests/data/exports/test_numbers.py.
    (
        "European thousands",
        cell(10, "Cost", '"1.234,5"'),
        ("row 10", "Cost", "1.234,5", "thousands"),
    ),
    ("misplaced separator", cell(10, "Cost", "1 23.5"), ("row 10", "Cost", "1 23.5")),
    ("decimal comma", cell(10, "Cost", '"234,5"'), ("row 10", "Cost", "234,5", "decimal comma")),
    ("bare decimal comma", cell(10, "Cost", "234,5"), ("row 10", "8 fields", "decimal comma")),
    (
        "truncated last line",
        content(lambda d: d[: d.rstrip().rfind(b",")]),
        ("row 181", "6 fields", "cut off"),
    ),
    (
        "truncated last cell",
        content(lambda d: d[: d.rstrip().rfind(b",") + 1]),
        ("row 181", "last cell", "cut off"),
    ),
    (
        "too many fields",
        lines(lambda text: [*text[:6], text[6] + ",5", *text[7:]]),
        ("row 7", "8 fields", "7"),
    ),
    (
        "too few fields",
        lines(lambda text: [*text[:6], "2024-01-02,YouTube", *text[7:]]),
        ("row 7", "2 fields", "7"),
    ),
    ("unbalanced quote", cell(6, "Campaign type", '"Search Network'), ("row 6", "quote")),
    ("text after a quote", cell(6, "Campaign type", '"Search" Network'), ("row 6", "quote")),
    (
        "an error under a quoted newline",
        sequence(
            cell(3, "Campaign type", '"Search\nNetwork"'),
            lines(lambda text: [line.replace("YouTube", "You Tubee") for line in text]),
        ),
        ("row 5", "You Tubee"),
    ),
    (
        "an error under blank lines",
        lines(lambda text: [text[0], "", "", *text[1:6], text[6].replace("YouTube", "You Tubee")]),
        ("row 9", "You Tubee"),
    ),
    ("no folder", no_folder, ("data.path", "no such folder")),
    ("year 80 years off", cell(20, "Date", "2104-01-07"), ("row 20", "Date", "2104-01-07", "year")),
    ("year one off", cell(20, "Date", "2023-01-07"), ("row 20", "2023-01-07")),
    (
        "one day of data",
        everywhere(only_dates, lambda day: day == "2024-01-05"),
        ("1 day", "28 days"),
    ),
    (
        "fewer than 28 days",
        everywhere(only_dates, lambda day: day <= "2024-01-27"),
        (META, "27 days", "28 days", "calibrate"),
    ),
    (
        "zero spend",
        lines(
            lambda text: [
                text[0],
                *(",".join([*t.split(",")[:4], "0", *t.split(",")[5:]]) for t in text[1:]),
            ]
        ),
        ("Cost", "sums to 0"),
    ),
    (
        "micros in a dollar column",
        cell(2, "Cost", "656300000"),
        ("row 2", "Cost", "micros"),
    ),
    ("amounts in a micros column", replaced("Cost", "Cost (micros)"), ("micros",)),
    ("web page", content(lambda d: HTML), ("web page",)),
    ("workbook", content(lambda d: b"PK\x03\x04\x14\0\6\0"), ("damaged",)),
    ("old workbook", content(lambda d: b"\xd0\xcf\x11\xe0\xa1"), ("xls",)),
    ("compressed", content(lambda d: b"\x1f\x8b\x08\0"), ("damaged",)),
]

_NOT_IN_GOOGLE = (META, MICROSOFT, "data.path")  # first fragments if Google's file is valid
MUTATIONS = [
    Mutation(name, mutate, fragments if fragments[0] in _NOT_IN_GOOGLE else (GOOGLE, *fragments))
    for name, mutate, fragments in _TABLE
]
