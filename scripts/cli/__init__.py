"""What do all commands share?

- ``launch``: the entry point, which composes the configuration, parses it and reports errors
- ``help``: what `--help` prints
- ``cluster``: what went wrong with a sweep on a cluster
- ``override``: overrides with names that Hydra cannot parse, rewritten so that it can
- ``console``: progress, notes and lines on the terminal
- ``notes``: many notes in few lines
"""

from .console import (
    Report,
    console,
    hosted,
    print_line,
    print_notes,
    progress,
    progress_bar,
    run_folder,
)
from .launch import command, command_line, launch, overrides, sweeping, to_plain_dict

__all__ = [
    "Report",
    "command",
    "command_line",
    "console",
    "hosted",
    "launch",
    "overrides",
    "print_line",
    "print_notes",
    "progress",
    "progress_bar",
    "run_folder",
    "sweeping",
    "to_plain_dict",
]
