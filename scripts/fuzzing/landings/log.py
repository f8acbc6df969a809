"""Known landings of a site, and plain exports of the ads that led to some of them."""

import csv
import datetime
import io
from random import Random
from typing import NamedTuple

DAYS = 40
_USERS = 220
_CAMPAIGNS = (  # channel, source of its landings, campaign type, clicks per day
    ("google", "google", "Search Network", 40),
    ("google", "google", "YouTube", 20),
    ("google", "google", "Shopping", 30),
    ("microsoft", "bing", "Search", 15),
    ("meta", "facebook", "", 35),
)
_UNPAID = (  # channel, source
    ("direct", ""),
    ("organic search", "google"),
    ("email", "listrak"),
    ("referral", "blog.example"),
    ("social", "pinterest"),
)


class Landing(NamedTuple):
    """One landing of a user on the site."""

    user: str  # 8 hexadecimal characters
    time: datetime.datetime  # whole minutes, local to the ad accounts
    converted: bool
    source: str  # "" for none
    channel: str  # traffic channel; paid: a click on an ad
    campaign_type: str  # "" unless paid


class Site(NamedTuple):
    """Landings, and the first day of the ads' exports."""

    start: datetime.date
    landings: list[Landing]  # by user, then time; no user lands twice in one minute


def draw_site(rng: Random) -> Site:
    """Draws a site whose users return, mostly by other ways."""
    start = datetime.date(2024, 12, 20) + datetime.timedelta(rng.randrange(300))
    midnight = datetime.datetime.combine(start, datetime.time())
    landings: list[Landing] = []
    for number in rng.sample(range(16**7, 16**8), _USERS):
        minutes = rng.sample(range(DAYS * 1440), rng.choice((1, 1, 2, 3, 4)))
        for minute in sorted(minutes):
            time = midnight + datetime.timedelta(minutes=minute)
            landings.append(Landing(f"{number:08x}", time, rng.random() < 0.2, *_label(rng)))
    return Site(start, landings)


def _label(rng: Random) -> tuple[str, str, str]:
    """Source, channel and campaign type of a landing."""
    if rng.random() < 0.6:
        _, source, campaign_type, _ = rng.choice(_CAMPAIGNS)
        return source, "paid", campaign_type
    channel, source = rng.choice(_UNPAID)
    return source, channel, ""


def export_files(site: Site, rng: Random) -> dict[str, bytes]:
    """Files of the ads' exports by name, one per platform."""
    files = {}
    for channel in dict.fromkeys(campaign[0] for campaign in _CAMPAIGNS):
        own = [campaign for campaign in _CAMPAIGNS if campaign[0] == channel]
        typed = ["Campaign type"] if own[0][2] else []
        head = ["Date", *typed, "Cost", "Impressions", "Clicks", "Conversions", "Revenue"]
        rows: list[list[object]] = [list(head)]
        for day in range(DAYS):
            date = (site.start + datetime.timedelta(day)).isoformat()
            for _, _, campaign_type, mean in own:
                clicks = max(1, round(mean * rng.uniform(0.6, 1.4)))
                amounts = (round(clicks * 1.3, 2), 40 * clicks, clicks, clicks // 9, 5 * clicks)
                rows.append([date, *([campaign_type] if typed else []), *amounts])
        stream = io.StringIO(newline="")
        csv.writer(stream, lineterminator="\n").writerows(rows)
        files[f"{channel}ads-performance.csv"] = stream.getvalue().encode()
    return files
