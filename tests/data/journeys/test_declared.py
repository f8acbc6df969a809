"""Landing logs of the kinds of analytics tools and of the user's own, joined as the site log."""

import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from helpers.subjects.landing_logs import (
    GA4_EVENTS,
    NAME,
    ZONE,
    Make,
    Row,
    assert_equal,
    local,
    plain_rows,
    read,
    user,
    utm,
    write,
)

from mediagym.data import storage
from mediagym.data.errors import ConfigError
from mediagym.data.formats import landing_formats
from mediagym.data.formats import landings as declarations
from mediagym.data.journeys import Landings
from mediagym.data.units import load_history


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
