"""The site log in the export folder of a test, as text to be changed."""

from collections.abc import Callable
from pathlib import Path

from mediagym.data.exports import DataSettings
from mediagym.data.journeys import Landings

from . import landing_logs
from .landing_logs import NAME, Make

HEADER = "User Id,Website Landing Time,Is Converted,Source,Channel,Campaign Type\n"
ROW = "20a70111,2024-01-05 01:57:19,0,google,paid,YouTube\n"


def read(folder: Path, data_settings: Make, **overrides: object) -> Landings:
    """Landings of a folder, by settings that may be overridden."""
    settings: DataSettings = data_settings(folder, **overrides)
    return landing_logs.read(settings)


def rewrite(folder: Path, change: Callable[[str], str]) -> None:
    """Changes the text of the site log."""
    (folder / NAME).write_text(change((folder / NAME).read_text()))
