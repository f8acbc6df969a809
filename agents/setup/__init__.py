"""How does a configuration become an experiment?"""

from .candidates import candidates_of, reference_folder, require_known, trained
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
from .prepare import experiment_id, learnt, load, prepare
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
    "candidates_of",
    "configured",
    "experiment_id",
    "keep_configuration",
    "learnt",
    "load",
    "prepare",
    "reference_folder",
    "require_known",
    "resumable",
    "trained",
]
