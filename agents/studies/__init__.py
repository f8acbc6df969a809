"""Are the calibration, the forecasts and the training to be believed?

- ``recovery``: is the truth about synthetic advertisers recovered?
- ``backtest``: do the calibration's forecasts hold on later days?
- ``ablation``: which variant of a learner is better?
- ``tuning``: which settings of a learner are best?
- ``replanner_grid``: which settings of the re-planner are best on several tasks together?
- ``insights``: gathers attribution, diagnosis and forecasts of one advertiser
- ``backtest_scores``: scores of a backtest, and whether a naive forecast is better
- ``recovery_report``, ``backtest_report``: tables and pictures of the first two
- ``pilots``: which policy flies best where the calibration is wrong? ``weekly``: what
  practitioners do; ``pilots_report``: the table
- ``latents``: what is not known in flight, and what does it cost? ``latents_report``: its tables
- ``black_box``: where does training in flights, without a gradient, gain? ``black_box_report``
"""

from .ablation import AblationCommand, check_variants, compare_variants, train_variants
from .backtest import BacktestCommand, backtest, origins_of
from .backtest_report import backtest_markdown, draw_backtest, rolling_table, verdict_lines
from .backtest_scores import backtest_document
from .black_box import BlackBoxCommand, fly_black_box
from .black_box_report import black_box_markdown, black_box_summary, black_box_text
from .insights import SIMULATOR, InsightsCommand, gather_insights, simulator_of
from .latents import (
    LatentsCommand,
    latents_markdown,
    latents_parts,
    latents_study,
    latents_text,
)
from .pilots import PilotsCommand, fly_pilots
from .pilots_report import bootstrap, pilots_markdown, pilots_summary, placed, write_table
from .recovery import RecoveryCommand, run_study
from .recovery_report import draw_recovery, recovery_markdown, recovery_summary, recovery_table
from .replanner_grid import ReplannerGridCommand, replanner_grid
from .tuning import TuneCommand, tune

__all__ = [
    "SIMULATOR",
    "AblationCommand",
    "BacktestCommand",
    "BlackBoxCommand",
    "InsightsCommand",
    "LatentsCommand",
    "PilotsCommand",
    "RecoveryCommand",
    "ReplannerGridCommand",
    "TuneCommand",
    "backtest",
    "backtest_document",
    "backtest_markdown",
    "black_box_markdown",
    "black_box_summary",
    "black_box_text",
    "bootstrap",
    "check_variants",
    "compare_variants",
    "draw_backtest",
    "draw_recovery",
    "fly_black_box",
    "fly_pilots",
    "gather_insights",
    "latents_markdown",
    "latents_parts",
    "latents_study",
    "latents_text",
    "origins_of",
    "pilots_markdown",
    "pilots_summary",
    "placed",
    "recovery_markdown",
    "recovery_summary",
    "recovery_table",
    "replanner_grid",
    "rolling_table",
    "run_study",
    "simulator_of",
    "train_variants",
    "tune",
    "verdict_lines",
    "write_table",
]
