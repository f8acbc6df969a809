"""Amounts of money: parsing to exact whole cents, and display."""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from ...data.errors import ConfigError, shown

_NUMBER = re.compile(r"\d+(\.\d+)?|\.\d+")
_ALLOWED = 'a share of the total ("10%") or dollars ("$5000" or 5000, no thousands separator)'


def refused(key: str, value: Any, allowed: str, remedy: str) -> ConfigError:
    """Return a ConfigError about a key of the constraints: value, allowed values, remedy."""
    text = shown(value) if isinstance(value, str) else value
    return ConfigError(
        f"constraints.{key}: {text} does not fit. Allowed: {allowed}. To fix: {remedy}."
    )


def cents(value: Any, total: int, key: str, up: bool) -> int:
    """Read an amount as whole cents.

    Args:
        value: "10%", "$5000", "5000" or a number.
        total: cents that a share refers to.
        key: name for error messages.
        up: round a fraction of a cent up (for floors) instead of down (for caps).

    Raises:
        ConfigError: if it is none of these, negative, not finite, or a bare number up to 1.
    """
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    if isinstance(value, str) and value.strip().endswith("%"):
        exact = share(value, key) * total
        if exact > total:
            raise refused(key, value, "a share from 0% to 100%", "lower it")
    else:
        exact = dollars(value, key) * 100
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


def dollars(value: Any, key: str) -> Decimal:
    """Read dollars exactly as written.

    Raises:
        ConfigError: if it is not a finite number of 0 or more, or is a bare number up to 1.
    """
    text = value.strip() if isinstance(value, str) else repr(value)
    plain = text.removeprefix("$").strip()
    if isinstance(value, bool) or not _NUMBER.fullmatch(plain):
        number = _as_decimal(value)
        if number is None:
            raise refused(key, value, _ALLOWED, "write it in one of these ways")
        plain = str(number)
    number = Decimal(plain)
    if 0 < number <= 1 and not text.startswith("$"):
        percent = f"{(number * 100).normalize():f}%"
        hint = f'write "{percent}" for the share, or "${plain}" for the dollars'
        raise refused(key, value, f"{_ALLOWED}; this is likely a share", hint)
    return number


def _as_decimal(value: Any) -> Decimal | None:
    """A number whose repr is not plain digits, such as 1e+16 or a numpy scalar."""
    if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
        return None
    number = Decimal(repr(float(value)))
    return number if number.is_finite() and number >= 0 else None


def money(amount: int) -> str:
    """Return cents as text: $24,000 or $24,000.50."""
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}${whole:,}" + (f".{rest:02d}" if rest else "")
