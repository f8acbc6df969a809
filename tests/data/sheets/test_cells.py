"""Cells of text files and archives, and what is refused."""

import csv
import gzip
import io
import os
from pathlib import Path

import pytest
from helpers.subjects.sheets import (
    CSV,
    DAILY,
    JAPANESE,
    ROWS,
    Write,
    archive,
    only_sheet,
    text_cell,
    workbook,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.sheets import cells, content
from mediagym.data.sheets.cells import read_sheets


def test_titles_and_footers_do_not_hide_the_delimiter(write: Write) -> None:
    text = (
        "Campaign report, all accounts\nJanuary 1, 2025 - April 30, 2025\n\n"
        "Tag;Kampagne;Kosten;Klicks\n01.01.2025;A | B;1,50;3\n02.01.2025;C;2,50;4\n;;;\n"
        "Total;;4,00;7\n© Platform, Inc.\n"
    )
    sheet = only_sheet(write("ads.csv", text.encode()))
    assert sheet.rows[0] == ["Campaign report, all accounts"]
    assert sheet.rows[3] == ["01.01.2025", "A | B", "1,50", "3"]
    assert sheet.rows[-1] == ["© Platform, Inc."]
    assert sheet.lines == [1, 2, 4, 5, 6, 8, 9]
    assert any("semicolon" in note for note in sheet.notes)
    assert any("skipped 1 rows" in note for note in sheet.notes)


def test_quoted_cells_hold_delimiters_quotes_and_line_ends(write: Write) -> None:
    text = 'Day,Name\n1,"a;b;c, ""d""\r\ne"\n2,"x;y;z"\n'
    sheet = only_sheet(write("ads.csv", text.encode()))
    assert sheet.rows == [["Day", "Name"], ["1", 'a;b;c, "d"\r\ne'], ["2", "x;y;z"]]
    assert sheet.lines == [1, 2, 4]


def test_a_line_that_declares_the_delimiter_is_obeyed(write: Write) -> None:
    sheet = only_sheet(write("ads.csv", b"sep=;\r\nDay;Name\r\n1;a,b\r\n2;c,d\r\n"))
    assert sheet.rows == [["Day", "Name"], ["1", "a,b"], ["2", "c,d"]]
    assert sheet.lines == [2, 3, 4]


@pytest.mark.parametrize(
    ("data", "fragment"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"Day\n2025-01-01\n", "one column"),
        (b'"Day,Cost"\n"2025-01-01,5"\n', "quotes around each whole line"),
        (b"a;b,c\nd;e,f\n", "may be separated by"),
        (b"Day,Cost\n1,2\0\n", "NUL byte"),
        (CSV.encode("utf-16")[:-1], "not complete UTF-16"),
        (b'Day,Cost\n1,"2\n3,4\n', "unbalanced quotes"),
        (b'Day,Cost\n1,"2" x\n', "unbalanced quotes"),
        (b"Day,Name,Cost\n1,a,2\n2,b", "cut off"),
        (b"Day,Name\n1," + b"x" * (cells.MAX_CELL + 1) + b"\n", "131,072 characters"),
        (b"a," * cells.MAX_COLUMNS + b"\n", "at most 2,000 columns"),
        (b"a\n" + b"," * 17_000_000, "row 2: a line of more than"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "save it as xlsx"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1\0", "to_csv"),
        (b"<html><table>", "web page"),
        (b'[{"day": 1}]', "JSON"),
        (b"PK\x03\x04\x14\0", "damaged"),
        (b"\x1f\x8b\x08\0", "damaged"),
        (gzip.compress(CSV.encode(), mtime=0)[:-9], "damaged"),
        (gzip.compress(gzip.compress(CSV.encode(), mtime=0), mtime=0), "archive within"),
        (archive({f"{k}.csv": CSV.encode() for k in range(201)}), "201 files"),
        (archive({"xl/workbook.bin": b""}), "another format"),
        (archive({"xl/workbook.xml": b"<a>"}), "damaged"),
        (workbook({"Notes": f'<row r="1">{text_cell("A1", "hello")}</row>'}), "holds a table"),
    ],
)
def test_what_is_not_certain_is_refused_in_one_readable_paragraph(
    write: Write, data: bytes, fragment: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_sheets(write("ads.csv", data))
    message = str(caught.value)
    assert fragment in message
    assert message.startswith("ads.csv")
    assert "Allowed: " in message
    assert "To fix: " in message
    assert message.isprintable()


def test_only_regular_files_within_bounds_are_opened(
    tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path(os.devnull), tmp_path):
        with pytest.raises(DataError, match="regular file"):
            read_sheets(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_sheets(tmp_path / "absent.csv")
    monkeypatch.setattr(content, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="at most 10 bytes"):
        read_sheets(write("ads.csv", CSV.encode()))


@pytest.mark.parametrize(
    "packed", [gzip.compress(CSV.encode(), mtime=0), archive({"a.csv": CSV.encode()})]
)
def test_archives_are_unpacked_up_to_a_bound(
    write: Write, monkeypatch: pytest.MonkeyPatch, packed: bytes
) -> None:
    sheet = only_sheet(write("ads.bin", packed))
    assert sheet.rows == ROWS
    assert "unpacked" in sheet.notes[0]
    monkeypatch.setattr(content, "MAX_UNPACKED_BYTES", 20)
    with pytest.raises(DataError, match="at most 20 bytes unpacked"):
        read_sheets(write("ads.bin", packed))


def test_an_archive_that_claims_too_small_a_size_is_refused(write: Write) -> None:
    packed = archive({"a.csv": CSV.encode()})
    size = len(CSV).to_bytes(4, "little")
    with pytest.raises(DataError, match="larger than it claims"):
        read_sheets(write("ads.zip", packed.replace(size, (5).to_bytes(4, "little"))))


def test_too_many_rows_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MAX_ROWS", 2)
    with pytest.raises(DataError, match="row 3: more than 2 rows"):
        read_sheets(write("ads.csv", CSV.encode()))


# Text that another delimiter cannot divide, and that trimming does not change.
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0,;\t|\r\n")
CELLS = st.text(LETTERS, max_size=8).map(str.strip)


@st.composite
def tables(draw: st.DrawFn, characters: str = "") -> list[list[str]]:
    width = draw(st.integers(2, 5))
    cell = st.text(st.sampled_from(characters), max_size=6).map(str.strip) if characters else CELLS
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=6))
    assume(all(any(row) for row in rows))
    return [["Day", *rows[0][1:]], *rows]


def written(rows: list[list[str]], delimiter: str, line_end: str, quoting: int) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(
        rows
    )
    return stream.getvalue()


DELIMITERS = st.sampled_from(",;\t|")
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
QUOTING = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])


@settings(deadline=None)
@given(tables(), DELIMITERS, LINE_ENDS, QUOTING, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_table_comes_back_cell_by_cell(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    delimiter: str,
    line_end: str,
    quoting: int,
    encoding: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(written(rows, delimiter, line_end, quoting).encode(encoding))
    assert only_sheet(path).rows == rows


@settings(deadline=None)
@given(tables("ab1.,;|\t\"' \n\r"), DELIMITERS, LINE_ENDS)
def test_delimiters_within_quotes_divide_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str, line_end: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "quoted.csv"
    path.write_bytes(written(rows, delimiter, line_end, csv.QUOTE_ALL).encode())
    assert only_sheet(path).rows == rows


FILES = [
    CSV.encode(),
    CSV.encode("utf-16"),
    CSV.encode("utf-16-le"),
    'Tag;Name\n1;"Größe ""x""\n"\n2;Köln\n'.encode("cp1252"),
    JAPANESE.encode("cp932"),
    JAPANESE.encode(),
    gzip.compress(CSV.encode(), mtime=0),
    archive({"a.csv": CSV.encode()}),
    workbook({"Daily": DAILY}),
]


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(FILES), st.data())
def test_damage_anywhere_raises_nothing_but_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, draw: st.DataObject
) -> None:
    position = draw.draw(st.integers(0, len(data) - 1))
    if draw.draw(st.booleans()):
        data = data[:position]
    else:
        data = data[:position] + bytes([draw.draw(st.integers(0, 255))]) + data[position + 1 :]
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(data)
    try:
        sheets = read_sheets(path)
    except DataError:
        return
    assert all(sheet.rows and len(sheet.rows) == len(sheet.lines) for sheet in sheets)


def test_each_table_of_an_archive_is_a_sheet(tmp_path: Path) -> None:
    path = tmp_path / "exports.zip"
    path.write_bytes(archive({"a.csv": CSV.encode(), "b.tsv": CSV.replace(",", "\t").encode()}))
    sheets = read_sheets(path)
    assert [sheet.file for sheet in sheets] == [
        "exports.zip, file a.csv",
        "exports.zip, file b.tsv",
    ]
    assert all(sheet.rows == ROWS for sheet in sheets)
