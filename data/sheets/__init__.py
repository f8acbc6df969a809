"""Which cells does a file hold?

`read_sheets` reads delimited text in any encoding and xlsx workbooks, also packed as gz or zip,
into records ``Sheet`` of trimmed text. What a file is comes from its bytes and the shape of its
rows, never from its name; sizes are bounded before memory is taken.

- `cells`: entry point; rows of a text file, with the delimiter that its rows settle
- `content`: bytes of a file, unpacked within bounds
- `encodings`: bytes to UTF-8
- `workbook`, `worksheet`: sheets of xlsx files, read as a stream
"""

from .cells import (
    SPREADSHEET_ROWS,
    Sheet,
    numbered_rows,
    read_sheets,
    shape_notes,
    truncation_note,
    uncollected,
    wrong_width,
)
from .content import EXPORT_AS_CSV, other_format, read_content, read_file, refuse_empty
from .encodings import SAVE_AS_UTF8, as_utf8, byte_order_mark_note, line_of, nul_byte

__all__ = [
    "EXPORT_AS_CSV",
    "SAVE_AS_UTF8",
    "SPREADSHEET_ROWS",
    "Sheet",
    "as_utf8",
    "byte_order_mark_note",
    "line_of",
    "nul_byte",
    "numbered_rows",
    "other_format",
    "read_content",
    "read_file",
    "read_sheets",
    "refuse_empty",
    "shape_notes",
    "truncation_note",
    "uncollected",
    "wrong_width",
]
