"""What do all commands share?"""

from .console import console, run_folder, tell, warn, working
from .launch import command_line, launch, overrides, plain, sweeping

__all__ = [
    "command_line",
    "console",
    "launch",
    "overrides",
    "plain",
    "run_folder",
    "sweeping",
    "tell",
    "warn",
    "working",
]
