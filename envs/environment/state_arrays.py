"""Conversion of nested records to flat arrays by name and back, for saving without pickle."""

from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ...data.errors import MediaGymError
from ..market import Market, MarketState, Noise, Outcome

_RECORDS = {record.__name__: record for record in (Market, MarketState, Noise, Outcome)}


def to_arrays(records: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return nested records as arrays named by their path: ``flight.view.ledger.spent``."""
    return {
        name: np.array(value)
        for key, record in records.items()
        for name, value in _walk(key, record)
    }


def from_arrays(arrays: Mapping[str, NDArray[Any]], types: Mapping[str, type]) -> dict[str, Any]:
    """Return the records that ``to_arrays`` flattened.

    Args:
        arrays: arrays by path.
        types: record type of each name.

    Raises:
        MediaGymError: if a required field is missing.
    """
    return {name: _build(name, kind, arrays) for name, kind in types.items()}


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(value, "_fields"):
        for name, field in zip(value._fields, value, strict=True):
            yield from _walk(f"{path}.{name}", field)
    elif value is not None:
        yield path, value


def _build(path: str, kind: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if hasattr(kind, "_fields"):
        hints = get_type_hints(kind)
        return kind(*(_build(f"{path}.{name}", hints[name], arrays) for name in kind._fields))
    if path in arrays:
        value = np.asarray(arrays[path])
        return int(value) if kind is int else value.copy()
    if path.rpartition(".")[2] in _OPTIONAL:
        return None
    raise MediaGymError(
        f"set_state(): {path} is missing; pass everything that get_state() returned."
    )


_OPTIONAL = {"live", *(name for record in _RECORDS.values() for name in record._field_defaults)} | {
    name for name in Noise._fields if name not in ("demand", "level")
}
