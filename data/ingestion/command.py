"""Options of `scripts/ingest.py`."""

from pathlib import Path

from ..exports import DataSettings
from ..settings import Command


class IngestCommand(Command):
    """Options of ``scripts/ingest.py``."""

    data: DataSettings
    output: Path | None  # folder of the results; None: the run's folder
