"""Rhythm of the rows: weeks are refused, or spread over their days where the user says so."""

import numpy as np
import pandas as pd

from ..errors import DataError, data_error, with_setting
from ..parsing import rhythm_of
from .rows import Part
from .settings import DataSettings

_WEEK = 7  # days
_SEED = 7_001  # of the generator that spreads conversions over the days of a week


def settle_rhythm(part: Part, settings: DataSettings) -> None:
    """Refuses rows of weeks or months; spreads weeks in place if `data.weekly` says so.

    Raises:
        DataError: the rows of a platform are no days.
    """
    weekly: list[str] = []
    for name, rows in part.frame.groupby("platform"):
        rhythm = rhythm_of(rows["date"].to_numpy().astype("datetime64[D]"))
        if rhythm == "monthly":
            raise _refused(part, str(name), "monthly: one row per month")
        spans = "date_end" in part.header.position and settings.weekly == "spread"
        if part.header.period == "week" or rhythm == "weekly" or (spans and _spans_weeks(rows)):
            weekly.append(str(name))
    if not weekly:
        return
    if settings.weekly is None:
        setting = "data.weekly=spread spreads each week over its days"
        raise _refused(part, ", ".join(weekly), "weekly: one row per week", setting)
    heading = part.header.headings[part.header.position[part.header.period]].text.split()
    chosen = part.frame["platform"].isin(weekly)
    weeks = spread(
        part.frame[chosen].reset_index(drop=True), ends="end" in heading or "ending" in heading
    )
    part.frame = pd.concat([part.frame[~chosen], weeks], ignore_index=True)
    part.notes.append(
        with_setting(
            f"{part.file}: WARNING, weekly rows of {', '.join(weekly)} were spread over their "
            "days: cost, impressions and clicks evenly, conversions at random. Nothing is known of "
            "single days, so weekdays cannot be distinguished and effects of a day's spend are "
            "uncertain.",
            "data.weekly=spread was given",
        )
    )


def _spans_weeks(rows: pd.DataFrame) -> bool:
    """True if neighbouring days of the rows are never closer than a week."""
    days = np.unique(rows["date"].to_numpy().astype("datetime64[D]"))
    return bool(len(days) < 2 or np.diff(days).astype(int).min() >= _WEEK)


def _refused(part: Part, platform: str, given: str, setting: str | None = None) -> DataError:
    return data_error(
        part.file,
        f"the rows of {platform} are {given}",
        "one row per day",
        "export again by day",
        row=int(part.frame["line"].to_numpy()[0]),
        column=part.header.name(part.header.period),
        setting=setting,
    )


def spread(frame: pd.DataFrame, *, ends: bool) -> pd.DataFrame:
    """Weeks as days with the same sums.

    Cost, impressions and clicks are divided evenly. Whole conversions fall on days at random, each
    day alike, so that daily counts vary as counts do: even parts would make every estimate look
    more certain than a week allows. Revenue follows the conversions.

    Args:
        frame: rows of weeks; `date` is their first day.
        ends: `date` is the last day of a week instead.

    Returns:
        Seven rows per week, in the order of the frame.
    """
    generator = np.random.default_rng(_SEED)
    weeks = frame.loc[np.repeat(frame.index.to_numpy(), _WEEK)].reset_index(drop=True)
    day = np.tile(np.arange(_WEEK), len(frame)) - (_WEEK - 1 if ends else 0)
    weeks["date"] = weeks["date"].to_numpy().astype("datetime64[D]") + day
    for metric in ("spend", "impressions", "clicks"):
        weeks[metric] = weeks[metric] / _WEEK
    counts = frame["conversions"].to_numpy()
    known = np.nan_to_num(counts)
    whole = np.floor(known).astype(np.int64)
    shares = generator.multinomial(whole, np.full(_WEEK, 1 / _WEEK)).astype(float)
    odd = generator.integers(_WEEK, size=len(frame))  # the day of a fraction
    shares[np.arange(len(frame)), odd] += known - whole
    part = np.divide(
        shares, known[:, None], out=np.full_like(shares, 1 / _WEEK), where=known[:, None] > 0
    )
    weeks["revenue"] = weeks["revenue"].to_numpy() * part.ravel()
    weeks["conversions"] = np.where(np.isnan(counts)[:, None], np.nan, shares).ravel()
    return weeks
