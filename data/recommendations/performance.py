"""Recommendations from what happened and changed: `insights.json`."""

import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from ..display import shortened
from ..formats import long_day, money, share

_RECENT = 56  # days in which a change is still news
_CLAIMS = 0.6  # conversions credited by journeys per claimed one, below which claims are doubtful
_CERTAIN = 1.645  # standard deviations of the upper end of a 90 % interval
_WASTE = 0.005  # share of the spend from which spend without a conversion is mentioned
_MOST = 6  # recommendations of a page


def performance_recommendations(document: Mapping[str, Any]) -> list[str]:
    """Return sentences on what to do, the most urgent first, at most six.

    Args:
        document: content of `insights.json`.
    """
    parts = (_anomalies, _falls, _without_result, _rises, _claims)
    return [line for part in parts for line in part(document)][:_MOST]


def _recent(document: Mapping[str, Any], day: str) -> bool:
    last = date.fromisoformat(document["period"][1])
    return date.fromisoformat(day) > last - timedelta(days=_RECENT)


def _falls(document: Mapping[str, Any]) -> Iterator[str]:
    """Campaigns that bring less than their spend lets expect."""
    for change in document["changed"]["changes"]:
        if change["ratio"] < 1:
            lately = _drift_of(document, change["campaign"])
            if lately is not None and lately["low"] > 1:
                continue  # it has recovered since
            yield (
                f"Find out what happened to {shortened(change['campaign'])} about "
                f"{long_day(change['day'])}: since then the same spend brings "
                f"{share(1 - change['ratio'])} fewer conversions. Check its tracking, its ads and "
                "its bids before it gets more money."
            )
    changed = {change["campaign"] for change in document["changed"]["changes"]}
    for drift in document["changed"]["drifts"]:
        if drift["high"] < 1 and drift["campaign"] not in changed:
            yield (
                f"Look at {shortened(drift['campaign'])}: in the last four weeks the same spend "
                f"brought {share(1 - drift['ratio'])} fewer conversions than in the eight before "
                f"({share(1 - drift['high'])} to {share(1 - drift['low'])} fewer)."
            )


def _drift_of(document: Mapping[str, Any], campaign: str) -> Mapping[str, Any] | None:
    drifts: list[Mapping[str, Any]] = document["changed"]["drifts"]
    return next((drift for drift in drifts if drift["campaign"] == campaign), None)


def _rises(document: Mapping[str, Any]) -> Iterator[str]:
    """Campaigns that bring more than before; a new plan knows it."""
    for change in document["changed"]["changes"]:
        if change["ratio"] > 1 and _recent(document, change["day"]):
            yield (
                f"Plan anew with these exports: since about {long_day(change['day'])} "
                f"{shortened(change['campaign'])} brings {share(change['ratio'] - 1)} more "
                "conversions at the same spend, and an older plan does not know it."
            )


def _anomalies(document: Mapping[str, Any]) -> Iterator[str]:
    """Recent days that do not fit."""
    for anomaly in document["changed"]["anomalies"]:
        if _recent(document, anomaly["last"]):
            days = long_day(anomaly["first"])
            if anomaly["last"] != anomaly["first"]:
                days += f" to {long_day(anomaly['last'])}"
            yield f"Check {shortened(anomaly['campaign'])} on {days}: {anomaly['reason']}"


def _without_result(document: Mapping[str, Any]) -> Iterator[str]:
    """Campaigns that spent a share of the money and brought nothing."""
    total = document["happened"]["totals"]["spend"]
    for name, entry in document["happened"]["campaigns"].items():
        if not entry["conversions"] and entry["spend"] > _WASTE * total:
            yield (
                f"Check the tracking of {shortened(name)}, or stop it: "
                f"{money(entry['spend'], document['currency'], 0)} brought no conversion."
            )


def _claims(document: Mapping[str, Any]) -> Iterator[str]:
    """Campaigns whose platform claims clearly more than journeys show."""
    attribution = document["attribution"]
    ratios = attribution and attribution["ratios"]
    if not ratios:
        return
    doubtful = [
        name
        for name, entry in ratios["campaigns"].items()
        if entry["platform"] > 0 and entry["ratio"] * math.exp(_CERTAIN * entry["log_sd"]) < _CLAIMS
    ]
    if doubtful:
        first = max(doubtful, key=lambda name: ratios["campaigns"][name]["platform"])
        entry = ratios["campaigns"][first]
        yield (
            f"Test {shortened(first)} before you rely on its numbers: the site's journeys credit "
            f"{entry['ratio']:.2f} conversions for each that its platform claims. A lift test "
            "tells which is right."
        )
