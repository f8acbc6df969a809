"""Numbers as people type them."""

import re

_THOUSANDS = re.compile(r"([^\w\s]?\s?)(\d{1,3}(?:[,' \u00a0\u202f]\d{3})+(?:\.\d+)?)(\s?[^\w\s]?)")
_AMBIGUOUS = re.compile(r"\D?\s?[1-9]\d{0,2}\.\d{3}(?:\s?[^\d%])?")  # 10.000: ten, or ten thousand?
PLAIN = re.compile(r"\d+(?:\.\d+)?")


def ungrouped(text: str) -> str:
    """Return a text without the marks between thousands, if it is a number with them.

    A sign of a currency stays, to be checked.
    """
    text = text.strip()
    if grouped := _THOUSANDS.fullmatch(text):
        before, digits, after = grouped.groups()
        return before.strip() + re.sub(r"[^\d.]", "", digits) + after.strip()
    return text


def is_ambiguous(text: str) -> bool:
    """Return whether two notations read a number differently."""
    return _AMBIGUOUS.fullmatch(text.strip()) is not None


def number_of(text: str) -> float | None:
    """Return the number that a text writes; None if it is none, or may be one of two."""
    plain = ungrouped(text)
    return float(plain) if PLAIN.fullmatch(plain) and not is_ambiguous(text) else None
