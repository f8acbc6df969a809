"""What should a marketer do about it?

Sentences from the numbers of one document alone, the most urgent first; pages begin with them.

- `performance`: from `insights.json`
- `curves`: from `calibration.json`
- `exports`: from `ingest.json`
"""

from .curves import curve_recommendations
from .exports import export_recommendations
from .performance import performance_recommendations

__all__ = ["curve_recommendations", "export_recommendations", "performance_recommendations"]
