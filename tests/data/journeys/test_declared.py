"""Landing logs of every declared kind, made of one site log and joined to one history."""

import csv
import gzip
import io
import shutil
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data import storage
from mediagym.data.errors import ConfigError, DataError
from mediagym.data.exports import DataSettings
from mediagym.data.formats import landing_formats
from mediagym.data.formats import landings as declarations
from mediagym.data.history import History
from mediagym.data.journeys import Landings, build_journeys, read_landings
from mediagym.data.units import load_history

Make = Callable[..., DataSettings]
Row = dict[str, str]
NAME = "website-landings.csv"
ZONE = "America/New_York"
PLAIN = ["visitor_id", "timestamp", "utm_source", "utm_medium", "utm_campaign", "converted"]
MEDIA = {  # source, channel and campaign type in the site log -> source and medium elsewhere
    "google": ("google", "cpc"),
    "bing": ("bing", "ppc"),
    "facebook": ("fb", "paid_social"),
}


@pytest.fixture
def folder(export_folder: Path, exports) -> Path:
    exports.write_landings(export_folder)
    return export_folder


@pytest.fixture
def rows(folder: Path, exports) -> list[Row]:
    """Rows of the site log; those of taboola, a paid source of no platform, count as referrals."""
    return [row for row in exports.read_rows(folder / NAME) if row["Source"] != "taboola"]


@pytest.fixture
def expected(folder: Path, rows: list[Row], data_settings: Make, exports) -> Landings:
    exports.write_rows(folder / NAME, exports.LANDINGS_HEADER, rows)
    return read(data_settings(folder))


def read(settings: DataSettings, history: History | None = None) -> Landings:
    landings = read_landings(settings, history or load_history(settings))
    assert landings is not None
    return landings


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]], **options) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", **options)
    writer.writerows([header, *rows])
    path.write_text(stream.getvalue(), encoding="utf-8")


def utm(row: Row) -> tuple[str, str]:
    if row["Channel"] == "paid":
        return MEDIA[row["Source"]]
    return ("google", "organic") if row["Source"] else ("", "")


def user(row: Row) -> str:
    return f"{int(row['User Id'], 16)}.{row['User Id']}"


def local(row: Row) -> datetime:
    return datetime.fromisoformat(row["Website Landing Time"]).replace(tzinfo=ZoneInfo(ZONE))


def plain_rows(rows: list[Row]) -> list[list[str]]:
    return [
        [
            user(row),
            row["Website Landing Time"],
            *utm(row),
            row["Campaign Type"].lower().replace(" ", "_"),
            row["Is Converted"],
        ]
        for row in rows
    ]


def assert_equal(found: Landings, expected: Landings, *, unit: str = "s") -> None:
    """The same landings of the same users, joined to the same campaigns, in the same order."""
    columns = ["Is Converted", "Campaign"]
    pd.testing.assert_frame_equal(found.frame[columns], expected.frame[columns])
    assert (found.frame["Channel"].astype(str) == expected.frame["Channel"].astype(str)).all()
    times = [each.frame["Website Landing Time"].to_numpy() for each in (found, expected)]
    assert (times[0].astype(f"datetime64[{unit}]") == times[1].astype(f"datetime64[{unit}]")).all()
    codes = [pd.factorize(each.frame["User Id"].astype(str))[0] for each in (found, expected)]
    assert (codes[0] == codes[1]).all()
    assert found.report.matches == expected.report.matches
    assert found.report.users == expected.report.users
    assert found.report.unmatched == ()
    assert sum(match.landings for match in found.report.matches) > 500


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


def ga4_events(rows: list[Row]) -> list[list[object]]:
    """Events as a query of the BigQuery export gives them, in no order."""
    events: list[list[object]] = []
    for number, row in enumerate(rows):
        start = int(local(row).timestamp() * 1_000_000) + 123_456
        source, medium = utm(row)
        where = [source or "(direct)", medium or "(none)", row["Campaign Type"] or "(not set)"]
        session = [user(row), 1_700_000_000 + number]
        events.append([*session, start, "session_start", *where])
        events.append([*session, start + 5, "page_view", "", "", ""])
        if row["Is Converted"] == "1":
            events.append([*session, start + 90_000_000, "purchase", "", "", ""])
            events.append([*session, start + 91_000_000, "sign_up", "", "", ""])
    return events


GA4_EVENTS = [
    "user_pseudo_id",
    "ga_session_id",
    "event_timestamp",
    "event_name",
    "session_source",
    "session_medium",
    "session_campaign_name",
]


def test_events_of_ga4_are_landings_by_session(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    write(folder / NAME, GA4_EVENTS, ga4_events(rows))
    found = read(data_settings(folder, timezone=ZONE))
    assert_equal(found, expected)
    assert any("the event purchase marks the conversions" in n for n in found.report.notes)
    assert any("one per user and session" in note for note in found.report.notes)


def test_events_of_ga4_without_sessions_belong_to_the_last_landing_before(
    folder: Path, data_settings: Make
) -> None:
    where = ["google", "cpc", "YouTube"]
    start = 1_704_900_000_000_000  # 2024-01-10
    hour = 3_600_000_000
    events = [
        ["a", start, "session_start", *where],
        ["a", start + hour, "session_start", *where],
        ["a", start + hour + 1, "purchase", "", "", ""],
        ["a", start + 3 * hour, "session_start", *where],
        ["b", start + 2, "purchase", *where],
        ["b", start + 3, "purchase", "", "", ""],
        ["c", start + 3, "page_view", *where],
    ]
    header = [name for name in GA4_EVENTS if name != "ga_session_id"]
    write(folder / NAME, header, [events[k] for k in (3, 2, 6, 5, 1, 0, 4)])
    frame = read(data_settings(folder, timezone="UTC")).frame
    order = np.lexsort((frame["Website Landing Time"], frame["User Id"].astype(str)))
    assert list(frame["User Id"].iloc[order]) == ["a", "a", "a", "b"]
    assert list(frame["Is Converted"].iloc[order]) == [False, True, False, True]


def test_an_exploration_of_ga4_is_read_to_the_hour_with_its_totals_left_out(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    lines = ["# ----------------------------------------", "# Landings", "# 20240101-20240229", ""]
    lines += [
        "Client ID,Date + hour (YYYYMMDDHH),Session source / medium,Session campaign,Key events"
    ]
    lines += [",,,,123,Grand total"]
    for row in rows:
        source, medium = utm(row)
        hour = row["Website Landing Time"][:13].translate(str.maketrans("", "", "- "))
        pair = f"{source or '(direct)'} / {medium or '(none)'}"
        campaign = row["Campaign Type"] or "(not set)"
        lines.append(f"{user(row)},{hour},{pair},{campaign},{row['Is Converted']}.0")
    (folder / NAME).write_text("\n".join(lines) + "\n")
    found = read(data_settings(folder))
    assert_equal(found, expected, unit="h")
    assert any("left out 1 rows of totals" in note for note in found.report.notes)


def test_a_group_of_channels_stands_for_the_only_type_that_fits(
    folder: Path, data_settings: Make
) -> None:
    groups = ["Paid Search", "Cross-network", "Paid Video", "Display", "Organic Search", "Direct"]
    header = ["clientId", "dateHourMinute", "sessionSource", "sessionMedium"]
    header += ["sessionDefaultChannelGroup", "sessionCampaignName", "keyEvents"]
    lines = [
        ["1.1", "202401101230", "google", "organic" if "Org" in group else "cpc", group, "x", 0]
        for group in groups[:5]
    ]
    lines.append(["1.2", "202401101231", "(direct)", "(none)", "Direct", "(not set)", 1])
    write(folder / NAME, header, lines)
    settings = data_settings(folder)
    names = load_history(settings).names
    frame = read(settings).frame
    campaigns = [names[k] if k >= 0 else None for k in frame["Campaign"]]
    assert campaigns[:3] == ["google/Search Network", "google/Cross-network", "google/YouTube"]
    assert campaigns[3:] == [None, None, None]
    assert list(frame["Channel"])[3:] == ["paid", "organic search", "direct"]


MATOMO_TYPES = {
    "paid": ("campaign", "6"),
    "organic search": ("search", "2"),
    "direct": ("direct", "1"),
}


def test_visits_of_matomos_interface_are_joined(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    header = ["idVisit", "visitorId", "goalConversions", "serverDate", "serverTimePretty"]
    header += ["firstActionTimestamp", "visitConverted", "referrerType", "referrerName"]
    header += ["campaignName", "campaignSource", "campaignMedium"]
    lines = []
    for number, row in enumerate(rows):
        day, clock = row["Website Landing Time"].split()
        source, medium = utm(row)
        is_paid = row["Channel"] == "paid"
        where = [MATOMO_TYPES[row["Channel"]][0], "" if is_paid else row["Source"].title()]
        where += [row["Campaign Type"], source, medium] if is_paid else ["", "", ""]
        marks = [day, clock, int(local(row).timestamp()), row["Is Converted"]]
        lines.append([number, row["User Id"], 2 * int(row["Is Converted"]), *marks, *where])
    write(folder / NAME, header, lines, delimiter="\t")
    (folder / NAME).write_bytes((folder / NAME).read_text().encode("utf-16"))
    assert_equal(read(data_settings(folder, timezone=ZONE)), expected)


def test_matomos_table_of_visits_is_joined_by_the_names_of_campaigns(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    header = ["idvisit", "idvisitor", "visit_first_action_time", "visit_goal_converted"]
    header += ["referer_type", "referer_name"]
    lines = []
    for number, row in enumerate(rows):
        time = local(row).astimezone(ZoneInfo("UTC")).strftime("%F %T")
        name = row["Campaign Type"] if row["Channel"] == "paid" else row["Source"]
        if row["Source"] == "facebook":
            continue  # without a type there is no name to tell it by
        kind = MATOMO_TYPES[row["Channel"]][1]
        lines.append([number, f"0x{row['User Id']}", time, row["Is Converted"], kind, name])
    write(folder / NAME, header, lines)
    found = read(data_settings(folder, timezone=ZONE)).report.matches
    wanted = [
        m._replace(landings=0, ratio=0.0) if m.campaign == "meta" else m
        for m in expected.report.matches
    ]
    assert list(found) == wanted


def test_a_landing_log_of_another_name_is_found_by_its_headings(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    settings = data_settings(folder)
    history = load_history(settings)
    (folder / NAME).unlink()
    assert read_landings(settings, history) is None
    write(folder / "visits.csv", PLAIN, plain_rows(rows))
    assert_equal(read(settings, history), expected)
    shutil.copy(folder / "visits.csv", folder / "again.csv")
    with pytest.raises(DataError, match=r"visits\.csv.*overlap.*'again\.csv'.*data\.landings_file"):
        read(settings, history)
    assert_equal(read(data_settings(folder, landings_file="VISITS.csv"), history), expected)
    assert_equal(read(data_settings(folder, ignore_files=["a*"]), history), expected)


def test_logs_of_one_kind_and_several_periods_are_joined(
    folder: Path, rows: list[Row], data_settings: Make, exports
) -> None:
    rows = sorted(rows, key=lambda row: row["Website Landing Time"])
    exports.write_rows(folder / NAME, exports.LANDINGS_HEADER, rows)
    settings = data_settings(folder)
    history = load_history(settings)
    expected = read(settings, history)
    (folder / NAME).unlink()
    cells = plain_rows(rows)
    february = next(k for k, line in enumerate(cells) if line[1] >= "2024-02")
    write(folder / "b-january.csv", PLAIN, cells[:february], delimiter=";")
    write(folder / "a-february.csv", PLAIN, cells[february:])
    found = read(settings, history)
    assert_equal(found, expected)
    assert any(note.startswith("b-january.csv: read as UTM log") for note in found.report.notes)
    write(folder / "a-february.csv", [*PLAIN[:5], "orders"], cells[february:])
    with pytest.raises(DataError, match=r"a-february\.csv: orders marks.*it is converted"):
        read(settings, history)
    write(folder / "a-february.csv", exports.LANDINGS_HEADER, [["a"] * 6])
    with pytest.raises(DataError, match=r"2 files are landing logs.*data\.landings_file"):
        read(settings, history)


def test_campaigns_of_a_plan_are_matched_by_name_and_groups_by_their_patterns(
    folder: Path, rows: list[Row], data_settings: Make, tmp_path: Path
) -> None:
    text = (folder / "googleads-performance.csv").read_text()
    names = {"Search Network": "RB_Brand-2024", "YouTube": "Sommer %", "Cross-network": "PMax | a"}
    for old, new in {"Campaign type": "Campaign", **names}.items():
        text = text.replace(old, new)
    (folder / "googleads-performance.csv").write_text(text)
    cells = plain_rows(rows)
    urls = {"search_network": "rb_brand-2024", "youtube": "sommer+%25", "cross-network": "pmax+|+a"}
    for line in cells:
        line[4] = urls.get(line[4], line[4])
    write(folder / NAME, PLAIN, cells)
    settings = data_settings(folder)
    found = {match.campaign: match.landings for match in read(settings).report.matches}
    counts = {name: sum(r["Campaign Type"] == name for r in rows) for name in names}
    for old, new in names.items():
        assert found[f"google/{new}"] == counts[old] > 100
    groups = tmp_path / "groups.yaml"
    groups.write_text(yaml.safe_dump({"Brand": ["*brand*"], "Rest": ["*pmax*", "meta/*"]}))
    settings = data_settings(folder, unit="group", groups=groups)
    found = {match.campaign: match.landings for match in read(settings).report.matches}
    assert found["google/Brand"] == counts["Search Network"]
    assert found["google/Rest"] == counts["Cross-network"]
    assert found["google/Other campaigns"] == counts["YouTube"]


def test_identifiers_of_clicks_on_ads_and_referrers_tell_the_channel(
    folder: Path, data_settings: Make
) -> None:
    header = [*PLAIN, "gclid", "msclkid", "referrer"]
    day = "2024-01-10 10:00:0"
    cells = [
        ["a", day + "0", "", "", "YouTube", 0, "Cj0K", "", "https://www.google.com/"],
        ["b", day + "1", "", "", "Shopping", 1, "", "4f2", ""],
        ["c", day + "2", "", "", "", 0, "", "", "https://www.google.co.uk/search?q=x"],
        ["d", day + "3", "", "", "", 0, "", "", "https://m.facebook.com/"],
        ["e", day + "4", "", "", "", 0, "", "", "https://blog.example.org/post"],
        ["f", day + "5", "", "", "", 0, "", "", ""],
        ["g", day + "6", "news", "email", "spring", 0, "", "", "https://mail.google.com/"],
        ["h", day + "7", "facebook", "stories", "x", 0, "", "", ""],
    ]
    write(folder / NAME, header, cells)
    settings = data_settings(folder)
    names = load_history(settings).names
    landings = read(settings)
    frame = landings.frame
    assert list(frame["Channel"]) == [
        *("paid", "paid", "organic search", "social", "referral", "direct", "email", "referral")
    ]
    assert [names[k] for k in frame["Campaign"][:2]] == ["google/YouTube", "microsoft/Shopping"]
    assert list(frame["Source"][2:5]) == ["google.co.uk", "m.facebook.com", "blog.example.org"]
    assert any("facebook / stories (1)" in note for note in landings.report.notes)


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


def test_a_source_of_the_users_own_is_mapped_to_its_channel(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    cells = plain_rows(rows)
    for line in cells:
        line[2] = line[2].replace("fb", "agency_meta")
    write(folder / NAME, PLAIN, cells)
    with pytest.raises(DataError, match=r"agency_meta.*data\.landing_sources\.NAME=meta"):
        read(data_settings(folder))
    sources = {"agency_meta": "meta"}
    assert_equal(read(data_settings(folder, landing_sources=sources)), expected)


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


def test_a_kind_is_added_without_code(
    folder: Path,
    rows: list[Row],
    expected: Landings,
    data_settings: Make,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    own = shutil.copytree(storage.CONF / "data", tmp_path / "conf" / "data").parent
    (own / "data" / "landings" / "shop.yaml").write_text(
        "defaults: [plain]\nkind: shop\ntitle: our shop\nexports: [nightly dump]\n"
        "signature: [[kunde, besuch]]\n"
        "columns: {user: [kunde], source: [quelle], medium: [art], campaign: [kampagne],"
        " converted: [gekauft]}\n"
        "time: [{headings: [besuch], notation: text, zone: account}]\n"
    )
    monkeypatch.setattr(storage, "CONF", own)
    monkeypatch.setattr(declarations, "CONF", own)
    landing_formats.cache_clear()
    try:
        header = ["Kunde", "Besuch", "Quelle", "Art", "Kampagne", "Gekauft"]
        write(folder / NAME, header, plain_rows(rows))
        assert_equal(read(data_settings(folder)), expected)
        text = (own / "data" / "landings" / "shop.yaml").read_text()
        (own / "data" / "landings" / "shop.yaml").write_text(text.replace("kind: shop", "kind: x"))
        landing_formats.cache_clear()
        with pytest.raises(ConfigError, match=r"shop\.yaml\.kind: 'x'"):
            landing_formats()
    finally:
        landing_formats.cache_clear()
