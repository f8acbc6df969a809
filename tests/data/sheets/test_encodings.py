"""Encodings of text files: read where they are certain, otherwise refused."""

import pytest
from helpers.subjects.sheets import CSV, JAPANESE, ROWS, Write, only_sheet

from mediagym.data.errors import DataError
from mediagym.data.sheets.cells import read_sheets


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
