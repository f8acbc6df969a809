"""Sums of rows per day and labels, independent of the order of the rows."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..history import METRICS
from ..types import Floats

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
    columns = [*keys, *METRICS, "currency"]
    ordered = frame.loc[:, columns].sort_values(list(keys), kind="stable", ignore_index=True)
    first = ~ordered.duplicated(list(keys)).to_numpy()
    if first.all():
        return ordered
    starts = np.flatnonzero(first)
    result = ordered.loc[first].reset_index(drop=True)
    for metric in METRICS:
        result[metric] = group_sums(ordered[metric].to_numpy(), starts)
    return result


def group_sums(values: Floats, starts: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
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
    if np.abs(filled).sum() * _UNIT < _MAX_EXACT:
        units = np.rint(filled * _UNIT).astype(np.int64)
        sums = np.add.reduceat(units, starts) / _UNIT
    else:
        ends = np.append(starts[1:], len(values))
        sums = np.array(
            [round(math.fsum(filled[a:b]), 6) for a, b in zip(starts, ends, strict=True)]
        )
    sums = np.where(np.add.reduceat(blank.astype(np.int64), starts) > 0, np.nan, sums)
    return np.where(sizes == 1, single, sums)
