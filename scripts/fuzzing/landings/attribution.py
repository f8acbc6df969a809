"""The figures of an attribution that are compared: all but intervals, which depend on the order.

The bootstrap numbers users in the order of their first rows, so that a log in another order has
the same credits and other intervals.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .kinds import ZONE

_OF_DRAWS = ("ratio", "log_sd", "by_method")  # ratios are shrunk by the variance of draws
_LEFT_OUT = ("low", "high", "level", "period", "notes", "unmatched", *_OF_DRAWS)
_DRAWS = 100  # of the bootstrap, the fewest allowed
_MOST = 4_000  # characters of a note or of a label that anything shows


def attributed(folder: Path) -> tuple[dict[str, tuple[float, ...]], tuple[str, ...]]:
    """Figures of the attribution of a folder by their place in its document, and its notes.

    Runs what ``scripts/attribute.py`` runs, but for its figures.

    Raises:
        MediaGymError: the folder is refused.
        AssertionError: the document is no JSON, or a note has no end.
    """
    from rich.console import Console

    from mediagym.data.attribution import (
        AttributionSettings,
        attribution_document,
        attribution_study,
        attribution_tables,
    )
    from mediagym.data.exports import DataSettings
    from mediagym.data.storage import shipped_yaml

    data = {**shipped_yaml("data/default"), "path": str(folder), "timezone": ZONE}
    methods = {**shipped_yaml("attribution/default"), "draws": _DRAWS, "groups": _DRAWS}
    settings = AttributionSettings.of(methods, "attribution")
    document = attribution_document(attribution_study(DataSettings.of(data, "data"), settings))
    json.dumps(document, allow_nan=False)
    with Path("/dev/null").open("w") as nowhere:
        console = Console(file=nowhere)
        for table in attribution_tables(document):
            console.print(table)
    long = [note for note in document["notes"] if len(note) > _MOST]
    assert not long, f"a note of {len(long[0]):,} characters"  # noqa: S101  # it is a failure
    return dict(_figures(document, "")), tuple(document["notes"])


def _figures(content: Any, place: str) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Numbers of a document by their place; text counts as part of the place."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key not in _LEFT_OUT:
                yield from _figures(value, f"{place}/{key}")
    elif isinstance(content, list):
        for number, value in enumerate(content):
            pair = isinstance(value, dict) and f"{value.get('label')} {value.get('closer')}"
            yield from _figures(value, f"{place}/{pair or number}")
    elif isinstance(content, bool | int | float):
        yield place, (float(content),)
    else:
        yield f"{place}={content}", ()
