"""Insights from exports: attribution, diagnosis, forecasts and their tests, gathered."""

from pathlib import Path
from typing import Any

import numpy as np

from ...data.attribution import (
    AttributionSettings,
    Document,
    attribution_document,
    attribution_study_of,
)
from ...data.diagnosis import DiagnosisSettings, diagnose
from ...data.exports import DataSettings
from ...data.forecasting import (
    METRICS,
    Forecaster,
    ForecastingSettings,
    compare,
    extrapolated_campaigns,
    forecasters_of,
    importances,
    look_ahead,
    same_weekday,
)
from ...data.history import History
from ...data.insights import Insights
from ...data.journeys import read_landings
from ...data.settings import Command
from ...data.types import Progress
from ...data.units import fill_missing_conversions, load_history
from ...envs.calibration import (
    CalibrationSettings,
    Priors,
    SimulatorForecaster,
    cached_calibrations,
)

SIMULATOR = "simulator"


class InsightsCommand(Command):
    """Options of ``scripts/insights.py``."""

    data: DataSettings
    attribution: AttributionSettings
    forecasting: ForecastingSettings
    diagnosis: DiagnosisSettings
    priors: Priors  # priors of the simulator
    calibration: CalibrationSettings  # calibration of the simulator
    output: Path | None  # folder of the results; None: the run's folder


def gather_insights(command: InsightsCommand, progress: Progress) -> Insights:
    """Read, attribute, diagnose and forecast.

    Args:
        command: the whole configuration.
        progress: called with progress messages.

    Raises:
        ConfigError: a setting is not allowed.
        DataError: an export cannot be read, or is too short to test a forecast on.
    """
    data, attribution = command.data, command.attribution
    forecasting, diagnosis = command.forecasting, command.diagnosis
    attribution.check_method()
    forecasters, left_out = forecasters_of(forecasting, {SIMULATOR: simulator_of(command)})

    history = load_history(data, lambda name: progress(f"reading {name}"))
    history = fill_missing_conversions(history, "revenue")
    journeys, notes = _journeys(data, history, attribution, progress)
    progress("looking for what changed")
    changed = diagnose(history, diagnosis)
    comparison = compare(history, forecasters, forecasting, progress)
    spend = recent_spend(history, forecasting.horizon)
    chosen = forecasters[comparison.chosen]
    progress(f"forecasting by {comparison.chosen}")
    outlooks = {
        metric: look_ahead(history, spend, chosen, metric, forecasting) for metric in METRICS
    }
    progress("shuffling what the forecasters read")
    return Insights(
        history=history,
        attribution=journeys,
        diagnosis=changed,
        spend=spend,
        comparison=comparison,
        outlooks=outlooks,
        importances=importances(history, forecasting),
        coverage=forecasting.coverage,
        drift_coverage=diagnosis.drift.coverage,
        extrapolated=tuple(extrapolated_campaigns(history, spend)),
        notes=(*history.notes, *notes, *left_out),
    )


def simulator_of(command: InsightsCommand) -> Forecaster:
    """Return the calibrated simulator as a forecaster; it calibrates at its first forecast."""
    return SimulatorForecaster(
        cached_calibrations(command.priors, command.calibration), command.calibration.seed
    )


def recent_spend(history: History, days: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the same weekday's mean spend of the last four weeks, (days, campaigns)."""
    nothing = np.zeros((days, len(history.campaigns)))
    return same_weekday(history, nothing, "spend")


def _journeys(
    data: DataSettings, history: History, settings: AttributionSettings, progress: Progress
) -> tuple[Document | None, tuple[str, ...]]:
    """Return the attribution's document and notes; None where there are no landings."""
    landings = read_landings(data, history)
    if landings is None:
        return None, ()
    progress("attributing")
    document = attribution_document(attribution_study_of(history, landings, settings))
    notes = (note for note in document["notes"] if note not in history.notes)
    return document, tuple(notes)
