"""Rows that say the same twice: copies within a file, and exports that overlap."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import DataError, data_error, with_setting
from ..history import METRICS
from .body import left_out
from .records import LABELS
from .rows import Part
from .settings import DataSettings

KEY = ["date", *LABELS]
_CLOSE = 0.05  # relative difference of cost and impressions of a restated row
_MAX_RESTATED = 0.3  # share of repeated rows that are restated from which a file is refused
_CENT = 0.011  # difference of amounts that are equal
_SAME_MONEY = 0.8  # share of common days with equal cost that tells one account twice


def drop_copies(part: Part, row_of: Callable[[int], list[str]]) -> None:
    """Keeps one of rows that are equal in every cell, in place.

    Args:
        part: rows of a sheet.
        row_of: cells of the row that begins on a line.

    Raises:
        DataError: rows with the same labels have nearly the same numbers: two versions of one
            export, pasted together.
    """
    frame = part.frame
    alike = frame.duplicated(["key", "texts", *METRICS], keep=False).to_numpy()
    first: dict[tuple[str, ...], int] = {}
    drop: list[int] = []
    of: list[int] = []
    lines, sections = frame["line"].tolist(), frame["section"].tolist()
    for index in np.flatnonzero(alike).tolist():
        original = first.setdefault((*row_of(lines[index]), str(sections[index])), index)
        if original != index:
            drop.append(index)
            of.append(original)
    if not _are_pasted(frame, drop, of):
        count = len(drop)
        part.notes.append(
            f"{part.file}: WARNING, {count} rows are equal to an earlier row in every cell, but "
            "rows that no text tells apart are usual in this file, as of ads without their names; "
            f"they were summed. The first is row {lines[drop[0]]}, equal to row {lines[of[0]]}."
        )
    elif drop:
        part.left_out.append(left_out([lines[k] for k in drop], "copies of other rows"))
        part.notes.append(
            f"{part.file}: WARNING, {len(drop)} rows are equal to an earlier row in every cell and "
            f"were left out; the first is row {lines[drop[0]]}, a copy of row {lines[of[0]]}."
        )
        part.frame = frame = frame.drop(index=drop).reset_index(drop=True)
        part.rows = len(frame)
    _refuse_restated(part)


def _are_pasted(frame: pd.DataFrame, drop: list[int], of: list[int]) -> bool:
    """False if equal rows are scattered among rows that only their numbers tell apart.

    Rows that were pasted twice follow each other as the originals do.
    """
    alike = frame.duplicated(["key", "texts"], keep=False).to_numpy()
    differing = int(alike.sum()) - len(set(drop) | set(of))
    follows = sum(
        drop[k + 1] - drop[k] == 1 and of[k + 1] - of[k] == 1 for k in range(len(drop) - 1)
    )
    return not drop or differing < len(drop) or follows > len(drop) / 2


def _refuse_restated(part: Part) -> None:
    """Raises if rows that no text tells apart have nearly the same numbers; otherwise a note."""
    frame = part.frame
    key = ["key", "texts"]
    repeated = frame[frame.duplicated(key, keep=False)]
    if repeated.empty:
        return
    columns = ["spend", "impressions", "clicks", "line"]
    first = repeated.groupby(key, sort=False)[columns].transform("first")
    others = repeated[repeated["line"] != first["line"]]
    base = first.loc[others.index]
    near = np.ones(len(others), dtype=bool)
    for metric in ("spend", "impressions"):
        one, two = others[metric].to_numpy(), base[metric].to_numpy()
        if not np.isnan(one).any():
            near &= np.abs(one - two) <= _CLOSE * np.maximum(one, two)
    same = np.ones(len(others), dtype=bool)  # but for the cost, as after a correction
    for metric in ("impressions", "clicks"):
        same &= others[metric].to_numpy() == base[metric].to_numpy()
    near |= same & (others["impressions"].to_numpy() > 0)
    near &= others["spend"].to_numpy() > 0
    if near.mean() >= _MAX_RESTATED:
        index = others.index[int(np.argmax(near))]
        raise data_error(
            part.file,
            f"{int(near.sum())} rows repeat the day and the labels of an earlier row with nearly "
            f"the same numbers, this one of row {int(first['line'][index])}: two versions of one "
            "export seem to be pasted together",
            "one row per day and campaign, or a column that tells the rows apart",
            "delete the older version",
            row=int(frame["line"][index]),
            setting="data.overlaps says which of two files counts, with each version in its own",
        )
    days = repeated["key"].nunique()
    part.notes.append(
        f"{part.file}: {len(repeated)} rows of {days} campaign-days differ in numbers alone, as "
        f"ads of one campaign do, the first in row {int(repeated['line'].to_numpy()[0])}; summed."
    )


@dataclass(frozen=True, eq=False)
class Export:
    """Sums of one sheet, or of one section of it, per day and labels."""

    file: str
    frame: pd.DataFrame  # KEY, METRICS, currency
    order: float  # when the file was written, seconds; later sections of a file count as newer


def merged(exports: list[Export], settings: DataSettings) -> tuple[pd.DataFrame, list[str]]:
    """All exports with each campaign-day once, and notes.

    Raises:
        DataError: two exports differ about a campaign-day, unless `data.overlaps` says what then.
    """
    _refuse_levels(exports)
    together = pd.concat([each.frame.assign(part=k) for k, each in enumerate(exports)])
    together = together.reset_index(drop=True)
    repeated = together.duplicated(KEY, keep=False)
    if not repeated.any():
        return together.drop(columns="part"), []
    common = together[repeated]
    base = common.groupby(KEY, sort=False)[list(METRICS)].transform("first")
    same = pd.Series(True, index=common.index)
    for metric in METRICS:
        gap = (common[metric] - base[metric]).abs()
        both_blank = common[metric].isna() & base[metric].isna()
        same &= both_blank | (gap <= _CENT) | (gap <= 1e-6 * base[metric].abs())
    names = sorted({exports[k].file for k in common["part"].unique()})
    differing = common[~same]
    if not differing.empty and settings.overlaps == "refuse":
        raise _differ(exports, common, differing)
    if not differing.empty and settings.overlaps == "sum":
        sums = together.groupby(KEY, sort=False, as_index=False, dropna=False)
        notes = [
            with_setting(
                f"{', '.join(names)}: WARNING, {len(differing):,} campaign-days are in several "
                "files with different numbers and were summed.",
                "data.overlaps=sum was given",
            )
        ]
        return sums.agg(dict.fromkeys(METRICS, "sum") | {"currency": "first"}), notes
    order = together["part"].map(lambda k: exports[k].order)
    kept = together.loc[order.sort_values(kind="stable").index].drop_duplicates(KEY, keep="last")
    count = len(common.drop_duplicates(KEY))
    notes = [f"{', '.join(names)}: {count:,} campaign-days are in several files; kept once."]
    if not differing.empty:
        notes = [
            with_setting(
                f"{', '.join(names)}: WARNING, {count:,} campaign-days are in several files, "
                f"{len(differing.drop_duplicates(KEY)):,} with different numbers; those of the "
                "file that was written last were taken.",
                "data.overlaps=newest was given",
            )
        ]
    return kept.sort_index().drop(columns="part"), notes


def _differ(exports: list[Export], common: pd.DataFrame, differing: pd.DataFrame) -> DataError:
    """Error about the first campaign-day on which two exports differ."""
    row = differing.iloc[0]
    match = (common[KEY] == row[KEY]).all(axis=1)
    other = common[match].iloc[0]
    metric = next((m for m in METRICS if not np.isclose(row[m], other[m], equal_nan=True)), "spend")
    name = "/".join(text for text in row[list(LABELS)] if text)
    files = exports[int(other["part"])].file, exports[int(row["part"])].file
    where = " and ".join(dict.fromkeys(files))
    return data_error(
        where,
        f"the exports overlap and differ: {name} on {str(row['date'])[:10]} has {metric} "
        f"{other[metric]:,.6g} in one and {row[metric]:,.6g} in the other; "
        f"{len(differing.drop_duplicates(KEY)):,} campaign-days differ",
        "the same numbers where exports overlap",
        "remove the older export; if they are two accounts, put their rows into one file",
        setting="data.overlaps=newest takes the file that was written last, data.overlaps=sum "
        "adds up those of two accounts",
    )


def _refuse_levels(exports: list[Export]) -> None:
    """Raises for two exports of the same money at different levels, such as types and campaigns."""
    daily = [each.frame.groupby(["platform", "date"])["spend"].sum() for each in exports]
    for k, one in enumerate(daily):
        for m in range(k):
            both = pd.concat([one, daily[m]], axis=1, join="inner").to_numpy()
            if not len(both) or _share_keys(exports[k].frame, exports[m].frame):
                continue
            equal = np.abs(both[:, 0] - both[:, 1]) <= _CENT + 1e-3 * both[:, 1]
            spent = both[:, 1] > 0
            if spent.sum() >= 5 and np.mean(equal[spent]) >= _SAME_MONEY:
                raise data_error(
                    f"{exports[m].file} and {exports[k].file}",
                    f"both have the same cost on {int(equal[spent].sum())} of "
                    f"{int(spent.sum())} common days, under other labels: the same money twice, "
                    "such as by campaign type and by campaign",
                    "each channel's money once",
                    "leave one of the two out",
                    setting="data.ignore_files lists files that are not read",
                )


def _share_keys(one: pd.DataFrame, two: pd.DataFrame) -> bool:
    labels = [
        set(map(tuple, each[list(LABELS)].drop_duplicates().to_numpy())) for each in (one, two)
    ]
    return bool(labels[0] & labels[1])
