"""Binding bounds of a plan with their shadow prices."""

from typing import Any

import numpy as np

from ...envs.constraints import Constraints
from .records import Cents, Plan

LAST = 1000  # units of the currency whose return elsewhere is a shadow price
_TOLERANCE = 0.01  # share of a bound within which it counts as binding


def binding_bounds(plan: Plan) -> list[dict[str, Any] | None]:
    """Return each campaign's binding bound with its shadow price; None if no bound is binding.

    The shadow price is the objective that the campaign's last 1,000 units would bring on the
    campaigns without a binding bound, minus what they bring here.
    """
    constraints, channel_of = plan.constraints, plan.constraints.tree.parents[1]
    if not plan.cents[plan.actual_days :].any():  # nothing is left that could be spent elsewhere
        return [None] * len(constraints.names)
    spent = plan.cents.sum(0)
    by_channel = np.array([spent[channel_of == c].sum() for c in range(len(constraints.channels))])
    bounds = [
        _flight_bound("campaign", spent[k], constraints, 1, k)
        or _daily_cap(plan.cents[plan.actual_days :, k], k, constraints)
        or _flight_bound("channel", by_channel[channel_of[k]], constraints, 0, int(channel_of[k]))
        for k in range(len(spent))
    ]
    free = np.array([bound is None for bound in bounds])
    weight = np.where(free, spent, 0) if free.any() else spent
    price = float(np.average(plan.marginal, weights=np.maximum(weight, 1e-9)))
    return [
        None
        if bound is None
        else {"bound": bound, "shadow_price": LAST * (price - float(plan.marginal[k]))}
        for k, bound in enumerate(bounds)
    ]


def _flight_bound(
    kind: str, cents: int, constraints: Constraints, depth: int, i: int
) -> str | None:
    """Return which of a tree node's bounds over the flight is binding."""
    floor, cap = int(constraints.floor_cents[depth][i]), int(constraints.cap_cents[depth][i])
    if cents <= floor * (1 + _TOLERANCE) and floor > 0:
        return f"{kind} floor"
    if cents >= cap * (1 - _TOLERANCE) and cap < constraints.total_cents:
        return f"{kind} cap"
    return None


def _daily_cap(cents: Cents, k: int, constraints: Constraints) -> str | None:
    """Return a campaign's daily cap if it is binding on every planned day."""
    cap = int(constraints.daily_cap_cents[k])
    if not len(cents) or cap == constraints.total_cents or (cents < cap * (1 - _TOLERANCE)).any():
        return None
    recent = constraints.recent_caps
    return "recent spend cap" if recent is not None and recent[k] else "campaign daily cap"
