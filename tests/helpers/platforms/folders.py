"""Folders of several exports: a file per month, overlapping exports, names that say nothing."""

from collections.abc import Sequence
from datetime import date

from .google_ui import ENGLISH_UI, columns_of, report
from .market import DAYS, Expected, FolderCase, Row, expect, rows_of
from .meta import DAILY
from .microsoft import API
from .writing import constant, grid, utf8, utf16, zipped

JANUARY, FEBRUARY, MARCH = (tuple(day for day in DAYS if day.month == n) for n in (1, 2, 3))
THREE = ("google", "meta", "microsoft")


def write(platform: str, rows: Sequence[Row]) -> bytes:
    """Rows in their platform's own export; none names a currency that another does not share."""
    rows = list(rows)
    if platform == "google":
        first, last = (f"{day:%B} {day.day}, {day.year}" for day in (rows[0].day, rows[-1].day))
        return utf8(report(ENGLISH_UI, rows, period=f"{first} - {last}"))
    columns = list(DAILY if platform == "meta" else API)
    if platform == "meta":
        columns = [(heading.replace("EUR", "USD"), cell) for heading, cell in columns]
    else:
        columns[6] = ("CurrencyCode", constant("USD"))
    return utf8(grid(columns, rows))


def merged(platforms: Sequence[str]) -> Expected:
    """All rows of platforms, in dollars."""
    return expect(" ".join(platforms), [r for p in platforms for r in rows_of(p)], "USD")


def monthly() -> FolderCase:
    """One file per month and platform, as scheduled reports arrive."""
    files = {
        f"{platform}_2025-{month[0].month:02}.csv": write(platform, rows_of(platform, 1, month))
        for platform in THREE
        for month in (JANUARY, FEBRUARY, MARCH)
    }
    return FolderCase("monthly", files, merged(THREE))


def overlap(*, equal: bool) -> FolderCase:
    """January and February, then February and March; February is corrected in the second."""
    earlier = rows_of("google", 1, (*JANUARY, *FEBRUARY))
    later = rows_of("google", 1, (*FEBRUARY, *MARCH))
    if not equal:
        later = [
            row._replace(conversions=row.conversions + 100) if row.day.month == 2 else row
            for row in later
        ]
    files = {"q1 a.csv": write("google", earlier), "q1 b.csv": write("google", later)}
    if equal:
        return FolderCase("overlap-equal", files, merged(("google",)))
    return FolderCase("overlap-different", files, None, "overlap")


def copied() -> FolderCase:
    """The same download twice, once in Excel's encoding."""
    table = report(ENGLISH_UI, rows_of("google"))
    files = {"Campaign report.csv": utf8(table), "Campaign report (1).csv": utf16(table)}
    return FolderCase("copied", files, merged(("google",)))


def any_names() -> FolderCase:
    """Three platforms, names as browsers give them."""
    names = dict(zip(THREE, ("report (1).csv", "Untitled.csv", "8a1f0c3e.csv"), strict=True))
    files = {names[platform]: write(platform, rows_of(platform)) for platform in THREE}
    return FolderCase("any-names", files, merged(THREE))


def archive() -> FolderCase:
    """One zip archive of three platforms' files."""
    files = {f"{platform}.csv": write(platform, rows_of(platform)) for platform in THREE}
    return FolderCase("archive", {"exports.zip": zipped(files)}, merged(THREE))


def accounts() -> FolderCase:
    """Two accounts with campaigns of the same names; both count."""
    files = {}
    columns = columns_of(ENGLISH_UI)
    for place, account in enumerate(("Shoes UK", "Shoes IE")):
        named = [columns[0], ("Account", constant(account)), *columns[1:]]
        rows = [row._replace(spend=row.spend * (place + 1)) for row in rows_of("google")]
        files[f"account {place + 1}.csv"] = utf8(grid(named, rows))
    once = merged(("google",))
    twice = {field: 2 * getattr(once, field) for field in ("impressions", "clicks")}
    twice |= {field: 2 * getattr(once, field) for field in ("conversions", "revenue")}
    rows = [r for n in (1, 2) for r in rows_of("google", n)]
    both = expect("google", rows)
    twice |= {"spend": both.spend, "moment": both.moment, "campaigns": 2 * once.campaigns}
    expected = once._replace(**twice)
    return FolderCase("two-accounts", files, expected)


def different_currencies() -> FolderCase:
    """Dollars on one platform, euros on another, no rates."""
    files = {
        "google.csv": write("google", rows_of("google")),
        "meta.csv": utf8(grid(DAILY, rows_of("meta"))),
    }
    return FolderCase("two-currencies", files, None, "currenc")


def other_period() -> FolderCase:
    """Platforms that do not run on the same days: each keeps its own."""
    google, meta = rows_of("google", 1, JANUARY), rows_of("meta", 1, (*FEBRUARY, *MARCH))
    files = {"a.csv": write("google", google), "b.csv": write("meta", meta)}
    expected = expect("google meta", [*google, *meta], "USD")
    assert (expected.first, expected.last) == (date(2025, 1, 1), date(2025, 3, 31))
    return FolderCase("other-periods", files, expected)


CASES = [
    monthly(),
    overlap(equal=True),
    overlap(equal=False),
    copied(),
    any_names(),
    archive(),
    accounts(),
    different_currencies(),
    other_period(),
]
