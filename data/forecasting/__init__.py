"""What will a given spend bring?

- `compare`: entry point; cross-validation of all forecasters, and the forecast of the best
- `forecaster`: the interface, and rolling backtests
- `naive`: benchmarks that every forecaster has to beat
- `level`: exponential smoothing with weekday and spend effects
- `regressors`, `training_table`: learned forecasters, and the rows that they learn from
- `features`: what is known about a day before it begins
- `importance`: which features matter to a learned forecaster
- `conformal`: prediction intervals
- `spending`: recent spend and spend of the season; spend above both is extrapolated
- `metrics`, `probabilistic_metrics`: errors of point forecasts, and of predictive draws
"""

from .compare import (
    Comparison,
    ForecastingSettings,
    Outlook,
    compare,
    forecasters_of,
    importances,
    level_forecaster,
    look_ahead,
)
from .features import RATIOS, channel_breadth, channel_diversity, channel_shares, weekdays_of_dates
from .forecaster import METRICS, Forecaster, Metric, backtest, rolling_origins
from .level import BiasCorrected, Level
from .metrics import bae, scores_of
from .naive import NAIVE_FORECASTS, days_needed, naive_draws, same_weekday
from .probabilistic_metrics import Verification, pooled_scores, verify
from .spending import (
    RECENT_DAYS,
    RESTART_DAYS,
    SpendingFacts,
    extrapolated_campaigns,
    known_max,
    season_windows,
    spending_facts,
)

__all__ = [
    "METRICS",
    "NAIVE_FORECASTS",
    "RATIOS",
    "RECENT_DAYS",
    "RESTART_DAYS",
    "BiasCorrected",
    "Comparison",
    "Forecaster",
    "ForecastingSettings",
    "Level",
    "Metric",
    "Outlook",
    "SpendingFacts",
    "Verification",
    "backtest",
    "bae",
    "channel_breadth",
    "channel_diversity",
    "channel_shares",
    "compare",
    "days_needed",
    "extrapolated_campaigns",
    "forecasters_of",
    "importances",
    "known_max",
    "level_forecaster",
    "look_ahead",
    "naive_draws",
    "pooled_scores",
    "rolling_origins",
    "same_weekday",
    "scores_of",
    "season_windows",
    "spending_facts",
    "verify",
    "weekdays_of_dates",
]
