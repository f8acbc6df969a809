"""What do the exports of ad platforms look like, and what must be read from each?

A corpus of files as the platforms, their interfaces and APIs, and people's spreadsheets write
them, all of one seeded market of 90 days; written without the reader, from the headings and
notations of public exports. `EXPORTS` are single files, `FOLDERS` several that are read together.

To look at them, or to try them by hand, write them into a folder, one subfolder a case:

    PYTHONPATH=tests python -m helpers.platforms FOLDER
"""

from . import (
    breakdowns,
    folders,
    generic,
    google_api,
    google_ui,
    meta,
    microsoft,
    other,
    refused,
    social,
    spreadsheets,
    traps,
)
from .market import FIRST, Expected, ExportCase, FolderCase

GROUPS = (google_ui, google_api, meta, microsoft, social, other, generic, spreadsheets, breakdowns)
EXPORTS: list[ExportCase] = [case for module in (*GROUPS, refused, traps) for case in module.CASES]
FOLDERS: dict[str, FolderCase] = {case.name: case for case in folders.CASES}

__all__ = ["EXPORTS", "FIRST", "FOLDERS", "Expected", "ExportCase", "FolderCase"]
