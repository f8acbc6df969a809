"""What do the platforms' files say?"""

from .channel import ChannelDays, read_channel
from .columns import canonical
from .csv_table import (
    SPREADSHEET_ROWS,
    decode,
    named,
    read_file,
    records,
    truncation_note,
    wrong_width,
)
from .dates import Column, parse_days
from .folder import find_exports, list_files
from .load import load_history
from .missing_conversions import campaigns_without_conversions, fill_missing_conversions
from .settings import DataSettings

__all__ = [
    "SPREADSHEET_ROWS",
    "ChannelDays",
    "Column",
    "DataSettings",
    "campaigns_without_conversions",
    "canonical",
    "decode",
    "fill_missing_conversions",
    "find_exports",
    "list_files",
    "load_history",
    "named",
    "parse_days",
    "read_channel",
    "read_file",
    "records",
    "truncation_note",
    "wrong_width",
]
