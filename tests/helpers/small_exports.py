"""Small exports written row by row, for tests of single rules of the reader."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from mediagym.data.exports import DataSettings, Records, read_exports
from mediagym.data.storage import shipped_yaml

DAYS = [f"2025-01-{day:02d}" for day in range(1, 31)]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Writes a header and rows as CSV; returns the path."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def settings_for(path: Path, **changes: object) -> DataSettings:
    """The shipped settings with a folder and changes."""
    return DataSettings.of({**shipped_yaml("data/default"), "path": str(path), **changes})


def read(path: Path, **changes: object) -> Records:
    """Records of a folder."""
    return read_exports(settings_for(path, **changes))


def spend(records: Records) -> float:
    """All spend, rounded to a cent."""
    return round(float(records.frame["spend"].sum()), 2)
