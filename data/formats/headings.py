"""Canonical form of a column heading, and the currency that it names."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from .currency import CODES

_WORDS = "COP CUP GEL LAK MAD MOP NAD PEN SOS TRY"  # codes that are read in brackets only
_SYMBOLS = "$ € £ ¥ ₩ ₹ ₫ ₺ ₽ ₴ ₱ ₪ ฿ us$ a$ c$ r$ hk$ nz$ s$ nt$ rp zł"
CURRENCIES = CODES - {"ALL", "TOP"}  # lek and pa'anga, which headings use as words: "Clicks (all)"
_BOUNDARY = re.compile(  # of two words in camel case: campaignId, CPCAverage
    r"(?<=[a-zß-öø-ÿ0-9])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])"
)
_SEPARATORS = re.compile(r"[\s_.:;,()\[\]{}/\\|#*\"'’‘“”«»`´‐-―-]+")
_BRACKETED = re.compile(r"[(\[]\s*([^\s()\[\]]{1,4})\s*[)\]]")


class Heading(NamedTuple):
    """Heading of a column, canonical."""

    text: str  # lower case, single spaces, no punctuation, no currency
    currency: str | None  # ISO code in upper case or symbol as in `_SYMBOLS`; None if not named


@lru_cache(maxsize=4096)
def canonical_heading(text: str) -> Heading:
    """Canonical form of a heading, by which headings are compared.

    Camel case is split (`CampaignId`); underscores, dots, hyphens, colons, quotes, brackets and
    slashes separate words; a currency at the end is taken apart: `Amount spent (USD)`, `Spend(€)`,
    `cost_eur`. Two currencies in one heading are both taken and joined by a space, so that they
    match no currency. The last word is never taken: `EUR` alone is a heading.

    Args:
        text: heading as in the file.

    Returns:
        The text, which is its own canonical form, and the currency.
    """
    text = unicodedata.normalize("NFKC", text)
    bracketed = {_lower(match[1]) for match in _BRACKETED.finditer(text)}
    words = _lower(_SEPARATORS.sub(" ", _BOUNDARY.sub(" ", text))).split()
    # lower case can bring a separator or a compatibility form back, so once more
    words = _SEPARATORS.sub(" ", " ".join(words)).split()
    found: list[str] = []
    while len(words) > 1 and (currency := _currency(words[-1], words[-1] in bracketed)):
        found.insert(0, currency)
        words.pop()
    return Heading(" ".join(words), " ".join(dict.fromkeys(found)) or None)


def _lower(text: str) -> str:
    return unicodedata.normalize("NFKC", text.lower())


def _currency(word: str, is_bracketed: bool) -> str | None:
    code = word.upper()
    if code in CURRENCIES and (is_bracketed or code not in _WORDS.split()):
        return code
    return word if word in _SYMBOLS.split() else None
