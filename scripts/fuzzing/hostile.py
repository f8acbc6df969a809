"""Files that are made to hang a reader or to fill its memory; small on the disk."""

import gzip
import os
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple

from .case import Sums, difference_of
from .export import simulate, sums_of
from .packing import file_of, workbook
from .styles import STYLES
from .worker import Answer, is_clean

_MEGABYTE = 1 << 20
_HEADER = "Date,Cost,Impressions,Clicks,Conversions,Revenue\n"
_ROW = "2025-01-01,12.50,1000,20,1,30\n"
_ODD_NAME = "meta\n\x1b[31m\u202eads.csv"
_DOCTYPE = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


class Hostile(NamedTuple):
    """A hostile file, which must be refused, or left out with a note."""

    name: str  # of the file
    write: Callable[[Path], object]  # writes it
    is_slow: bool = False  # takes seconds
    may_be_read: bool = False  # odd, but a table nevertheless


def lay_out(hostile: Hostile, folder: Path) -> Sums:
    """Writes a hostile file beside a good export, and returns the sums of the good one."""
    rng = Random(0)  # noqa: S311  # reproducible, and no secret
    market = [row for row in simulate(rng) if row.platform == "google"]
    export = STYLES["google"][2](market, rng)
    name, data = file_of(export)
    (folder / name).write_bytes(data)
    hostile.write(folder / hostile.name)
    return sums_of(export.records())


def verdict_of(hostile: Hostile, answer: Answer, sums: Sums) -> tuple[str, str]:
    """Verdict on the reading of a hostile file, as `judge` gives it."""
    if answer.status == "refused":
        return ("refused" if is_clean(answer.message) else "garbled"), answer.message
    if answer.status != "read":
        return ("memory" if answer.status == "died" else answer.status), answer.message
    shown = "".join(c for c in hostile.name if c.isprintable())[-8:]
    if hostile.may_be_read or (hostile.write is _unreadable and os.geteuid() == 0):
        return "ok", ""
    if difference_of(answer.sums, sums):
        return "wrong", "read, though it must be refused"
    is_told = any(shown in note and is_clean(note) for note in answer.notes)
    return ("ok", "") if is_told else ("wrong", "left out without a note")


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.write((_HEADER + _ROW).encode())
        stream.truncate(2_000_000_000)


def _gzip_bomb(path: Path) -> None:
    """8 GB of zeros in 8 MB: one member many times."""
    member = gzip.compress(bytes(16 * _MEGABYTE), mtime=0)
    head = gzip.compress((_HEADER + _ROW * 60).encode(), mtime=0)
    path.write_bytes(head + member * 512)


def _zip_bomb(claimed: int) -> Callable[[Path], object]:
    """4 GB of zeros in a zip archive that claims another size."""

    def write(path: Path) -> None:
        squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        squeezer.compress(b"")
        zeros = bytes(_MEGABYTE)
        block = squeezer.compress(zeros) + squeezer.flush(zlib.Z_FULL_FLUSH)
        data = block * 4096 + zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
        name = b"meta.csv"
        sizes = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(data), claimed, len(name), 0)
        local = b"PK\x03\x04" + sizes + name + data
        central = b"PK\x01\x02" + struct.pack("<H", 20) + sizes
        central += struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
        counts = (0, 0, 1, 1, len(central), len(local), 0)
        path.write_bytes(local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", *counts))

    return write


def _sheet(content: str, before: str = "") -> Callable[[Path], object]:
    """A workbook with this sheet."""

    def write(path: Path) -> None:
        path.write_bytes(workbook(content, before))

    return write


def _text(parts: Iterable[str]) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(parts)

    return write


def _columns(count: int) -> str:
    names = ",".join(f"column {number}" for number in range(count))
    row = ",".join("1" for _ in range(count))
    return _HEADER.rstrip("\n") + f",{names}\n" + (_ROW.rstrip("\n") + f",{row}\n") * 60


def _unreadable(path: Path) -> None:
    path.write_text(_HEADER + _ROW)
    path.chmod(0)


def _nested(path: Path) -> None:
    data = (_HEADER + _ROW).encode()
    for _ in range(50):
        data = gzip.compress(data, mtime=0)
    path.write_bytes(data)


_FAR = '<row r="1"><c r="A1" t="inlineStr"><is><t>Date</t></is></c></row>'
HOSTILE: dict[str, Hostile] = {
    "pipe": Hostile("meta.csv", lambda path: os.mkfifo(path)),
    "sparse_2_gb": Hostile("meta.csv", _sparse),
    "gzip_bomb_8_gb": Hostile("meta.csv.gz", _gzip_bomb, is_slow=True),
    "zip_bomb_honest": Hostile("meta.zip", _zip_bomb(4_000_000_000), is_slow=True),
    "zip_bomb_lying": Hostile("meta.zip", _zip_bomb(100), is_slow=True),
    "gzip_50_deep": Hostile("meta.csv.gz", _nested),
    "workbook_last_row": Hostile(
        "meta.xlsx", _sheet(_FAR + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    ),
    "workbook_huge_row": Hostile(
        "meta.xlsx", _sheet(_FAR + '<row r="99999999999"><c r="ZZZ99999999999"><v>1</v></c></row>')
    ),
    "workbook_many_rows": Hostile(
        "meta.xlsx", _sheet('<row><c t="n"><v>1</v></c></row>' * 3_000_000), is_slow=True
    ),
    "workbook_one_cell": Hostile(
        "meta.xlsx",
        _sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 50_000_000}</t></is></c></row>'),
        is_slow=True,
    ),
    "workbook_entities": Hostile("meta.xlsx", _sheet(_FAR, _DOCTYPE)),
    "10_000_columns": Hostile("meta.csv", _text([_columns(10_000)])),
    "line_of_50_mb": Hostile("meta.csv", _text([_HEADER, "1" * 50_000_000]), is_slow=True),
    "cells_of_50_mb": Hostile("meta.csv", _text([_HEADER, "," * 50_000_000]), is_slow=True),
    "quote_of_50_mb": Hostile(
        "meta.csv", _text([_HEADER, '"', "2025-01-01\n" * 5_000_000]), is_slow=True
    ),
    "brackets": Hostile("meta.csv", _text(["[" * 1_000_000])),
    "folder": Hostile("meta.csv", lambda path: path.mkdir()),
    "dangling_link": Hostile("meta.csv", lambda path: path.symlink_to("nowhere.csv")),
    "link_to_itself": Hostile("meta.csv", lambda path: path.symlink_to("meta.csv")),
    "link_to_zero": Hostile("meta.csv", lambda path: path.symlink_to("/dev/zero")),
    "unreadable": Hostile("meta.csv", _unreadable),
    "odd_name": Hostile(_ODD_NAME, _text(["no table\n"])),
    "odd_name_of_a_table": Hostile(_ODD_NAME, _text([_HEADER, _ROW]), may_be_read=True),
    "empty": Hostile("meta.csv", _text([])),
    "header_alone": Hostile("meta.csv", _text([_HEADER])),
    "zeros": Hostile("meta.csv", lambda path: path.write_bytes(bytes(100_000))),
    "random_bytes": Hostile(
        "meta.csv",
        lambda path: path.write_bytes(Random(0).randbytes(100_000)),  # noqa: S311
    ),
}
