import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.formats.currency import (
    CODES,
    SHARED_SYMBOLS,
    SIGN,
    SYMBOLS,
    currency_of,
    decimals_of,
    format_amount,
)
from mediagym.data.parsing import parse_numbers

CURRENCIES = sorted(CODES)


def test_every_symbol_means_known_currencies() -> None:
    assert set(SYMBOLS.values()) <= CODES
    for codes in SHARED_SYMBOLS.values():
        assert set(codes.split()) <= CODES
        assert len(codes.split()) > 1
    assert not set(SYMBOLS) & set(SHARED_SYMBOLS)


@pytest.mark.parametrize("sign", [*SYMBOLS, *SHARED_SYMBOLS, "USD", "usd"])
def test_the_pattern_matches_every_sign_as_a_whole(sign: str) -> None:
    assert re.match(SIGN, f"{sign}5", re.IGNORECASE)[0] == sign  # type: ignore[index]


@pytest.mark.parametrize(
    ("signs", "currency"),
    [
        (("US$",), "USD"),
        (("A$",), "AUD"),
        (("€",), "EUR"),
        (("£",), "GBP"),
        (("₹",), "INR"),
        (("rp",), "IDR"),
        (("R$",), "BRL"),
        (("eur",), "EUR"),
        (("$",), "$"),
        (("¥",), "¥"),
        (("kr.",), "kr"),
        (("$", "AUD"), "AUD"),
        (("AUD", "$"), "AUD"),
        (("¥", "JPY"), "JPY"),
        (("$", "EUR"), None),
        (("USD", "EUR"), None),
        (("XYZ",), None),
        (("",), None),
    ],
)
def test_signs_mean_one_currency_or_stay_signs(signs: tuple[str, ...], currency: str) -> None:
    assert currency_of(*signs) == currency


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1234.5, "USD", "$1,234.50"),
        (-3, "EUR", "-€3.00"),
        (1234.5, "JPY", "¥1,234"),
        (150_000, "IDR", "Rp 150,000"),
        (12.3, "CHF", "CHF 12.30"),
        (1.2345, "KWD", "KWD 1.234"),
        (1234.5, None, "1,234.50"),
        (5, "kr", "kr 5.00"),
        (-0.001, "USD", "$0.00"),
    ],
)
def test_amounts_are_written_with_the_sign_and_decimals_of_their_currency(
    amount: float, currency: str | None, text: str
) -> None:
    assert format_amount(amount, currency) == text


@given(st.sampled_from(CURRENCIES), st.lists(st.integers(0, 10**12), min_size=1), st.booleans())
def test_amounts_in_print_are_read_again_or_refused_as_ambiguous(
    currency: str, units: list[int], is_code: bool
) -> None:
    amounts = [unit / 10 ** decimals_of(currency) for unit in units]
    cells = [format_amount(amount, currency) for amount in amounts]
    if is_code:
        cells = [
            f"{format_amount(amount, None, decimals_of(currency))} {currency}" for amount in amounts
        ]
    if decimals_of(currency) == 3 or format_amount(0, currency)[0] == "¥":
        parsed = parse_numbers(cells, range(len(cells)), "f", "Cost", decimal=".")
    else:
        parsed = parse_numbers(cells, range(len(cells)), "f", "Cost")
    assert parsed.values.tolist() == amounts
    assert parsed.currency in (currency, "¥", "$")
