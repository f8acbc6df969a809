"""What changed, and why?"""

from .anomalies import EVERYWHERE, anomalies_of
from .baseline import Expectation, expectation_of
from .causality import GRANGER_WARNING
from .diagnose import Diagnosis, DiagnosisSettings, diagnose
from .drift import changes_of

__all__ = [
    "EVERYWHERE",
    "GRANGER_WARNING",
    "Diagnosis",
    "DiagnosisSettings",
    "Expectation",
    "anomalies_of",
    "changes_of",
    "diagnose",
    "expectation_of",
]
