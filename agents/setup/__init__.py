"""How does a configuration become an experiment?

- ``config``: the configuration and the options of the commands as typed records
- ``prepare``: entry point; from a configuration to an experiment, with cached calibrations
- ``open``: entry point from Python; a folder of exports and keys that differ, to an experiment
- ``candidates``: policies to compare, by name
- ``run_folder``: the folder of a training run, and how a run is resumed
"""

from .candidates import (
    candidates_of,
    is_published,
    reference_folder,
    require_known,
    task_key,
    trained,
)
from .config import (
    CalibrateCommand,
    ClairvoyantCommand,
    Count,
    EvaluateCommand,
    ExperimentConfig,
    PlanCommand,
    PolicyName,
    Seconds,
    Statement,
    SubmissionSettings,
    SuiteCommand,
    TrainCommand,
    Url,
)
from .open import changed_groups, open_experiment, shared_groups
from .prepare import (
    advertiser_experiment,
    calibrated_or_updated,
    experiment_id,
    find_journeys,
    load,
    prepare,
    task_experiment,
)
from .run_folder import configured, keep_configuration, resumable

__all__ = [
    "CalibrateCommand",
    "ClairvoyantCommand",
    "Count",
    "EvaluateCommand",
    "ExperimentConfig",
    "PlanCommand",
    "PolicyName",
    "Seconds",
    "Statement",
    "SubmissionSettings",
    "SuiteCommand",
    "TrainCommand",
    "Url",
    "advertiser_experiment",
    "calibrated_or_updated",
    "candidates_of",
    "changed_groups",
    "configured",
    "experiment_id",
    "find_journeys",
    "is_published",
    "keep_configuration",
    "load",
    "open_experiment",
    "prepare",
    "reference_folder",
    "require_known",
    "resumable",
    "shared_groups",
    "task_experiment",
    "task_key",
    "trained",
]
