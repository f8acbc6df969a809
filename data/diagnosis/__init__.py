"""What changed, and why?"""

from .anomalies import EVERYWHERE, anomalies_of
from .baseline import Baseline, baseline_of
from .causality import GRANGER_WARNING
from .diagnose import Diagnosis, DiagnosisSettings, diagnose
from .drift import changes_of

__all__ = [
    "EVERYWHERE",
    "GRANGER_WARNING",
    "Baseline",
    "Diagnosis",
    "DiagnosisSettings",
    "anomalies_of",
    "baseline_of",
    "changes_of",
    "diagnose",
]
