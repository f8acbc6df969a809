"""Sums of rows per day and labels, independent of the order of the rows."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..history import METRICS
from ..types import Floats

Codes = NDArray[np.int64]

_UNIT = 1e6  # sums are exact in millionths
_MAX_EXACT = 2.0**62  # of a sum of whole millionths


def summed(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Rows with equal keys as one row, sorted by the keys.

    Args:
        frame: columns of keys, `METRICS` and `currency`.
        keys: names of columns.

    Returns:
        The keys, the sums of METRICS, rounded to a millionth where rows were added (NaN where any
        is NaN), and the first currency.
    """
    codes = equal_rows(frame, keys, ordered=True)
    order = np.argsort(codes, kind="stable")
    ordered = frame.loc[:, [*keys, *METRICS, "currency"]].take(order)
    codes = codes[order]
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    if len(starts) == len(frame):
        return ordered.reset_index(drop=True)
    result = ordered.take(starts).reset_index(drop=True)
    for metric in METRICS:
        result[metric] = group_sums(ordered[metric].to_numpy(), starts)
    return result


def equal_rows(frame: pd.DataFrame, keys: Sequence[str], *, ordered: bool = False) -> Codes:
    """Integers that are equal where all keys are equal.

    Args:
        frame: the columns of keys.
        keys: names of columns.
        ordered: the integers also increase in the order of the keys.

    Returns:
        (rows,) from 0.
    """
    codes = np.zeros(len(frame), dtype=np.int64)
    for key in keys:
        own, values = pd.factorize(frame[key].to_numpy(), sort=ordered)
        codes = pd.factorize(codes * (len(values) + 1) + own, sort=ordered)[0].astype(np.int64)
    return codes


def group_sums(values: Floats, starts: NDArray[np.intp]) -> Floats:
    """Sums of consecutive groups.

    Args:
        values: (rows,).
        starts: (groups,) first row of each group, increasing, beginning with 0.

    Returns:
        (groups,) sums, rounded to a millionth where a group has several rows.
    """
    sizes = np.diff(np.append(starts, len(values)))
    single = values[starts]
    blank = np.isnan(values)
    filled = np.where(blank, 0.0, values)
    is_small = bool(np.abs(filled).sum() * _UNIT < _MAX_EXACT)
    units = np.rint(filled * _UNIT).astype(np.int64) if is_small else np.zeros(0, dtype=np.int64)
    if is_small and np.array_equal(units / _UNIT, filled):  # as money, and fast
        sums = np.add.reduceat(units, starts) / _UNIT
    else:
        ends = np.append(starts[1:], len(values))
        sums = np.array(
            [round(math.fsum(filled[a:b]), 6) for a, b in zip(starts, ends, strict=True)]
        )
    sums = np.where(np.add.reduceat(blank.astype(np.int64), starts) > 0, np.nan, sums)
    return np.where(sizes == 1, single, sums)
