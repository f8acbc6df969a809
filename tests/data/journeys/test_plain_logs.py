"""Plain landing logs: encodings, packing, workbooks and notations of time."""

import gzip
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pytest
from helpers.subjects.landing_logs import (
    NAME,
    PLAIN,
    ZONE,
    Make,
    Row,
    assert_equal,
    local,
    plain_rows,
    read,
    write,
)

from mediagym.data.errors import DataError
from mediagym.data.journeys import Landings, build_journeys
from mediagym.data.units import load_history


def test_a_plain_log_is_joined_as_the_site_log(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    write(folder / NAME, PLAIN, plain_rows(rows))
    found = read(data_settings(folder))
    assert_equal(found, expected)
    history = load_history(data_settings(folder))
    journeys = [build_journeys(each, history, 30.0, "auto").paths for each in (found, expected)]
    assert journeys[0].names == journeys[1].names
    assert (journeys[0].label == journeys[1].label).all()


def test_a_plain_log_of_any_encoding_delimiter_and_packing_is_the_same(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    write(folder / NAME, PLAIN, plain_rows(rows), delimiter=";")
    semicolons = (folder / NAME).read_text()
    write(folder / NAME, PLAIN, plain_rows(rows), delimiter="\t")
    tabs = (folder / NAME).read_text()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", semicolons)
    contents = {
        "semicolons": semicolons.encode("utf-8-sig"),
        "utf-16": tabs.encode("utf-16"),
        "gz": gzip.compress(tabs.encode()),
        "zip": packed.getvalue(),
    }
    for name, content in contents.items():
        (folder / NAME).write_bytes(content)
        assert_equal(read(data_settings(folder)), expected), name


def workbook(sheets: Sequence[Sequence[Sequence[str]]]) -> bytes:
    """A minimal xlsx file of text cells."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    names = [f'<sheet name="S{k}" sheetId="{k}" r:id="r{k}"/>' for k in range(len(sheets))]
    targets = [
        f'<Relationship Id="r{k}" Type="{office}/worksheet" Target="worksheets/s{k}.xml"/>'
        for k in range(len(sheets))
    ]
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "xl/workbook.xml",
            f'<workbook {main} xmlns:r="{office}"><sheets>{"".join(names)}</sheets></workbook>',
        )
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">{"".join(targets)}</Relationships>',
        )
        for k, rows in enumerate(sheets):
            lines = "".join(
                "<row>"
                + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row)
                + "</row>"
                for row in rows
            )
            packed.writestr(
                f"xl/worksheets/s{k}.xml",
                f"<worksheet {main}><sheetData>{lines}</sheetData></worksheet>",
            )
    return stream.getvalue()


def test_a_workbook_is_read_by_its_only_sheet_of_landings(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    notes = [["notes", "to self"], ["a", "b"]]
    (folder / NAME).write_bytes(workbook([notes, [PLAIN, *plain_rows(rows)]]))
    assert_equal(read(data_settings(folder)), expected)
    (folder / NAME).write_bytes(workbook([[PLAIN, *plain_rows(rows)]] * 2))
    with pytest.raises(DataError, match=r"sheet S0.*sheet S1.*exactly one table"):
        read(data_settings(folder))


@pytest.mark.parametrize(
    ("heading", "stamp"),
    [
        ("timestamp", lambda time: str(int(time.timestamp()))),
        ("landing_time", lambda time: str(int(time.timestamp() * 1000))),
        ("visited_at", lambda time: time.isoformat()),
        ("created_at", lambda time: time.astimezone(ZoneInfo("UTC")).strftime("%FT%T.000Z")),
        ("event_time", lambda time: time.astimezone(ZoneInfo("UTC")).strftime("%F %T UTC")),
        ("time", lambda time: time.strftime("%d %b %Y %I:%M:%S %p")),
        ("datetime", lambda time: time.strftime("%m/%d/%Y %H:%M:%S")),
    ],
)
def test_times_are_read_in_the_accounts_time_zone(
    heading: str,
    stamp: Callable[[datetime], str],
    folder: Path,
    rows: list[Row],
    expected: Landings,
    data_settings: Make,
) -> None:
    cells = plain_rows(rows)
    for line, row in zip(cells, rows, strict=True):
        line[1] = stamp(local(row))
    write(folder / NAME, [PLAIN[0], heading, *PLAIN[2:]], cells)
    assert_equal(read(data_settings(folder, timezone=ZONE)), expected)


def test_rows_without_a_user_are_left_out_with_a_note(
    folder: Path, rows: list[Row], data_settings: Make
) -> None:
    cells = plain_rows(rows)
    for line in cells[:40]:
        line[0] = "" if line is cells[0] else "null"
    write(folder / NAME, PLAIN, cells)
    report = read(data_settings(folder)).report
    assert report.rows == len(rows) - 40
    assert any("left out 40 rows" in note and "without a user" in note for note in report.notes)
