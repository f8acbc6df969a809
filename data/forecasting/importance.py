"""What a learned forecaster makes use of: permutation, and exact contributions of trees."""

from collections.abc import Mapping

import numpy as np

from ..types import Floats
from .regressors import Boosted, Model
from .training_table import NAMES, TrainingTable

_WEEKDAYS = 7  # the first columns of a design
GROUPS: Mapping[str, tuple[int, ...]] = {  # weekday columns tell one thing together
    "weekday": tuple(range(_WEEKDAYS)),
    **{name: (at,) for at, name in enumerate(NAMES) if at >= _WEEKDAYS},
}


def permutation(model: Model, rows: TrainingTable, repeats: int, seed: int) -> dict[str, float]:
    """By how much WAPE grows when a feature is shuffled among rows (Breiman 2001).

    Args:
        model: fitted on other rows than these.
        rows: with known outcomes.
        repeats: shuffles of each feature, of which the mean is taken.
        seed: of the shuffles.

    Returns:
        Share of what happened, by feature; near 0 or below it, the feature is of no use.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    plain = _wape(model, rows, rows.rows)
    found = {}
    for name, columns in GROUPS.items():
        gains = []
        for _ in range(repeats):
            shuffled = rows.rows.copy()
            order = rng.permutation(len(shuffled))
            shuffled[:, columns] = shuffled[order][:, columns]
            gains.append(_wape(model, rows, shuffled) - plain)
        found[name] = float(np.mean(gains))
    return found


def contributions(model: Boosted, rows: TrainingTable) -> dict[str, float]:
    """Mean size of what each feature adds to a row's log ratio, weighted by its expectation."""
    parts = model.contributions(rows.rows)
    weight = rows.base / rows.base.sum()
    return {
        name: float(weight @ np.abs(parts[:, columns].sum(axis=1)))
        for name, columns in GROUPS.items()
    }


def _wape(model: Model, rows: TrainingTable, given: Floats) -> float:
    error = np.abs(model.predict(given) - rows.ratio) * rows.base
    return float(error.sum() / (rows.ratio * rows.base).sum())
