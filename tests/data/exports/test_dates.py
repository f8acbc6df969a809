from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.exports import DateColumn, parse_days


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
