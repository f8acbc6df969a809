"""What changed: anomalies, lasting changes, drift, and what may have done it."""

from dataclasses import dataclass
from typing import Literal

from ..history import History
from ..settings import Settings
from .anomalies import Anomaly, AnomalySettings, anomalies_of
from .baseline import Baseline, BaselineSettings, baseline_of
from .causality import Effect, EffectSettings, Precedence, effect_of, precedence_of
from .drift import Change, Drift, DriftSettings, changes_of, drifts_of
from .isolation_forest import IsolationSettings, isolated


class DiagnosisSettings(Settings):
    """The keys of `conf/diagnosis`, where their meaning and defaults are."""

    expectation: BaselineSettings
    anomalies: AnomalySettings
    isolation: IsolationSettings
    method: Literal["residuals", "isolation_forest"]
    drift: DriftSettings
    effects: EffectSettings


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Everything that was found."""

    expectation: Baseline  # against which it was found
    anomalies: list[Anomaly]
    changes: list[Change]
    effects: list[Effect]  # of those changes that could be compared
    drifts: list[Drift]
    precedence: list[Precedence]


def diagnose(history: History, settings: DiagnosisSettings) -> Diagnosis:
    """Look for all of it; each change is compared with its synthetic control where there is one."""
    how = settings.expectation
    found = baseline_of(history, how)
    if settings.method == "residuals":
        anomalies = anomalies_of(history, found, how, settings.anomalies)
    else:
        anomalies = isolated(history, found, settings.isolation)
    changes = changes_of(history, found, settings.drift)
    effects = [effect_of(history, each.campaign, each.day, settings.effects) for each in changes]
    return Diagnosis(
        found,
        anomalies,
        changes,
        [effect for effect in effects if effect is not None],
        drifts_of(history, found, settings.drift),
        precedence_of(history, settings.effects),
    )
