"""Synthetic records, as reading a folder returns them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mediagym.data.exports import COLUMNS, LABELS, LeftOut, Records, Source
from mediagym.data.history import METRICS

FIRST = np.datetime64("2024-01-01")


def rows_of(
    spend: Sequence[float | None],
    campaign: str = "Brand",
    platform: str = "google",
    start: int = 0,
    **labels: str,
) -> pd.DataFrame:
    """Rows of one campaign: spend on the days from `start` on; None is a day without a row."""
    days = [at for at, value in enumerate(spend) if value is not None]
    values = np.array([value for value in spend if value is not None], dtype=float)
    frame = pd.DataFrame({"date": (FIRST + start + np.array(days)).astype("datetime64[ns]")})
    names = {"platform": platform, "account": "", "campaign": campaign, "campaign_id": ""}
    for label, name in (names | {"campaign_type": ""} | labels).items():
        frame[label] = name
    frame["spend"] = values
    frame["impressions"] = np.floor(values * 10)
    frame["clicks"] = np.floor(values / 2)
    frame["conversions"] = values / 40
    frame["revenue"] = values * 1.5
    return frame[list(COLUMNS)]


def records_of(
    *frames: pd.DataFrame,
    sources: Sequence[Source] | None = None,
    currency: str | None = "EUR",
    notes: Sequence[str] = (),
) -> Records:
    """Records of campaigns' rows; each frame is a file, unless `sources` are given."""
    frame = pd.concat(frames).sort_values([*LABELS, "date"], ignore_index=True)
    if sources is None:
        sources = [source_of(each, f"file{at}.csv") for at, each in enumerate(frames)]
    return Records(frame, tuple(sources), currency, tuple(notes))


def source_of(
    frame: pd.DataFrame,
    file: str,
    left_out: Sequence[LeftOut] = (),
    language: str | None = "German",
    notes: Sequence[str] = (),
) -> Source:
    """A file of these rows; a metric that is NaN in all of them was not exported."""
    days = frame["date"].to_numpy().astype("datetime64[D]")
    totals = {m: None if frame[m].isna().all() else float(frame[m].sum()) for m in METRICS}
    return Source(
        file=file,
        platforms=tuple(sorted(set(frame["platform"]))),
        title="Google Ads",
        language=language,
        rows=len(frame),
        campaigns=frame["campaign"].nunique(),
        currency="EUR",
        first=days.min(),
        last=days.max(),
        totals=totals,
        left_out=tuple(left_out),
        notes=tuple(notes),
    )
