"""Entry point: the formats in which a plan is written."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...data.errors import ConfigError, shown
from ...data.storage import require_replaceable, write_bytes
from .ads_editor import google_ads_editor
from .csv_files import csv_long, csv_wide
from .media_plan import media_plan_json
from .one_page import PAGES, one_page
from .today import today_csv
from .view import View
from .workbook import workbook

FORMATS = {
    "xlsx": "plan.xlsx",
    "csv_long": "plan_long.csv",
    "csv_wide": "plan_wide.csv",
    "pdf": "plan.pdf",
    "media_plan": "media_plan.json",
    "today_csv": "today.csv",
    "google_ads_editor": "google_ads_editor.csv",
}
"""Formats and the names of their files."""
PAGE_SIZES = tuple(PAGES)
"""Sizes of the page of the PDF."""


def export_plan(
    content: Mapping[str, Any],
    formats: Sequence[str],
    folder: Path,
    *,
    mapping: Path | None = None,
    page_size: str = "a4",
) -> list[Path]:
    """Write a plan in one or more formats, each file whole or not at all.

    All files are made before the first is written: where one is refused, none is written. Equal
    plans make equal files, byte by byte.

    Args:
        content: content of plan.json, schema version 2.
        formats: keys of `FORMATS`; one that is given twice is written once.
        folder: where the files go; it is made if needed, and files of the same names are replaced.
        mapping: YAML file with the account's campaigns of each campaign type, for
            `google_ads_editor`.
        page_size: of the PDF, one of `PAGE_SIZES`.

    Returns:
        The files, in the order of `formats`.

    Raises:
        ConfigError: a format or page size is unknown, or a file cannot be made of this plan.
        DataError: a file cannot be written, or its name belongs to something that is no file.
    """
    formats = require_formats(formats)
    if page_size not in PAGES:
        raise ConfigError(
            f"page_size: {shown(page_size)} was given. Allowed: {', '.join(PAGES)}. To fix: "
            "choose one of them"
        )
    makers = _makers(View.of(content), mapping, page_size)
    made = [(folder / FORMATS[name], makers[name]()) for name in formats]
    for path, _ in made:
        require_replaceable(path)
    return [write_bytes(path, data) for path, data in made]


def _makers(view: View, mapping: Path | None, page_size: str) -> dict[str, Callable[[], bytes]]:
    """What makes the content of each format's file."""
    return {
        "xlsx": lambda: workbook(view),
        "csv_long": lambda: csv_long(view),
        "csv_wide": lambda: csv_wide(view),
        "pdf": lambda: one_page(view, page_size),
        "media_plan": lambda: media_plan_json(view),
        "today_csv": lambda: today_csv(view),
        "google_ads_editor": lambda: google_ads_editor(view, mapping),
    }


def require_formats(formats: Sequence[str], key: str = "export") -> list[str]:
    """The formats, each once.

    Args:
        formats: as they were given.
        key: setting that they stand under, for messages.

    Raises:
        ConfigError: one is unknown.
    """
    for name in formats:
        if name not in FORMATS:
            raise ConfigError(
                f"{key}: {shown(name)} was given. Allowed: {', '.join(FORMATS)}. To fix: choose "
                "among them"
            )
    return list(dict.fromkeys(formats))
