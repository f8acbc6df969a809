"""The calibrated simulator as a forecaster, under the same rules as any other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...data.forecasting import Metric
from ...data.history import History
from ...data.storage import digest
from ...data.types import Floats
from .calibrate import CalibrationSettings, calibrate
from .posterior import Posterior
from .predictive import predict
from .priors import Priors


@dataclass(frozen=True)
class Simulated:
    """Calibrates on each history it is given and simulates the spend; `data.Forecaster`.

    A posterior is kept by the history's fingerprint, so that both metrics of one origin cost one
    calibration.
    """

    calibration: Callable[[History], Posterior]
    seed: int  # of demand paths and counts
    name: str = "simulator"

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """Return the posterior predictive mean, (days, campaigns)."""
        drawn = predict(self.calibration(history), spend, self.seed)
        return np.asarray(drawn.of(metric)[0].mean(axis=0))


def kept_calibrations(
    priors: Priors, settings: CalibrationSettings
) -> Callable[[History], Posterior]:
    """Return a calibration that remembers the histories it has seen."""
    kept: dict[str, Posterior] = {}

    def calibration(history: History) -> Posterior:
        key = digest(history.fingerprint())
        if key not in kept:
            kept[key] = calibrate(history, priors, settings)
        return kept[key]

    return calibration
