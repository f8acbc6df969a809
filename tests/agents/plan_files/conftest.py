"""Plans made by hand: content of plan.json, schema version 2, of any size and currency."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

NAMES = (("google", "Search"), ("google", "YouTube"), ("meta", None), ("microsoft", "Shopping"))
HOSTILE = (
    ("google", '=cmd|"/C calc"!A0'),
    ("google", "+1+1"),
    ("google", "-2"),
    ("google", "@SUM(A1)"),
    ("google", "\t=1"),
    ("google", "'=quoted"),
    ("google", 'a,b\nc;"d"'),
    ("=channel", None),
    ("meta", "{=1+1}"),
    ("meta", "https://example.com"),
    ("meta", "007"),
    ("meta", "検索広告 검색 בדיקה поиск"),
    ("meta", "x" * 900),
)


def interval(mean: float) -> dict[str, float]:
    return {"mean": mean, "p05": 0.8 * mean, "p95": 1.25 * mean}


def plan_content(
    names: tuple[tuple[str, str | None], ...] = NAMES,
    days: int = 30,
    actual: int = 0,
    currency: str | None = "USD",
    revenue: bool = True,
    scale: int = 1,
) -> dict[str, Any]:
    """Content of a plan; amounts differ by day and campaign, and all sums agree in cents.

    Args:
        names: channel and campaign type of each campaign.
        days: of the flight, from 2024-07-10.
        actual: days that have passed.
        currency: code or sign.
        revenue: whether revenue is reported.
        scale: factor of all amounts.
    """
    start = datetime.date(2024, 7, 10)
    cents = [
        [100 * scale * (50 + 37 * k % 90 + t) + (0 if currency == "JPY" else 7 * k + t)
         for k in range(len(names))]
        for t in range(days)
    ]  # fmt: skip
    day_rows, so_far = [], 0.0
    for t, row in enumerate(cents):
        passed, total = t < actual, sum(row) / 5000 / scale
        so_far += total
        day_rows.append(
            {
                "date": str(start + datetime.timedelta(t)),
                "status": "actual" if passed else "planned",
                "budget": sum(row) / 100,
                "conversions": interval(total),
                "revenue": interval(100 * total) if revenue else None,
                "cumulative": {
                    "budget": sum(map(sum, cents[: t + 1])) / 100,
                    "conversions": interval(so_far),
                    "revenue": interval(100 * so_far) if revenue else None,
                },
                "campaigns": [
                    {
                        "channel": channel,
                        "campaign_type": kind,
                        "budget": row[k] / 100,
                        "planned": (row[k] + 100) / 100 if passed else None,
                        "conversions": interval(row[k] / 5000 / scale),
                        "extrapolated": k == 0,
                        "actual": {
                            "spend": row[k] / 100,
                            "conversions": 3.0,
                            "revenue": 300.0 if revenue else None,
                        }
                        if passed
                        else None,
                    }
                    for k, (channel, kind) in enumerate(names)
                ],
            }
        )
    total = sum(map(sum, cents))
    sums = [sum(row[k] for row in cents) for k in range(len(names))]
    campaigns = [
        {
            "channel": channel,
            "campaign_type": kind,
            "budget": sums[k] / 100,
            "share": sums[k] / total,
            "conversions": interval(sums[k] / 5000 / scale),
            "extrapolated": k == 0,
            "extrapolated_share": 0.1 if k == 0 else 0.0,
            "times_recent_max": 1.5,
            "restart": k == 1,
            "binding": {"bound": "campaign floor", "shadow_price": 1.0} if k == 2 else None,
            "spent": sum(row[k] for row in cents[:actual]) / 100,
            "planned_rest": sum(row[k] for row in cents[actual:]) / 100,
            "live": (0 if k == 1 else 60 + k) * scale / 1,
            "today": cents[actual][k] / 100 if actual < days else None,
            "ramp": {"up": 0.25, "down": 0.25, "least": 20.0, "yielded": False},
            "level_change_most": 0.05,
        }
        for k, (channel, kind) in enumerate(names)
    ]
    channels = list(dict.fromkeys(channel for channel, _ in names))
    by_channel = {
        channel: sum(sums[k] for k, (other, _) in enumerate(names) if other == channel)
        for channel in channels
    }
    spent = sum(map(sum, cents[:actual]))
    return {
        "schema_version": 2,
        "policy": "static",
        "objective": "conversions",
        "made": {"markets": "512 draws", "as_of": "2024-07-09" if not actual else
                 str(start + datetime.timedelta(actual - 1))},
        "forecast_verdict": "The model forecasts best.",
        "currency": currency,
        "flight": {
            "start": str(start),
            "end": str(start + datetime.timedelta(days - 1)),
            "days": days,
            "budget": total / 100,
            "actual_days": actual,
            "spent": spent / 100,
            "remaining": (total - spent) / 100,
        },
        "totals": {
            "budget": total / 100,
            "extrapolated_share": 0.05,
            "conversions": interval(so_far),
            "revenue": interval(100 * so_far) if revenue else None,
            "roas": 100 * so_far / total * 100 if revenue else None,
            "cpa": total / 100 / so_far,
        },
        "channels": [
            {
                "channel": channel,
                "budget": by_channel[channel] / 100,
                "share": by_channel[channel] / total,
                "conversions": interval(by_channel[channel] / 5000 / scale),
            }
            for channel in channels
        ],
        "campaigns": campaigns,
        "days": day_rows,
        "baselines": [{"policy": "historical", "conversions": 90.0}],
        "constraint_costs": [{"name": "ramp", "conversions": 4.0, "share": 0.01, "text": "Small."}],
        "flags": [{"kind": "floor", "node": "meta", "date": None, "text": "Its floor binds."}],
        "changes": [],
        "pace": None,
        "warnings": ["WARNING: something."],
    }  # fmt: skip


@pytest.fixture(scope="session")
def plan() -> Callable[..., dict[str, Any]]:
    """`plan_content`, for tests."""
    return plan_content


@pytest.fixture(scope="session")
def hostile() -> tuple[tuple[str, str | None], ...]:
    """Names of campaigns that a spreadsheet might run."""
    return HOSTILE
