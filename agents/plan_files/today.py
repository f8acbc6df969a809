"""``today.csv``: which daily budgets to enter now, and what they may cost at worst."""

from ...data.errors import ConfigError
from .csv_files import csv_bytes, escaped
from .platforms import platform_of, worst_case
from .view import Campaign, Day, View

TODAY = (
    "date",
    "platform",
    "channel",
    "campaign_type",
    "action",
    "live_budget",
    "new_daily_budget",
    "change",
    "change_share",
    "worst_case_day",
    "worst_case_period",
    "period",
    "rule",
)


def day_to_enter(view: View) -> Day:
    """The day whose budgets are to be entered now.

    Raises:
        ConfigError: every day of the flight has passed.
    """
    day = view.next_day
    if day is None:
        raise ConfigError(
            f"export: budgets to enter were asked for, but the flight ended on {view.end}. Allowed:"
            " today_csv and google_ads_editor while days are left. To fix: take them out of export"
        )
    return day


def action_of(today: int, live: int | None) -> str:
    """What to do with a campaign: set, start, pause, raise, lower or keep.

    Args:
        today: daily budget to set, cents.
        live: daily budget until now, cents; None: not known.
    """
    if today == 0:
        return "keep" if live == 0 else "pause"
    if live is None:
        return "set"
    if live == 0:
        return "start"
    if today == live:
        return "keep"
    return "raise" if today > live else "lower"


def today_csv(view: View) -> bytes:
    """One row per campaign.

    Raises:
        ConfigError: every day of the flight has passed.
    """
    day = day_to_enter(view)
    return csv_bytes(TODAY, [_row(view, day, campaign) for campaign in view.campaigns])


def _row(view: View, day: Day, campaign: Campaign) -> list[str]:
    today, live = campaign.today or 0, campaign.live
    worst = worst_case(campaign.channel, today, live, day.date)
    change = None if live is None else today - live
    return [
        day.date.isoformat(),
        platform_of(campaign.channel) or "unknown",
        escaped(campaign.channel),
        escaped(campaign.kind or ""),
        action_of(today, live),
        _amount(view, live),
        view.plain(today),
        _amount(view, change),
        f"{change / live:.4f}" if live and change is not None else "",
        _amount(view, worst.day),
        _amount(view, worst.period),
        worst.period_name,
        worst.rule,
    ]


def _amount(view: View, cents: int | None) -> str:
    return "" if cents is None else view.plain(cents)
