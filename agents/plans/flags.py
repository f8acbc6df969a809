"""What the reader of a plan should look at: flags, and the warnings that say them in lines."""

from typing import Any

import numpy as np

from ...data.display import shortened
from ...data.formats import decimals_of, money
from .binding import LAST
from .extrapolation import extrapolation_warning, restart_warning
from .pace import pace_flags
from .records import Flag, Plan, campaign_name

_LOW_RETURN = 0.25  # share of the mean marginal return below which a floor draws a warning
_VALUES = {  # what the last word of "another $1,000 would bring 3.1 conversions" is, by objective
    "conversions": "expected conversions",
    "journeys": "expected conversions credited by journeys",
    "revenue": "of expected revenue",
    "profit": "of expected profit",
}


def flags_of(
    plan: Plan, campaigns: list[dict[str, Any]], pace: dict[str, Any] | None
) -> list[Flag]:
    """Return what follows from the plan, campaign by campaign, then the flags that came with it.

    Args:
        plan: the plan.
        campaigns: its rows in ``plan.json``.
        pace: its pace; None before the flight.
    """
    given = {(flag.kind, flag.node) for flag in plan.flags}
    found = [flag for k, row in enumerate(campaigns) for flag in _campaign_flags(plan, k, row)]
    found += [*_ramp_flags(plan, campaigns), *pace_flags(plan, pace), *_flight_flags(plan)]
    return [*(flag for flag in found if (flag.kind, flag.node) not in given), *plan.flags]


def warnings_of(plan: Plan, flags: list[Flag]) -> list[str]:
    """Return the lines to print: flags, then notes, those that begin with WARNING first.

    A verdict on forecasts of the past has its own place above the table.
    """
    notes = sorted(plan.notes, key=lambda note: "WARNING" not in note)
    said = [flag.text for flag in flags if flag.kind != "forecast"]
    lines = dict.fromkeys([*said, *notes])
    return sorted(lines, key=lambda line: not line.startswith("WARNING:"))


def _campaign_flags(plan: Plan, k: int, row: dict[str, Any]) -> list[Flag]:
    currency, full = plan.constraints.currency, campaign_name(row)
    name, flags = shortened(full), []
    if row["restart"]:
        flags.append(Flag("restart", full, _first(plan, k), restart_warning(row, full, currency)))
    elif row["extrapolation"]:
        text = f"{name}: {extrapolation_warning(plan.known, k, row, currency)}"
        flags.append(Flag("extrapolated", full, _first(plan, k, plan.known.most[k]), text))
    if _is_costly_floor(plan, k, row["binding"]):
        flags.append(Flag("floor", full, None, f"{name}: {_floor_text(plan, k, row['binding'])}"))
    if plan.recent[k] == 0 and plan.cents[:, k].sum() > 0 and not row["restart"]:
        text = (
            f"{name}: restarted. It had no spend in the last week of the history; how it responds "
            "after a pause is not known, and platforms relearn."
        )
        flags.append(Flag("restart", full, _first(plan, k), text))
    return flags


def _first(plan: Plan, k: int, above: float = 0.0) -> str | None:
    """Return the first planned day on which a campaign spends more than an amount."""
    dear = np.flatnonzero(plan.cents[plan.actual_days :, k] / 100 > above)
    return str(plan.dates[plan.actual_days + dear[0]]) if dear.size else None


def _is_costly_floor(plan: Plan, k: int, binding: dict[str, Any] | None) -> bool:
    mean = float(np.average(plan.marginal, weights=plan.cents.sum(0) + 1e-9))
    is_low = mean > 0 and bool(plan.marginal[k] < _LOW_RETURN * mean)
    return binding is not None and "floor" in binding["bound"] and is_low


def _floor_text(plan: Plan, k: int, binding: dict[str, Any]) -> str:
    currency = plan.constraints.currency
    # a warning gives the return of an amount of some weight: 1,000 units of most currencies
    scale = 1 if decimals_of(currency) else 100
    last = money(scale * LAST, currency, 0)
    return (
        f"its floor buys almost nothing: another {last} here would bring "
        f"{_value(plan, scale * LAST * plan.marginal[k])} {_VALUES[plan.objective]}; "
        f"elsewhere the last {last} would bring "
        f"{_value(plan, scale * binding['shadow_price'])} more."
    )


def _ramp_flags(plan: Plan, campaigns: list[dict[str, Any]]) -> list[Flag]:
    """Return the notes on ramps that yield, and a sentence on each that no note is about."""
    constraints = plan.constraints
    nodes = (*constraints.names, *constraints.channels)
    flags = []
    for note in filter(_is_about_ramp, constraints.notes):
        named = [node for node in nodes if note.startswith(f"{shortened(node)}:")]
        flags.append(Flag("ramp_yields", named[0] if named else None, None, note))
    said = {flag.node for flag in flags}
    for k, row in enumerate(campaigns):
        name = campaign_name(row)
        yielded = row["ramp"] and row["ramp"]["yielded"]
        if yielded and not said & {None, name, row["channel"]}:
            flags.append(Flag("ramp_yields", name, None, _ramp_text(plan, k, name, row["ramp"])))
    return flags


def _is_about_ramp(note: str) -> bool:
    return "ramp yields" in note


def _ramp_text(plan: Plan, k: int, name: str, ramp: dict[str, Any]) -> str:
    live = money(float(plan.live_budget[k]), plan.constraints.currency)
    speed = "freely" if ramp["up"] is None else f"by up to {ramp['up']:.1%} per change"
    return (
        f"{shortened(name)}: the ramp yields so that a floor or the total is reached: from {live} "
        f"a day its level may rise {speed}."
    )


def _flight_flags(plan: Plan) -> list[Flag]:
    """Return bounds that yielded, and a verdict against the model's forecasts of the past."""
    flags = [
        Flag("bound_yields", None, None, note)
        for note in plan.constraints.notes
        if not _is_about_ramp(note)
    ]
    verdict = plan.forecast_verdict
    if verdict and verdict.startswith("WARNING"):
        flags.append(Flag("forecast", None, None, verdict))
    return flags


def _value(plan: Plan, value: float) -> str:
    """Return a value of the objective as text, without its name."""
    if plan.objective in ("conversions", "journeys"):
        return f"{value:.1f}"
    return money(value, plan.constraints.currency)
