import math
import re
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.parsing import ParsedNumbers, decimal_mark, parse_numbers

SPACES = [" ", "\u00a0", "\u202f"]
NOTATIONS = [  # decimal mark, thousands separator
    *((".", separator) for separator in ["", ",", "'", "’", *SPACES, "indian"]),
    *((",", separator) for separator in ["", ".", "'", *SPACES]),
]
SIGNS = ["{}", "${}", "US$ {}", "{} €", "EUR {}", "{}\u00a0EUR", "R$ {}", "{} zł", "₹{}"]


def read(*cells: str, **settings: object) -> ParsedNumbers:
    lines = range(2, 2 + len(cells))
    return parse_numbers(cells, lines, "f.csv", "Cost", **settings)  # type: ignore[arg-type]


def values(*cells: str, **settings: object) -> list[float]:
    return list(read(*cells, **settings).values)


def written(cents: int, decimals: int, mark: str, separator: str) -> str:
    """A number of cents in a notation, with 0 to 3 decimals (three end in 0)."""
    whole, digits = f"{cents // 100}", f"{cents % 100:02d}0"[:decimals]
    if separator == "indian":
        head, tail = whole[:-3], whole[-3:]
        groups = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)][::-1]
        whole = ",".join([*groups, tail])
    elif separator:
        whole = f"{cents // 100:,}".replace(",", separator)
    return whole + (mark + digits if digits else "")


def read_or_ambiguous(parse: Callable[[], list[float]], expected: list[float]) -> bool:
    """True if the numbers are the expected ones, False if they are refused as ambiguous."""
    message = ""
    try:
        assert parse() == expected
    except DataError as error:
        message = str(error)
    assert not message or ("may be" in message and "data.decimal_mark" in message)
    return not message


@given(st.lists(st.floats(0, 1e15), min_size=1))
def test_plain_numbers_are_parsed_exactly(numbers: list[float]) -> None:
    assert values(*map(repr, numbers), decimal=".") == numbers


@given(
    st.lists(st.integers(0, 10**12), min_size=1, max_size=6),
    st.lists(st.sampled_from([0, 1, 2, 3]), min_size=6, max_size=6),
    st.sampled_from(NOTATIONS),
    st.sampled_from(SIGNS),
    st.sampled_from(["money", "number"]),
)
def test_numbers_in_any_notation_are_parsed_exactly_or_refused_as_ambiguous(
    cents: list[int], decimals: list[int], notation: tuple[str, str], sign: str, kind: str
) -> None:
    texts = [written(c, d, *notation) for c, d in zip(cents, decimals, strict=False)]
    expected = [float(written(c, d, ".", "")) for c, d in zip(cents, decimals, strict=False)]
    cells = [sign.format(text) if kind == "money" else text for text in texts]
    assert values(*cells, kind=kind, decimal=notation[0]) == expected
    read_or_ambiguous(lambda: values(*cells, kind=kind), expected)


@given(st.lists(st.integers(0, 10**9), min_size=1), st.sampled_from(NOTATIONS))
def test_counts_need_no_decimals_to_be_parsed(counts: list[int], notation: tuple[str, str]) -> None:
    cells = [written(100 * count, 0, *notation) for count in counts]
    is_read = read_or_ambiguous(lambda: values(*cells, kind="count"), counts)
    assert is_read or all(count % 1000 == 0 and count < 10**6 for count in counts)


@pytest.mark.parametrize("cell", ["3", "3.", "3.0", "+3", "0.3e1", "3E+00", "03", "3,0", "0,3e1"])
def test_every_spelling_of_three_is_three(cell: str) -> None:
    assert values(cell) == [3.0]


def test_negative_zero_becomes_zero() -> None:
    assert math.copysign(1, values("-0.0")[0]) == 1
    assert values("(0.00)", "-0", "5.5") == [0, 0, 5.5]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1,234", "12.5"), [1234, 12.5]),
        (("1,234", "12,5"), [1.234, 12.5]),
        (("1.234", "12,5"), [1234, 12.5]),
        (("1.234", "12.5"), [1.234, 12.5]),
        (("0.125", "1.234"), [0.125, 1.234]),
        (("1,234,567", "1,234"), [1234567, 1234]),
        (("1,234", "1234.5"), [1234, 1234.5]),
        (("1 234", "1 234,5"), [1234, 1234.5]),
        (("1'234.50",), [1234.5]),
        (("2,36,000", "12,345"), [236000, 12345]),
        (("12345.125", "1.234"), [12345.125, 1.234]),
    ],
)
def test_one_cell_settles_the_notation_of_the_column(
    cells: tuple[str, ...], expected: list[float]
) -> None:
    assert values(*cells) == expected
    assert values(*cells[::-1]) == expected[::-1]


@pytest.mark.parametrize(
    "cells",
    [
        ("1,234",),
        ("980", "1,234"),
        ("1.234", "12345"),
        ("1,234", "1 234"),
        ("$1,234", "$980"),
        ("1,234", "1.234"),
    ],
)
def test_a_column_that_nothing_settles_is_refused_and_settled_by_the_setting(
    cells: tuple[str, ...],
) -> None:
    with pytest.raises(DataError, match=r"column Cost: .* may be .*data\.decimal_mark"):
        read(*cells)
    assert values(*cells, decimal=".") != values(*cells, decimal=",")


def test_counts_and_currencies_without_decimals_settle_the_notation() -> None:
    assert values("1,234", "980", kind="count") == [1234, 980]
    assert values("1.234", "980", kind="count") == [1234, 980]
    assert values("1,000", "980", kind="count") == [1000, 980]
    assert values("Rp 150.000", "Rp 0") == [150_000, 0]
    assert values("¥1,234", "¥980", currency="JPY") == [1234, 980]
    assert values("1,234", "980", currency="JPY") == [1234, 980]


def test_counts_that_may_be_whole_decimals_are_refused() -> None:
    with pytest.raises(DataError, match="may be 316 or 316000"):
        read("316.000", "255.000", kind="count")


def test_evidence_that_contradicts_the_setting_is_refused() -> None:
    with pytest.raises(DataError, match="may be"):
        read("1,234", "980", kind="count", decimal=",")


@pytest.mark.parametrize(
    ("cells", "row", "problem"),
    [
        (("656.3", "234,5", "1.2"), 3, "decimal comma"),
        (("656.3", "1.234,5", "1.2"), 3, "thousands"),
        (("656,3", "234,5", "1.2"), 4, "decimal point"),
        (("656,3", "234,5", "1,234.2"), 4, "thousands"),
    ],
)
def test_the_cell_whose_notation_differs_is_named(
    cells: tuple[str, ...], row: int, problem: str
) -> None:
    with pytest.raises(DataError, match=rf"f\.csv, row {row}, column Cost: .*{problem}"):
        read(*cells)


@pytest.mark.parametrize(
    ("cells", "currency"),
    [
        (("US$0.00", "US$12.30"), "USD"),
        (("USD 12.30", "12.40USD", "usd 1.20"), "USD"),
        (("$12.30", "0"), "$"),
        (("$12.30 USD",), "USD"),
        (("1.234,56 €", "0,00 €"), "EUR"),
        (("Rp 150.000", "Rp 2.500"), "IDR"),
        (("Rs.500", "Rs. 1,234.50"), "Rs"),
        (("500円", "1,234円"), "JPY"),
        (("12.3", "0.5"), None),
    ],
)
def test_the_currency_is_found(cells: tuple[str, ...], currency: str | None) -> None:
    parsed = read(*cells)
    assert parsed.currency == currency
    assert any("amounts in" in note for note in parsed.notes) == (currency is not None)


def test_a_sign_takes_the_code_that_the_file_names() -> None:
    assert read("$5", currency="AUD").currency == "AUD"
    assert read("5", currency="AUD").currency is None
    with pytest.raises(DataError, match=r"row 2, column Cost.*EUR.*USD"):
        read("€5", currency="USD")


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        (("12 EUR", "12 EUR", "12 USD"), 4),
        (("$12", "$12", "US$12"), 4),
        (("656.3", "$12.5", "1.2"), 3),
        (("12.5 EUR", "3.0", "4.0"), 2),
        (("5 XYZ",), 2),
        (("€5 USD",), 2),
    ],
)
def test_a_second_or_unknown_currency_is_refused(cells: tuple[str, ...], row: int) -> None:
    with pytest.raises(DataError, match=rf"row {row}, column Cost: .*currency"):
        read(*cells)


@pytest.mark.parametrize("kind", ["count", "number", "share"])
def test_only_money_has_a_currency(kind: str) -> None:
    with pytest.raises(DataError, match="has a currency, but"):
        read("$5", kind=kind)


@pytest.mark.parametrize("cell", ["-3.5", "−3.5", "(12.30)", "-$5", "$-5", "($5)", "5-", "-5 €"])
def test_negative_amounts_are_refused(cell: str) -> None:
    with pytest.raises(DataError, match=r"row 2, column Cost: .* is negative"):
        read(cell)


@pytest.mark.parametrize("cell", ["", "-", "--", "—", "n/a", "N/A", "null", "nan", "$ -", "- €"])
def test_blanks_are_refused_or_zero_or_unknown(cell: str) -> None:
    with pytest.raises(DataError, match="row 3, column Cost"):
        read("1.5", cell)
    assert values("1.5", cell, blank="zero") == [1.5, 0]
    assert np.isnan(values("1.5", cell, blank="nan")[1])
    assert "row 2, read as unknown" in read(cell, blank="nan").notes[0]
    assert "3 blank cells" in read(cell, "1.5", "", "--", blank="zero").notes[0]


@pytest.mark.parametrize(
    "cell", ["#N/A", "#REF!", "many", "abc", "abc-", "$", "inf", "1_000", "١٢"]
)
def test_damage_is_not_a_blank(cell: str) -> None:
    with pytest.raises(DataError, match="row 3, column Cost"):
        read("1.5", cell, blank="zero")


def test_percentages_are_shares_alone() -> None:
    assert values("18.18%", "0", "2.1 %", kind="share") == [0.1818, 0, 0.021]
    assert values("18,18\u00a0%", kind="share") == [0.1818]
    assert values("0.5", kind="share") == [0.5]
    with pytest.raises(DataError, match="percentage"):
        read("18.18%")
    with pytest.raises(DataError, match=r"row 2, column Cost.*percentage"):
        read("18.18%", "2.1", kind="share")


def test_the_decimal_mark_of_a_file_is_that_of_its_settled_columns() -> None:
    open_column, ids, days = ["1,234", "980"], ["123-456-7890"], ["01.02.2025", "02.02.2025"]
    assert decimal_mark([open_column, ids, days]) is None
    assert decimal_mark([open_column, ids, days, ["2.10%", "--"]]) == "."
    assert decimal_mark([open_column, ["US$ 1.234,50"]]) == ","
    assert decimal_mark([["2.10%"], ["2,10"]]) is None


@given(st.text() | st.text("0123456789.,-+eE $%€()' "))
def test_any_text_is_a_plain_number_or_refused_with_its_place(cell: str) -> None:
    plain = re.fullmatch(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", cell)
    if plain and float(cell) <= 1e15:
        assert values(cell, decimal=".") == [float(cell)]
        return
    message = ""
    try:
        number = f"{Decimal(repr(float(read(cell).values[0]))):f}"
    except DataError as error:
        message = str(error)
    if message:
        assert re.fullmatch(r"f\.csv, row 2, column Cost: [^\n]+", message)
    else:  # all digits of the text are in the number
        digits = re.sub(r"[^0-9]", "", cell.lower().partition("e")[0]).strip("0")
        assert number.replace(".", "").lstrip("0").startswith(digits[:10])
