"""How does a configuration become an experiment?"""

from .candidates import entrants_of, place, require_known, trained
from .config import (
    CalibrateCommand,
    ClairvoyantCommand,
    Command,
    EvaluateCommand,
    Group,
    PlanCommand,
    Seed,
    SuiteCommand,
    TrainCommand,
)
from .prepare import arena_id, learnt, load, prepare
from .run_folder import configured, keep_configuration, resumable

__all__ = [
    "CalibrateCommand",
    "ClairvoyantCommand",
    "Command",
    "EvaluateCommand",
    "Group",
    "PlanCommand",
    "Seed",
    "SuiteCommand",
    "TrainCommand",
    "arena_id",
    "configured",
    "entrants_of",
    "keep_configuration",
    "learnt",
    "load",
    "place",
    "prepare",
    "require_known",
    "resumable",
    "trained",
]
