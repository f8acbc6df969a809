"""Sheets of workbooks: texts, dates, numbers and hidden sheets."""

import io
import zipfile

import pytest
from helpers.subjects.sheets import DAILY, MAIN, Write, archive, only_sheet, text_cell, workbook

from mediagym.data.errors import DataError
from mediagym.data.sheets.cells import read_sheets


def test_a_workbook_gives_every_sheet_with_a_table(write: Write) -> None:
    other = f'<row r="1">{text_cell("A1", "x")}{text_cell("B1", "y")}</row>'
    other += '<row r="2"><c r="A2"><v>1e22</v></c><c r="B2"><v>0.00001</v></c></row>'
    notes = f'<row r="1">{text_cell("A1", "hello")}</row>'
    data = workbook({"Daily": DAILY, "Notes": notes, "Other": other}, hidden="Other")
    daily, hidden = read_sheets(write("book.xlsx", data))
    assert daily.file == "book.xlsx, sheet Daily"
    assert daily.rows == [
        ["Day", "Cost", "CTR"],
        ["2025-01-01", "1234.5", "#DIV/0!"],
        ["2025-01-02 12:00:00", "7", "TRUE"],
        ["Total", "=SUM(C4:C5)", ""],
    ]
    assert daily.lines == [2, 4, 5, 6]
    assert "'Notes'" in daily.notes[0]
    assert hidden.rows == [["x", "y"], ["1" + "0" * 22, "0.00001"]]
    assert "hidden" in hidden.notes[0]


def test_a_sheet_that_spans_too_many_cells_is_refused_before_it_takes_memory(write: Write) -> None:
    far = DAILY + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(DataError, match="row 1048576: a cell in column 16,384"):
        read_sheets(write("book.xlsx", workbook({"Daily": far})))


def test_texts_of_a_workbook_may_be_shared_and_have_runs_and_phonetic_guides(write: Write) -> None:
    strings = (
        f'<sst xmlns="{MAIN}" uniqueCount="4000000000"><si><t>Day</t></si>'
        "<si><r><t>A &amp; </t></r><r><t>B</t></r><rPh><t>guide</t></rPh></si></sst>"
    )
    rows = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>'
    rows += '<row><c s="1"><v>45658</v></c><c s="1"/><c><v>2</v></c></row>'
    stream = io.BytesIO(workbook({"Daily": rows}))
    with zipfile.ZipFile(stream, "a") as packed:
        packed.writestr("xl/sharedStrings.xml", strings)
    sheet = only_sheet(write("book.xlsx", stream.getvalue()))
    assert sheet.rows == [["Day", "A & B", ""], ["2025-01-01", "", "2"]]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("yyyy\\-mm\\-dd", "2025-01-01"),
        ("[$-409]d-mmm-yy;@", "2025-01-01"),
        ("[h]:mm", "1095792:00:00"),
        ("#,##0 &quot;days&quot;", "45658"),
        ("0.00\\ [$USD]", "45658"),
        ("General", "45658"),
    ],
)
def test_the_format_of_a_number_tells_dates(write: Write, code: str, text: str) -> None:
    other = workbook({"Daily": '<row><c s="3"><v>45658</v></c><c><v>1</v></c></row>' * 2})
    members = {n: zipfile.ZipFile(io.BytesIO(other)).read(n) for n in names_of(other)}
    styles = members["xl/styles.xml"].decode()
    styles = styles.replace(
        "<cellXfs>",
        f'<numFmts><numFmt numFmtId="164" formatCode="{code}"/></numFmts><cellXfs>',
    ).replace("</cellXfs>", '<xf numFmtId="164"/></cellXfs>')
    members["xl/styles.xml"] = styles.encode()
    assert only_sheet(write("book.xlsx", archive(members))).rows == [[text, "1"]] * 2


def names_of(packed: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        return opened.namelist()
