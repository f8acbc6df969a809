"""What do the cells of a column say?

A column is read in the one notation that all its cells settle together, or refused with the row.

- `numbers`: amounts, counts and shares; decimal marks, thousands, currencies, blanks
- `dates`: days of a column; orders of day and month, time zones
- `date_cells`: one cell as a date
- `rhythm`: days, weeks or months
"""

from .date_cells import DateFormat, month_of, read_cell
from .dates import DateColumn, parse_days, time_zone
from .numbers import Blank, Kind, Mark, ParsedNumbers, decimal_mark, is_blank, parse_numbers
from .rhythm import Rhythm, rhythm_of

__all__ = [
    "Blank",
    "DateColumn",
    "DateFormat",
    "Kind",
    "Mark",
    "ParsedNumbers",
    "Rhythm",
    "decimal_mark",
    "is_blank",
    "month_of",
    "parse_days",
    "parse_numbers",
    "read_cell",
    "rhythm_of",
    "time_zone",
]
