"""Content of ``plan.json``: spend in whole cents, estimates with intervals, and warnings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.display import shortened
from ...data.errors import ConstraintError
from ...data.formats import decimals_of, money
from ...data.storage import write_json
from ...data.types import Floats
from ...envs.calibration import Forecast, SpendingFacts
from ...envs.constraints import Constraints, violations
from .extrapolation import (
    Known,
    basis,
    extrapolation_warning,
    restart_reason,
    restart_warning,
    times,
)
from .records import Actuals, Change, ConstraintCost, Flag

SCHEMA_VERSION = 1
SCHEMA = Path(__file__).with_name("plan.schema.json")
_BOUND_TOLERANCE = 0.01  # share of a bound within which it counts as binding
_LAST = 1000  # units of the currency whose return elsewhere is a shadow price
_LOW_RETURN = 0.25  # share of the mean marginal return below which a floor draws a warning
_VALUES = {  # what the last word of "another $1,000 would bring 3.1 conversions" is, by objective
    "conversions": "expected conversions",
    "journeys": "expected conversions credited by journeys",
    "revenue": "of expected revenue",
    "profit": "of expected profit",
}


class Plan(NamedTuple):
    """A dated plan and the estimates of its outcome, in the currency of the constraints."""

    policy: str
    objective: str
    constraints: Constraints
    first_day: int  # days since 1970-01-01
    cents: NDArray[np.int64]  # (days, campaigns)
    forecast: Forecast
    marginal: Floats  # (campaigns,) objective gained per additional unit of the currency
    baselines: Mapping[str, float]  # expected conversions of other policies' plans
    observed_mean: Floats  # (campaigns,) mean spend per day with spend in the history
    recent: Floats  # (campaigns,) mean spend per day of the last week of the history
    observed_max: Floats  # (campaigns,) highest spend per day in the history
    notes: tuple[str, ...]
    ratios: Floats | None = None  # (draws, campaigns) journey conversions per claimed conversion
    claims_budget: Floats | None = None  # (campaigns,) spend of the static plan for claims
    spending: SpendingFacts | None = None  # None: not known, the whole history stands for it
    history_days: int = 0  # days of the history; 0: not known
    baselines_beyond: Mapping[str, float] | None = None  # extrapolated shares of those plans
    forecast_verdict: str | None = None  # on forecasts of the past beside naive ones; None: none
    actuals: Actuals | None = None  # first days of the flight; None: it has not begun
    changes: tuple[Change, ...] = ()  # of a re-plan
    flags: tuple[Flag, ...] = ()  # beside those that follow from the plan
    costs: tuple[ConstraintCost, ...] = ()  # of the rules that cost something
    live: Floats | None = None  # (campaigns,) daily budget on the eve; None: the constraints' own

    @property
    def known(self) -> Known:
        """What the campaigns have spent of late; spend above it is extrapolated."""
        return Known.of(self.spending, self.observed_max)

    def estimate(self, campaigns: Any) -> dict[str, Any]:
        """Return the conversions of some campaigns, and what journeys credit if it is planned for.

        Args:
            campaigns: index of the campaign axis; it must keep the axis.
        """
        expected = self.forecast.expected[..., campaigns]
        counted = self.forecast.counted[..., campaigns]
        content = {"conversions": mean_and_interval(expected, counted)}
        if self.ratios is not None:
            ratios = self.ratios[:, None, campaigns]
            credited = mean_and_interval(expected * ratios, counted * ratios)
            content["journey_conversions"] = credited
        return content


def write_plan(plan: Plan, path: Path) -> dict[str, Any]:
    """Write ``plan.json``, whole or not at all, and return its content.

    Raises:
        ConstraintError: if the plan breaks a constraint; then nothing is written.
    """
    broken = violations(plan.constraints, plan.cents)
    if broken:
        raise ConstraintError(
            f"{path}: not written, because the plan breaks a constraint: {broken[0]}"
        )
    content = document(plan)
    write_json(path, content)
    return content


def document(plan: Plan) -> dict[str, Any]:
    """Return the content of ``plan.json``; ``plan.schema.json`` describes every field."""
    dates = np.datetime64(plan.first_day, "D") + np.arange(len(plan.cents))
    total = int(plan.cents.sum())
    campaigns = _campaigns(plan)
    return {
        "schema_version": SCHEMA_VERSION,
        "policy": plan.policy,
        "objective": plan.objective,
        "forecast_verdict": plan.forecast_verdict,
        "flight": {"start": str(dates[0]), "days": len(dates), "budget": to_units(total)},
        "currency": plan.constraints.currency,
        "extrapolation_basis": basis(plan.spending, plan.first_day, plan.history_days),
        "constraints": plan.constraints.to_json(),
        "totals": _totals(plan, total),
        "channels": _channels(plan, total),
        "campaigns": campaigns,
        "days": [_day(plan, t, str(date)) for t, date in enumerate(dates)],
        "baselines": [
            {
                "policy": name,
                "conversions": value,
                "extrapolated_share": (plan.baselines_beyond or {}).get(name),
            }
            for name, value in plan.baselines.items()
        ],
        "warnings": _warnings(plan, campaigns),
    }


def _totals(plan: Plan, total: int) -> dict[str, Any]:
    estimate = plan.estimate(slice(None))
    conversions = estimate["conversions"]
    revenue = mean_and_interval(plan.forecast.expected_revenue, plan.forecast.counted_revenue)
    budget = to_units(total)
    return {
        "budget": budget,
        "extrapolated_share": plan.known.share(plan.cents),
        **estimate,
        "revenue": revenue,
        "roas": revenue["mean"] / budget if total else None,
        "cpa": budget / conversions["mean"] if conversions["mean"] else None,
        # budget allocation efficiency, usually called return on investment (ROI): ROAS - 1
        "bae": (revenue["mean"] - budget) / budget if total else None,
    }


def _channels(plan: Plan, total: int) -> list[dict[str, Any]]:
    channel_of = plan.constraints.tree.parents[1]
    rows = []
    for c, channel in enumerate(plan.constraints.channels):
        campaigns = channel_of == c
        cents = int(plan.cents[:, campaigns].sum())
        rows.append(
            {
                "channel": channel,
                "budget": to_units(cents),
                "share": cents / max(total, 1),
                "extrapolated_share": plan.known.share(plan.cents, campaigns),
                **plan.estimate(campaigns),
            }
        )
    return rows


def _campaigns(plan: Plan) -> list[dict[str, Any]]:
    sums, total = plan.cents.sum(0), int(plan.cents.sum())
    binding = _binding(plan)
    rows = []
    for k, name in enumerate(plan.constraints.names):
        rows.append(
            {
                **campaign_keys(plan.constraints, name),
                "budget": to_units(int(sums[k])),
                "share": int(sums[k]) / max(total, 1),
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


def _binding(plan: Plan) -> list[dict[str, Any] | None]:
    """Return each campaign's binding bound with its shadow price; None if no bound is binding.

    The shadow price is the objective that the campaign's last 1,000 units would bring on the
    campaigns without a binding bound, minus what they bring here.
    """
    constraints, channel_of = plan.constraints, plan.constraints.tree.parents[1]
    spent = plan.cents.sum(0)
    by_channel = np.array([spent[channel_of == c].sum() for c in range(len(constraints.channels))])
    bounds = [
        _flight_bound("campaign", spent[k], constraints, 1, k)
        or _daily_cap(plan.cents[:, k], k, constraints)
        or _flight_bound("channel", by_channel[channel_of[k]], constraints, 0, int(channel_of[k]))
        for k in range(len(spent))
    ]
    free = np.array([bound is None for bound in bounds])
    weight = np.where(free, spent, 0) if free.any() else spent
    price = float(np.average(plan.marginal, weights=np.maximum(weight, 1e-9)))
    return [
        None
        if bound is None
        else {"bound": bound, "shadow_price": _LAST * (price - float(plan.marginal[k]))}
        for k, bound in enumerate(bounds)
    ]


def _flight_bound(
    kind: str, cents: int, constraints: Constraints, depth: int, i: int
) -> str | None:
    """Return which of a tree node's bounds over the flight is binding."""
    floor, cap = int(constraints.floor_cents[depth][i]), int(constraints.cap_cents[depth][i])
    if cents <= floor * (1 + _BOUND_TOLERANCE) and floor > 0:
        return f"{kind} floor"
    if cents >= cap * (1 - _BOUND_TOLERANCE) and cap < constraints.total_cents:
        return f"{kind} cap"
    return None


def _daily_cap(cents: NDArray[np.int64], k: int, constraints: Constraints) -> str | None:
    """Return a campaign's daily cap if it is binding on every day."""
    cap = int(constraints.daily_cap_cents[k])
    if cap == constraints.total_cents or (cents < cap * (1 - _BOUND_TOLERANCE)).any():
        return None
    recent = constraints.recent_caps
    return "recent spend cap" if recent is not None and recent[k] else "campaign daily cap"


def _day(plan: Plan, t: int, date: str) -> dict[str, Any]:
    mean = plan.forecast.expected[:, t].mean(0)
    return {
        "date": date,
        "budget": to_units(int(plan.cents[t].sum())),
        "campaigns": [
            {
                **campaign_keys(plan.constraints, name),
                "budget": to_units(int(plan.cents[t, k])),
                "conversions": float(mean[k]),
                "extrapolated": bool(plan.cents[t, k] / 100 > plan.known.most[k]),
            }
            for k, name in enumerate(plan.constraints.names)
        ],
    }


def _warnings(plan: Plan, campaigns: list[dict[str, Any]]) -> list[str]:
    warnings = []
    currency = plan.constraints.currency
    # a warning gives the return of an amount of some weight: 1,000 units of most currencies
    scale = 1 if decimals_of(currency) else 100
    mean_marginal = float(np.average(plan.marginal, weights=plan.cents.sum(0) + 1e-9))
    for k, campaign in enumerate(campaigns):
        name, extrapolation = shortened(campaign_name(campaign)), campaign["extrapolation"]
        if campaign["restart"]:
            warnings.append(restart_warning(campaign, campaign_name(campaign), currency))
        elif extrapolation:
            warnings.append(f"{name}: {extrapolation_warning(plan.known, k, campaign, currency)}")
        binding = campaign["binding"]
        low = mean_marginal > 0 and plan.marginal[k] < _LOW_RETURN * mean_marginal
        if binding and "floor" in binding["bound"] and low:
            last = money(scale * _LAST, currency, 0)
            warnings.append(
                f"{name}: its floor buys almost nothing: another {last} here would bring "
                f"{_value(plan, scale * _LAST * plan.marginal[k])} {_VALUES[plan.objective]}; "
                f"elsewhere the last {last} would bring "
                f"{_value(plan, scale * binding['shadow_price'])} more."
            )
        if plan.recent[k] == 0 and plan.cents[:, k].sum() > 0 and not campaign["restart"]:
            warnings.append(
                f"{name}: restarted. It had no spend in the last week of the history; how it "
                "responds after a pause is not known, and platforms relearn."
            )
    lines = [*warnings, *sorted(plan.notes, key=lambda note: "WARNING" not in note)]
    return sorted(lines, key=lambda line: not line.startswith("WARNING:"))


def _value(plan: Plan, value: float) -> str:
    """Return a value of the objective as text, without its name."""
    if plan.objective in ("conversions", "journeys"):
        return f"{value:.1f}"
    return money(value, plan.constraints.currency)


def mean_and_interval(expected: Floats, counted: Floats) -> dict[str, float]:
    """Return mean and 90 % interval of sums over days and campaigns.

    Args:
        expected: (draws, days, campaigns) without count noise, for the mean.
        counted: (draws, days, campaigns) with count noise, for the interval.
    """
    low, high = np.quantile(counted.sum((1, 2)), [0.05, 0.95])
    return {"mean": float(expected.sum((1, 2)).mean()), "p05": float(low), "p95": float(high)}


def campaign_keys(constraints: Constraints, name: str) -> dict[str, str | None]:
    """Return a campaign's channel and its campaign type, None on a channel without types."""
    channel = constraints.channel_of[name]
    return {"channel": channel, "campaign_type": name[len(channel) + 1 :] or None}


def campaign_name(row: Mapping[str, Any]) -> str:
    """Return the name of a row's campaign: ``channel/campaign type``, or the channel."""
    kind = row["campaign_type"]
    return str(row["channel"]) if kind is None else f"{row['channel']}/{kind}"


def to_units(cents: int) -> float:
    """Return an amount in units of the currency from whole cents."""
    return cents / 100
