"""Feature importance of learned forecasters: permutation, and exact contributions of trees."""

from collections.abc import Mapping

import numpy as np

from ..types import Floats
from .regressors import GradientBoosting, Regressor
from .training_table import FEATURE_NAMES, TrainingTable

_WEEKDAYS = 7  # the first features of a training table
GROUPS: Mapping[str, tuple[int, ...]] = {  # the weekday indicators form one group
    "weekday": tuple(range(_WEEKDAYS)),
    **{name: (index,) for index, name in enumerate(FEATURE_NAMES) if index >= _WEEKDAYS},
}


def permutation(
    regressor: Regressor, table: TrainingTable, repeats: int, seed: int
) -> dict[str, float]:
    """Increase of WAPE when a feature is shuffled among the rows (Breiman 2001).

    Args:
        regressor: fitted on other rows than these.
        table: rows with observed outcomes.
        repeats: shuffles per feature, averaged.
        seed: seed of the shuffles.

    Returns:
        Increase per feature group, as a share of the actuals; about 0 or negative for a feature
        that does not help.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    unshuffled = _wape(regressor, table, table.features)
    importances = {}
    for name, columns in GROUPS.items():
        increases = []
        for _ in range(repeats):
            shuffled = table.features.copy()
            order = rng.permutation(len(shuffled))
            shuffled[:, columns] = shuffled[order][:, columns]
            increases.append(_wape(regressor, table, shuffled) - unshuffled)
        importances[name] = float(np.mean(increases))
    return importances


def contributions(regressor: GradientBoosting, table: TrainingTable) -> dict[str, float]:
    """Mean |contribution| of each feature group to the log ratio, weighted by the base forecast."""
    parts = regressor.contributions(table.features)
    weight = table.base / table.base.sum()
    return {
        name: float(weight @ np.abs(parts[:, columns].sum(axis=1)))
        for name, columns in GROUPS.items()
    }


def _wape(regressor: Regressor, table: TrainingTable, features: Floats) -> float:
    error = np.abs(regressor.predict(features) - table.ratio) * table.base
    return float(error.sum() / (table.ratio * table.base).sum())
