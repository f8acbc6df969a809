"""Pace of a flight that is under way: spend so far against what was planned by now."""

from typing import Any

import numpy as np

from ...data.formats import money
from ...data.pace import pace_band, standing
from .records import Actuals, Cents, Flag, Plan, campaign_keys, campaign_name, to_units

_KINDS = {"under": "under_delivery", "over": "over_delivery"}


def pace_of(plan: Plan, totals: dict[str, Any]) -> dict[str, Any] | None:
    """Return the pace; None before the flight, or if nothing was planned for its days so far.

    Args:
        plan: the plan with what happened.
        totals: row of the whole flight, whose estimates are where it ends if the rest is spent as
            planned.
    """
    actuals = plan.actuals
    if actuals is None or actuals.planned is None or not len(actuals.spend):
        return None
    by_now = actuals.planned if actuals.expected is None else actuals.expected
    band = pace_band(plan.actual_days, len(plan.cents))
    whole = _row(int(actuals.spend.sum()), int(by_now.sum()), band, is_paused=False)
    spent, planned = whole.pop("spent"), whole.pop("planned")
    return {
        "as_of": str(plan.dates[plan.actual_days - 1]),
        "spent": spent,
        "planned_by_now": planned,
        **whole,
        "band": None if band is None else {"low": band[0], "high": band[1]},
        "projected_end": {"budget": totals["budget"], "conversions": totals["conversions"]},
        "campaigns": _campaign_rows(plan, actuals, by_now, band),
    }


def pace_flags(plan: Plan, pace: dict[str, Any] | None) -> list[Flag]:
    """Return a flag for every campaign that is out of pace, with the day from which it is.

    Every day counts with what was planned for it, also where a later plan made up for it.
    """
    if pace is None or pace["band"] is None or plan.actuals is None:
        return []
    assert plan.actuals.planned is not None  # noqa: S101  # there is no pace without
    band = pace["band"]["low"], pace["band"]["high"]
    flags, currency = [], plan.constraints.currency
    for k, row in enumerate(_campaign_rows(plan, plan.actuals, plan.actuals.planned, band)):
        kind, name = _KINDS.get(row["status"]), campaign_name(row)
        if kind is None:
            continue
        share = "" if row["ratio"] is None else f"{row['ratio']:.0%} of plan, "
        text = (
            f"{name}: {share}{money(row['spent'], currency)} spent of "
            f"{money(row['planned'], currency)} planned for {plan.actual_days} days; in pace is "
            f"{pace['band']['low']:.0%} to {pace['band']['high']:.0%}."
        )
        flags.append(Flag(kind, name, _since(plan, plan.actuals, k, kind, pace["band"]), text))
    return flags


def _campaign_rows(
    plan: Plan, actuals: Actuals, planned: Cents, band: tuple[float, float] | None
) -> list[dict[str, Any]]:
    """Return each campaign's row of the pace against planned cents, (days so far, campaigns)."""
    return [
        {
            **campaign_keys(plan.constraints, name),
            **_row(
                int(actuals.spend[:, k].sum()),
                int(planned[:, k].sum()),
                band,
                is_paused=_is_paused(plan, actuals, k),
            ),
        }
        for k, name in enumerate(plan.constraints.names)
    ]


def _row(
    spent: int, planned: int, band: tuple[float, float] | None, *, is_paused: bool
) -> dict[str, Any]:
    """Return spend, plan, their ratio (None: not known yet, or nothing planned) and a status."""
    now = standing(spent, planned, band, is_paused=is_paused)
    return {"spent": to_units(spent), "planned": to_units(planned), **now._asdict()}


def _is_paused(plan: Plan, actuals: Actuals, k: int) -> bool:
    """Return whether a campaign is off: no spend on the last day, and none planned from then on."""
    planned = 0 if actuals.planned is None else int(actuals.planned[:, k].sum())
    rest = plan.cents[plan.actual_days :, k]
    never = planned == 0 and not actuals.spend[:, k].any()
    return never or bool(len(rest) and actuals.spend[-1, k] == 0 and not rest.any())


def _since(plan: Plan, actuals: Actuals, k: int, kind: str, band: dict[str, float]) -> str | None:
    """Return the first of the last days that are all out of pace the same way; None without."""
    assert actuals.planned is not None  # noqa: S101  # there is no pace without
    spent, planned = actuals.spend[:, k], actuals.planned[:, k]
    out = (
        spent < band["low"] * planned if kind == _KINDS["under"] else spent > band["high"] * planned
    )
    run = int(np.argmin(out[::-1])) if not out.all() else len(out)
    return str(plan.dates[plan.actual_days - run]) if run else None
