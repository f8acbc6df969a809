import datetime
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.errors import ConfigError, DataError
from mediagym.data.parsing import DateColumn, parse_days, time_zone
from mediagym.data.parsing.date_cells import MONTHS, WEEKDAYS, month_of, not_a_day, read_cell


def column(*cells: str) -> DateColumn:
    return DateColumn("f.csv", "Date", cells, range(2, 2 + len(cells)))


def formatted(day: np.datetime64, order: str, separator: str) -> str:
    year, month, date = str(day).split("-")
    parts = {"YYYY": year, "MM": month, "DD": date}
    return separator.join(parts[part] for part in order.split("-"))


@given(
    start=st.integers(0, 20_000),
    days=st.integers(40, 400),
    order=st.sampled_from(["YYYY-MM-DD", "DD-MM-YYYY", "MM-DD-YYYY"]),
    separator=st.sampled_from("-/."),
    clock=st.sampled_from(["", " 00:00", " 00:00:00", "T00:00:00", " 12:00 AM", "T00:00:00.000Z"]),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_month_or_more_is_parsed_in_every_format(
    start: int, days: int, order: str, separator: str, clock: str, shuffle: object
) -> None:
    expected = np.datetime64(start, "D") + np.arange(days)
    shuffle.shuffle(expected)  # type: ignore[attr-defined]
    cells = [formatted(day, order, separator) + clock for day in expected]
    parsed, _ = parse_days(column(*cells), None)
    assert (parsed == expected).all()


def test_a_file_without_any_day_above_12_takes_the_contiguous_format() -> None:
    cells = [f"{day:02d}-02-2024" for day in range(1, 13)]
    days, notes = parse_days(column(*cells), None)
    assert (days == np.datetime64("2024-02-01") + np.arange(12)).all()
    assert "contiguous" in notes[0]


def test_an_ambiguous_file_needs_the_format_as_a_setting() -> None:
    cells = ("01-02-2024", "03-04-2024")
    with pytest.raises(DataError, match=r"row 2.*data\.date_format"):
        parse_days(column(*cells), None)
    assert str(parse_days(column(*cells), "DD-MM-YYYY")[0][0]) == "2024-02-01"
    assert str(parse_days(column(*cells), "MM-DD-YYYY")[0][0]) == "2024-01-02"


def test_equal_days_and_months_are_not_ambiguous() -> None:
    assert str(parse_days(column("03-03-2024"), None)[0][0]) == "2024-03-03"


def test_a_date_in_another_format_than_the_setting_is_refused() -> None:
    with pytest.raises(DataError, match=r"row 3.*does not exist"):
        parse_days(column("01-02-2024", "01-31-2024"), "DD-MM-YYYY")
    with pytest.raises(DataError, match=r"row 2.*data\.date_format"):
        parse_days(column("01-02-2024"), "YYYY-MM-DD")
    iso, _ = parse_days(column("2024-01-02"), "DD-MM-YYYY")  # unambiguous, so accepted
    assert str(iso[0]) == "2024-01-02"


def test_single_digits_are_read() -> None:
    days, _ = parse_days(column("1/2/2024", "1/31/2024"), None)
    assert [str(day) for day in days] == ["2024-01-02", "2024-01-31"]


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        (("2024-01-01", "2024-01-02", "03-01-2024"), 4),
        (("03-01-2024", "2024-01-01", "2024-01-02"), 2),
        (("13-01-2024", "14-01-2024", "01-15-2024"), 4),
        (("2024-01-01", "2024/01/02"), 3),
        (("2024-01-01", "2024-13-02"), 3),
        (("2024-01-01", "2023-02-29"), 3),
        (("2024-01-01", "0000-01-01"), 3),
        (("2024-01-01", "2024-1/2"), 3),
        (("2024-01-01", "2024-01-02 25 o'clock"), 3),
        (("2024-01-01", "2024-01-02", "1944-01-03"), 4),
        (("2024-01-01", "٢٠٢٤-01-02"), 3),
    ],
)
def test_the_row_that_differs_is_named(cells: tuple[str, ...], row: int) -> None:
    with pytest.raises(DataError, match=f"row {row}, column Date"):
        parse_days(column(*cells), None)


def test_a_gap_of_a_year_is_not_a_typing_error() -> None:
    early = np.datetime64("2022-01-01") + np.arange(30)
    late = np.datetime64("2023-03-01") + np.arange(30)
    cells = [str(day) for day in [*early, *late]]
    assert len(parse_days(column(*cells), None)[0]) == 60


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_any_text_is_read_or_refused(cells: list[str]) -> None:
    refused_or_read(lambda: parse_days(column(*cells), None))


@given(
    st.lists(st.from_regex(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}", fullmatch=True), min_size=1)
)
def test_any_digits_are_read_or_refused(cells: list[str]) -> None:
    refused_or_read(lambda: parse_days(column(*cells), None))


def refused_or_read(read: Callable[[], object]) -> None:
    message = ""
    try:
        read()
    except DataError as error:
        message = str(error)
    assert "\n" not in message


def named(language: str, month: int, which: int = 0) -> str:
    """Name of a month, capitalised; `which` counts the abbreviations from 1."""
    names = MONTHS[language].split(", ")[month - 1].split()
    return names[min(which, len(names) - 1)].capitalize()


NOTATIONS: dict[str, Callable[[datetime.date], str]] = {
    "YYYY-MM-DD": lambda d: f"{d:%Y-%m-%d}",
    "YYYY/M/D": lambda d: f"{d.year:04d}/{d.month}/{d.day}",
    "DD.MM.YYYY": lambda d: f"{d:%d.%m.%Y}",
    "M/D/YYYY": lambda d: f"{d.month}/{d.day}/{d.year}",
    "YYYYMMDD": lambda d: f"{d:%Y%m%d}",
    "DD/MM/YY": lambda d: f"{d:%d/%m/%y}",
    "M/D/YY": lambda d: f"{d.month}/{d.day}/{d:%y}",
    "YY-MM-DD": lambda d: f"{d:%y-%m-%d}",
    "D-Mon-YY": lambda d: f"{d.day}-{named('en', d.month, 1)}-{d:%y}",
    "DD-Mon-YY": lambda d: f"{d:%d}-{named('en', d.month, 1)}-{d:%y}",
    "YY-Mon-DD": lambda d: f"{d:%y}-{named('en', d.month, 1)}-{d:%d}",
    "DDMonYYYY": lambda d: f"{d:%d}{named('en', d.month, 1).upper()}{d.year}",
    "Mon D, YYYY": lambda d: f"{named('en', d.month, 1)} {d.day}, {d.year}",
    "weekday": lambda d: (
        f"{WEEKDAYS['en'].split(', ')[d.weekday()].split()[1]}, "
        f"{named('en', d.month)} {d.day}, {d.year}"
    ),
    "D. Month YYYY": lambda d: f"{d.day}. {named('de', d.month)} {d.year}",
    "D de mes de YYYY": lambda d: f"{d.day} de {named('es', d.month).lower()} de {d.year}",
    "D mois YYYY": lambda d: f"{d.day}{'er' * (d.day == 1)} {named('fr', d.month)} {d.year}",
    "D de mês de YYYY": lambda d: f"{d.day} de {named('pt', d.month, 1)}. de {d.year}",
    "D bulan YYYY": lambda d: f"{d.day} {named('id', d.month)} {d.year}",
    "YYYY年M月D日": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "serial": lambda d: str((d - datetime.date(1899, 12, 30)).days),
}


@given(
    start=st.dates(datetime.date(1990, 1, 1), datetime.date(2060, 1, 1)),
    offsets=st.lists(st.integers(0, 200), min_size=1, max_size=40),
    notation=st.sampled_from(sorted(NOTATIONS)),
)
def test_days_in_any_notation_are_read_or_refused_and_never_other_days(
    start: datetime.date, offsets: list[int], notation: str
) -> None:
    expected = [start + datetime.timedelta(days=offset) for offset in offsets]
    cells = [NOTATIONS[notation](day) for day in expected]
    message = ""
    try:
        parsed, _ = parse_days(column(*cells), None)
        assert parsed.tolist() == expected or are_monthly(expected)
    except DataError as error:
        message = str(error)
    if notation in ("DD.MM.YYYY", "M/D/YYYY") or "YY" in notation.replace("YYYY", ""):
        fragments = ("data.date_format", "away from", "another format")
    else:
        fragments = ("away from",)
    assert not message or any(fragment in message for fragment in fragments)


def are_monthly(days: list[datetime.date]) -> bool:
    """The same day of consecutive months, but not the first, reads as contiguous days."""
    return 1 < days[0].day <= 12 and len({d.day for d in days}) == 1 and len(set(days)) > 1


def test_firsts_of_months_may_be_days_of_january() -> None:
    cells = [f"01/{month:02d}/2025" for month in range(1, 13)]
    with pytest.raises(DataError, match=r"row 3.*data\.date_format"):
        parse_days(column(*cells), None)


@pytest.mark.parametrize("notation", sorted(NOTATIONS))
def test_a_year_without_a_day_here_and_there_is_read_in_every_notation(notation: str) -> None:
    start = datetime.date(2024, 11, 20)
    days = [start + datetime.timedelta(days=i) for i in range(365) if i % 9 != 5]
    parsed, _ = parse_days(column(*map(NOTATIONS[notation], days)), None)
    assert parsed.tolist() == days


def test_names_of_months_and_weekdays_have_one_meaning() -> None:
    for table, size in ((MONTHS, 12), (WEEKDAYS, 7)):
        meanings: dict[str, int] = {}
        for names in table.values():
            assert len(names.split(", ")) == size
            for number, group in enumerate(names.split(", ")):
                for name in group.split():
                    assert meanings.setdefault(name, number) == number, name
    assert [month_of(name) for name in ("März", "août", "Fév", "Dez", "out", "MEI", "x")] == [
        3, 8, 2, 12, 10, 5, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (("24/01/03", "24/01/04"), ["2024-01-03", "2024-01-04"]),
        (("30/01/24", "31/01/24"), ["2024-01-30", "2024-01-31"]),
        (("1/2/25", "1/31/25"), ["2025-01-02", "2025-01-31"]),
        (("10-Jan-25", "11-Jan-25"), ["2025-01-10", "2025-01-11"]),
        (("31/12/68", "31/12/68"), ["2068-12-31", "2068-12-31"]),  # no month has 68 days
        (("1-Jan-69", "2-Jan-69"), ["1969-01-01", "1969-01-02"]),
    ],
)
def test_years_of_two_digits_are_read_where_the_column_settles_the_order(
    cells: tuple[str, ...], days: list[str]
) -> None:
    assert [str(day) for day in parse_days(column(*cells), None)[0]] == days


@pytest.mark.parametrize("cell", ["25/01/24", "03/01/24", "10-Jan-25"])
def test_one_day_with_a_year_of_two_digits_is_ambiguous(cell: str) -> None:
    with pytest.raises(DataError, match=r"row 2, column Date: .*data\.date_format"):
        parse_days(column(cell), None)


@pytest.mark.parametrize("days", [31, 100, 366, 800])
@pytest.mark.parametrize("order", [None, "DD-MM-YYYY"])
def test_two_orders_in_one_file_are_refused(days: int, order: str | None) -> None:
    start = datetime.date(2024, 1, 1)
    dates = [start + datetime.timedelta(days=i) for i in range(days)]
    cells = [f"{d:%m/%d/%Y}" if d.day <= 12 else f"{d:%d/%m/%Y}" for d in dates]
    with pytest.raises(DataError, match=r"row 3, column Date: .* has another format"):
        parse_days(column(*cells), order)  # type: ignore[arg-type]


def test_weeks_and_months_with_the_day_first_are_not_two_orders() -> None:
    for step in (7, 2, 5):
        days = np.arange("2024-01-01", "2025-06-01", step, dtype="datetime64[D]")
        cells = [formatted(day, "DD-MM-YYYY", "/") for day in days]
        assert (parse_days(column(*cells), None)[0] == days).all()


STAMPS = ("2025-03-01T23:00:00Z", "2025-06-30 22:30:00+00:00", "2025-07-01 00:30:00 +02:00")


def test_time_stamps_of_a_zone_are_read_in_the_time_zone_of_the_account() -> None:
    days, notes = parse_days(column(*STAMPS), None, "Europe/Berlin")
    assert [str(day) for day in days] == ["2025-03-02", "2025-07-01", "2025-07-01"]
    assert "Europe/Berlin" in notes[-1]
    days, _ = parse_days(column(*STAMPS), None, "UTC")
    assert [str(day) for day in days] == ["2025-03-01", "2025-06-30", "2025-06-30"]


def test_time_stamps_of_a_zone_need_the_time_zone_of_the_account() -> None:
    with pytest.raises(DataError, match=r"row 2, column Date: .*data\.timezone"):
        parse_days(column(*STAMPS), None)
    with pytest.raises(DataError, match=r"row 3, column Date: .*another format"):
        parse_days(column(STAMPS[0], "2025-01-01 00:00"), None, "Europe/Berlin")


@pytest.mark.parametrize("zone", [None, "America/New_York", "Asia/Tokyo"])
def test_midnights_are_the_days_that_they_name(zone: str | None) -> None:
    days, notes = parse_days(column("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"), None, zone)
    assert [str(day) for day in days] == ["2025-01-01", "2025-01-02"]
    assert "midnights" in notes[-1]


def test_one_time_of_day_in_all_rows_may_be_the_midnight_of_another_zone() -> None:
    for clocks in (("23:00:00", "23:00:00"), ("22:00", "23:00"), ("05:00", "05:00")):
        cells = [f"2025-01-0{i + 1} {clock}" for i, clock in enumerate(clocks)]
        with pytest.raises(DataError, match=r"row 2, column Date: .*data\.timezone"):
            parse_days(column(*cells), None)
    for clocks in (
        ("00:00", "00:00"),
        ("23:59", "23:59:59"),
        ("05:00", "11:00"),
        ("00:00", "01:00"),
    ):
        cells = [f"2025-01-0{i + 1} {clock}" for i, clock in enumerate(clocks)]
        assert [str(day) for day in parse_days(column(*cells), None)[0]] == [
            "2025-01-01",
            "2025-01-02",
        ]


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "Europe"])
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"data\.timezone.*Europe/Berlin"):
        time_zone(name)


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("2025-W01", "a week"),
        ("2025W01", "a week"),
        ("W1 2025", "a week"),
        ("Week of Jan 6, 2025", "a week"),
        ("KW 2/2025", "a week"),
        ("Jan 1 - Jan 7, 2025", "a period"),
        ("Jan 1 – 7, 2025", "a period"),
        ("2025-01-06 - 2025-01-12", "a period"),
        ("2025-01-06 to 2025-01-12", "a period"),
        ("2025-01-06/2025-01-12", "a period"),
        ("01/06/2025-01/12/2025", "a period"),
        ("2025-01", "a month"),
        ("01/2025", "a month"),
        ("202501", "a month"),
        ("January 2025", "a month"),
        ("Jan-25", "a month"),
        ("enero de 2025", "a month"),
        ("2025年1月", "a month"),
        ("Q1 2025", "a quarter"),
        ("2025", "a year"),
    ],
)
def test_weeks_and_months_are_not_days(cell: str, period: str) -> None:
    assert not_a_day(cell) == period
    with pytest.raises(DataError, match=rf"row 3, column Date: .* is {period}, .*data\.weekly"):
        parse_days(column("2025-01-01", cell), None)


@pytest.mark.parametrize(
    "cell", ["12345", "99999", "20251301", "1/2/3", "1 Foo 2025", "2025-01-01 25:00"]
)
def test_what_is_near_a_date_is_none(cell: str) -> None:
    with pytest.raises(DataError, match="row 2, column Date"):
        parse_days(column(cell), None)


@given(st.text() | st.from_regex(r"[0-9a-zäé年月日WQ,. /:+-]{1,30}", fullmatch=True))
def test_a_cell_is_a_day_or_a_period_and_not_both(cell: str) -> None:
    parts = read_cell(cell)
    assert parts is None or not_a_day(cell) is None or not any(map(parts.day, parts.formats))
