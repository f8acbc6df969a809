"""Exports of a market in the styles of the platforms."""

from collections.abc import Callable, Sequence
from random import Random

from .export import METRICS, AdDay, Cell, Export

_ENUMS = {"Search Network": "SEARCH", "YouTube": "VIDEO", "Shopping": "SHOPPING"}
_PLAIN = ["Cost", "Impressions", "Clicks", "Conversions", "Revenue"]


def draw_exports(market: Sequence[AdDay], rng: Random) -> list[Export]:
    """Exports of all platforms, each in a random style, or one table of all.

    Args:
        market: rows of all platforms.
        rng: source of all draws.
    """
    if rng.random() < 0.2:
        return [_generic(market, rng)]
    platforms = dict.fromkeys(row.platform for row in market)
    return [
        rng.choice(STYLES[platform])([row for row in market if row.platform == platform], rng)
        for platform in platforms
    ]


def _table(
    market: Sequence[AdDay], roles: Sequence[str], headings: Sequence[str], **style: object
) -> Export:
    """An export with columns of these roles; rows of equal labels are summed."""
    platform = "" if "platform" in roles else market[0].platform
    groups: dict[tuple[Cell, ...], list[float]] = {}
    labels = [role for role in ("date", "platform", "campaign", "campaign_type") if role in roles]
    for row in market:
        meaning = {"date": row.day, **row._asdict()}
        sums = groups.setdefault(tuple(meaning[r] for r in labels), [0.0] * len(METRICS))
        for index, value in enumerate(row.values):
            sums[index] = round(sums[index] + value, 2)
    rows = []
    for key, values in groups.items():
        by_role = dict(zip(labels, key, strict=True)) | dict(zip(METRICS, values, strict=True))
        by_role["percent"] = values[2] / max(1.0, values[1])
        rows.append([by_role.get(_base(role), _constant(role)) for role in roles])
    return Export("", platform, list(roles), list(headings), rows).copy(**style)


def _base(role: str) -> str:
    return "date" if role.startswith("date") else role


def _constant(role: str) -> Cell:
    """Cell of a column that says the same in every row: `constant:USD`."""
    return role.partition(":")[2]


def _google_interface(market: Sequence[AdDay], rng: Random) -> Export:
    roles = ["date", "campaign", "campaign_type", "constant:USD", "cost", "impressions", "clicks"]
    names = ["Day", "Campaign", "Campaign type", "Currency code", "Cost", "Impr.", "Clicks", "CTR"]
    period = f"{market[0].day:%B %d, %Y} - {market[-1].day:%B %d, %Y}"
    return _table(
        market,
        [*roles, "percent", "conversions", "revenue"],
        [*names, "Conversions", "Conv. value"],
        name=rng.choice(("googleads-performance.csv", "google-campaigns.csv")),
        titles=[["Campaign report"], [period]],
        totals=rng.choice(([], ["Total: Account"], ["Total: Campaigns", "Total: Account"])),
        thousands=",",
    )


def _google_api(market: Sequence[AdDay], rng: Random) -> Export:
    roles = ["campaign", "date", "clicks", "conversions", "cost", "impressions", "revenue"]
    metrics = ("clicks", "conversions", "cost_micros", "impressions", "conversions_value")
    names = [f"metrics_{name}" for name in metrics]
    return _table(
        [row._replace(campaign_type=_ENUMS[row.campaign_type]) for row in market],
        [*roles, "campaign_type"],
        ["campaign_name", "segments_date", *names, "campaign_advertising_channel_type"],
        name="google-ads-api.csv",
        micros=True,
        conversions_decimals=1,
    )


def _google_plain(market: Sequence[AdDay], rng: Random) -> Export:
    roles = ["date", "campaign_type", *METRICS]
    name = "googleads-performance.csv"
    return _table(market, roles, ["Date", "Campaign type", *_PLAIN], name=name)


def _meta_manager(market: Sequence[AdDay], rng: Random) -> Export:
    names = ["Reporting starts", "Reporting ends", "Day", "Campaign name", "Amount spent (USD)"]
    return _table(
        market,
        ["date_start", "date_end", "date", "campaign", *METRICS],
        [*names, "Impressions", "Link clicks", "Purchases", "Purchases conversion value"],
        name=rng.choice(("metaads-performance.csv", "facebook.csv")),
        blank_zeros=True,
        conversions_decimals=rng.choice((0, 1)) if _is_whole(market) else 1,
    )


def _meta_plain(market: Sequence[AdDay], rng: Random) -> Export:
    return _table(market, ["date", *METRICS], ["Date", *_PLAIN], name="metaads-performance.csv")


def _microsoft_report(market: Sequence[AdDay], rng: Random) -> Export:
    titles = [["Report Name: Campaign performance"], ["Report Time: last 60 days"]]
    titles += [["Time Zone: Berlin"], ["Last Completed Available Day: yesterday"], []]
    names = ["Gregorian date", "Account name", "Campaign name", "Campaign type", "Currency code"]
    roles = ["date", "constant:Shop", "campaign", "campaign_type", "constant:USD"]
    return _table(
        market,
        [*roles, *METRICS],
        [*names, "Spend", *_PLAIN[1:]],
        name="microsoftads-performance.csv",
        titles=titles,
        footers=[["©2026 Microsoft Corporation. All rights reserved."]],
        date_pattern=rng.choice(("%m/%d/%Y", "%Y-%m-%d")),
    )


def _microsoft_plain(market: Sequence[AdDay], rng: Random) -> Export:
    roles = ["date", "campaign_type", *METRICS]
    name = "microsoftads-performance.csv"
    return _table(market, roles, ["Date", "Campaign type", *_PLAIN], name=name)


def _generic(market: Sequence[AdDay], rng: Random) -> Export:
    names = rng.choice((["date", "platform", "campaign"], ["Date", "Channel", "Campaign name"]))
    metrics = ["spend", "impressions", "clicks", "conversions", "conversion_value"]
    return _table(
        market,
        ["date", "platform", "campaign", *METRICS],
        [*names, *metrics],
        name=rng.choice(("all-channels.csv", "export.csv")),
    )


def _is_whole(market: Sequence[AdDay]) -> bool:
    return all(row.values[3] % 1 == 0 for row in market)


Style = Callable[[Sequence[AdDay], Random], Export]
STYLES: dict[str, tuple[Style, ...]] = {
    "google": (_google_interface, _google_api, _google_plain),
    "meta": (_meta_manager, _meta_plain),
    "microsoft": (_microsoft_report, _microsoft_plain),
}
