"""How does a configuration become an experiment?"""

from .candidates import candidates_of, reference_folder, require_known, trained
from .config import (
    CalibrateCommand,
    ClairvoyantCommand,
    Count,
    EvaluateCommand,
    ExperimentConfig,
    PlanCommand,
    Seed,
    SuiteCommand,
    TrainCommand,
)
from .prepare import calibrated_or_updated, experiment_id, find_journeys, load, prepare
from .run_folder import configured, keep_configuration, resumable

__all__ = [
    "CalibrateCommand",
    "ClairvoyantCommand",
    "Count",
    "EvaluateCommand",
    "ExperimentConfig",
    "PlanCommand",
    "Seed",
    "SuiteCommand",
    "TrainCommand",
    "calibrated_or_updated",
    "candidates_of",
    "configured",
    "experiment_id",
    "find_journeys",
    "keep_configuration",
    "load",
    "prepare",
    "reference_folder",
    "require_known",
    "resumable",
    "trained",
]
