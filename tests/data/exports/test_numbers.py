import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.exports.numbers import parse_numbers


@given(st.lists(st.floats(0, 1e15), min_size=1))
def test_numbers_are_parsed_exactly(values: list[float]) -> None:
    parsed = parse_numbers([repr(v) for v in values], range(len(values)), "f.csv", "Cost")
    assert parsed.tolist() == values


@pytest.mark.parametrize("cell", ["3", "3.", "3.0", "+3", "0.3e1", "3E+00", "03"])
def test_every_spelling_of_three_is_three(cell: str) -> None:
    assert parse_numbers([cell], [2], "f.csv", "Cost")[0] == 3.0


def test_negative_zero_becomes_zero() -> None:
    assert math.copysign(1, parse_numbers(["-0.0"], [2], "f.csv", "Cost")[0]) == 1


@given(st.text() | st.text("0123456789.,-+eE $%"))
def test_any_text_is_a_plain_number_or_refused_with_its_place(cell: str) -> None:
    plain = re.fullmatch(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", cell)
    if plain and float(cell) <= 1e15:
        assert parse_numbers([cell], [7], "f.csv", "Cost")[0] == float(cell)
    elif not cell.startswith("-"):
        with pytest.raises(DataError, match=r"^f\.csv, row 7, column Cost: [^\n]+$"):
            parse_numbers([cell], [7], "f.csv", "Cost")
