"""What do the platforms' files say?

`load_history` reads a folder of CSV exports into a `History`. The column names of the Google, Meta
and Microsoft exports are declared in `columns.COLUMN_SYNONYMS`, the file names and campaign types
in `conf/data/default.yaml`.

- `load`: entry point; a `History` from the exports of all channels
- `settings`: folder and reading options
- `folder`: which file is which channel's export
- `csv_table`: cells of a CSV file as text
- `columns`: names of columns, and where they are in a header
- `dates`, `numbers`: parsing of cells
- `channel`: one channel's export as one row per day and campaign type
- `missing_conversions`: estimated conversions of campaigns that export only revenue
"""

from .cells import SPREADSHEET_ROWS, truncation_note, wrong_width
from .channel import ChannelDays, read_channel
from .columns import COLUMN_SYNONYMS, canonical
from .content import read_file
from .csv_table import csv_rows, decode, quoted_names
from .dates import DateColumn, parse_days
from .folder import find_exports, list_files
from .load import load_history
from .missing_conversions import campaigns_without_conversions, fill_missing_conversions
from .settings import DataSettings

__all__ = [
    "COLUMN_SYNONYMS",
    "SPREADSHEET_ROWS",
    "ChannelDays",
    "DataSettings",
    "DateColumn",
    "campaigns_without_conversions",
    "canonical",
    "csv_rows",
    "decode",
    "fill_missing_conversions",
    "find_exports",
    "list_files",
    "load_history",
    "parse_days",
    "quoted_names",
    "read_channel",
    "read_file",
    "truncation_note",
    "wrong_width",
]
