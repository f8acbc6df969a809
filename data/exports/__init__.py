"""What do the platforms' files say?

`load_history` reads a folder of CSV exports into a `History`. The column names of the Google, Meta
and Microsoft exports are declared in `columns.COLUMN_SYNONYMS`, the file names and campaign types
in `conf/data/default.yaml`.
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
