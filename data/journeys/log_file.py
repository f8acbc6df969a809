"""Which file of the folder is the landing log, and of which kind, by its first lines."""

from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ..errors import DataError, data_error, quoted_names
from ..exports import DataSettings, config_error, list_files
from ..formats import LandingFormat, canonical_heading, landing_format_of, landing_formats
from ..sheets import numbered_rows, read_content, read_sheets
from ..storage import shipped_yaml

_HEAD_BYTES = 65_536  # the headings are within these
MAX_TITLE_ROWS = 40  # rows within which the headings are; titles may stand above them
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b")  # zip, also of workbooks, and gz


class LandingLog(NamedTuple):
    """File or files of landings, and their kind."""

    path: Path
    format: LandingFormat
    others: tuple[Path, ...] = ()  # further files, of other periods

    @property
    def name(self) -> str:
        """Name for messages."""
        return f"{self.path.name} and {len(self.others)} more" if self.others else self.path.name


def find_log(settings: DataSettings) -> LandingLog | None:
    """The landing log of the folder, None if there is none.

    It is the file of the name `data.landings_file`, else all files whose headings are those of a
    landing log, which must be of one kind and, of the strict kind, one file.

    Raises:
        ConfigError: `data.path` is null, or a file is named that is not there.
        DataError: none has the name, and several files are landing logs of different kinds.
    """
    files = list_files(settings.folder())
    named = files.get(settings.landings_file.lower())
    if named:
        return LandingLog(named[0], _format_of_named(named[0]))
    if settings.landings_file != shipped_yaml("data/default")["landings_file"]:
        raise config_error(
            "landings_file",
            settings.landings_file,
            f"a file of {settings.folder()}: {quoted_names(sorted(files)[:12])}",
            "correct the name, or leave it out: logs are recognised by their headings",
        )
    logs = [
        LandingLog(path, found)
        for path in (path for group in files.values() for path in group)
        if path.is_file() and not _is_ignored(path, settings)
        if (found := _format_of(path)) is not None
    ]
    strict = any(log.format.strict for log in logs)
    if len(logs) > 1 and (strict or len({log.format.kind for log in logs}) > 1):
        raise data_error(
            logs[0].path.name,
            f"{len(logs)} files are landing logs: {quoted_names([log.path.name for log in logs])}",
            "one landing log, or several of one kind with their periods (but of the site log one)",
            "join them into one file, or leave the others out",
            setting="data.landings_file names the one to read",
        )
    return logs[0]._replace(others=tuple(log.path for log in logs[1:])) if logs else None


def strict_format() -> LandingFormat:
    """The kind that is read fast and strictly."""
    return next(each for each in landing_formats() if each.strict)


def canonical_row(cells: list[str]) -> list[str]:
    """Canonical headings of a row."""
    return [canonical_heading(cell).text for cell in cells]


def _is_ignored(path: Path, settings: DataSettings) -> bool:
    return any(fnmatch(path.name.lower(), each.lower()) for each in settings.ignore_files)


def _format_of_named(path: Path) -> LandingFormat:
    """Kind of a file that should be a landing log; the strict one if its headings tell no other."""
    rows = _head_rows(path)
    whole = (found for row in rows if (found := landing_format_of(row)) is not None)
    partial = (each for row in rows for each in landing_formats() if each.tells(row))
    return next(whole, next(partial, strict_format()))


def _format_of(path: Path) -> LandingFormat | None:
    """Kind of the landing log that a file is, None if it is none."""
    found = (landing_format_of(row) for row in _head_rows(path))
    return next((each for each in found if each is not None), None)


def _head_rows(path: Path) -> list[list[str]]:
    """Canonical cells of the first rows, under each delimiter; none of what cannot be read."""
    if not path.is_file():
        return []  # opening a pipe would wait for a writer
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        if head.startswith(_ARCHIVES):
            content = read_content(path)
            if content.is_workbook:
                sheets = read_sheets(path)
                return [canonical_row(row) for s in sheets for row in s.rows[:MAX_TITLE_ROWS]]
            head = content.data[:_HEAD_BYTES]
    except (OSError, DataError):
        return []
    lines = _text(head).splitlines(keepends=True)
    return [canonical_row(row) for delimiter in ",;\t|" for row in _rows(lines, delimiter)]


def _rows(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    """First rows, up to a fault in the quotes."""
    try:
        for _, cells in islice(numbered_rows("", lines, delimiter), MAX_TITLE_ROWS):
            yield cells
    except DataError:
        return


def _text(head: bytes) -> str:
    """Text of the first bytes, without the characters that do not fit their encoding."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "ignore")
    if b"\0" in head:
        return head.decode("utf-16-be" if head[:1] == b"\0" else "utf-16-le", "ignore")
    return head.decode("utf-8-sig", "ignore")
