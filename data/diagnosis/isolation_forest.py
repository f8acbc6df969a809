"""Anomalies by an isolation forest: the alternative to `anomalies`, and what it cannot say.

The forest (Liu, Ting & Zhou 2008; scikit-learn) isolates campaign-days by how conversions, clicks
an impression, cost and conversions a click stand to the weeks around them. It flags the share of
days that it is told to, in a steady history as in any other: a ranking, not a test.
"""

from typing import Annotated

import numpy as np
from pydantic import Field
from sklearn.ensemble import IsolationForest

from ..forecasting import RATIOS
from ..history import History
from ..settings import Settings
from ..types import Floats
from .anomalies import Anomaly, anomaly_of, surprises
from .baseline import Baseline
from .explanation import Run

_WINDOW = 28  # days on either side
_MAD = 1.4826
_FEW = 10  # days of a ratio below which it is not compared
_FAR = 8.0  # deviations beyond which all are alike


class IsolationSettings(Settings):
    """The keys of `conf/diagnosis`'s `isolation`, where their meaning and defaults are."""

    share: Annotated[float, Field(gt=0, le=0.5)]  # of campaign-days that are flagged
    trees: Annotated[int, Field(ge=10)]
    seed: Annotated[int, Field(ge=0)]


def isolated(history: History, found: Baseline, settings: IsolationSettings) -> list[Anomaly]:
    """Flag the share of campaign-days that is easiest to isolate, the first one first."""
    score = surprises(found.counted, found.expected, found.known)
    columns = [score] + [_deviation(history, name) for name in RATIOS if name != "roas"]
    table = np.clip(np.stack(columns, axis=-1), -_FAR, _FAR)
    rows = table[found.known]
    if len(rows) == 0:
        return []
    forest = IsolationForest(
        n_estimators=settings.trees, contamination=settings.share, random_state=settings.seed
    ).fit(rows)
    ease = -forest.decision_function(rows)
    days, campaigns = np.nonzero(found.known)
    return [
        anomaly_of(
            history,
            found,
            Run(
                int(campaign),
                slice(int(day), int(day) + 1),
                float(found.counted[day, campaign]),
                float(found.expected[day, campaign]),
            ),
            float(score[day, campaign]),
            0.0,
        )
        for day, campaign, easy in zip(days, campaigns, ease, strict=True)
        if easy > 0
    ]


def _deviation(history: History, name: str) -> Floats:
    """(days, campaigns) robust deviations of a day's log ratio from the weeks around; 0 if none."""
    above, below = (np.asarray(getattr(history, metric)) for metric in RATIOS[name])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(above / below)
    ratio = np.where(np.isfinite(ratio), ratio, np.nan)
    out = np.zeros(ratio.shape)
    for day in range(len(ratio)):
        around = ratio[max(0, day - _WINDOW) : day + _WINDOW + 1]
        for campaign in np.flatnonzero(np.isfinite(ratio[day])):
            own = around[:, campaign]
            own = own[np.isfinite(own)]
            spread = _MAD * np.median(np.abs(own - np.median(own)))
            if len(own) >= _FEW and spread > 0:
                out[day, campaign] = (ratio[day, campaign] - np.median(own)) / spread
    return out
