"""Rows of a plan's totals, channels and campaigns."""

from typing import Any

import numpy as np

from .binding import binding_bounds
from .estimate import known_spread
from .extrapolation import restart_reason, times
from .records import Plan, campaign_keys, to_units


def totals_row(plan: Plan) -> dict[str, Any]:
    """Return the row of the whole flight; ratios to revenue are None if that is not known."""
    estimate = plan.estimate(slice(None))
    conversions = estimate["conversions"]
    revenue = known_spread(plan.forecast.expected_revenue, plan.forecast.counted_revenue)
    spend = _spend(plan, slice(None))
    budget = spend["budget"]
    returned = revenue["mean"] if revenue is not None and budget else None
    return {
        **spend,
        "extrapolated_share": plan.known.share(plan.cents),
        **estimate,
        "revenue": revenue,
        "roas": None if returned is None else returned / budget,
        "cpa": budget / conversions["mean"] if conversions["mean"] else None,
        # budget allocation efficiency, usually called return on investment (ROI): ROAS - 1
        "bae": None if returned is None else (returned - budget) / budget,
    }


def channel_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return one row per channel."""
    channel_of, total = plan.constraints.tree.parents[1], int(plan.cents.sum())
    rows = []
    for c, channel in enumerate(plan.constraints.channels):
        campaigns = channel_of == c
        cents = int(plan.cents[:, campaigns].sum())
        rows.append(
            {
                "channel": channel,
                **_spend(plan, campaigns),
                "share": cents / max(total, 1),
                "extrapolated_share": plan.known.share(plan.cents, campaigns),
                **plan.estimate(campaigns),
            }
        )
    return rows


def campaign_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return one row per campaign."""
    sums, total = plan.cents.sum(0), int(plan.cents.sum())
    binding, changes = binding_bounds(plan), level_changes(plan)
    rows = []
    for k, name in enumerate(plan.constraints.names):
        rows.append(
            {
                **campaign_keys(plan.constraints, name),
                **_spend(plan, slice(k, k + 1)),
                "share": int(sums[k]) / max(total, 1),
                "live": float(plan.live_budget[k]),
                "today": _today(plan, k),
                "ramp": _ramp(plan, k),
                "level_change_most": changes[k],
                **plan.estimate(slice(k, k + 1)),
                **_claims_budget(plan, k),
                "observed_max_daily": float(plan.observed_max[k]),
                **plan.known.row(plan.cents, k),
                "restart_reason": restart_reason(plan.known, plan.constraints, plan.cents, k),
                "extrapolation": _extrapolation(plan, k),
                "binding": binding[k],
            }
        )
    return rows


def level_changes(plan: Plan) -> list[float | None]:
    """Return the largest change of each campaign's level between two planned days.

    A level is spend over the day's rhythm. The first is compared with the live budget if the
    constraints know it or the flight is under way. Days that a ramp passes over do not count, nor
    do steps up from 0, of which there is no share.
    """
    constraints, first = plan.constraints, plan.actual_days
    whole = np.ones(plan.cents.shape) if constraints.rhythm is None else constraints.rhythm
    rhythm = whole[-len(plan.cents) :]
    levels = (plan.cents / 100 / rhythm)[first:]
    known = plan.live is not None or constraints.live_cents is not None or first > 0
    if known:
        is_set = plan.live is not None and first > 0  # the budget of a day, not the mean of a week
        live_level = plan.live_budget / (rhythm[first - 1] if is_set else 1.0)
        levels = np.vstack([live_level, levels])
    changes: list[float | None] = []
    for k in range(levels.shape[1]):
        path = levels[:, k]
        if constraints.passed_over is not None:
            skipped = constraints.passed_over[first:, k]
            path = path[np.concatenate([[True] * known, ~skipped])]
        before, step = path[:-1], np.abs(np.diff(path))
        shares = step[before > 0] / before[before > 0]
        changes.append(float(shares.max()) if shares.size else None)
    return changes


def _spend(plan: Plan, campaigns: Any) -> dict[str, float]:
    """Return what was spent so far, what is planned for the rest, and both."""
    cents, first = plan.cents[:, campaigns], plan.actual_days
    return {
        "budget": to_units(int(cents.sum())),
        "spent": to_units(int(cents[:first].sum())),
        "planned_rest": to_units(int(cents[first:].sum())),
    }


def _today(plan: Plan, k: int) -> float | None:
    """Return the budget of the first planned day; None if no day is left."""
    first = plan.actual_days
    return to_units(int(plan.cents[first, k])) if first < len(plan.cents) else None


def _ramp(plan: Plan, k: int) -> dict[str, Any] | None:
    ramp = plan.constraints.ramp
    if ramp is None:
        return None
    up = float(ramp.up[k])
    return {
        "up": up if np.isfinite(up) else None,
        "down": float(ramp.down[k]),
        "least": to_units(int(ramp.least_cents[k])),
        "yielded": bool(ramp.yielded[k]),
    }


def _claims_budget(plan: Plan, k: int) -> dict[str, float]:
    """Return a campaign's budget in the plan for platform claims, if journeys are planned for."""
    if plan.claims_budget is None:
        return {}
    return {"budget_for_claims": round(float(plan.claims_budget[k]), 2)}


def _extrapolation(plan: Plan, k: int) -> dict[str, float | None] | None:
    """Return how far a campaign's plan exceeds the known spend; None if it does not."""
    cents = plan.cents[:, k]
    if cents.max() / 100 <= plan.known.most[k]:
        return None
    return {
        "times_mean": times(float(cents.mean() / 100), float(plan.observed_mean[k])),
        "times_max": times(float(cents.max() / 100), float(plan.known.most[k])),
    }
