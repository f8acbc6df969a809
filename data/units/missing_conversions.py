"""Estimated conversions for campaigns whose export has only revenue."""

import dataclasses

import numpy as np

from ..errors import DataError, with_setting
from ..formats import money
from ..history import OBSERVED, History

_DEFAULT_ORDER_VALUE = 150.0  # dollars, if no campaign has conversions
_ORDER_VALUE_DAYS = 28  # first days of the history, so that later days never change the estimate


def campaigns_without_conversions(history: History) -> list[int]:
    """Indices of observed campaigns whose conversions were never exported."""
    observed = history.presence == OBSERVED
    has_conversions = (np.isfinite(history.conversions) & observed).any(0)
    return np.flatnonzero(observed.any(0) & ~has_conversions).tolist()


def campaigns_without_revenue(history: History) -> list[int]:
    """Indices of observed campaigns whose revenue was never exported."""
    observed = history.presence == OBSERVED
    has_revenue = (np.isfinite(history.revenue) & observed).any(0)
    return np.flatnonzero(observed.any(0) & ~has_revenue).tolist()


def require_revenue(history: History, objective: str) -> None:
    """Raises if the objective needs a revenue that a campaign lacks.

    Args:
        history: history as loaded.
        objective: name of the objective.

    Raises:
        DataError: names the campaigns.
    """
    missing = campaigns_without_revenue(history)
    if missing and objective in ("revenue", "profit"):
        names = ", ".join(history.names[k] for k in missing)
        raise DataError(
            with_setting(
                f"{names}: the exports have no revenue, and the objective {objective} needs it. "
                "Allowed: the objective conversions, or exports with the column. To fix: change "
                "the objective, or export again with the column.",
                "objective=conversions; data.columns={revenue: HEADING} names the column",
            )
        )


def require_results(history: History, objective: str) -> None:
    """Raises if nothing was counted of what the objective maximises.

    Args:
        history: history with the conversions of every campaign.
        objective: name of the objective.

    Raises:
        DataError: says what was counted, and what else could be an objective.
    """
    totals = history.totals
    counted = {"conversions": totals.conversions.sum(), "revenue": totals.revenue.sum()}
    metric, other = "conversions", "revenue"
    if objective in ("revenue", "profit"):
        metric, other = other, metric
    if counted[metric] > 0:
        return
    alternative = f"change the objective to {other}, or " if counted[other] > 0 else ""
    raise DataError(
        with_setting(
            f"{history.dates[0]} to {history.dates[-1]}: the {metric} of all campaigns are 0 on "
            f"every day, and the objective {objective} needs some. Allowed: exports in which "
            f"{metric} were counted. To fix: {alternative}export the column in which they are "
            "counted, or a longer period.",
            f"data.columns={{{metric}: HEADING}} names the column",
        )
    )


def fill_missing_conversions(history: History, objective: str) -> History:
    """History in which every campaign has conversions.

    Missing conversions are revenue divided by the average order value of the other campaigns in
    the first four weeks. Revenue stays as exported, so a model of these conversions is a model of
    revenue whatever the order value is.

    Args:
        history: history as loaded.
        objective: name of the objective; the estimate serves only `revenue` and `profit`.

    Raises:
        DataError: a campaign lacks conversions and the objective needs them.
    """
    missing = campaigns_without_conversions(history)
    if not missing:
        return history
    names = ", ".join(history.names[k] for k in missing)
    if objective not in ("revenue", "profit"):
        raise DataError(
            with_setting(
                f"{names}: the export has no column Conversions, and the objective {objective} "
                "needs it. Allowed: the objective revenue or profit, or an export with the column. "
                "To fix: change the objective or export again with the column.",
                "objective=revenue",
            )
        )
    lost = [history.names[k] for k in missing if k in campaigns_without_revenue(history)]
    if lost:
        raise DataError(
            with_setting(
                f"{', '.join(lost)}: the exports have neither conversions nor revenue. Allowed: "
                "one of the two for every campaign. To fix: export again with one of these "
                "columns.",
                "data.columns={conversions: HEADING} names the column",
            )
        )
    others = [k for k in range(len(history.names)) if k not in missing]
    revenue = np.nansum(history.revenue[:_ORDER_VALUE_DAYS, others])
    count = np.nansum(history.conversions[:_ORDER_VALUE_DAYS, others])
    estimable = others and min(revenue, count) > 0
    order_value = revenue / count if estimable else _DEFAULT_ORDER_VALUE
    conversions = history.conversions.copy()
    conversions[:, missing] = history.revenue[:, missing] / order_value
    value = money(order_value, history.currency, 0)
    note = f"{names}: no conversions exported; estimated as one per {value} of revenue."
    return dataclasses.replace(history, conversions=conversions, notes=(*history.notes, note))
