"""Which markets are plausible, given the exports?

- ``calibrate``: `calibrate`, from a history to a posterior, and its settings
- ``priors``: priors of a campaign's parameters, as functions of standard normals
- ``evidence``: lift tests and elicited elasticities, as likelihood terms
- ``journeys``: findings of the customers' journeys that priors and objectives use
- ``halo``: the halo's prior, from the journeys
- ``prices``: posterior draws of click prices, click rates and order values
- ``demand``: season, events and shared movements of demand; weights of structures
- ``filtering``: the likelihood of a history, with the log level filtered out
- ``sampling``: draws of the posteriors of many campaigns at once
- ``posterior``: `Posterior`, draws of the market, and its files
- ``update``: a posterior continued by new days
- ``predictive``: forecasts of days whose spend is given
- ``forecaster``: the calibrated simulator as a forecaster
- ``learnt``: posterior summaries and the shares learnt from the data
- ``report``: the report as a page, figures and a table
"""

from ...data.forecasting import (
    RECENT_DAYS,
    RESTART_DAYS,
    SpendingFacts,
    season_windows,
    spending_facts,
)
from .calibrate import calibrate, likelihood_of, prior_centres_of
from .filtering import (
    ObservedHistory,
    draw_levels,
    filter_days,
    filter_history,
    kalman_step,
    observed_history_from,
    update_level,
)
from .forecaster import SimulatorForecaster, cached_calibrations
from .journeys import JourneyFindings, journey_findings, ratio_draws
from .posterior import Posterior, load_posterior, save_posterior
from .predictive import Forecast, predict
from .priors import (
    CORE_DIMENSIONS,
    DIMENSIONS,
    LogNormal,
    Parameters,
    PriorCentres,
    Priors,
    contrast_basis,
    parameters_from_normals,
)
from .sampling import StudentT, laplace, sample
from .settings import CalibrationSettings
from .update import update

__all__ = [
    "CORE_DIMENSIONS",
    "DIMENSIONS",
    "RECENT_DAYS",
    "RESTART_DAYS",
    "CalibrationSettings",
    "Forecast",
    "JourneyFindings",
    "LogNormal",
    "ObservedHistory",
    "Parameters",
    "Posterior",
    "PriorCentres",
    "Priors",
    "SimulatorForecaster",
    "SpendingFacts",
    "StudentT",
    "cached_calibrations",
    "calibrate",
    "contrast_basis",
    "draw_levels",
    "filter_days",
    "filter_history",
    "journey_findings",
    "kalman_step",
    "laplace",
    "likelihood_of",
    "load_posterior",
    "observed_history_from",
    "parameters_from_normals",
    "predict",
    "prior_centres_of",
    "ratio_draws",
    "sample",
    "save_posterior",
    "season_windows",
    "spending_facts",
    "update",
    "update_level",
]
