"""Which markets are plausible, given the exports?"""

from .calibrate import CalibrationSettings, anchors_of, calibrate, likelihood_of
from .forecaster import Simulated, kept_calibrations
from .journeys import informed, ratio_draws
from .laplace import Bell, laplace
from .likelihood import Record, draw_levels, filter_days, record_from, settle_level, update_level
from .posterior import Posterior, load_posterior, save_posterior
from .predictive import predict
from .priors import (
    DIMENSIONS,
    TRAITS,
    Anchors,
    LogNormal,
    Parameters,
    Priors,
    contrast_basis,
    transform,
)
from .smc import sample
from .update import update

__all__ = [
    "DIMENSIONS",
    "TRAITS",
    "Anchors",
    "Bell",
    "CalibrationSettings",
    "LogNormal",
    "Parameters",
    "Posterior",
    "Priors",
    "Record",
    "Simulated",
    "anchors_of",
    "calibrate",
    "contrast_basis",
    "draw_levels",
    "filter_days",
    "informed",
    "kept_calibrations",
    "laplace",
    "likelihood_of",
    "load_posterior",
    "predict",
    "ratio_draws",
    "record_from",
    "sample",
    "save_posterior",
    "settle_level",
    "transform",
    "update",
    "update_level",
]
