"""The plan in the open Media Plan standard (mediaplanschema, version 3.0)."""

import json
from typing import Any

from ...data.formats import CODES
from ...data.names import short_ids
from ...data.storage import digest
from .view import Campaign, View, decimal_text

STANDARD = "3.0"  # version of the standard
_VEHICLES = {
    "google": "Google",
    "meta": "Meta",
    "microsoft": "Microsoft",
    "tiktok": "TikTok",
    "linkedin": "LinkedIn",
    "pinterest": "Pinterest",
    "reddit": "Reddit",
    "snapchat": "Snapchat",
    "amazon": "Amazon",
    "youtube": "YouTube",
    "x": "X",
}  # by channel, where the standard's name is written otherwise
_CUSTOM = {
    "metric_custom1": "Conversions, 5 % quantile",
    "metric_custom2": "Conversions, 95 % quantile",
}


def media_plan_json(view: View) -> bytes:
    """One line item per campaign over the flight; its days stand in ``custom_properties``."""
    content = {
        "meta": _meta(view),
        "campaign": _campaign(view),
        "lineitems": [_lineitem(view, k) for k in range(len(view.campaigns))],
        "dictionary": {
            "custom_metrics": {
                key: {"status": "enabled", "caption": caption} for key, caption in _CUSTOM.items()
            }
        },
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def _meta(view: View) -> dict[str, Any]:
    made = view.content.get("made") or {}
    comments = [
        f"Policy: {view.content['policy']}; objective: {view.content['objective']}.",
        "Expected conversions are estimates with a 90 % interval.",
        f"Estimated on {made['markets']}." if made.get("markets") else "",
        "" if _code(view) else "The currency of the exports is not known as a code of ISO 4217.",
    ]
    return {
        "id": f"mediagym-{digest(view.content)}",
        "schema_version": STANDARD,
        "name": f"Media plan {view.start} to {view.end}",
        "created_by_name": "MediaGym",
        # no clock, so that equal plans make equal files
        "created_at": f"{view.as_of or view.start}T00:00:00Z",
        "comments": " ".join(filter(None, comments)),
        "is_current": True,
        "is_archived": False,
        "custom_properties": {"warnings": list(view.content.get("warnings", []))},
    }


def _campaign(view: View) -> dict[str, Any]:
    totals = view.content["totals"]
    return {
        "id": f"flight-{view.start}",
        "name": f"Flight {view.start} to {view.end}",
        "objective": str(view.content["objective"]),
        "start_date": view.start.isoformat(),
        "end_date": view.end.isoformat(),
        **_currency(view, "budget_currency"),
        "budget_total": _number(view.cents),
        "kpi_name1": "metric_conversions",
        "kpi_value1": float(totals["conversions"]["mean"]),
    }


def _lineitem(view: View, k: int) -> dict[str, Any]:
    campaign = view.campaigns[k]
    conversions = campaign.row["conversions"]
    (short,) = short_ids([campaign.name])
    return {
        "id": short,
        "name": campaign.name,
        "start_date": view.start.isoformat(),
        "end_date": view.end.isoformat(),
        "channel": "Digital",
        **_place(campaign),
        "kpi": "Conversions",
        "kpi_value": float(conversions["mean"]),
        "buy_type": "Auction",
        **_currency(view, "cost_currency"),
        "cost_total": _number(campaign.cents),
        "cost_media": _number(campaign.cents),
        "metric_conversions": float(conversions["mean"]),
        "metric_max_daily_spend": _number(max(day.cells[k].cents for day in view.days)),
        "metric_custom1": float(conversions["p05"]),
        "metric_custom2": float(conversions["p95"]),
        "custom_properties": {
            "days": [
                {
                    "date": day.date.isoformat(),
                    "status": day.status,
                    "cost_total": _number(day.cells[k].cents),
                }
                for day in view.days
            ]
        },
    }


def _place(campaign: Campaign) -> dict[str, str]:
    vehicle = _VEHICLES.get(campaign.channel.casefold(), campaign.channel)
    product = {"media_product": campaign.kind} if campaign.kind is not None else {}
    return {"vehicle": vehicle, **product}


def _currency(view: View, key: str) -> dict[str, str]:
    """The currency under a key; empty if only a sign is known that several currencies share."""
    code = _code(view)
    return {key: code} if code else {}


def _code(view: View) -> str | None:
    return view.currency if view.currency in CODES else None


def _number(cents: int) -> int | float:
    """An amount as a JSON number."""
    text = decimal_text(cents, has_minor_unit=False)
    return float(text) if "." in text else int(text)
