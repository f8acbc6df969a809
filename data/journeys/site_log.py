"""Site log: declaration of its columns and fast reading of millions of unparsed rows."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, data_error, quoted_names, shown
from ..sheets import wrong_width
from .csv_text import canonical, csv_rows, decode

USER_ID, LANDING_TIME, IS_CONVERTED = "User Id", "Website Landing Time", "Is Converted"
SOURCE, CHANNEL, CAMPAIGN_TYPE = "Source", "Channel", "Campaign Type"
SITE_LOG_HEADER = (USER_ID, LANDING_TIME, IS_CONVERTED, SOURCE, CHANNEL, CAMPAIGN_TYPE)
PAID = "paid"  # Channel of landings that follow a click on an ad
TRAFFIC_CHANNELS = (  # allowed values of Channel
    "direct",
    "organic search",
    "referral",
    "email",
    "display",
    "social",
    PAID,
    "paid search",
)
_NULLS = ["", "null", "NULL", "None", "nan", "NaN", "<NA>"]
_BLANK = " \t\r\n"  # pandas skips lines of only these characters, but not of others such as \v
_HEADER_BYTES = 65_536  # the header ends within these


@dataclass(frozen=True)
class SiteLog:
    """Content of the site log, and the lines of its rows for messages."""

    file: str  # name, for messages
    content: bytes  # the whole file

    def line(self, row: int) -> int:
        """Line on which a data row (counted from 0) begins; reads the file again."""
        return next(islice(_widths(self), row + 1, None), (row + 2, 0))[0]

    def error(self, row: int, column: str, given: str, allowed: str, fix: str) -> DataError:
        """Error about one cell."""
        return data_error(self.file, given, allowed, fix, row=self.line(row), column=column)


class RowLines(Sequence[int]):
    """Lines of the given data rows, each looked up on access, as that reads the file again."""

    def __init__(self, log: SiteLog, rows: NDArray[np.intp]) -> None:
        self._log, self._rows = log, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._log.line(int(self._rows[index]))


def read_header(log: SiteLog, ignore: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Standard name of each column, `#n` for ignored ones, and notes."""
    text = log.content[:_HEADER_BYTES].decode("utf-8-sig", "ignore")
    line, cells = next(csv_rows(log.file, text))
    standard = {canonical(name): name for name in SITE_LOG_HEADER}
    ignored = {canonical(name) for name in ignore}
    names: list[str] = []
    for position, cell in enumerate(cells):
        key = canonical(cell)
        is_ignored = key in ignored or not key or key.startswith("unnamed:")
        names.append(f"#{position}" if is_ignored else standard.get(key, cell.strip()))
    wrong = [name for name in names if name not in SITE_LOG_HEADER and not name.startswith("#")]
    wrong += [name for name in SITE_LOG_HEADER if names.count(name) != 1]
    if wrong:
        raise data_error(
            log.file,
            f"the header is {quoted_names([cell.strip() for cell in cells])}",
            f"exactly {', '.join(SITE_LOG_HEADER)}",
            f"correct {quoted_names(wrong[:1])}: add, rename or remove the column, keep it once",
            row=line,
            column=wrong[0],
            setting="data.ignore_columns lists columns that are not read",
        )
    unread = [shown(cells[i]) for i, name in enumerate(names) if name.startswith("#")]
    return names, [f"{log.file}: ignored column {', '.join(unread)}."] if unread else []


def refuse_ragged(log: SiteLog, width: int) -> None:
    """Raises unless every row has `width` fields; pandas would silently pad short rows."""
    content = log.content
    unquoted = b'"' not in content and content.count(b"\r") == content.count(b"\r\n")
    if unquoted and _has_even_rows(content, width):
        return
    widths = _unquoted_widths(content) if unquoted else _widths(log)
    for line, fields in widths:
        if fields != width:
            last = next(widths, None) is None
            raise wrong_width(log.file, line, fields, width, last=last)


def _has_even_rows(content: bytes, width: int) -> bool:
    """True if every line has `width - 1` commas; False also if there are blank lines."""
    characters = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    if not content.endswith(b"\n"):
        ends = np.append(ends, len(content))
    commas = np.flatnonzero(characters == ord(","))
    if commas.size != ends.size * (width - 1):
        return False
    by_line = commas.reshape(ends.size, width - 1)
    begins = np.append(-1, ends[:-1])
    return bool(((by_line[:, 0] > begins) & (by_line[:, -1] < ends)).all())


def _unquoted_widths(content: bytes) -> Iterator[tuple[int, int]]:
    """Line and number of fields of each row of a file without quotes."""
    for number, line in enumerate(io.BytesIO(content), 1):
        if line.strip(_BLANK.encode()):
            yield number, line.count(b",") + 1


def _widths(log: SiteLog) -> Iterator[tuple[int, int]]:
    """Line and number of fields of each row of any file."""
    text, _ = decode(log.file, log.content)
    for line, cells in csv_rows(log.file, text):
        if len(cells) > 1 or not cells[0] or cells[0].strip(_BLANK):
            yield line, len(cells)


def read_cells(log: SiteLog, names: list[str]) -> pd.DataFrame:
    """Cells of the six columns: user and time as text, the others as categories."""
    dtypes: dict[str, Any] = {USER_ID: "str", LANDING_TIME: "str"}
    dtypes |= dict.fromkeys((IS_CONVERTED, SOURCE, CHANNEL, CAMPAIGN_TYPE), "category")
    nulls = dict.fromkeys((SOURCE, CHANNEL, CAMPAIGN_TYPE), _NULLS) | {
        USER_ID: [""],
        LANDING_TIME: [""],
    }
    try:
        return pd.read_csv(
            io.BytesIO(log.content),
            engine="c",
            header=0,
            names=names,
            usecols=list(SITE_LOG_HEADER),
            index_col=False,
            dtype=dtypes,
            keep_default_na=False,
            na_values=nulls,
            encoding="utf-8-sig",
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise data_error(
            log.file,
            f"the file cannot be parsed ({' '.join(str(error).split())})",
            "comma-separated CSV in UTF-8",
            "export the file again",
        ) from error
