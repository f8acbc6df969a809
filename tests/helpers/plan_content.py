"""Content of ``plan.json``, schema version 2, made by hand for tests of what shows a plan."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

NAMES = (("google", "Search"), ("google", "Shopping"), ("meta", None), ("microsoft", "Audience"))


def spread(mean: float, width: float = 0.2) -> dict[str, float]:
    """An estimate with an interval around it."""
    return {"mean": mean, "p05": (1 - width) * mean, "p95": (1 + width) * mean}


def plan_content(
    names: Sequence[tuple[str, str | None]] = NAMES,
    days: int = 30,
    actual_days: int = 0,
    currency: str | None = "USD",
    scale: float = 1.0,
    start: str = "2024-07-01",
) -> dict[str, Any]:
    """A plan whose sums agree; the first campaign is extrapolated, the second at a floor.

    Args:
        names: channel and campaign type of each campaign.
        days: length of the flight.
        actual_days: days of it that have happened.
        currency: as in `plan.json`.
        scale: multiple of all amounts.
        start: first day.
    """
    first = date.fromisoformat(start)
    rows = [_row(k, channel, kind, scale) for k, (channel, kind) in enumerate(names)]
    listed = [_day(first, t, rows, t < actual_days, scale) for t in range(days)]
    _accumulate(listed)
    for k, row in enumerate(rows):
        _sum_up(row, [day["campaigns"][k] for day in listed], actual_days)
    total = sum(row["budget"] for row in rows)
    for row in rows:
        row["share"] = row["budget"] / total if total else 0.0
    totals = _totals(rows, total)
    spent = sum(row["spent"] for row in rows)
    last = str(first + timedelta(days - 1))
    return {
        "schema_version": 2,
        "made": {
            "markets": "512 held-out draws of the posterior, not used to make the plan",
            "as_of": listed[actual_days - 1]["date"] if actual_days else None,
        },
        "policy": "static",
        "objective": "conversions",
        "forecast_verdict": "The model forecasts totals of 14 days best, with an error of 9.8%.",
        "flight": {
            "start": start,
            "end": last,
            "days": days,
            "budget": total,
            "actual_days": actual_days,
            "spent": spent,
            "remaining": total - spent,
        },
        "currency": currency,
        "extrapolation_basis": {
            "recent": {"start": "2024-05-06", "end": "2024-06-30"},
            "seasons": [],
        },
        "constraints": {"settings": {"campaigns": {}}},
        "totals": totals,
        "channels": _channels(rows, total),
        "campaigns": rows,
        "days": listed,
        "pace": _pace(rows, listed, totals, actual_days) if actual_days else None,
        "baselines": [
            {"policy": "uniform", "conversions": 0.8 * totals["conversions"]["mean"],
             "extrapolated_share": 0.3},
            {"policy": "greedy", "conversions": 0.99 * totals["conversions"]["mean"],
             "extrapolated_share": 0.0},
        ],
        "constraint_costs": [
            {"name": "steadiness", "conversions": 9.7, "share": 0.003,
             "text": "Fewer changes from day to day cost 9.7 conversions."}
        ],
        "flags": [
            {"kind": "extrapolated", "node": _name(rows[0]), "date": None,
             "text": "beyond its dearest day"},
            {"kind": "under_delivery", "node": _name(rows[-1]), "date": listed[0]["date"],
             "text": "delivered 71% of plan for 6 days"},
        ],
        "changes": _changes(rows) if actual_days else [],
        "warnings": [f"{_name(rows[0])}: beyond its dearest day", "not read: 'notes.txt'."],
    }  # fmt: skip


def _name(row: dict[str, Any]) -> str:
    kind = row["campaign_type"]
    return row["channel"] if kind is None else f"{row['channel']}/{kind}"


def _row(k: int, channel: str, kind: str | None, scale: float) -> dict[str, Any]:
    level = round(scale * 1600 / (1 + 0.6 * k))
    return {
        "channel": channel,
        "campaign_type": kind,
        "observed_max_daily": 1.3 * level,
        "recent_max_daily": 0.5 * level if k == 0 else 1.3 * level,
        "season_max_daily": None,
        "times_recent_max": 2.3 if k == 0 else 0.9,
        "extrapolated": k == 0,
        "extrapolated_share": 0.5 if k == 0 else 0.0,
        "days_without_spend": 1,
        "restart": False,
        "restart_reason": None,
        "extrapolation": None,
        "binding": {"bound": "campaign floor", "shadow_price": 8.93} if k == 1 else None,
        "live": round(level * (0.4 + 0.35 * (k % 4)), 2),
        "today": level,
        "ramp": None if k else {"up": 0.2, "down": 0.3, "least": 20.0, "yielded": True},
        "level_change_most": 0.2,
    }


def _day(
    first: date, t: int, rows: list[dict[str, Any]], actual: bool, scale: float
) -> dict[str, Any]:
    day, campaigns = first + timedelta(t), []
    for k, row in enumerate(rows):
        planned = row["today"] - (round(0.15 * row["today"]) if day.weekday() >= 5 else 0)
        budget = round((0.71 if k == len(rows) - 1 else 1.02) * planned) if actual else planned
        conversions = budget / (40 + 3 * k) / (scale or 1.0)
        campaigns.append({
            "channel": row["channel"],
            "campaign_type": row["campaign_type"],
            "budget": budget,
            "planned": planned if actual else None,
            "conversions": spread(conversions, 0 if actual else 0.5),
            "extrapolated": k == 0,
            "actual": {"spend": budget, "conversions": conversions, "revenue": 200 * conversions}
            if actual else None,
        })  # fmt: skip
    conversions = sum(row["conversions"]["mean"] for row in campaigns)
    return {
        "date": str(day),
        "status": "actual" if actual else "planned",
        "budget": sum(row["budget"] for row in campaigns),
        "conversions": spread(conversions, 0 if actual else 0.35),
        "revenue": spread(200 * scale * conversions, 0 if actual else 0.4),
        "campaigns": campaigns,
    }


def _accumulate(days: list[dict[str, Any]]) -> None:
    budget = conversions = uncertain = 0.0
    for day in days:
        budget += day["budget"]
        conversions += day["conversions"]["mean"]
        uncertain += day["conversions"]["mean"] * (day["status"] == "planned")
        width = 0.16 * uncertain / conversions if conversions else 0.0
        day["cumulative"] = {
            "budget": budget,
            "conversions": spread(conversions, width),
            "revenue": spread(200 * conversions, width),
        }


def _sum_up(row: dict[str, Any], days: list[dict[str, Any]], actual_days: int) -> None:
    row["budget"] = sum(day["budget"] for day in days)
    row["spent"] = sum(day["budget"] for day in days[:actual_days])
    row["planned_rest"] = row["budget"] - row["spent"]
    row["conversions"] = spread(sum(day["conversions"]["mean"] for day in days), 0.25)
    if actual_days == len(days):
        row["today"] = None


def _totals(rows: list[dict[str, Any]], total: float) -> dict[str, Any]:
    conversions = sum(row["conversions"]["mean"] for row in rows)
    beyond = sum(row["extrapolated_share"] * row["budget"] for row in rows)
    return {
        "budget": total,
        "spent": sum(row["spent"] for row in rows),
        "planned_rest": sum(row["planned_rest"] for row in rows),
        "extrapolated_share": beyond / total if total else 0.0,
        "conversions": spread(conversions, 0.16),
        "revenue": spread(4 * total, 0.18),
        "roas": 4.0 if total else None,
        "cpa": total / conversions if conversions else None,
        "bae": 3.0 if total else None,
    }


def _channels(rows: list[dict[str, Any]], total: float) -> list[dict[str, Any]]:
    channels = []
    for name in dict.fromkeys(row["channel"] for row in rows):
        own = [row for row in rows if row["channel"] == name]
        budget = sum(row["budget"] for row in own)
        channels.append({
            "channel": name,
            "budget": budget,
            "spent": sum(row["spent"] for row in own),
            "planned_rest": sum(row["planned_rest"] for row in own),
            "share": budget / total if total else 0.0,
            "extrapolated_share": 0.5 if own[0]["extrapolated"] else 0.0,
            "conversions": spread(sum(row["conversions"]["mean"] for row in own)),
        })  # fmt: skip
    return channels


def _pace(
    rows: list[dict[str, Any]], days: list[dict[str, Any]], totals: dict[str, Any], n: int
) -> dict[str, Any]:
    own = []
    for k, row in enumerate(rows):
        planned = sum(day["campaigns"][k]["planned"] for day in days[:n])
        own.append({
            "channel": row["channel"],
            "campaign_type": row["campaign_type"],
            "spent": row["spent"],
            "planned": planned,
            "ratio": row["spent"] / planned if planned else None,
            "status": "under" if planned and row["spent"] < 0.8 * planned else "on_pace",
        })  # fmt: skip
    planned = sum(row["planned"] for row in own)
    return {
        "as_of": days[n - 1]["date"],
        "spent": totals["spent"],
        "planned_by_now": planned,
        "ratio": totals["spent"] / planned if planned else None,
        "status": "on_pace",
        "band": {"low": 0.8, "high": 1.2},
        "projected_end": {"budget": totals["budget"], "conversions": totals["conversions"]},
        "campaigns": own,
    }


def _changes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "channel": row["channel"],
            "campaign_type": row["campaign_type"],
            "from": row["live"],
            "to": row["today"] or 0.0,
            "share": (row["today"] or 0.0) / row["live"] - 1 if row["live"] else None,
            "adopted": k % 2 == 0,
            "reason": f"conversions per dollar {10 + k}% under what was expected",
        }
        for k, row in enumerate(rows)
    ]
