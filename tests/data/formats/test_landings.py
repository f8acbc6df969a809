import csv
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from mediagym.data.errors import ConfigError
from mediagym.data.formats import (
    LandingFormat,
    canonical_heading,
    check_landing_signatures,
    formats,
    landing_format_of,
    landing_formats,
    landing_formats_table,
)
from mediagym.data.journeys import SITE_LOG_HEADER
from mediagym.data.storage import CONF, SAMPLE, shipped_yaml

FOLDER = CONF / "data" / "landings"
KINDS = {settings.kind: settings for settings in landing_formats()}
HEADERS = {  # of real exports
    "ga4": (
        "user_pseudo_id,ga_session_id,event_timestamp,event_name,session_source,session_medium",
        "Client ID,Date + hour (YYYYMMDDHH),Session source / medium,Session campaign,Key events",
        "clientId,dateHourMinute,sessionSource,sessionMedium,sessionCampaignName,keyEvents",
        "user_pseudo_id,event_timestamp,event_name,collected_traffic_source.manual_source",
    ),
    "matomo": (
        "idSite,idVisit,visitIp,visitorId,goalConversions,serverDate,serverTimePretty,"
        "firstActionTimestamp,visitConverted,referrerType,referrerName,campaignSource",
        "idvisit,idsite,idvisitor,visit_first_action_time,referer_type,referer_name",
    ),
    "plain": (
        "user_id,timestamp,utm_source,utm_medium,utm_campaign,converted",
        "Visitor ID;Date;Time;UTM Source;Orders",
    ),
    "site_log": (",".join(SITE_LOG_HEADER), ",".join(SITE_LOG_HEADER).upper()),
}
NOT_LANDINGS = (
    "Date,utm_source,utm_medium,utm_campaign,Cost,Clicks,Impressions",
    "Session source,Session campaign,Ads cost,Key events",
    "Day,Campaign,Campaign type,Cost,Impr.,Clicks,Conversions",
    "date,channel,campaign,cost,conversions",
    "user_id,timestamp,page",
)


def canonical(header: str) -> list[str]:
    cells = header.split(";" if ";" in header else ",")
    return [canonical_heading(cell).text for cell in cells]


@pytest.mark.parametrize(
    ("kind", "header"), [(kind, each) for kind, headers in HEADERS.items() for each in headers]
)
def test_headings_tell_the_kind(kind: str, header: str) -> None:
    found = landing_format_of(canonical(header))
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("header", NOT_LANDINGS)
def test_other_headings_are_no_landing_log(header: str) -> None:
    assert landing_format_of(canonical(header)) is None


def test_no_export_of_a_platform_is_a_landing_log() -> None:
    for platform in formats():
        assert landing_format_of(platform.own_headings()) is None
    for path in SAMPLE.glob("*.csv"):
        with path.open(newline="") as stream:
            found = landing_format_of(canonical(",".join(next(csv.reader(stream)))))
        assert (found is not None) == (path.name == "website-landings.csv")


def test_the_site_log_is_declared_with_its_own_columns() -> None:
    site_log = KINDS["site_log"]
    assert site_log.headings() == {canonical_heading(name).text for name in SITE_LOG_HEADER}
    assert [settings.kind for settings in landing_formats() if settings.strict] == ["site_log"]


def test_every_source_of_a_click_or_plan_is_a_channel_of_the_formats() -> None:
    platforms = {platform.platform for platform in formats()}
    for settings in landing_formats():
        for channels in settings.sources.values():
            assert platforms.issuperset(channels)


def test_every_key_has_a_comment_above_it() -> None:
    for path in FOLDER.glob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        for above, line in pairwise(lines):
            if line[:1].isalpha():
                assert above.startswith("#"), (path.name, line)


def test_a_list_names_every_kind() -> None:
    table = landing_formats_table()
    assert table.count("\n") == len(KINDS) + 2
    for settings in landing_formats():
        assert f"| {settings.title} |" in table
    for line in table.splitlines():
        assert line.count("|") == 7


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        ({"signature": [["UTM Source"]]}, "plain.yaml.signature: 'UTM Source'"),
        ({"media": {"cpc": "advertising"}}, "plain.yaml.media.cpc"),
        ({"colour": "red"}, "plain.yaml.colour: unknown key"),
        ({"columns": {"user": ["id"]}}, "user and source"),
        ({"columns": {"user": ["id"], "source": ["id"], "converted": ["c"]}}, "each heading once"),
        (
            {"columns": {"user": ["id"], "source": ["s"]}, "conversion_events": []},
            "converted or conversion_events",
        ),
        ({"click_ids": {"gclid": "gogle"}}, "click_ids.gclid: 'gogle'"),
        ({"time": [{"headings": ["t"], "notation": "roman", "zone": "utc"}]}, "time.0.notation"),
        ({"title": ""}, "plain.yaml.title"),
    ],
)
def test_a_wrong_declaration_is_refused_with_file_and_key(change: dict, fragment: str) -> None:
    mapping = shipped_yaml("data/landings/plain") | change
    with pytest.raises(ConfigError) as caught:
        LandingFormat.of(mapping, "conf/data/landings/plain.yaml")
    assert fragment in str(caught.value)


def test_a_signature_that_fits_another_kind_is_refused() -> None:
    plain = KINDS["plain"]
    greedy = plain.model_copy(
        update={"kind": "greedy", "title": "Greedy", "signature": (("event",),)}
    )
    with pytest.raises(ConfigError, match=r"greedy\.yaml\.signature: 'event'.*UTM log"):
        check_landing_signatures([greedy, plain])
    ads = plain.model_copy(
        update={
            "kind": "ads",
            "title": "Ads",
            "columns": {"user": ("campaign id",), "source": ("session source",)},
            "time": (plain.time[0].model_copy(update={"headings": ("day",)}),),
            "signature": (("ads cost",),),
        }
    )
    with pytest.raises(ConfigError, match=r"ads\.yaml\.signature.*Google Analytics 4 does not"):
        check_landing_signatures([ads])


def test_the_files_are_yaml_of_the_kind_that_they_name() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(KINDS)
    for path in sorted(Path(FOLDER).glob("*.yaml")):
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["kind"] == path.stem
