"""What will a given spend bring?"""

from .compare import (
    Comparison,
    ForecastingSettings,
    Outlook,
    compare,
    forecasters_of,
    importances,
    level_of,
    look_ahead,
    unseen,
)
from .features import RATIOS, channel_breadth, channel_diversity, channel_shares, weekday_of
from .forecaster import METRICS, Forecaster, Metric, backtest, rolling_origins
from .level import BiasCorrected, Level
from .metrics import bae, scores_of
from .naive import NAIVE_FORECASTS, same_weekday, with_errors
from .probabilistic_metrics import Verified, pooled, verify

__all__ = [
    "METRICS",
    "NAIVE_FORECASTS",
    "RATIOS",
    "BiasCorrected",
    "Comparison",
    "Forecaster",
    "ForecastingSettings",
    "Level",
    "Metric",
    "Outlook",
    "Verified",
    "backtest",
    "bae",
    "channel_breadth",
    "channel_diversity",
    "channel_shares",
    "compare",
    "forecasters_of",
    "importances",
    "level_of",
    "look_ahead",
    "pooled",
    "rolling_origins",
    "same_weekday",
    "scores_of",
    "unseen",
    "verify",
    "weekday_of",
    "with_errors",
]
