"""Options of the server; see ``conf/serve.yaml``."""

from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from pydantic import Field

from mediagym.data.settings import Command, Settings

_Count = Annotated[int, Field(ge=1)]
_Seconds = Annotated[float, Field(gt=0)]


class Limits(Settings):
    """What a client may ask for."""

    upload: _Count  # bytes of one upload
    files: _Count  # files of one upload
    queue: _Count  # jobs that wait
    burst: _Count  # requests at once per key
    per_second: Annotated[float, Field(gt=0)]  # requests that a key regains


class JobSettings(Settings):
    """How patient the queue is."""

    lease: Annotated[float, Field(ge=1)]  # seconds without a word from the worker
    patience: _Seconds  # seconds from a cancel to the end of the worker


class ServeCommand(Command):
    """Options of ``scripts/serve.py``."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    data_folder: Path | None
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    workers: Annotated[int, Field(ge=0, le=64)]
    sample: bool
    new_key: str | None  # make a key of that name instead of serving
    new_key_scope: Literal["read", "run", "admin"]
    limits: Limits
    jobs: JobSettings
    log: Literal["text", "json"]
    session_hours: Annotated[float, Field(gt=0, le=24 * 90)]

    @property
    def folder(self) -> Path:
        """Folder of everything: as given, or the user's data folder."""
        if self.data_folder is not None:
            return self.data_folder
        return Path(platformdirs.user_data_path("mediagym", appauthor=False)) / "app"
