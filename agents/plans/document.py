"""The dated plan: exact cents, estimates with intervals, and a flag on what is extrapolated."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConstraintError
from ...data.storage import write_json
from ...data.types import Floats
from ...envs.constraints import Constraints, violations
from .estimate import Forecast

SCHEMA_VERSION = 1
SCHEMA = Path(__file__).with_name("plan.schema.json")
_AT_BOUND = 0.01  # share of a bound within which a budget counts as bound by it
_RARE = 0.25  # a forced campaign whose dollars return less than this share of the others'


class Plan(NamedTuple):
    """What is spent when, and what is expected of it."""

    policy: str
    objective: str
    constraints: Constraints
    first_day: int  # days since 1970-01-01
    cents: NDArray[np.int64]  # (days, campaigns)
    forecast: Forecast
    marginal: Floats  # (campaigns,) objective gained by one more dollar
    baselines: Mapping[str, float]  # expected conversions of other policies' plans
    seen_mean: Floats  # (campaigns,) mean dollars a day in the history
    seen_max: Floats  # (campaigns,) most dollars a day in the history
    notes: tuple[str, ...]
    ratios: Floats | None = None  # (draws, campaigns) journey conversions a claimed one
    for_claims: Floats | None = None  # (campaigns,) dollars of the static plan for claims instead

    def credited(self, of: Any) -> dict[str, Any]:
        """Return the journey conversions of some campaigns, if they are what is planned for."""
        if self.ratios is None:
            return {}
        worth = self.ratios[:, None, of]
        parts = (self.forecast.conversions[..., of], self.forecast.counted[..., of])
        return {"journey_conversions": spread(*(part * worth for part in parts))}


def write_plan(plan: Plan, path: Path) -> dict[str, Any]:
    """Write ``plan.json``, whole or not at all, and return its content.

    Raises:
        ConstraintError: if the plan breaks a constraint; nothing is written then.
    """
    broken = violations(plan.constraints, plan.cents)
    if broken:
        raise ConstraintError(
            f"{path}: not written, since the plan breaks a constraint: {broken[0]}"
        )
    content = document(plan)
    write_json(path, content)
    return content


def document(plan: Plan) -> dict[str, Any]:
    """Return the content of ``plan.json``; see ``plan.schema.json`` for its meaning."""
    dates = np.datetime64(plan.first_day, "D") + np.arange(len(plan.cents))
    total = int(plan.cents.sum())
    campaigns = _campaigns(plan)
    return {
        "schema_version": SCHEMA_VERSION,
        "policy": plan.policy,
        "objective": plan.objective,
        "flight": {"start": str(dates[0]), "days": len(dates), "budget": dollars_of(total)},
        "constraints": plan.constraints.to_json(),
        "totals": _totals(plan, total),
        "channels": _channels(plan, total),
        "campaigns": campaigns,
        "days": [_day(plan, t, str(date)) for t, date in enumerate(dates)],
        "baselines": [
            {"policy": name, "conversions": value} for name, value in plan.baselines.items()
        ],
        "warnings": _warnings(plan, campaigns),
    }


def _totals(plan: Plan, total: int) -> dict[str, Any]:
    conversions = spread(plan.forecast.conversions, plan.forecast.counted)
    revenue = spread(plan.forecast.revenue, plan.forecast.counted_revenue)
    dollars = dollars_of(total)
    return {
        "budget": dollars,
        "conversions": conversions,
        **plan.credited(slice(None)),
        "revenue": revenue,
        "roas": revenue["mean"] / dollars if total else None,
        "cpa": dollars / conversions["mean"] if conversions["mean"] else None,
        "bae": (revenue["mean"] - dollars) / dollars if total else None,
    }


def _channels(plan: Plan, total: int) -> list[dict[str, Any]]:
    owner = plan.constraints.tree.parents[1]
    rows = []
    for c, channel in enumerate(plan.constraints.channels):
        of = owner == c
        cents = int(plan.cents[:, of].sum())
        rows.append(
            {
                "channel": channel,
                "budget": dollars_of(cents),
                "share": cents / max(total, 1),
                "conversions": spread(
                    plan.forecast.conversions[..., of], plan.forecast.counted[..., of]
                ),
                **plan.credited(of),
            }
        )
    return rows


def _campaigns(plan: Plan) -> list[dict[str, Any]]:
    sums, total = plan.cents.sum(0), int(plan.cents.sum())
    bound = _binding(plan)
    rows = []
    for k, name in enumerate(plan.constraints.names):
        only = slice(k, k + 1)
        rows.append(
            {
                **who(plan.constraints, name),
                "budget": dollars_of(int(sums[k])),
                "share": int(sums[k]) / max(total, 1),
                "conversions": spread(
                    plan.forecast.conversions[..., only], plan.forecast.counted[..., only]
                ),
                **plan.credited(only),
                **_for_claims(plan, k),
                "observed_max_daily": float(plan.seen_max[k]),
                "extrapolation": _extrapolation(plan, k),
                "binding": bound[k],
            }
        )
    return rows


def _for_claims(plan: Plan, k: int) -> dict[str, float]:
    """Return the budget that platform claims would get, where journeys are planned for."""
    if plan.for_claims is None:
        return {}
    return {"budget_for_claims": round(float(plan.for_claims[k]), 2)}


def _extrapolation(plan: Plan, k: int) -> dict[str, float] | None:
    """Return how far the plan leaves the observed range; None inside it."""
    most, mean = plan.cents[:, k].max() / 100, plan.cents[:, k].mean() / 100
    if most <= plan.seen_max[k]:
        return None
    return {
        "times_mean": mean / max(float(plan.seen_mean[k]), 0.01),
        "times_max": most / max(float(plan.seen_max[k]), 0.01),
    }


def _binding(plan: Plan) -> list[dict[str, Any] | None]:
    """Return for each campaign the bound that holds it, and what that costs.

    The cost is the shadow price: objective that the last 1,000 dollars would have brought on the
    campaigns that nothing holds, less what they bring here.
    """
    constraints, owner = plan.constraints, plan.constraints.tree.parents[1]
    spent = plan.cents.sum(0)
    by_channel = np.array([spent[owner == c].sum() for c in range(len(constraints.channels))])
    held = [
        _which("campaign", spent[k], constraints, 1, k)
        or _daily(plan.cents[:, k], int(constraints.daily_cap_cents[k]), constraints)
        or _which("channel", by_channel[owner[k]], constraints, 0, int(owner[k]))
        for k in range(len(spent))
    ]
    free = np.array([name is None for name in held])
    weight = np.where(free, spent, 0) if free.any() else spent
    price = float(np.average(plan.marginal, weights=np.maximum(weight, 1e-9)))
    return [
        None
        if name is None
        else {"bound": name, "shadow_price": 1000 * (price - float(plan.marginal[k]))}
        for k, name in enumerate(held)
    ]


def _which(kind: str, cents: int, constraints: Constraints, level: int, i: int) -> str | None:
    floor, cap = int(constraints.floor_cents[level][i]), int(constraints.cap_cents[level][i])
    if cents <= floor * (1 + _AT_BOUND) and floor > 0:
        return f"{kind} floor"
    if cents >= cap * (1 - _AT_BOUND) and cap < constraints.total_cents:
        return f"{kind} cap"
    return None


def _daily(cents: NDArray[np.int64], cap: int, constraints: Constraints) -> str | None:
    at_cap = bool((cents >= cap * (1 - _AT_BOUND)).all()) and cap < constraints.total_cents
    return "campaign daily cap" if at_cap else None


def _day(plan: Plan, t: int, date: str) -> dict[str, Any]:
    mean = plan.forecast.conversions[:, t].mean(0)
    return {
        "date": date,
        "budget": dollars_of(int(plan.cents[t].sum())),
        "campaigns": [
            {
                **who(plan.constraints, name),
                "budget": dollars_of(int(plan.cents[t, k])),
                "conversions": float(mean[k]),
            }
            for k, name in enumerate(plan.constraints.names)
        ],
    }


def _warnings(plan: Plan, campaigns: list[dict[str, Any]]) -> list[str]:
    lines = []
    typical = float(np.average(plan.marginal, weights=plan.cents.sum(0) + 1e-9))
    for k, campaign in enumerate(campaigns):
        name, beyond = name_of(campaign), campaign["extrapolation"]
        if beyond:
            lines.append(
                f"{name}: extrapolation. The plan asks {beyond['times_mean']:.1f} times its mean "
                f"daily spend and up to {beyond['times_max']:.1f} times the most it ever spent "
                f"(${campaign['observed_max_daily']:,.2f}); the estimate there is prior more "
                "than data."
            )
        bound = campaign["binding"]
        poor = typical > 0 and plan.marginal[k] < _RARE * typical
        if bound and "floor" in bound["bound"] and poor:
            lines.append(
                f"{name}: its floor buys almost nothing: ${campaign['budget']:,.2f} for "
                f"{campaign['conversions']['mean']:.1f} expected conversions; the last $1,000 "
                f"would bring {bound['shadow_price']:.1f} more elsewhere."
            )
    return [*lines, *plan.notes]


def spread(expected: Floats, counted: Floats) -> dict[str, float]:
    """Return mean and 90 % interval of sums over days and campaigns.

    Args:
        expected: (draws, days, campaigns) without count noise, for the mean.
        counted: the same with it, for the interval.
    """
    low, high = np.quantile(counted.sum((1, 2)), [0.05, 0.95])
    return {"mean": float(expected.sum((1, 2)).mean()), "p05": float(low), "p95": float(high)}


def who(constraints: Constraints, name: str) -> dict[str, str | None]:
    """Return the keys that tell a campaign apart."""
    channel = constraints.channel_of[name]
    return {"channel": channel, "campaign_type": name[len(channel) + 1 :] or None}


def name_of(entry: Mapping[str, Any]) -> str:
    """Return a row's campaign: `channel/campaign type`, or the channel."""
    kind = entry["campaign_type"]
    return str(entry["channel"]) if kind is None else f"{entry['channel']}/{kind}"


def dollars_of(cents: int) -> float:
    """Return whole cents in dollars."""
    return cents / 100
