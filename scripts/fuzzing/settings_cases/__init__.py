"""Does any value of any setting end in more than one message?

- `values`: hostile values, by name
- `configs`: the configurations of all commands, their keys, and one key changed
- `judge`: what parsing one configuration gave
- `run`: all cases
"""

from .configs import commands, composed
from .judge import Answer
from .run import FAILURES, SettingsCommand, all_cases, answers_table, run_all

__all__ = [
    "FAILURES",
    "Answer",
    "SettingsCommand",
    "all_cases",
    "answers_table",
    "commands",
    "composed",
    "run_all",
]
