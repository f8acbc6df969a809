"""Content of ``plan.json``: spend in whole cents, estimates with intervals, pace and flags."""

from pathlib import Path
from typing import Any

import numpy as np

from ...data.errors import ConstraintError
from ...data.storage import write_json
from ...envs.constraints import Constraints, rest_of, violations
from .days import day_rows
from .extrapolation import basis
from .flags import flags_of, warnings_of
from .pace import pace_of
from .records import Cents, Change, Plan, campaign_keys
from .rows import campaign_rows, channel_rows, totals_row

SCHEMA_VERSION = 2
SCHEMA = Path(__file__).with_name("plan.schema.json")


def write_plan(plan: Plan, path: Path) -> dict[str, Any]:
    """Write ``plan.json``, whole or not at all, and return its content.

    Raises:
        ConstraintError: if the plan breaks a constraint; then nothing is written.
    """
    planned = None if plan.actuals is None else plan.actuals.planned
    broken = broken_constraints(plan.constraints, plan.cents, plan.actual_days, planned)
    if broken:
        raise ConstraintError(
            f"{path}: not written, because the plan breaks a constraint: {broken[0]}"
        )
    content = document(plan)
    write_json(path, content)
    return content


def levels_set(constraints: Constraints, planned: Cents | None) -> Cents | None:
    """Return the levels that were set on the last of the days that are over, cents per day.

    Args:
        constraints: of the whole flight.
        planned: cents that were planned for these days, (days so far, campaigns); None: not known.

    Returns:
        (campaigns,) from which ramps and a limit of change go on, the last that no ramp passed
        over; None where there is neither or no such day.
    """
    is_free = constraints.change_limit is None and not constraints.has_levels
    if planned is None or not len(planned) or is_free:
        return None
    rhythm = np.ones(planned.shape) if constraints.rhythm is None else constraints.rhythm
    levels = np.rint(planned / rhythm[: len(planned)]).astype(np.int64)
    if constraints.passed_over is None:
        return np.asarray(levels[-1])
    start = np.rint(levels[0] * 0) if constraints.live_cents is None else constraints.live_cents
    level = np.asarray(start, np.int64)
    for passed, day in zip(constraints.passed_over, levels, strict=False):
        level = np.where(passed, level, day)
    return level


def broken_constraints(
    constraints: Constraints, cents: Cents, actual_days: int, planned: Cents | None = None
) -> list[str]:
    """Return the constraints that planned days break, one line each; days over are facts.

    Args:
        constraints: of the whole flight.
        cents: (days, campaigns) of the whole flight.
        actual_days: days at its start that are over.
        planned: cents that had been planned for them, from which ramps go on; None: what was spent.
    """
    if actual_days >= len(cents):
        return []
    if actual_days == 0:
        return violations(constraints, cents)
    set_before = levels_set(constraints, None if planned is None else planned[:actual_days])
    rest = rest_of(constraints, cents[:actual_days], set_before)
    return violations(rest, cents[actual_days:])


def document(plan: Plan) -> dict[str, Any]:
    """Return the content of ``plan.json``; ``plan.schema.json`` describes every field."""
    totals, campaigns = totals_row(plan), campaign_rows(plan)
    pace = pace_of(plan, totals)
    flags = flags_of(plan, campaigns, pace)
    return {
        "schema_version": SCHEMA_VERSION,
        "policy": plan.policy,
        "objective": plan.objective,
        "made": _made(plan),
        "forecast_verdict": plan.forecast_verdict,
        "flight": _flight(plan, totals),
        "currency": plan.constraints.currency,
        "extrapolation_basis": basis(plan.spending, plan.first_day, plan.history_days),
        "constraints": plan.constraints.to_json(),
        "totals": totals,
        "channels": channel_rows(plan),
        "campaigns": campaigns,
        "days": day_rows(plan),
        "pace": pace,
        "constraint_costs": None if plan.costs is None else [c._asdict() for c in plan.costs],
        "constraint_costs_note": plan.costs_note,
        "baselines": [
            {
                "policy": name,
                "conversions": value,
                "extrapolated_share": (plan.baselines_beyond or {}).get(name),
            }
            for name, value in plan.baselines.items()
        ],
        "changes": [_change(plan, change) for change in plan.changes],
        "flags": [flag._asdict() for flag in flags],
        "warnings": warnings_of(plan, flags),
    }


def _made(plan: Plan) -> dict[str, str | None]:
    """Return which markets the estimates are on, and the last day of reports behind the plan."""
    draws = f"{len(plan.forecast.expected):,} draws of the posterior"
    last = plan.actual_days - 1
    return {"markets": plan.markets or draws, "as_of": str(plan.dates[last]) if last >= 0 else None}


def _flight(plan: Plan, totals: dict[str, Any]) -> dict[str, Any]:
    return {
        "start": str(plan.dates[0]),
        "end": str(plan.dates[-1]),
        "days": len(plan.cents),
        "budget": totals["budget"],
        "actual_days": plan.actual_days,
        "spent": totals["spent"],
        "remaining": totals["planned_rest"],
    }


def _change(plan: Plan, change: Change) -> dict[str, Any]:
    return {
        **campaign_keys(plan.constraints, change.campaign),
        "from": change.before,
        "to": change.after,
        "share": (change.after - change.before) / change.before if change.before > 0 else None,
        "adopted": change.adopted,
        "reason": change.reason,
    }
