"""Indexing of records (named tuples of arrays) along their leading axis."""

from typing import Any, TypeVar

import numpy as np

Record = TypeVar("Record", bound=tuple[Any, ...])


def select(record: Record, index: Any) -> Record:
    """Return the record with every array indexed on its leading axis; other fields stay."""
    fields: list[Any] = [f[index] if hasattr(f, "shape") else f for f in record]
    return type(record)(*fields)


def gather(record: Record, index: np.ndarray) -> Record:
    """Return the rows of an index, (rows,), of every array, with the rows contiguous in memory.

    In this layout numpy works on whole runs of rows, and results inherit the layout.
    """

    def rows_of(field: Any) -> Any:
        if not hasattr(field, "shape"):
            return field
        rows = field.take(index, 0)
        if len(rows) == 1:
            return rows
        last = rows.ndim - 1
        return np.ascontiguousarray(rows.transpose(*range(1, last + 1), 0)).transpose(
            last, *range(last)
        )

    return type(record)(*map(rows_of, record))
