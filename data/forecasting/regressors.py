"""Forecasters that learn: a random forest, gradient boosting and a net of 64-32-16.

Each corrects a base forecaster by what `design` knows; scikit-learn and xgboost do the learning.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, Protocol

import numpy as np
from pydantic import Field

from ..errors import data_error
from ..history import History
from ..settings import Settings
from ..types import Floats
from .forecaster import Forecaster, Metric
from .level import unit_of
from .training_table import LITTLE, TrainingTable, training, upcoming

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


class ForestSettings(Settings):
    """The keys of `conf/forecasting`'s `random_forest`."""

    trees: Count
    leaf: Count  # rows
    features: Share  # of all, a split
    rows: Share  # of all, a tree


class BoostingSettings(Settings):
    """The keys of `conf/forecasting`'s `xgboost`."""

    trees: Count
    depth: Count
    rate: Positive
    leaf: Positive  # conversions
    ridge: Positive
    features: Share
    rows: Share


class NetSettings(Settings):
    """The keys of `conf/forecasting`'s `net`."""

    hidden: tuple[Count, ...]
    ridge: Positive
    passes: Count
    batch: Count
    nets: Count  # averaged


class LearningSettings(Settings):
    """How rows are made for all of them."""

    stride: Count  # days between training origins
    least: Count  # days that a training origin knows
    seed: Annotated[int, Field(ge=0)]


class Model(Protocol):
    """What learns a ratio; rows (rows, features), ratio and weight (rows,)."""

    def fit(self, rows: Floats, ratio: Floats, weight: Floats) -> "Model":
        """Learn."""

    def predict(self, rows: Floats) -> Floats:
        """(rows,) ratios."""


@dataclass(frozen=True)
class Learned:
    """A base forecaster times a learnt ratio."""

    name: str
    model: Callable[[int], Model]  # from a seed
    base: Forecaster
    settings: LearningSettings
    horizon: int  # days of the training rows

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """See `Forecaster`; a history without anything to learn leaves the base as it is."""
        fitted = self.fit(history, metric)
        ahead = upcoming(history, spend, metric, self.base)
        if fitted is None:
            return self.base.forecast(history, spend, metric)
        expected = fitted[0].predict(ahead.rows) * ahead.base - LITTLE
        return np.maximum(expected, 0.0).reshape(spend.shape) * unit_of(history, metric)

    def fit(self, history: History, metric: Metric) -> tuple[Model, TrainingTable] | None:
        """Return the fitted model and the rows it learnt from; None where there is nothing."""
        how = self.settings
        origins = range(len(history.dates) - 1, how.least - 1, -how.stride)
        if not origins:
            return None
        rows = training(history, metric, self.base, origins, self.horizon)
        if rows.ratio.sum() <= 0:
            return None
        return self.model(how.seed).fit(rows.rows, rows.ratio, rows.base), rows


class _Forest:
    def __init__(self, how: ForestSettings, seed: int) -> None:
        from sklearn.ensemble import RandomForestRegressor  # slow to import

        self.inner = RandomForestRegressor(
            n_estimators=how.trees,
            min_samples_leaf=how.leaf,
            max_features=how.features,
            max_samples=how.rows,
            random_state=seed,
        )

    def fit(self, rows: Floats, ratio: Floats, weight: Floats) -> Model:
        # scikit-learn takes a tree's share of the sum of weights, which is made that of the rows
        self.inner.fit(rows, ratio, sample_weight=weight / weight.mean())
        return self

    def predict(self, rows: Floats) -> Floats:
        return np.asarray(self.inner.predict(rows))


class _Net:
    """The mean of several nets: one is as much its seed as its data."""

    def __init__(self, how: NetSettings, seed: int) -> None:
        from sklearn.neural_network import MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.batch = how.batch
        self.nets = [
            make_pipeline(
                StandardScaler(),
                MLPRegressor(
                    loss="poisson",
                    hidden_layer_sizes=how.hidden,
                    alpha=how.ridge,
                    max_iter=how.passes,
                    n_iter_no_change=how.passes + 1,  # it ends by passes, which is no failure
                    random_state=seed + at,
                ),
            )
            for at in range(how.nets)
        ]

    def fit(self, rows: Floats, ratio: Floats, weight: Floats) -> Model:
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for net in self.nets:
                net.set_params(mlpregressor__batch_size=min(self.batch, len(rows)))
                net.fit(rows, ratio, mlpregressor__sample_weight=weight)
        return self

    def predict(self, rows: Floats) -> Floats:
        return np.asarray(np.mean([net.predict(rows) for net in self.nets], axis=0))


class Boosted:
    """Trees of xgboost with a Poisson loss, and their exact contributions."""

    def __init__(self, how: BoostingSettings, seed: int) -> None:
        """Import xgboost now, and not before it is asked for."""
        xgboost = _xgboost()
        self.inner = xgboost.XGBRegressor(
            objective="count:poisson",
            base_score=1.0,
            n_estimators=how.trees,
            max_depth=how.depth,
            learning_rate=how.rate,
            min_child_weight=how.leaf,
            reg_lambda=how.ridge,
            colsample_bytree=how.features,
            subsample=how.rows,
            random_state=seed,
            n_jobs=1,
        )

    def fit(self, rows: Floats, ratio: Floats, weight: Floats) -> Model:
        """Learn; see `Model`."""
        self.inner.fit(rows, ratio, sample_weight=weight)
        return self

    def predict(self, rows: Floats) -> Floats:
        """See `Model`."""
        return np.asarray(self.inner.predict(rows), dtype=float)

    def contributions(self, rows: Floats) -> Floats:
        """(rows, features + 1) what each feature adds to the log ratio; the last is the mean.

        Exact Shapley values of the trees (Lundberg et al. 2020), by xgboost itself; each row sums
        to the log of what `predict` says.
        """
        matrix = _xgboost().DMatrix(rows)
        return np.asarray(self.inner.get_booster().predict(matrix, pred_contribs=True), dtype=float)


def forest(how: ForestSettings) -> Callable[[int], Model]:
    """A random forest (Breiman 2001) of scikit-learn, from a seed."""
    return partial(_Forest, how)


def net(how: NetSettings) -> Callable[[int], Model]:
    """Feed-forward nets of scikit-learn with a Poisson loss, from a seed."""
    return partial(_Net, how)


def boosted(how: BoostingSettings) -> Callable[[int], Boosted]:
    """Gradient boosting by xgboost, from a seed."""
    return partial(Boosted, how)


def boosting_is_here() -> bool:
    """Whether xgboost can be imported."""
    return find_spec("xgboost") is not None


def _xgboost() -> Any:
    try:
        return import_module("xgboost")
    except ImportError as error:
        raise data_error(
            "forecasting",
            "xgboost is asked for and not installed",
            "the forecasters that are installed",
            "pip install 'mediagym[boosting]', or leave xgboost out of forecasting.forecasters",
        ) from error
