"""How does a configuration become an experiment?

- ``config``: the configuration and the options of the commands as typed records
- ``prepare``: entry point; from a configuration to an experiment, with cached calibrations
- ``candidates``: policies to compare, by name
- ``run_folder``: the folder of a training run, and how a run is resumed
"""

from .candidates import (
    candidates_of,
    is_published,
    reference_folder,
    require_known,
    trained,
)
from .config import (
    CalibrateCommand,
    ClairvoyantCommand,
    Count,
    EvaluateCommand,
    ExperimentConfig,
    PlanCommand,
    SuiteCommand,
    TrainCommand,
)
from .prepare import (
    advertiser_experiment,
    calibrated_or_updated,
    experiment_id,
    find_journeys,
    load,
    prepare,
)
from .run_folder import configured, keep_configuration, resumable

__all__ = [
    "CalibrateCommand",
    "ClairvoyantCommand",
    "Count",
    "EvaluateCommand",
    "ExperimentConfig",
    "PlanCommand",
    "SuiteCommand",
    "TrainCommand",
    "advertiser_experiment",
    "calibrated_or_updated",
    "candidates_of",
    "configured",
    "experiment_id",
    "find_journeys",
    "is_published",
    "keep_configuration",
    "load",
    "prepare",
    "reference_folder",
    "require_known",
    "resumable",
    "trained",
]
