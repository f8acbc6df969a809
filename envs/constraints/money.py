"""Amounts of money: parsing to exact whole cents, and display.

A cent is a hundredth of the unit of any currency, also of one whose amounts have no decimals.
"""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from ...data.errors import ConfigError, shown
from ...data.formats import SIGN, currency_of, decimals_of, money, sign_of

_NUMBER = re.compile(r"\d+(\.\d+)?|\.\d+")
_AMOUNT = re.compile(
    rf"(?:(?P<before>{SIGN})\s*)?(?P<number>{_NUMBER.pattern})(?:\s*(?P<after>{SIGN}))?",
    re.IGNORECASE,
)


_MAX_MULTIPLE = 100  # of what is expected
MAX_CENTS = (
    10**14
)  # largest amount; in double precision the sums of a flight are off by < 0.1 cents


def brief(value: Any) -> str:
    """Return a value for a message on one line; only a long one is quoted and cut."""
    text = str(value) if isinstance(value, (bool, int, float, type(None))) else repr(value)
    return text if len(text) <= 200 and text.isprintable() else shown(text)


def refused(key: str, value: Any, allowed: str, remedy: str) -> ConfigError:
    """Return a ConfigError about a key of the constraints: value, allowed values, remedy."""
    text = shown(value) if isinstance(value, str) else brief(value)
    return ConfigError(
        f"constraints.{key}: {text} does not fit. Allowed: {allowed}. To fix: {remedy}."
    )


def cents(value: Any, total: int, key: str, up: bool, currency: str | None = None) -> int:
    """Read an amount as whole cents.

    Args:
        value: "10%", "$5000", "5000" or a number.
        total: cents that a share refers to.
        key: name for error messages.
        up: round a fraction of a cent up (for floors) instead of down (for caps).
        currency: ISO code or shared sign of the amounts; None: not known.

    Raises:
        ConfigError: if it is none of these, negative, not finite, a bare number up to 1, or has the
            sign of another currency.
    """
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    if isinstance(value, str) and value.strip().endswith("%"):
        exact = share(value, key) * total
        if exact > total:
            raise refused(key, value, "a share from 0% to 100%", "lower it")
    else:
        exact = dollars(value, key, currency) * 100
    return int(exact.to_integral_value(rounding))


def share(value: Any, key: str) -> Decimal:
    """Read "25%" as 0.25.

    Raises:
        ConfigError: if it is not a number followed by a percent sign.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not text.endswith("%") or not _NUMBER.fullmatch(text[:-1].strip()):
        hint = "write 25% for a quarter"
        raise refused(key, value, "a number, 0 or more, and a percent sign", hint)
    return Decimal(text[:-1].strip()) / 100


def dollars(value: Any, key: str, currency: str | None = None) -> Decimal:
    """Read an amount in units of the currency exactly as written.

    Args:
        value: "$5000", "5000", "5000 EUR" or a number.
        key: name for error messages.
        currency: ISO code or shared sign of the amounts; None allows the sign of any currency.

    Raises:
        ConfigError: if it is not a finite number of 0 or more, is a bare number up to 1, or has the
            sign of another currency.
    """
    text = value.strip() if isinstance(value, str) else repr(value)
    match = None if isinstance(value, bool) else _AMOUNT.fullmatch(text)
    signs = [] if match is None else [sign for sign in match.group("before", "after") if sign]
    number = _as_decimal(value) if match is None else Decimal(match["number"])
    if number is None or (signs and currency_of(*signs) is None):
        raise refused(key, value, _allowed(currency), "write it in one of these ways")
    if number * 100 > MAX_CENTS:
        raise refused(key, value, f"at most {MAX_CENTS / 100:g}", "lower it")
    if signs and currency is not None and currency_of(*signs, currency) is None:
        remedy = "convert it to that currency"
        raise refused(key, value, f"{_allowed(currency)}, as the exports are in {currency}", remedy)
    if 0 < number <= 1 and not signs:
        percent = f"{(number * 100).normalize():f}%"
        plain = str(number) if match is None else match["number"]
        sign = " with the sign of the currency" if currency is None else ""
        hint = (
            f'write "{percent}" for the share, or "{_signed(plain, currency)}"{sign} for the amount'
        )
        raise refused(key, value, f"{_allowed(currency)}; this is likely a share", hint)
    return number


def _allowed(currency: str | None) -> str:
    example = _signed("5000", currency)
    return (
        f'a share of the total ("10%") or an amount ("{example}" or 5000, no thousands separator)'
    )


def _as_decimal(value: Any) -> Decimal | None:
    """A number whose repr is not plain digits, such as 1e+16 or a numpy scalar."""
    if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
        return None
    number = Decimal(repr(float(value)))
    return number if number.is_finite() and number >= 0 else None


def displayed(amount: float, currency: str | None) -> str:
    """Return cents as text: $24,000, $24,000.50, or $0.001250 below one unit."""
    if amount != int(amount) and abs(amount) < 100:
        return money(amount / 100, currency, 6)
    return money(amount / 100, currency, 2 if round(amount) % 100 else 0)


def written(amount: int, currency: str | None) -> str:
    """Return cents as text that `dollars` reads back: $24000.50, or ¥24000 without decimals."""
    whole, rest = divmod(int(amount), 100)
    return _signed(f"{whole}" if quantum_of(currency) == 100 else f"{whole}.{rest:02d}", currency)


def quantum_of(currency: str | None) -> int:
    """Return the cents of the smallest amount that is planned: 1, or 100 without decimals."""
    return 100 if decimals_of(currency) == 0 else 1


def _signed(number: str, currency: str | None) -> str:
    sign = sign_of(currency)
    return f"{sign} {number}" if sign[-1:].isalpha() else f"{sign}{number}"


def multiple(value: Any, default: float, where: str) -> float:
    """Return a multiple of what is expected, from 0 to 100; the default for None.

    Raises:
        ConfigError: naming the key, if it is anything else.
    """
    if value is None:
        return default
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _MAX_MULTIPLE:
        allowed = f"a number from 0 to {_MAX_MULTIPLE}"
        raise refused(where, value, allowed, "write 1.3 for 30 % more")
    return float(value)
