import csv
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.exports import DataSettings
from mediagym.data.history import History
from mediagym.data.journeys import MAX_LISTED, Landings, load_landings, read_landings
from mediagym.data.sheets import SPREADSHEET_ROWS, truncation_note
from mediagym.data.units import load_history

Make = Callable[..., DataSettings]
FILE = "website-landings.csv"
HEADER = "User Id,Website Landing Time,Is Converted,Source,Channel,Campaign Type\n"
ROW = "20a70111,2024-01-05 01:57:19,0,google,paid,YouTube\n"


@pytest.fixture
def folder(export_folder: Path, exports) -> Path:
    exports.write_landings(export_folder)
    return export_folder


def read(folder: Path, data_settings: Make, **overrides: object) -> Landings:
    settings = data_settings(folder, **overrides)
    landings = read_landings(settings, load_history(settings))
    assert landings is not None
    return landings


def rewrite(folder: Path, change: Callable[[str], str]) -> None:
    (folder / FILE).write_text(change((folder / FILE).read_text()))


def test_the_landings_are_counted(folder: Path, data_settings: Make, exports) -> None:
    landings = read(folder, data_settings)
    rows = exports.read_rows(folder / FILE)
    report = landings.report
    assert report.rows == len(rows) == len(landings.frame)
    assert report.users == len({row["User Id"] for row in rows})
    assert report.converted_rows == sum(row["Is Converted"] == "1" for row in rows)
    times = sorted(row["Website Landing Time"] for row in rows)
    assert str(report.first) == times[0].replace(" ", "T")
    assert str(report.last) == times[-1].replace(" ", "T")
    assert report.rows_outside == 0
    assert report.unmatched == ()
    assert (landings.frame["User Id"] == [row["User Id"] for row in rows]).all()
    assert (landings.frame["Channel"].astype(str) == [row["Channel"] for row in rows]).all()


def test_paid_landings_are_matched_with_clicks(folder: Path, data_settings: Make, exports) -> None:
    landings = read(folder, data_settings)
    history = load_history(data_settings(folder))
    rows = exports.read_rows(folder / FILE)
    sources = {"google": "google", "microsoft": "bing", "meta": "facebook"}
    for k, (campaign, match) in enumerate(
        zip(history.campaigns, landings.report.matches, strict=True)
    ):
        label = ("paid", sources[campaign.channel], campaign.campaign_type or "")
        expected = [(row["Channel"], row["Source"], row["Campaign Type"]) == label for row in rows]
        assert match.campaign == campaign.name
        assert match.landings == sum(expected)
        assert match.clicks == history.clicks[:, k].sum()
        assert match.ratio == pytest.approx(match.landings / match.clicks)
        assert ((landings.frame["Campaign"] == k) == expected).all()


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


def test_without_the_file_there_is_a_note_and_no_report(
    export_folder: Path, data_settings: Make
) -> None:
    settings = data_settings(export_folder)
    history = load_history(settings)
    assert load_landings(settings, history) is None
    assert any("no log of site landings" in note for note in history.notes)


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


@pytest.mark.parametrize(
    ("rows", "marked_unit", "share"),
    [
        (["a0", "a1", "b0", "b0"], "row", 0.5),
        (["a1", "a1", "b0", "b0", "c1"], "user", 1.0),
        (["a1", "b0", "b0"], None, None),
    ],
)
def test_the_marked_unit_is_inferred_from_converters_with_several_landings(
    rows: list[str], marked_unit: str | None, share: float | None, folder: Path, data_settings: Make
) -> None:
    lines = [f"0000000{r[0]},2024-01-05 10:00:00,{r[1]},google,paid,YouTube\n" for r in rows]
    (folder / FILE).write_text(HEADER + "".join(lines))
    report = read(folder, data_settings).report
    assert report.marked_unit == marked_unit
    assert np.isnan(report.converted_share) if share is None else report.converted_share == share


def test_rows_outside_the_ads_period_are_counted_and_not_matched(
    folder: Path, data_settings: Make
) -> None:
    clean = read(folder, data_settings).report
    late = ROW.replace("2024-01-05", "2024-03-07")
    rewrite(folder, lambda text: text + late * 3)
    report = read(folder, data_settings).report
    assert report.rows_outside == 3
    assert report.matches == clean.matches
    assert any("3 rows lie outside" in note for note in report.notes)


def test_only_days_that_both_cover_are_compared(folder: Path, data_settings: Make) -> None:
    (folder / FILE).write_text(HEADER + ROW + ROW.replace("01-05", "01-06"))
    history = load_history(data_settings(folder))
    match = read(folder, data_settings).report.matches[history.names.index("google/YouTube")]
    assert match.clicks == history.clicks[4:6, history.names.index("google/YouTube")].sum()
    assert match.landings == 2


def test_paid_labels_of_no_campaign_are_listed(folder: Path, data_settings: Make) -> None:
    odd = ROW.replace("YouTube", "Billboards") * 2 + ROW.replace("google", "tiktok")
    rewrite(folder, lambda text: text + odd + ROW.replace("google,", ","))
    report = read(folder, data_settings).report
    assert report.unmatched == (
        ("google/Billboards", 2),
        ("(none)/YouTube", 1),
        ("tiktok/YouTube", 1),
    )
    assert any("2 paid landings of google/Billboards" in note for note in report.notes)


def test_of_many_or_long_labels_notes_stay_short(folder: Path, data_settings: Make) -> None:
    many = "".join(ROW.replace("YouTube", f"type {number}") for number in range(500))
    long = ROW.replace("YouTube", "x" * 100_000) * 2
    rewrite(folder, lambda text: text + many + long)
    report = read(folder, data_settings).report
    assert len(report.unmatched) == 501
    notes = [note for note in report.notes if "belong to no campaign" in note]
    assert len(notes) == MAX_LISTED + 1
    assert max(map(len, notes)) < 200
    assert any(f"{501 - MAX_LISTED} more labels" in note for note in notes)


def test_many_sources_and_many_types_take_no_table_of_all_pairs(
    folder: Path, data_settings: Make
) -> None:
    clean = read(folder, data_settings)
    odd = [
        ROW.replace("google", f"s{number}").replace("YouTube", f"t{number}")
        for number in range(40_000)  # a table of all pairs would take 12 GB
    ]
    rewrite(folder, lambda text: text + "".join(odd))
    landings = read(folder, data_settings)
    assert landings.report.matches == clean.report.matches
    assert (landings.frame["Campaign"].to_numpy()[-len(odd) :] == -1).all()


@pytest.mark.parametrize("name", [FILE, "visits.csv"])
def test_a_pipe_in_the_place_of_the_log_does_not_wait(
    name: str, folder: Path, data_settings: Make
) -> None:
    (folder / FILE).unlink()
    history = load_history(data_settings(folder))
    os.mkfifo(folder / name)
    if name == FILE:
        with pytest.raises(DataError, match=r"this is a pipe.*a regular file"):
            read_landings(data_settings(folder), history)
    else:
        assert read_landings(data_settings(folder), history) is None


def test_one_time_in_utc_among_local_ones_is_refused(folder: Path, data_settings: Make) -> None:
    rewrite(folder, lambda text: text + ROW.replace("01:57:19", "01:57:19Z"))
    with pytest.raises(DataError, match=r"01:57:19Z.*has a time zone, and other rows have none"):
        read(folder, data_settings)


def test_labels_match_without_regard_to_case(folder: Path, data_settings: Make) -> None:
    clean = read(folder, data_settings).report.matches
    rewrite(folder, lambda text: text.replace("google", "Google").replace("YouTube", "YOUTUBE"))
    assert read(folder, data_settings).report.matches == clean


def test_a_join_that_matches_nothing_is_an_error(folder: Path, data_settings: Make) -> None:
    for source in ("google", "bing", "facebook"):
        rewrite(folder, lambda text, name=source: text.replace(f",{name},", f",{name} ads,"))
    with pytest.raises(DataError, match=r"google ads/YouTube.*data\.landing_sources"):
        read(folder, data_settings)
    sources = {"google ads": "google", "bing ads": "microsoft", "facebook ads": "meta"}
    assert not read(folder, data_settings, landing_sources=sources).report.unmatched


def test_a_channel_under_another_name_is_an_error_that_names_it(
    folder: Path, data_settings: Make
) -> None:
    rewrite(folder, lambda text: text.replace(",google,paid,", ",Google Ads,paid,"))
    with pytest.raises(DataError) as caught:
        read(folder, data_settings)
    for part in ("channel google", "Google Ads/YouTube", "data.landing_sources.NAME=google"):
        assert part in str(caught.value)
    sources = {"google ads": "google", "bing": "microsoft", "facebook": "meta"}
    assert not read(folder, data_settings, landing_sources=sources).report.unmatched


def test_a_channel_without_landings_is_a_note_if_no_label_is_unmatched(
    folder: Path, data_settings: Make
) -> None:
    rows = [row for row in (folder / FILE).read_text().splitlines() if ",facebook,paid," not in row]
    (folder / FILE).write_text("\n".join(rows) + "\n" + ROW.replace("google", "tiktok"))
    notes = read(folder, data_settings).report.notes
    assert any("WARNING, no landing of meta" in note for note in notes)


def test_labels_of_one_channel_are_not_attributed_to_another(
    folder: Path, data_settings: Make
) -> None:
    odd = ROW.replace("YouTube", "Billboards") * 9
    (folder / FILE).write_text(HEADER + ROW + odd)
    assert read(folder, data_settings).report.unmatched == (("google/Billboards", 9),)
    (folder / FILE).write_text(HEADER + ROW + odd.replace("google", "Facebook Ads"))
    with pytest.raises(DataError, match=r"channel meta.*Facebook Ads/Billboards \(9\)"):
        read(folder, data_settings)


def test_times_of_mixed_formats_are_read_alike(folder: Path, data_settings: Make) -> None:
    clean = read(folder, data_settings).frame
    rewrite(folder, lambda text: text.replace(",2024-01-05 ", ",2024-01-05T"))
    assert read(folder, data_settings).frame.equals(clean)


def test_landings_of_another_period_are_an_error(folder: Path, data_settings: Make) -> None:
    rewrite(folder, lambda text: text.replace(",2024-", ",2020-"))
    with pytest.raises(DataError, match=f"{FILE}.*2024-01-01 to 2024-02-29.*2020-01-01"):
        read(folder, data_settings)


def test_times_just_after_midnight_are_noted_as_imputed(folder: Path, data_settings: Make) -> None:
    facebook = "".join(f"{n:08x},2024-01-05 00:00:{n:02d},0,facebook,paid,\n" for n in range(50))
    (folder / FILE).write_text(HEADER + ROW + facebook)
    report = read(folder, data_settings).report
    assert any("landings of meta lie just after midnight" in note for note in report.notes)


def test_exactly_as_many_rows_as_a_spreadsheet_holds_give_a_warning(
    folder: Path, data_settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SPREADSHEET_ROWS == 1_048_575
    assert "1,048,575" in truncation_note(FILE)
    rows = (folder / FILE).read_text().count("\n") - 1
    assert not any("WARNING" in note for note in read(folder, data_settings).report.notes)
    monkeypatch.setattr("mediagym.data.journeys.visits.SPREADSHEET_ROWS", rows)
    assert any("WARNING" in note for note in read(folder, data_settings).report.notes)


def test_quotes_blank_lines_an_index_and_another_order_are_tolerated(
    folder: Path, data_settings: Make, exports
) -> None:
    clean = read(folder, data_settings)
    rows = exports.read_rows(folder / FILE)
    with (folder / FILE).open("w", encoding="utf-8-sig", newline="") as stream:
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
    (folder / FILE).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read(folder, data_settings)
    message = str(caught.value)
    for fragment in (FILE, *fragments):
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
    (fuzzing / FILE).write_bytes(GOOD.encode() + tail)
    message = ""
    try:
        load_landings(data_settings(fuzzing), history)
    except DataError as error:
        message = str(error)
    assert message.isprintable()
