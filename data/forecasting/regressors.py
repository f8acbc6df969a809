"""Learned forecasters: random forest, gradient boosting and a small neural network.

Each regressor learns the ratio of actuals to a base forecast from `training_table`; scikit-learn
and xgboost do the fitting.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
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
from .training_table import BASE_OFFSET, TrainingTable, future_table, training_table_of

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


class ForestSettings(Settings):
    """Settings of `RandomForest`: the keys of `random_forest` in `conf/forecasting`."""

    trees: Count
    leaf: Count  # minimum rows per leaf
    features: Share  # share of all features, drawn per split
    rows: Share  # share of all rows, drawn per tree


class BoostingSettings(Settings):
    """Settings of `GradientBoosting`: the keys of `xgboost` in `conf/forecasting`."""

    trees: Count
    depth: Count
    rate: Positive  # learning rate
    leaf: Positive  # minimum conversions per leaf
    ridge: Positive  # L2 penalty on leaf weights
    features: Share  # share of all features, drawn per tree
    rows: Share  # share of all rows, drawn per tree


class NetSettings(Settings):
    """Settings of `NeuralNet`: the keys of `net` in `conf/forecasting`."""

    hidden: tuple[Count, ...]  # units per hidden layer
    ridge: Positive  # L2 penalty
    passes: Count  # epochs
    batch: Count  # rows
    nets: Count  # networks averaged


class LearningSettings(Settings):
    """Settings of the training table, shared by all regressors."""

    stride: Count  # days between training origins
    least: Count  # minimum days of history before a training origin
    seed: Annotated[int, Field(ge=0)]


class Regressor(Protocol):
    """Weighted regression of a ratio on features."""

    def fit(self, features: Floats, ratio: Floats, weight: Floats) -> "Regressor":
        """Fit to features (rows, features), ratios (rows,) and weights (rows,); return self."""

    def predict(self, features: Floats) -> Floats:
        """(rows,) predicted ratios."""


@dataclass(frozen=True)
class LearnedForecaster:
    """A base forecaster times a ratio that a regressor predicts."""

    name: str
    regressor: Callable[[int], Regressor]  # makes an unfitted one from a seed
    base: Forecaster
    settings: LearningSettings
    horizon: int  # days per training origin

    def forecast(self, history: History, spend: Floats, metric: Metric) -> Floats:
        """See `Forecaster`; the base forecast if the history has nothing to learn from."""
        fitted = self.fit(history, metric)
        table = future_table(history, spend, metric, self.base)
        if fitted is None:
            return self.base.forecast(history, spend, metric)
        expected = fitted[0].predict(table.features) * table.base - BASE_OFFSET
        return np.maximum(expected, 0.0).reshape(spend.shape) * unit_of(history, metric)

    def fit(self, history: History, metric: Metric) -> tuple[Regressor, TrainingTable] | None:
        """Fitted regressor and its training table; None without an origin or any conversion."""
        settings = self.settings
        origins = range(len(history.dates) - 1, settings.least - 1, -settings.stride)
        if not origins:
            return None
        table = training_table_of(history, metric, self.base, origins, self.horizon)
        if table.ratio.sum() <= 0:
            return None
        regressor = self.regressor(settings.seed)
        return regressor.fit(table.features, table.ratio, table.base), table


class RandomForest:
    """Random forest of scikit-learn (Breiman 2001)."""

    def __init__(self, settings: ForestSettings, seed: int) -> None:
        """Create the unfitted forest."""
        from sklearn.ensemble import RandomForestRegressor  # slow to import

        self.forest = RandomForestRegressor(
            n_estimators=settings.trees,
            min_samples_leaf=settings.leaf,
            max_features=settings.features,
            max_samples=settings.rows,
            random_state=seed,
        )

    def fit(self, features: Floats, ratio: Floats, weight: Floats) -> Regressor:
        """See `Regressor`."""
        # With weights, max_samples is a share of their sum: a mean of 1 makes it one of the rows.
        self.forest.fit(features, ratio, sample_weight=weight / weight.mean())
        return self

    def predict(self, features: Floats) -> Floats:
        """See `Regressor`."""
        return np.asarray(self.forest.predict(features))


class NeuralNet:
    """Mean of several feed-forward networks of scikit-learn with a Poisson loss.

    Averaging matters: a single network depends on its seed as much as on the data.
    """

    def __init__(self, settings: NetSettings, seed: int) -> None:
        """Create the unfitted networks, with seeds from `seed` on."""
        from sklearn.neural_network import MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.batch = settings.batch
        self.nets = [
            make_pipeline(
                StandardScaler(),
                MLPRegressor(
                    loss="poisson",
                    hidden_layer_sizes=settings.hidden,
                    alpha=settings.ridge,
                    max_iter=settings.passes,
                    n_iter_no_change=settings.passes + 1,  # no early stopping
                    random_state=seed + index,
                ),
            )
            for index in range(settings.nets)
        ]

    def fit(self, features: Floats, ratio: Floats, weight: Floats) -> Regressor:
        """See `Regressor`."""
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are fixed on purpose
            for net in self.nets:
                net.set_params(mlpregressor__batch_size=min(self.batch, len(features)))
                net.fit(features, ratio, mlpregressor__sample_weight=weight)
        return self

    def predict(self, features: Floats) -> Floats:
        """See `Regressor`."""
        return np.asarray(np.mean([net.predict(features) for net in self.nets], axis=0))


class GradientBoosting:
    """Gradient-boosted trees of xgboost with a Poisson loss, and their exact contributions."""

    def __init__(self, settings: BoostingSettings, seed: int) -> None:
        """Create the unfitted trees.

        Raises:
            DataError: xgboost, an optional dependency, is not installed.
        """
        xgboost = _import_xgboost()
        self.trees = xgboost.XGBRegressor(
            objective="count:poisson",
            base_score=1.0,
            n_estimators=settings.trees,
            max_depth=settings.depth,
            learning_rate=settings.rate,
            min_child_weight=settings.leaf,
            reg_lambda=settings.ridge,
            colsample_bytree=settings.features,
            subsample=settings.rows,
            random_state=seed,
            n_jobs=1,
        )

    def fit(self, features: Floats, ratio: Floats, weight: Floats) -> Regressor:
        """See `Regressor`."""
        self.trees.fit(features, ratio, sample_weight=weight)
        return self

    def predict(self, features: Floats) -> Floats:
        """See `Regressor`."""
        return np.asarray(self.trees.predict(features), dtype=float)

    def contributions(self, features: Floats) -> Floats:
        """(rows, features + 1) contribution of each feature to the log ratio; the last is the mean.

        Exact Shapley values of trees (Lundberg et al. 2020), computed by xgboost; each row sums to
        the log of the prediction.
        """
        matrix = _import_xgboost().DMatrix(features)
        booster = self.trees.get_booster()
        return np.asarray(booster.predict(matrix, pred_contribs=True), dtype=float)


def xgboost_is_installed() -> bool:
    """True if xgboost, an optional dependency, can be imported."""
    return find_spec("xgboost") is not None


def _import_xgboost() -> Any:
    try:
        return import_module("xgboost")
    except ImportError as error:
        raise data_error(
            "forecasting",
            "the forecaster xgboost is listed, but the package is not installed",
            "forecasters whose packages are installed",
            "pip install 'mediagym[boosting]', or leave xgboost out of forecasting.forecasters",
        ) from error
