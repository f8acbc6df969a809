"""What do people see?

- `router`: all pages as one router, and their files
- `visit`: who asks, about which advertiser, and the page that answers
- `results`: what the latest jobs have found, kept in memory
- `history`, `periods`: daily figures by campaign, and the periods that are shown
- `charts`: Vega-Lite specifications
- `environment`: templates, and the words for numbers, dates and jobs that they share
- `overview`, `exports`, `performance`, `curves`, `attribution`, `progress`: a file per page
- `templates`: one per page on `base.html.j2`; `macros.html.j2` holds the parts that pages share
- `static`: styles and scripts; `vendor` holds those of others with `vendor.json`, their register
"""

from .history import Daily
from .results import Findings, document, findings
from .router import add_pages
from .visit import Reader, Runner, Visit

__all__ = [
    "Daily",
    "Findings",
    "Reader",
    "Runner",
    "Visit",
    "add_pages",
    "document",
    "findings",
]
