"""What do the headings of each platform's exports mean?

Each YAML of `conf/data/format` declares one platform; `formats` reads and checks them.

- `vocabulary`: a platform's `Format`: what tells its exports, and what their columns mean
- `headings`: canonical form of a heading, by which headings are compared
- `currency`: currencies, their signs, and amounts as text
"""

from .currency import (
    CODES,
    SHARED_SYMBOLS,
    SIGN,
    SYMBOLS,
    currency_of,
    decimals_of,
    format_amount,
)
from .headings import CURRENCIES, Heading, canonical_heading
from .vocabulary import (
    API,
    COLUMNS,
    GENERIC,
    LANGUAGES,
    PLAIN,
    Column,
    Format,
    check_signatures,
    formats,
    formats_table,
)

__all__ = [
    "API",
    "CODES",
    "COLUMNS",
    "CURRENCIES",
    "GENERIC",
    "LANGUAGES",
    "PLAIN",
    "SHARED_SYMBOLS",
    "SIGN",
    "SYMBOLS",
    "Column",
    "Format",
    "Heading",
    "canonical_heading",
    "check_signatures",
    "currency_of",
    "decimals_of",
    "format_amount",
    "formats",
    "formats_table",
]
