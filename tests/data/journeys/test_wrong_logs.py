"""Landing logs that are refused, in one line that names row and remedy."""

from pathlib import Path

import pytest
from helpers.subjects.landing_logs import GA4_EVENTS, NAME, PLAIN, Make, read
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.units import load_history

ONE = "a1,2024-01-10 10:00:00,google,cpc,YouTube,0\n"
WRONG: dict[str, tuple[str, tuple[str, ...]]] = {
    "no user": ("timestamp,utm_source,converted\n" + ONE[3:], ("row 1", "user", "visitor id")),
    "no time": ("visitor_id,utm_source,converted\na,google,0\n", ("row 1", "time", "timestamp")),
    "no conversions": (
        "visitor_id,timestamp,utm_source\n" + ONE[:26] + "\n",
        ("row 1", "conversions", "converted"),
    ),
    "headings twice": (",".join([*PLAIN, "utm_source"]) + "\n", ("row 1", "utm_source", "twice")),
    "headings only": (",".join(PLAIN) + "\n", ("no data",)),
    "long row": (",".join(PLAIN) + "\n" + ONE + ONE[:-1] + ",x\n" + ONE, ("row 3", "7 fields")),
    "short row": (",".join(PLAIN) + "\n" + ONE + "a1,b\n" + ONE, ("row 3", "2 fields")),
    "blank time": (",".join(PLAIN) + "\n" + ONE + "a1,,google,cpc,x,0\n", ("row 3", "blank")),
    "odd time": (",".join(PLAIN) + "\n" + ONE + ONE.replace("10:00", "25:00"), ("row 3", "25:00")),
    "no clock": (",".join(PLAIN) + "\n" + ONE.replace(" 10:00:00", ""), ("row 2", "time of day")),
    "odd mark": (",".join(PLAIN) + "\n" + ONE + ONE[:-2] + "maybe\n", ("row 3", "'maybe'")),
    "rounded": (
        ",".join(PLAIN) + "\n" + "a,1704880800,google,cpc,YouTube,0\na,1.7E9,google,cpc,x,0\n",
        ("row 3", "1.7E9", "spreadsheet"),
    ),
    "date and hour or seconds": (
        ",".join(PLAIN) + "\n" + "a,2024011010,google,cpc,YouTube,0\n",
        ("row 2", "2024011010", "may be"),
    ),
    "a zone and none": (
        ",".join(PLAIN) + "\n" + ONE + ONE.replace("10:00:00", "10:00:00Z"),
        ("row 2", "time zone"),
    ),
    "a zone that is none": (
        ",".join(PLAIN) + "\n" + ONE.replace("10:00:00", "10:00:00+99:00"),
        ("row 2", "+99:00", "time zone"),
    ),
    "a zone alone": (
        ",".join(PLAIN) + "\n" + ONE.replace("10:00:00", "10:00:00Z"),
        ("row 2", "data.timezone"),
    ),
    "no users": (",".join(PLAIN) + "\n" + "null" + ONE[2:], ("visitor_id", "no row has a user")),
    "events without landings": (
        "user_pseudo_id,event_timestamp,event_name,source\na,1704880800000000,purchase,google\n",
        ("begins a landing", "purchase (1)", "session start", "ga session id"),
    ),
    "events without conversions": (
        "user_pseudo_id,event_timestamp,event_name,source\na,1704880800000000,session_start,b\n",
        ("conversion", "session start (1)", "purchase", "conversion_events"),
    ),
    "no join": (
        ",".join(PLAIN) + "\n" + ONE.replace("YouTube", "Autumn"),
        ("google/Autumn", "google/YouTube"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_log_is_refused_in_one_line(name: str, folder: Path, data_settings: Make) -> None:
    content, fragments = WRONG[name]
    (folder / NAME).write_text(content)
    timezone = "UTC" if name.startswith("events") else None
    with pytest.raises(DataError) as caught:
        read(data_settings(folder, timezone=timezone))
    message = str(caught.value)
    for fragment in (NAME, *fragments, "To fix"):
        assert fragment in message
    assert message.isprintable()


@pytest.fixture(scope="module")
def fuzzing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(
    tail=st.binary(max_size=60) | st.text('0a1,"\n\r-: 2024Zgcp;+', max_size=60).map(str.encode),
    kind=st.sampled_from([PLAIN, GA4_EVENTS]),
)
@settings(max_examples=60)
def test_any_last_line_is_read_or_refused_with_a_message(
    tail: bytes, kind: list[str], fuzzing: Path, data_settings: Make, exports
) -> None:
    if not list(fuzzing.iterdir()):
        exports.write_exports(fuzzing, days=28)
    options = data_settings(fuzzing, timezone="UTC")
    history = load_history(options)
    event = "a,1,1704880800000000,{},google,cpc,YouTube\n"
    good = ONE if kind is PLAIN else event.format("session_start") + event.format("purchase")
    (fuzzing / NAME).write_bytes((",".join(kind) + "\n" + good).encode() + tail)
    message = ""
    try:
        assert read(options, history).report.rows >= 1
    except DataError as error:
        message = str(error)
    assert message.isprintable()
