"""What do the platforms' files say?

`read_exports` reads a folder of exports, as the platforms write them, into `Records`: each day of
each campaign once. What tells a platform and what its headings mean is declared in
`conf/data/format`; here is how a file is read by these declarations, with certainty or not at all.

- `read`: entry point; the records of all files
- `settings`: folder and reading options
- `folder`: files of the folder
- `table`, `platform`: header of a sheet: what its columns mean, whose export it is
- `body`, `totals`: which rows are data; titles, footers and totals are not
- `rows`, `labels`, `metrics`: one sheet as days, labels and numbers
- `copies`, `weekly`, `money`: rows that repeat others; weeks; millionths and currencies
- `sums`: exact sums per day and labels
- `records`: what a reading returns
"""

from ..parsing import DateColumn, parse_days
from .folder import SUFFIXES, list_files
from .read import read_exports
from .records import COLUMNS, LABELS, LeftOut, Records, Source
from .settings import DataSettings, config_error, expanded
from .sums import summed

__all__ = [
    "COLUMNS",
    "LABELS",
    "SUFFIXES",
    "DataSettings",
    "DateColumn",
    "LeftOut",
    "Records",
    "Source",
    "config_error",
    "expanded",
    "list_files",
    "parse_days",
    "read_exports",
    "summed",
]
