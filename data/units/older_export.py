"""Maturity curves learnt from an older export of the same accounts.

What a day has gained between two exports tells how late conversions come: with `gap` days between
the two exports' last days, a day of age `age` in the older one has

    reported then / reported now = share(age) / share(age + gap)

of which the shares follow, from the oldest day to the youngest. Where both exports end on the same
day, the numbers of the newer one are taken as final.
"""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, data_error
from ..exports import DataSettings, Records, expanded, read_exports, summed
from ..types import Floats
from .curves import LONGEST, Curve, usual_curve
from .units import units_of

_STRENGTH = 10.0  # conversions that the usual curve is worth, per age
_REVENUE_STRENGTH = 0.3  # the same where there is only revenue, in mean days
_MAX_DIFFERENCE = 0.05  # of the spend of the same days in both exports
_MIN_UNIT = 0.01  # share of a channel's spend from which a unit's spend is compared by itself
_MIN_SHARE = 0.01  # smallest share of a day that is taken as reported
_CELL = ["platform", "unit", "date"]
_KEY = "data.older_export"


def older_curves(records: Records, settings: DataSettings) -> tuple[dict[str, Curve], list[str]]:
    """Curves by channel from `data.older_export`, and notes on what was read.

    Args:
        records: the current exports.
        settings: reading options, which hold for both.

    Raises:
        ConfigError: the path is not valid.
        DataError: the older export cannot be read, has another currency, other spends or no days
            in common with the current one, or is not older.
    """
    if settings.older_export is None:
        return {}, []
    path = expanded(settings.older_export, "older_export")
    _refuse_missing(path)
    older = read_exports(settings.model_copy(update={"path": path}))
    _refuse_currency(records, older, path)
    pairs = _pairs(records, older, settings)
    notes = [f"{_KEY}, {note}" for note in older.notes]
    curves: dict[str, Curve] = {}
    for channel in sorted({str(name) for name in records.frame["platform"]}):
        rows = pairs[pairs["platform"] == channel]
        curve = _learnt(channel, rows, records, older, path) if len(rows) else None
        if curve is None:
            notes.append(
                f"{channel}: {_KEY} has none of its last days, or the same conversions on all of "
                "them; its last days are judged by the platform's usual delay."
            )
        else:
            curves[channel] = curve
    if not curves:
        raise _no_overlap(records, older, path)
    return curves, notes


def last_day(records: Records, channel: str) -> np.datetime64:
    """Last day of the exports that hold a channel, in which it may have no row."""
    return max(source.last for source in records.sources if channel in source.platforms)


def _pairs(records: Records, older: Records, settings: DataSettings) -> pd.DataFrame:
    """Days of units in either export: a row per `_CELL`, metrics with `_then` and `_now`.

    NaN where an export has no row. `age` is counted from the channel's last day in the older
    export; only the days that both exports cover, and at most the last `LONGEST`, are here.
    """
    frames = [older.frame, records.frame]
    together = pd.concat(frames, ignore_index=True)
    units, _ = units_of(dataclasses.replace(records, frame=together), settings)
    together = together.assign(unit=units, currency=None)
    then, now = (
        summed(part, _CELL).drop(columns="currency")
        for part in (together[: len(older.frame)], together[len(older.frame) :])
    )
    rows = then.merge(now, on=_CELL, how="outer", suffixes=("_then", "_now"))
    rows["age"] = -1
    for channel in set(then["platform"]) & set(now["platform"]):
        own = rows["platform"] == channel
        last = pd.Timestamp(last_day(older, channel))
        rows.loc[own, "age"] = (last - rows.loc[own, "date"]).dt.days
        first = max(frame[frame["platform"] == channel]["date"].min() for frame in frames)
        rows.loc[own & (rows["date"] < first), "age"] = -1
    return rows[(rows["age"] >= 0) & (rows["age"] < LONGEST)]


def _learnt(
    channel: str, rows: pd.DataFrame, records: Records, older: Records, path: Path
) -> Curve | None:
    """Curve of a channel from its days in both exports; None if they tell nothing.

    Raises:
        DataError: the export is not older, or its spends are others.
    """
    ends = last_day(older, channel), last_day(records, channel)
    gap = int((ends[1] - ends[0]).astype(int))
    if gap < 0:
        raise _not_older(
            path,
            f"{channel} ends on {ends[0]}, and in the exports of data.path already on {ends[1]}",
        )
    _refuse_other_spends(channel, rows, path)
    metric = "conversions" if rows["conversions_now"].notna().any() else "revenue"
    both = rows[[f"{metric}_then", f"{metric}_now", "spend_then", "spend_now"]].notna().all(axis=1)
    same = rows[both]
    if not len(same) or same[f"{metric}_now"].sum() == 0:
        return None
    if gap == 0 and (same[f"{metric}_then"] == same[f"{metric}_now"]).all():
        return None
    then, now, spend_then, spend_now = (
        np.bincount(same["age"], same[column], LONGEST).astype(np.float64)
        for column in (f"{metric}_then", f"{metric}_now", "spend_then", "spend_now")
    )
    if gap == 0 and then.sum() > (1 + _MAX_DIFFERENCE) * now.sum():
        raise _not_older(
            path,
            f"{channel} has {then.sum():,.0f} {metric} on the last days, where the exports of "
            f"data.path have {now.sum():,.0f} on the same days",
        )
    # the older export may hold only part of its last day: conversions are compared at equal spend
    then *= np.divide(spend_now, spend_then, out=np.ones(LONGEST), where=spend_then > 0)
    strength = _STRENGTH if metric == "conversions" else _REVENUE_STRENGTH * float(now.mean())
    usual = usual_curve(channel).shares
    return Curve(_shares(then, now, usual, gap, strength), is_learnt=True, is_habit=gap > 0)


def _shares(then: Floats, now: Floats, usual: Floats, gap: int, strength: float) -> Floats:
    """(LONGEST,) shares by age from what was reported then and now; ages without data as usual.

    Args:
        then: (LONGEST,) conversions by age in the older export.
        now: (LONGEST,) conversions of the same days in the current one.
        usual: (LONGEST,) shares of the usual curve.
        gap: days from the older export's last day to the current one's, >= 0.
        strength: conversions that the usual curve is worth.
    """
    later = np.ones(LONGEST) if gap == 0 else np.append(usual, np.ones(gap))[gap:]
    ratio = (then + strength * usual / later) / (now + strength)
    shares = np.append(usual, np.ones(gap))
    for age in range(LONGEST - 1, -1, -1):
        final = 1.0 if gap == 0 else shares[age + gap]
        shares[age] = np.clip(ratio[age] * final, _MIN_SHARE, 1.0)
    return shares[:LONGEST]


def _refuse_missing(path: Path) -> None:
    try:
        exists = path.exists()
    except OSError:  # such as a name that is too long
        exists = False
    if not exists:
        raise data_error(
            str(path),
            "there is no such file or folder",
            f"an older export of the same accounts as {_KEY}",
            "correct the path, or set it to null",
        )


def _refuse_currency(records: Records, older: Records, path: Path) -> None:
    currencies = older.currency, records.currency
    if None not in currencies and currencies[0] != currencies[1]:
        raise data_error(
            str(path),
            f"amounts are in {currencies[0]}, and in the exports of data.path in {currencies[1]}",
            "one currency in both",
            f"set {_KEY} to an export of the same accounts",
        )


def _refuse_other_spends(channel: str, rows: pd.DataFrame, path: Path) -> None:
    """Raises if the spends of a channel, or of a unit in both exports, differ by more than 5 %.

    The older export's last day, of which it may hold only a part, counts only where it is alone.
    """
    rows = rows[rows["age"] > 0] if (rows["age"] > 0).any() else rows
    spends = rows.groupby("unit")[["spend_then", "spend_now"]].sum()
    total = spends.sum()
    shared = spends[(spends > _MIN_UNIT * total.max()).all(axis=1)]
    compared = [(channel, total), *((f"{channel}/{unit}", s) for unit, s in shared.iterrows())]
    for name, spend in compared:
        then, now = float(spend["spend_then"]), float(spend["spend_now"])
        if abs(then - now) > _MAX_DIFFERENCE * max(then, now):
            raise data_error(
                str(path),
                f"{name.removesuffix('/')} spent {then:,.2f} on the last days, where the exports "
                f"of data.path have {now:,.2f} on the same days",
                "spends that differ by at most 5 %, as those of one account do",
                f"set {_KEY} to an export of the same accounts and campaigns",
                column="Cost",
            )


def _not_older(path: Path, given: str) -> DataError:
    allowed = f"an export that was taken before that of data.path as {_KEY}"
    return data_error(str(path), given, allowed, "exchange the two")


def _no_overlap(records: Records, older: Records, path: Path) -> DataError:
    spans = [f"{days.min()} to {days.max()}" for days in (older.days, records.days)]
    return data_error(
        str(path),
        f"nothing can be learnt about the last days: the older export has {spans[0]}, the exports "
        f"of data.path {spans[1]}, and they have no days and campaigns in common whose conversions "
        "were counted at two times",
        f"last days of {_KEY} that lie within data.path too, for the same channels and campaigns",
        "export the same days again, or set it to null",
    )
