"""The site log as a file: what is tolerated, restored and refused."""

import csv
import os
from pathlib import Path

import pytest
from helpers.subjects.landing_logs import NAME, Make
from helpers.subjects.site_logs import HEADER, ROW, read, rewrite
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.history import History
from mediagym.data.journeys import load_landings, read_landings
from mediagym.data.sheets import SPREADSHEET_ROWS, truncation_note
from mediagym.data.units import load_history


def test_a_log_saved_by_a_spreadsheet_is_equal_to_the_minute(
    folder: Path, data_settings: Make, exports
) -> None:
    clean = read(folder, data_settings)
    exports.write_landings(folder, time_format="spreadsheet")
    saved = read(folder, data_settings)
    column = "Website Landing Time"
    minutes = clean.frame[column].to_numpy().astype("datetime64[m]")
    assert (saved.frame[column].to_numpy() == minutes).all()
    assert saved.report.matches == clean.report.matches
    assert any("no seconds" in note for note in saved.report.notes)
    assert any("DD-MM-YYYY" in note for note in saved.report.notes)


def test_an_id_that_looks_like_a_number_stays_text(folder: Path, data_settings: Make) -> None:
    ids = ["12345e67", "00000012", "12345678", "0e000000"]
    rewrite(folder, lambda text: text + "".join(f"{each}{ROW[8:]}" for each in ids))
    assert list(read(folder, data_settings).frame["User Id"][-4:]) == ids


def test_ids_that_a_spreadsheet_changed_are_restored_or_noted(
    folder: Path, data_settings: Make
) -> None:
    rewrite(folder, lambda text: text + "12" + ROW[8:] + "1.2345E+71" + ROW[8:])
    landings = read(folder, data_settings)
    assert list(landings.frame["User Id"][-2:]) == ["00000012", "1.2345e+71"]
    notes = "\n".join(landings.report.notes)
    assert "restored 1 user ids" in notes
    assert "1.2345E+71" in notes


@pytest.mark.parametrize("name", [NAME, "visits.csv"])
def test_a_pipe_in_the_place_of_the_log_does_not_wait(
    name: str, folder: Path, data_settings: Make
) -> None:
    (folder / NAME).unlink()
    history = load_history(data_settings(folder))
    os.mkfifo(folder / name)
    if name == NAME:
        with pytest.raises(DataError, match=r"this is a pipe.*a regular file"):
            read_landings(data_settings(folder), history)
    else:
        assert read_landings(data_settings(folder), history) is None


def test_exactly_as_many_rows_as_a_spreadsheet_holds_give_a_warning(
    folder: Path, data_settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SPREADSHEET_ROWS == 1_048_575
    assert "1,048,575" in truncation_note(NAME)
    rows = (folder / NAME).read_text().count("\n") - 1
    assert not any("WARNING" in note for note in read(folder, data_settings).report.notes)
    monkeypatch.setattr("mediagym.data.journeys.visits.SPREADSHEET_ROWS", rows)
    assert any("WARNING" in note for note in read(folder, data_settings).report.notes)


def test_quotes_blank_lines_an_index_and_another_order_are_tolerated(
    folder: Path, data_settings: Make, exports
) -> None:
    clean = read(folder, data_settings)
    rows = exports.read_rows(folder / NAME)
    with (folder / NAME).open("w", encoding="utf-8-sig", newline="") as stream:
        header = ["", *reversed(exports.LANDINGS_HEADER)]
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n\r\n")
        writer.writerow([name.upper() for name in header])
        writer.writerows(
            [str(k), *(row[name] for name in header[1:])] for k, row in enumerate(rows)
        )
    odd = read(folder, data_settings)
    assert odd.frame.equals(clean.frame)
    assert odd.report.matches == clean.report.matches


GOOD = HEADER + ROW * 3
MALFORMED: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "empty": ("", ("empty",)),
    "header only": (HEADER, ("no data",)),
    "missing column": ("User Id,Is Converted\na,1\n", ("row 1", "Website Landing Time")),
    "extra column": (HEADER[:-1] + ",Page\n", ("row 1", "column Page", "data.ignore_columns")),
    "column twice": (HEADER[:-1] + ",Source\n", ("row 1", "column Source")),
    "semicolons": (GOOD.replace(",", ";"), ("row 1", "semicolon")),
    "short row": (GOOD + "20a70111,2024-01-05 01:57:19,0\n" + ROW, ("row 5", "3 fields")),
    "cut off": (GOOD + "20a70111,2024-01-05 01:57:19,0,google,paid", ("row 5", "cut off")),
    "long row": (GOOD + ROW[:-1] + ",x\n", ("row 5", "7 fields")),
    "short under quotes": (GOOD + '"a"\n' + ROW, ("row 5", "1 fields")),
    "open quote": (GOOD + '"' + ROW, ("row 5", "quote")),
    "blank user": (GOOD + ROW[8:], ("row 5", "User Id", "blank")),
    "odd user": (GOOD + "\n\nme" + ROW[8:], ("row 7", "User Id", "'me'")),
    "long user": (GOOD + "0" + ROW, ("row 5", "User Id")),
    "blank time": (GOOD + ROW.replace("2024-01-05 01:57:19", ""), ("row 5", "Time", "blank")),
    "odd time": (GOOD + ROW.replace("01:57", "25:57"), ("row 5", "Time", "25:57")),
    "no clock": (GOOD + ROW.replace(" 01:57:19", ""), ("row 5", "Time", "time of day")),
    "mixed times": (GOOD + ROW.replace("2024-01-05", "05-01-2024"), ("row 5", "05-01-2024")),
    "odd day": (GOOD + ROW.replace("01-05", "02-30"), ("row 5", "2024-02-30")),
    "odd conversion": (GOOD + ROW.replace(",0,", ",2,"), ("row 5", "Is Converted", "'2'")),
    "blank conversion": (GOOD + ROW.replace(",0,", ",,"), ("row 5", "Is Converted", "blank")),
    "odd channel": (GOOD + ROW.replace("paid", "tv"), ("row 5", "Channel", "'tv'", "paid search")),
    "blank channel": (GOOD + ROW.replace("paid", ""), ("row 5", "Channel", "blank")),
    "no paid row": (HEADER + ROW.replace("paid", "email"), ("none at all",)),
    "utf-16": (GOOD.encode("utf-16"), ("UTF-16",)),
    "latin-1": (GOOD.replace("YouTube", "Yü").encode("latin-1"), ("row 2", "0xfc")),
    "workbook": (b"PK\x03\x04", ("xlsx",)),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_landings_are_refused_with_row_and_column(
    name: str, folder: Path, data_settings: Make
) -> None:
    content, fragments = MALFORMED[name]
    (folder / NAME).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read(folder, data_settings)
    message = str(caught.value)
    for fragment in (NAME, *fragments):
        assert fragment in message
    assert message.isprintable()


@pytest.fixture(scope="module")
def fuzzing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(tail=st.binary(max_size=60) | st.text('0a,"\n\r-: 2024pid;', max_size=60).map(str.encode))
@example(tail=b"\x0b")
@example(tail=b'""')
@settings(max_examples=80)
def test_any_last_line_is_read_or_refused_with_a_message(
    tail: bytes, fuzzing: Path, data_settings: Make, exports
) -> None:
    if not list(fuzzing.iterdir()):
        exports.write_exports(fuzzing, days=28)
    history: History = load_history(data_settings(fuzzing))
    (fuzzing / NAME).write_bytes(GOOD.encode() + tail)
    message = ""
    try:
        load_landings(data_settings(fuzzing), history)
    except DataError as error:
        message = str(error)
    assert message.isprintable()
