"""The same landings as each kind of log writes them; cells are text."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .. import Cell, Export
from .log import Landing

ZONE = "America/Phoenix"  # of the ad accounts; without summer time, so every local time exists once
STRICT = "site_log"  # the kind that is read fast and strictly: comma-separated UTF-8, no packing
_MEDIA = {  # source and channel of the site log -> source and medium elsewhere
    ("google", "paid"): ("google", "cpc"),
    ("bing", "paid"): ("bing", "ppc"),
    ("facebook", "paid"): ("fb", "paid_social"),
    ("", "direct"): ("", ""),
    ("google", "organic search"): ("google", "organic"),
    ("listrak", "email"): ("listrak", "email"),
    ("blog.example", "referral"): ("blog.example", "referral"),
    ("pinterest", "social"): ("pinterest", "social"),
}
_MATOMO = {  # channel of the site log -> type of the referrer
    "direct": "direct",
    "organic search": "search",
    "email": "campaign",
    "referral": "website",
    "social": "social",
    "paid": "campaign",
}


class Kind(NamedTuple):
    """A kind of log: its file, the headings and meaning of its columns, and its rows."""

    file: str
    headings: tuple[str, ...]
    roles: tuple[str, ...]  # user, time, converted, channel, event, or text
    rows: Callable[[Sequence[Landing]], Iterator[list[Cell]]]


def draft_of(landings: Sequence[Landing], kind: str) -> Export:
    """A log before it is written."""
    made = KINDS[kind]
    rows = list(made.rows(landings))
    return Export(made.file, "", list(made.roles), list(made.headings), rows)


def media(landing: Landing) -> tuple[str, str]:
    """Source and medium of a landing."""
    return _MEDIA[landing.source, landing.channel]


def _utc(landing: Landing) -> int:
    """Seconds since 1970."""
    return int(landing.time.replace(tzinfo=ZoneInfo(ZONE)).timestamp())


def _site_log(landings: Sequence[Landing]) -> Iterator[list[Cell]]:
    for each in landings:
        yield [
            each.user,
            f"{each.time:%Y-%m-%d %H:%M:%S}",
            str(int(each.converted)),
            each.source,
            each.channel,
            each.campaign_type,
        ]


def _plain(landings: Sequence[Landing]) -> Iterator[list[Cell]]:
    for each in landings:
        campaign = each.campaign_type.lower().replace(" ", "_")
        time = f"{each.time:%Y-%m-%d %H:%M:%S}"
        yield [each.user, time, *media(each), campaign, str(int(each.converted))]


def _ga4(landings: Sequence[Landing]) -> Iterator[list[Cell]]:
    for number, each in enumerate(landings):
        session: list[Cell] = [f"{int(each.user, 16)}.{each.user}", str(1_700_000_000 + number)]
        start = _utc(each) * 1_000_000 + 123_456
        source, medium = media(each)
        where = (source or "(direct)", medium or "(none)", each.campaign_type or "(not set)")
        yield [*session, str(start), "session_start", *where]
        yield [*session, str(start + 5), "page_view", "", "", ""]
        if each.converted:
            yield [*session, str(start + 9_000_000), "purchase", "", "", ""]


def _matomo(landings: Sequence[Landing]) -> Iterator[list[Cell]]:
    for number, each in enumerate(landings):
        source, medium = media(each)
        is_campaign = _MATOMO[each.channel] == "campaign"
        yield [
            f"v{each.user}",
            str(number + 1),
            str(_utc(each)),
            str(int(each.converted)),
            _MATOMO[each.channel],
            "" if is_campaign else source,
            source if is_campaign else "",
            medium if is_campaign else "",
            each.campaign_type,
        ]


_TEXT = "text"
KINDS: dict[str, Kind] = {
    STRICT: Kind(
        "website-landings.csv",
        ("User Id", "Website Landing Time", "Is Converted", "Source", "Channel", "Campaign Type"),
        ("user", "time", "converted", _TEXT, "channel", _TEXT),
        _site_log,
    ),
    "plain": Kind(
        "visits.csv",
        ("visitor_id", "timestamp", "utm_source", "utm_medium", "utm_campaign", "converted"),
        ("user", "time", _TEXT, _TEXT, _TEXT, "converted"),
        _plain,
    ),
    "ga4": Kind(
        "ga4.csv",
        (
            "user_pseudo_id",
            "ga_session_id",
            "event_timestamp",
            "event_name",
            "session_source",
            "session_medium",
            "session_campaign_name",
        ),
        ("user", "session", "microseconds", "event", _TEXT, _TEXT, _TEXT),
        _ga4,
    ),
    "matomo": Kind(
        "matomo.csv",
        (
            "visitorId",
            "idVisit",
            "firstActionTimestamp",
            "visitConverted",
            "referrerType",
            "referrerName",
            "campaignSource",
            "campaignMedium",
            "campaignName",
        ),
        ("user", "session", "seconds", "converted", *(_TEXT,) * 5),
        _matomo,
    ),
}
