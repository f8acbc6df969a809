"""Amounts, signs and units where the currency may not be known."""

import pytest

from mediagym.data.formats import CODES, money, sign_of, unit_of


@pytest.mark.parametrize("amount", [0.0, 0.5, 12.345, 1234.5, 987_654_321.0])
@pytest.mark.parametrize("decimals", [0, 2])
def test_an_unknown_currency_is_printed_as_dollars(amount: float, decimals: int) -> None:
    assert money(amount, None, decimals) == f"${amount:,.{decimals}f}"
    assert money(amount, None) == f"${amount:,.2f}"


@pytest.mark.parametrize(
    ("currency", "amount", "sign", "unit"),
    [
        (None, "$1,234.00", "$", "dollars"),
        ("USD", "$1,234.00", "$", "$"),
        ("$", "$1,234.00", "$", "$"),
        ("EUR", "€1,234.00", "€", "€"),
        ("JPY", "¥1,234", "¥", "¥"),
        ("CHF", "CHF 1,234.00", "CHF", "CHF"),
        ("kr", "kr 1,234.00", "kr", "kr"),
        ("KWD", "KWD 1,234.000", "KWD", "KWD"),
    ],
)
def test_a_currency_has_an_amount_a_sign_and_a_unit(
    currency: str | None, amount: str, sign: str, unit: str
) -> None:
    assert money(1234, currency) == amount
    assert sign_of(currency) == sign
    assert unit_of(currency) == unit


def test_every_amount_starts_with_its_sign() -> None:
    for code in CODES:
        assert money(5, code).startswith(sign_of(code))
