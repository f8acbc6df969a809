"""Do the files that MediaGym writes survive damage and crashes?

- `originals`: artefacts of every kind, small, and their public loaders
- `mutations`: of bytes, of JSON, of arrays and of a table
- `cases`: one mutated artefact
- `artefacts`: all cases, each loaded in a process of its own under limits
- `faults`: death at a chosen moment of a chosen write
- `writers`, `plans`: processes that are killed, and what they left
- `hosts`: full disks, read-only folders and other odd machines
- `crashes`: all kills and odd machines
- `jobs`, `kill_server`: a server whose processes are killed while jobs are asked for
"""

from .artefacts import (
    LOADING_FAILURES,
    ArtefactsCommand,
    Loading,
    fuzz_artefacts,
    loading_table,
)
from .crashes import CRASH_FAILURES, CrashesCommand, all_crashes, crash_table
from .jobs import JobsCommand, Outcome, killed_server
from .writers import Crash

__all__ = [
    "CRASH_FAILURES",
    "LOADING_FAILURES",
    "ArtefactsCommand",
    "Crash",
    "CrashesCommand",
    "JobsCommand",
    "Loading",
    "Outcome",
    "all_crashes",
    "crash_table",
    "fuzz_artefacts",
    "killed_server",
    "loading_table",
]
