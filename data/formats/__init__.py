"""What do the headings of each platform's exports mean?

Each YAML of `conf/data/format` declares one platform; `formats` reads and checks them.

- `vocabulary`: a platform's `Format`: what tells its exports, and what their columns mean
- `landings`: kinds of landing logs, declared in `conf/data/landings`
- `headings`: canonical form of a heading, by which headings are compared
- `currency`: currencies, their signs, and amounts as text
- `text`: amounts, counts, shares and dates as pages write them
"""

from .currency import (
    CODES,
    SHARED_SYMBOLS,
    SIGN,
    SYMBOLS,
    currency_of,
    decimals_of,
    format_amount,
    money,
    sign_of,
    unit_of,
)
from .headings import CURRENCIES, Heading, canonical_heading
from .landings import (
    LandingColumn,
    LandingFormat,
    TimeColumn,
    check_landing_signatures,
    landing_format_of,
    landing_formats,
    landing_formats_table,
)
from .text import (
    NOTHING,
    Currency,
    change,
    count,
    day_of,
    duration,
    interval,
    long_day,
    moment,
    month_of,
    name_of,
    rate,
    share,
    short_day,
    signed,
    span,
)
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
    shared_headings,
)

__all__ = [
    "API",
    "CODES",
    "COLUMNS",
    "CURRENCIES",
    "GENERIC",
    "LANGUAGES",
    "NOTHING",
    "PLAIN",
    "SHARED_SYMBOLS",
    "SIGN",
    "SYMBOLS",
    "Column",
    "Currency",
    "Format",
    "Heading",
    "LandingColumn",
    "LandingFormat",
    "TimeColumn",
    "canonical_heading",
    "change",
    "check_landing_signatures",
    "check_signatures",
    "count",
    "currency_of",
    "day_of",
    "decimals_of",
    "duration",
    "format_amount",
    "formats",
    "formats_table",
    "interval",
    "landing_format_of",
    "landing_formats",
    "landing_formats_table",
    "long_day",
    "moment",
    "money",
    "month_of",
    "name_of",
    "rate",
    "share",
    "shared_headings",
    "short_day",
    "sign_of",
    "signed",
    "span",
    "unit_of",
]
