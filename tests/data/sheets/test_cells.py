import csv
import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.sheets import cells, content
from mediagym.data.sheets.cells import Sheet, read_sheets

ROWS = [["Day", "Campaign", "Cost"], ["2025-01-01", "Brand", "1.5"], ["2025-01-02", "Brand", "2"]]
CSV = "".join(",".join(row) + "\n" for row in ROWS)
JAPANESE = "日,キャンペーン,費用\n2025-01-01,検索ブランド,100\n2025-01-02,ポイント,200\n"
WORKBOOK_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


Write = Callable[[str, bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def only_sheet(path: Path) -> Sheet:
    (sheet,) = read_sheets(path)
    return sheet


def workbook(sheets: dict[str, str], hidden: str = "") -> bytes:
    """An xlsx file; the cells of each sheet are given as XML."""
    names = list(sheets)
    states = ['state="hidden" ' if name == hidden else "" for name in names]
    book = "".join(
        f'<sheet name="{name}" sheetId="{k}" {state}r:id="rId{k}"/>'
        for k, (name, state) in enumerate(zip(names, states, strict=True), 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{k}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{k}.xml"/>'
        for k in range(1, len(names) + 1)
    )
    relations += f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": WORKBOOK_TYPES,
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="b" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{book}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{relations}'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for k, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{k}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    return archive({name: part.encode() for name, part in parts.items()})


def archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return stream.getvalue()


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


DAILY = (
    f'<row r="2">{text_cell("B2", "Day")}{text_cell("C2", "Cost")}{text_cell("D2", "CTR")}</row>'
    '<row r="4"><c r="B4" s="1"><v>45658</v></c><c r="C4"><v>1234.5</v></c>'
    '<c r="D4" t="e"><v>#DIV/0!</v></c></row>'
    '<row r="5"><c r="B5" s="2"><v>45659.5</v></c><c r="C5"><v>7</v></c>'
    '<c r="D5" t="b"><v>1</v></c></row>'
    '<row r="6"><c r="B6" t="str"><f>"Total"</f><v>Total</v></c><c r="C6"><f>SUM(C4:C5)</f></c>'
    "</row>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_end_do_not_change_the_cells(
    write: Write, encoding: str, delimiter: str, line_end: str
) -> None:
    text = CSV.replace(",", delimiter).replace("\n", line_end)
    sheet = only_sheet(write("ads.csv", text.encode(encoding)))
    assert sheet.rows == ROWS
    assert sheet.lines == [1, 2, 3]
    assert bool(sheet.notes) == (encoding != "utf-8" or delimiter != ",")


def test_a_mark_of_utf_16_declares_the_order_of_the_bytes(write: Write) -> None:
    sheet = only_sheet(write("ads.csv", b"\xfe\xff" + CSV.encode("utf-16-be")))
    assert sheet.rows == ROWS


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Tag;Kampagne;Kosten\n01.01.2025;Köln Größe;1,50 €\n02.01.2025;Brand;2,00\n"),
        ("cp1252", "Jour;Campagne;Coût\n2025-01-01;Été – cœur d’hiver;1,5\n"),
        ("cp1252", "Día,Campaña,Costo\n2025-01-01,¿Qué?,1.5\n"),
        ("cp1252", "Dag,Kampanj,Kostnad\n2025-01-01,Återförsäljare,1.5\n"),
        ("cp932", JAPANESE),
    ],
)
def test_older_encodings_are_read_where_they_are_certain(
    write: Write, encoding: str, text: str
) -> None:
    sheet = only_sheet(write("ads.csv", text.encode(encoding)))
    delimiter = ";" if ";" in text else ","
    assert sheet.rows == [line.split(delimiter) for line in text.splitlines()]
    assert "for instance" in sheet.notes[0]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "Реклама"),
        ("cp1253", "Διαφήμιση"),
        ("cp1250", "Říjnová kampaň, Plzeň"),
        ("cp1250", "Łódź"),
        ("cp1254", "Satış kampanyası"),
        ("mac_roman", "Köln für schöne"),
        ("cp850", "Köln für schöne"),
        ("gb18030", "广告系列"),
        ("big5", "廣告活動"),
        ("euc_kr", "광고 캠페인"),
        ("euc_jp", "キャンペーン"),
        ("iso2022_jp", "キャンペーン"),
    ],
)
def test_an_encoding_that_is_not_certain_is_refused(write: Write, encoding: str, name: str) -> None:
    text = f'Day,Campaign,Cost\n2025-01-01,"{name}",1.5\n'
    with pytest.raises(DataError, match="UTF-8"):
        read_sheets(write("ads.csv", text.encode(encoding)))


def test_damaged_utf_8_is_not_taken_for_an_older_encoding(write: Write) -> None:
    data = "Day,Name\n1,Zürich\n2,Köln\n3,Genève\n".encode().replace(b"\xc3\xb6", b"\xc3")
    with pytest.raises(DataError, match=r"row 3: .*damaged or cut off"):
        read_sheets(write("ads.csv", data))


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
