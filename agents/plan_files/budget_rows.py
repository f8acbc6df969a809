"""Rows of a table of budgets by channel and campaign that fits a given number of lines."""

from typing import NamedTuple

from .view import Estimate, View

_CHANNELS = 6  # named channels in a table, at most


class BudgetRow(NamedTuple):
    """A channel, a campaign, or what several of them have together."""

    label: str
    is_channel: bool
    cents: int
    conversions: float | None  # expected
    interval: Estimate | None  # None for several together: quantiles do not sum


def budget_rows(view: View, most: int) -> list[BudgetRow]:
    """Channels with their campaigns below them, all by budget; small ones together as others.

    The rows of a channel's campaigns sum to the channel's, and those of the channels to the plan's.

    Args:
        view: the plan.
        most: rows, at least 2 * `_CHANNELS` + 1; more are never returned.
    """
    channels = view.channels
    budgets = {name: sum(view.campaigns[k].cents for k in ks) for name, ks in channels.items()}
    order = sorted(channels, key=lambda name: -budgets[name])  # stable
    kept = order if len(order) <= _CHANNELS else order[: _CHANNELS - 1]
    typed = {name: [k for k in channels[name] if view.campaigns[k].kind] for name in kept}
    shown = _chosen(view, typed, most - len(kept) - (len(order) > len(kept)))
    estimates = {row["channel"]: row["conversions"] for row in view.content["channels"]}
    rows: list[BudgetRow] = []
    for name in kept:
        estimate = Estimate.of(estimates[name])
        mean = None if estimate is None else estimate.mean
        rows.append(BudgetRow(name, True, budgets[name], mean, estimate))
        rows += [_campaign(view, k) for k in shown[name]]
        rest = [k for k in typed[name] if k not in shown[name]]
        if rest:
            rows.append(_others(view, rest, f"{len(rest)} others", False))
    left = [k for name in order if name not in kept for k in channels[name]]
    if left:
        label = f"{len(order) - len(kept)} other channels"
        rows.append(_others(view, left, label, True))
    return rows


def _chosen(view: View, typed: dict[str, list[int]], room: int) -> dict[str, list[int]]:
    """Campaigns that get a row of their own, by channel, the largest budgets first."""
    ordered = {
        name: sorted(members, key=lambda k: -view.campaigns[k].cents)
        for name, members in typed.items()
    }
    if sum(map(len, ordered.values())) <= room:
        return ordered
    room -= sum(1 for members in ordered.values() if members)  # a row of others in each
    best = sorted(
        (k for members in ordered.values() for k in members),
        key=lambda k: -view.campaigns[k].cents,
    )[: max(room, 0)]
    return {name: [k for k in members if k in best] for name, members in ordered.items()}


def _campaign(view: View, k: int) -> BudgetRow:
    campaign = view.campaigns[k]
    estimate = Estimate.of(campaign.row["conversions"])
    mean = None if estimate is None else estimate.mean
    return BudgetRow(campaign.kind or campaign.name, False, campaign.cents, mean, estimate)


def _others(view: View, members: list[int], label: str, is_channel: bool) -> BudgetRow:
    estimates = [Estimate.of(view.campaigns[k].row["conversions"]) for k in members]
    known = [estimate.mean for estimate in estimates if estimate]
    cents = sum(view.campaigns[k].cents for k in members)
    mean = sum(known) if len(known) == len(members) else None
    return BudgetRow(label, is_channel, cents, mean, None)
