"""Landing logs of declared kinds, made of one site log."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from mediagym.data.exports import DataSettings
from mediagym.data.history import History
from mediagym.data.journeys import Landings, read_landings
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


GA4_EVENTS = [
    "user_pseudo_id",
    "ga_session_id",
    "event_timestamp",
    "event_name",
    "session_source",
    "session_medium",
    "session_campaign_name",
]
