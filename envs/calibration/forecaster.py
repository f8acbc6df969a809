"""The calibrated simulator as a forecaster, compared under the same rules as the others."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...data.forecasting import Metric
from ...data.history import History
from ...data.storage import digest
from ...data.types import Floats
from .calibrate import calibrate
from .posterior import Posterior
from .predictive import predict
from .priors import Priors
from .settings import CalibrationSettings


@dataclass(frozen=True)
class SimulatorForecaster:
    """Calibrates on the given history and simulates the given spend; a `Forecaster`."""

    calibration: Callable[[History], Posterior]  # see `cached_calibrations`
    seed: int  # seed of demand paths and counts
    name: str = "simulator"

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """Posterior predictive mean, (days, campaigns)."""
        simulated = predict(self.calibration(history), spend, self.seed)
        return np.asarray(simulated.of(metric)[0].mean(axis=0))


def cached_calibrations(
    priors: Priors, settings: CalibrationSettings
) -> Callable[[History], Posterior]:
    """Calibration function that caches posteriors by the history's fingerprint.

    Both metrics of one forecast origin then cost a single calibration.
    """
    posteriors: dict[str, Posterior] = {}

    def calibration(history: History) -> Posterior:
        key = digest(history.fingerprint())
        if key not in posteriors:
            posteriors[key] = calibrate(history, priors, settings)
        return posteriors[key]

    return calibration
