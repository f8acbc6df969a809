"""What was found in a folder of ad exports?

- `history_csv`: the records as one table in the common record of ad reporting
- `document`: content of `ingest.json`, what was read or what was refused
- `panel`: daily rows of the records as arrays of days and campaigns
- `lifetimes`: periods in which campaigns ran, and campaigns that took over from others
- `tables`, `figures`, `page`: the document in the terminal, as pictures, and as one HTML page
- `labels`: names of campaigns in pictures, in any script
- `command`: options of `scripts/ingest.py`
"""

from .command import IngestCommand
from .document import Document, ingest_document, problems_document
from .history_csv import history_csv
from .lifetimes import Lifetime, Run, Succession, lifetimes, successors
from .panel import CampaignKey, Panel, panel_of
from .tables import ingest_tables

__all__ = [
    "CampaignKey",
    "Document",
    "IngestCommand",
    "Lifetime",
    "Panel",
    "Run",
    "Succession",
    "history_csv",
    "ingest_document",
    "ingest_tables",
    "lifetimes",
    "panel_of",
    "problems_document",
    "successors",
]
