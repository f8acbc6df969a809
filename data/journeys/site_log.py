"""The site analytics export taken apart: millions of rows, none of their cells judged yet."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown
from ..exports import canonical, decode, named, records, wrong_width

USER, TIME, CONVERTED = "User Id", "Website Landing Time", "Is Converted"
SOURCE, CHANNEL, TYPE = "Source", "Channel", "Campaign Type"
HEADER = (USER, TIME, CONVERTED, SOURCE, CHANNEL, TYPE)
_NULLS = ["", "null", "NULL", "None", "nan", "NaN", "<NA>"]
_BLANK = " \t\r\n"  # a line of nothing else is no row to the parser; one of \v is
_HEAD = 65_536  # bytes in which the header ends


@dataclass(frozen=True)
class Source:
    """The export's text, and where its rows stand when something is wrong with one."""

    file: str  # name, for messages
    content: bytes  # the whole file

    def line(self, row: int) -> int:
        """Line that a data row (counted from 0) begins on; reads the file again."""
        return next(islice(_widths(self), row + 1, None), (row + 2, 0))[0]

    def error(self, row: int, column: str, given: str, allowed: str, remedy: str) -> DataError:
        """The error about one cell."""
        return data_error(self.file, given, allowed, remedy, row=self.line(row), column=column)


class Lines(Sequence[int]):
    """Lines of the rows at which distinct values first stand, looked up only when asked for."""

    def __init__(self, source: Source, rows: NDArray[np.intp]) -> None:
        self._source, self._rows = source, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        return self._source.line(int(self._rows[at]))


def read_header(source: Source, ignore: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Canonical name of each column, `#n` for one that is left out, and notes."""
    text = source.content[:_HEAD].decode("utf-8-sig", "ignore")
    line, cells = next(records(source.file, text))
    wanted = {canonical(name): name for name in HEADER}
    ignored = {canonical(name) for name in ignore}
    names: list[str] = []
    for position, cell in enumerate(cells):
        key = canonical(cell)
        left_out = key in ignored or not key or key.startswith("unnamed:")
        names.append(f"#{position}" if left_out else wanted.get(key, cell.strip()))
    wrong = [n for n in names if n not in HEADER and not n.startswith("#")]
    wrong += [name for name in HEADER if names.count(name) != 1]
    if wrong:
        raise data_error(
            source.file,
            f"the header is {named([cell.strip() for cell in cells])}",
            f"exactly {', '.join(HEADER)}",
            f"mend {named(wrong[:1])}: name it so, have it once, or list it in data.ignore_columns",
            row=line,
            column=wrong[0],
        )
    out = [shown(cells[i]) for i, name in enumerate(names) if name.startswith("#")]
    return names, [f"{source.file}: column {', '.join(out)} left out."] if out else []


def refuse_ragged(source: Source, width: int) -> None:
    """Every row has the header's number of fields: the parser would fill up short ones."""
    content = source.content
    plain = b'"' not in content and content.count(b"\r") == content.count(b"\r\n")
    if plain and _even(content, width):
        return
    widths = _plain_widths(content) if plain else _widths(source)
    for line, fields in widths:
        if fields != width:
            last = next(widths, None) is None
            raise wrong_width(source.file, line, fields, width, last=last)


def _even(content: bytes, width: int) -> bool:
    """Whether each line has the same number of commas; False also where lines are blank."""
    letters = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    if not content.endswith(b"\n"):
        ends = np.append(ends, len(content))
    commas = np.flatnonzero(letters == ord(","))
    if commas.size != ends.size * (width - 1):
        return False
    inside = commas.reshape(ends.size, width - 1)
    begins = np.append(-1, ends[:-1])
    return bool(((inside[:, 0] > begins) & (inside[:, -1] < ends)).all())


def _plain_widths(content: bytes) -> Iterator[tuple[int, int]]:
    """Line and number of fields of each row of a file without quotes."""
    for number, line in enumerate(io.BytesIO(content), 1):
        if line.strip(_BLANK.encode()):
            yield number, line.count(b",") + 1


def _widths(source: Source) -> Iterator[tuple[int, int]]:
    """Line and number of fields of each row of any file."""
    text, _ = decode(source.file, source.content)
    for line, cells in records(source.file, text):
        if len(cells) > 1 or not cells[0] or cells[0].strip(_BLANK):
            yield line, len(cells)


def read_cells(source: Source, names: list[str]) -> pd.DataFrame:
    """The cells of the six columns: two of text, four of categories."""
    kinds: dict[str, Any] = {USER: "str", TIME: "str"}
    kinds |= dict.fromkeys((CONVERTED, SOURCE, CHANNEL, TYPE), "category")
    nulls = dict.fromkeys((SOURCE, CHANNEL, TYPE), _NULLS) | {USER: [""], TIME: [""]}
    try:
        return pd.read_csv(
            io.BytesIO(source.content),
            engine="c",
            header=0,
            names=names,
            usecols=list(HEADER),
            index_col=False,
            dtype=kinds,
            keep_default_na=False,
            na_values=nulls,
            encoding="utf-8-sig",
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise data_error(
            source.file,
            f"the file cannot be taken apart ({' '.join(str(error).split())})",
            "comma-separated CSV in UTF-8",
            "export the file again",
        ) from error
