"""Amounts of money as people write them, and as exact whole cents."""

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from ...data.errors import ConfigError, shown

_NUMBER = re.compile(r"\d+(\.\d+)?|\.\d+")
_ALLOWED = 'a share of the total ("10%") or dollars ("$5000" or 5000, no thousands separator)'


def refused(key: str, given: Any, allowed: str, remedy: str) -> ConfigError:
    """Word a ConfigError about a key of the constraints: given, allowed, remedy."""
    text = shown(given) if isinstance(given, str) else given
    return ConfigError(
        f"constraints.{key}: {text} does not fit. Allowed: {allowed}. To fix: {remedy}."
    )


def cents(given: Any, total: int, key: str, up: bool) -> int:
    """Read an amount as whole cents.

    Args:
        given: "10%", "$5000", "5000" or a number.
        total: what a share is a share of, cents.
        key: where it was given, for messages.
        up: round a fraction of a cent up (a floor) instead of down (a cap).

    Raises:
        ConfigError: if it is neither, is negative or not finite, or is a bare number up to 1.
    """
    rounding = ROUND_CEILING if up else ROUND_FLOOR
    if isinstance(given, str) and given.strip().endswith("%"):
        exact = share(given, key) * total
        if exact > total:
            raise refused(key, given, "a share from 0% to 100%", "lower it")
    else:
        exact = dollars(given, key) * 100
    return int(exact.to_integral_value(rounding))


def share(given: Any, key: str) -> Decimal:
    """Read "25%" as 0.25.

    Raises:
        ConfigError: if it is no number followed by a percent sign.
    """
    text = given.strip() if isinstance(given, str) else ""
    if not text.endswith("%") or not _NUMBER.fullmatch(text[:-1].strip()):
        hint = "write 25% for a quarter"
        raise refused(key, given, "a number, 0 or more, and a percent sign", hint)
    return Decimal(text[:-1].strip()) / 100


def dollars(given: Any, key: str) -> Decimal:
    """Read dollars exactly as they were written.

    Raises:
        ConfigError: if it is no finite number of 0 or more, or a bare number up to 1.
    """
    text = given.strip() if isinstance(given, str) else repr(given)
    plain = text.removeprefix("$").strip()
    if isinstance(given, bool) or not _NUMBER.fullmatch(plain):
        number = _as_decimal(given)
        if number is None:
            raise refused(key, given, _ALLOWED, "write it in one of these ways")
        plain = str(number)
    number = Decimal(plain)
    if 0 < number <= 1 and not text.startswith("$"):
        percent = f"{(number * 100).normalize():f}%"
        hint = f'write "{percent}" for the share, or "${plain}" for the dollars'
        raise refused(key, given, f"{_ALLOWED}; this is likely a share", hint)
    return number


def _as_decimal(given: Any) -> Decimal | None:
    """A number that Python prints in another way, such as 1e+16 or a numpy scalar."""
    if isinstance(given, (bool, str)) or not hasattr(given, "__float__"):
        return None
    number = Decimal(repr(float(given)))
    return number if number.is_finite() and number >= 0 else None


def money(amount: int) -> str:
    """Write cents for a reader: $24,000 or $24,000.50."""
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}${whole:,}" + (f".{rest:02d}" if rest else "")
