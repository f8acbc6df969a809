"""Diagnosis of a history: anomalies, lasting changes, drift, and their possible causes."""

from dataclasses import dataclass
from typing import Literal

from ..history import History
from ..settings import Settings
from .anomalies import Anomaly, AnomalySettings, anomalies_of
from .baseline import Baseline, BaselineSettings, baseline_of
from .causality import Effect, EffectSettings, Precedence, effect_of, precedence_of
from .drift import Change, Drift, DriftSettings, changes_of, drifts_of
from .isolation_forest import IsolationSettings, isolation_forest_anomalies


class DiagnosisSettings(Settings):
    """Settings of `conf/diagnosis`, whose YAML documents each key and its default."""

    expectation: BaselineSettings
    anomalies: AnomalySettings
    isolation: IsolationSettings
    method: Literal["residuals", "isolation_forest"]
    drift: DriftSettings
    effects: EffectSettings


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Results of all analyses of one history."""

    baseline: Baseline  # expected conversions that counts are compared with
    anomalies: list[Anomaly]
    changes: list[Change]
    effects: list[Effect]  # effects of the changes that have a synthetic control
    drifts: list[Drift]
    precedence: list[Precedence]


def diagnose(history: History, settings: DiagnosisSettings) -> Diagnosis:
    """Results of all analyses; each change is compared with its synthetic control, if any."""
    baseline = baseline_of(history, settings.expectation)
    if settings.method == "residuals":
        anomalies = anomalies_of(history, baseline, settings.expectation, settings.anomalies)
    else:
        anomalies = isolation_forest_anomalies(history, baseline, settings.isolation)
    changes = changes_of(history, baseline, settings.drift)
    effects = [
        effect_of(history, change.campaign, change.day, settings.effects) for change in changes
    ]
    return Diagnosis(
        baseline=baseline,
        anomalies=anomalies,
        changes=changes,
        effects=[effect for effect in effects if effect is not None],
        drifts=drifts_of(history, baseline, settings.drift),
        precedence=precedence_of(history, settings.effects),
    )
