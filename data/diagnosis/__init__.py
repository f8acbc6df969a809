"""What changed, and why?

- `diagnose`: entry point; all analyses of one history
- `baseline`: expected conversions, from spend, weekday and a slow level
- `anomalies`, `isolation_forest`: days that the baseline does not explain, by two methods
- `explanation`: an anomaly in one sentence
- `drift`: lasting changes and recent drift of efficiency
- `causality`: effect of a change by synthetic control, and Granger's test
"""

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
