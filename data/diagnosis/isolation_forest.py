"""Anomalies by an isolation forest, the alternative to `anomalies`.

The forest (Liu, Ting & Zhou 2008; scikit-learn) isolates campaign-days by the deviations of
conversions, click-through rate, cost per click and conversion rate from the weeks around. It flags
a fixed share of the days, in a steady history as in any other: a ranking, not a test.
"""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..forecasting import RATIOS
from ..history import History
from ..settings import Settings
from ..types import Floats
from .anomalies import MAD_TO_SD, Anomaly, anomaly_of, standardised_residuals
from .baseline import Baseline
from .explanation import Run

_HALF_WINDOW = 28  # days on either side
_MIN_DAYS = 10  # days with a ratio below which its deviation is 0
_MAX_DEVIATION = 8.0  # standard deviations at which features are clipped


class IsolationSettings(Settings):
    """Settings of the isolation forest: the keys of `isolation` in `conf/diagnosis`."""

    share: Annotated[float, Field(gt=0, le=0.5)]  # share of campaign-days that are flagged
    trees: Annotated[int, Field(ge=10)]
    seed: Annotated[int, Field(ge=0)]


def isolation_forest_anomalies(
    history: History, baseline: Baseline, settings: IsolationSettings
) -> list[Anomaly]:
    """Anomalies at the campaign-days that are easiest to isolate, earliest first."""
    from sklearn.ensemble import IsolationForest  # slow to import: only when it is needed

    residuals = standardised_residuals(baseline.counted, baseline.expected, baseline.usable)
    columns = [residuals] + [_deviations(history, name) for name in RATIOS if name != "roas"]
    table = np.clip(np.stack(columns, axis=-1), -_MAX_DEVIATION, _MAX_DEVIATION)
    rows = table[baseline.usable]
    if len(rows) == 0:
        return []
    forest = IsolationForest(
        n_estimators=settings.trees, contamination=settings.share, random_state=settings.seed
    ).fit(rows)
    scores = -forest.decision_function(rows)
    days, campaigns = np.nonzero(baseline.usable)
    return [
        anomaly_of(
            history,
            baseline,
            Run(
                int(campaign),
                slice(int(day), int(day) + 1),
                float(baseline.counted[day, campaign]),
                float(baseline.expected[day, campaign]),
            ),
            float(residuals[day, campaign]),
            0.0,
        )
        for day, campaign, score in zip(days, campaigns, scores, strict=True)
        if score > 0
    ]


def _deviations(history: History, name: str) -> Floats:
    """(days, campaigns) robust z-scores of a day's log ratio among the weeks around; 0 if none."""
    numerator, denominator = (np.asarray(getattr(history, metric)) for metric in RATIOS[name])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(numerator / denominator)
    ratio = np.where(np.isfinite(ratio), ratio, np.nan)
    deviations = np.zeros(ratio.shape)
    for day in range(len(ratio)):
        window = ratio[max(0, day - _HALF_WINDOW) : day + _HALF_WINDOW + 1]
        for campaign in np.flatnonzero(np.isfinite(ratio[day])):
            around = window[:, campaign]
            around = around[np.isfinite(around)]
            centre = np.median(around)
            scale = MAD_TO_SD * np.median(np.abs(around - centre))
            if len(around) >= _MIN_DAYS and scale > 0:
                deviations[day, campaign] = (ratio[day, campaign] - centre) / scale
    return deviations
