"""Indexing of records, named tuples of arrays."""

from typing import Any, TypeVar

import numpy as np

Record = TypeVar("Record", bound=tuple[Any, ...])


def select(record: Record, index: Any) -> Record:
    """Return the record with every array indexed on its leading axis (numbers and None stay)."""
    picked: list[Any] = [f[index] if hasattr(f, "shape") else f for f in record]
    return type(record)(*picked)


def gather(record: Record, index: np.ndarray) -> Record:
    """Return the record's rows of an index, (rows,), with the rows contiguous in memory.

    So laid out, numpy works on whole runs of rows; what is made of such arrays is laid out alike.
    """

    def picked(field: Any) -> Any:
        if not hasattr(field, "shape"):
            return field
        rows = field.take(index, 0)
        if len(rows) == 1:
            return rows
        last = rows.ndim - 1
        return np.ascontiguousarray(rows.transpose(*range(1, last + 1), 0)).transpose(
            last, *range(last)
        )

    return type(record)(*map(picked, record))
