"""Archives and workbooks beyond bounds are refused before they take memory or time."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from mediagym.data.errors import DataError
from mediagym.data.sheets import read_sheets

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _directory(entries: int, name: bytes = b"a") -> bytes:
    """An archive of one stored file whose directory lists it many times."""
    file = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name
    numbers = (20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0)
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *numbers) + name
    size = entries * len(entry)
    end = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, entries & 0xFFFF, entries & 0xFFFF, size, len(file), 0
    )
    return file + entry * entries + end


@pytest.mark.parametrize(
    ("entries", "name"), [(10_001, b"a"), (85_000, b"a"), (500_000, b"a"), (100, b"a" * 60_000)]
)
def test_a_directory_is_bounded_before_records_of_its_entries_are_made(
    tmp_path: Path, entries: int, name: bytes
) -> None:
    path = tmp_path / "ads.xlsx"
    path.write_bytes(data := _directory(entries, name))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"the directory of the archive has .* entries"):
            read_sheets(path)
        assert tracemalloc.get_traced_memory()[1] < len(data) + 10_000_000
    finally:
        tracemalloc.stop()


def test_an_archive_of_some_thousand_entries_is_read_as_far_as_its_files_go(tmp_path: Path) -> None:
    (tmp_path / "ads.zip").write_bytes(_directory(9_000))
    with pytest.raises(DataError, match=r"the archive holds 9,000 files"):
        read_sheets(tmp_path / "ads.zip")


def _workbook(path: Path, rows: str, dimension: str = "", strings: str = "") -> Path:
    relation = '<Relationship Id="r1" Target="worksheets/sheet1.xml"/>'
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Daily" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships>{relation}</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{dimension}'
        f"<sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{MAIN}"/>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    path.write_bytes(buffer.getvalue())
    return path


def _row(line: int) -> str:
    return f'<row r="{line}"><c r="A{line}"><v>1</v></c><c r="B{line}"><v>2</v></c></row>'


def test_a_sheet_may_have_as_many_rows_as_spreadsheets_have(tmp_path: Path) -> None:
    rows = _row(1) + _row(1_048_576)
    path = _workbook(tmp_path / "b.xlsx", rows, '<dimension ref="A1:XFD1048576"/>')
    assert read_sheets(path)[0].lines == [1, 1_048_576]


def test_rows_beyond_them_are_refused_where_the_first_stands(tmp_path: Path) -> None:
    rows = _row(1) + _row(1_048_577) + "<row r='0'>what follows is not read"
    with pytest.raises(DataError, match=r"there is a row 1,048,577\. Allowed: at most 1,048,576"):
        read_sheets(_workbook(tmp_path / "b.xlsx", rows + "</row>"))


@pytest.mark.parametrize("reference", ['ref="A1:C3000000"', "spans='x' ref='A1:C3000000'"])
def test_a_sheet_that_says_how_many_it_has_is_refused_before_anything_is_read(
    tmp_path: Path, reference: str
) -> None:
    broken = f'<sst xmlns="{MAIN}"><si>'  # of which nothing is read either
    path = _workbook(tmp_path / "b.xlsx", _row(1) + _row(2), f"<dimension {reference}/>", broken)
    with pytest.raises(DataError, match=r"sheet Daily: there is a row 3,000,000\."):
        read_sheets(path)


@pytest.mark.parametrize(
    "row", ["<row/>", "<x:row/>", "<row>{}</row>", '<row spans="1:1">{}</row>']
)
def test_a_sheet_with_too_many_rows_is_refused_before_their_cells_are_read(
    tmp_path: Path, row: str
) -> None:
    broken = f'<sst xmlns="{MAIN}"><si>'
    rows = row.format("<c><v>1</v></c>") * 1_048_577
    with pytest.raises(DataError, match=r"there are 1,0\d\d,\d\d\d rows or more\."):
        read_sheets(_workbook(tmp_path / "b.xlsx", rows, strings=broken))


def test_what_only_begins_like_a_row_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediagym.data.sheets.worksheet.MAX_SHEET_ROWS", 2)
    text = '<c r="{}1" t="inlineStr"><is><t>row&lt;row></t></is></c>'
    head = f'<row r="1">{text.format("A")}{text.format("B")}</row>'
    path = _workbook(tmp_path / "b.xlsx", head + _row(2), "<rowBreaks/><sheetPr rows='3'/>")
    assert read_sheets(path)[0].lines == [1, 2]
