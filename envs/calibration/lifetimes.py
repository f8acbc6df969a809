"""Spending facts of a posterior; the rule itself is in ``data.forecasting``."""

from ...data.forecasting import (
    RECENT_DAYS,
    RESTART_DAYS,
    SpendingFacts,
    season_windows,
    spending_facts,
)

__all__ = ["RECENT_DAYS", "RESTART_DAYS", "SpendingFacts", "season_windows", "spending_facts"]
