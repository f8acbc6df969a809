"""What a daily budget may cost at worst, by the published rules of the platforms.

Budgets are targets: a platform may spend more than the daily budget on a day and makes up for it
within a longer period. The factors are those of the platforms' help pages.
"""

import calendar
import datetime
import re
from typing import NamedTuple

_NAMES = {
    "google": "google",
    "googleads": "google",
    "adwords": "google",
    "youtube": "google",
    "meta": "meta",
    "metaads": "meta",
    "facebook": "meta",
    "facebookads": "meta",
    "instagram": "meta",
    "microsoft": "microsoft",
    "microsoftads": "microsoft",
    "microsoftadvertising": "microsoft",
    "bing": "microsoft",
    "bingads": "microsoft",
}  # by the letters of a channel's name
_GOOGLE_DAY, _META_DAY, _MICROSOFT_DAY = 2, 1.75, 2  # times the daily budget
_GOOGLE_MONTH = 30.4  # daily budgets, if nothing is changed within the month
_META_WEEK = 7  # daily budgets


class WorstCase(NamedTuple):
    """The most that a daily budget may cost."""

    day: int | None  # cents on the day of the change; None: not known
    period: int | None  # cents within the period; None: not known
    period_name: str  # the period, with its last day where it has one; empty: not known
    rule: str  # one sentence


def platform_of(channel: str) -> str | None:
    """Platform whose rules hold for a channel: google, meta or microsoft; None: not known."""
    return _NAMES.get(re.sub(r"[^a-z]", "", channel.casefold()))


def worst_case(channel: str, today: int, live: int | None, date: datetime.date) -> WorstCase:
    """The most that a new daily budget may cost on its first day and within its period.

    Args:
        channel: name of the channel.
        today: new daily budget, cents.
        live: daily budget until now, cents; None: not known.
        date: day of the change.
    """
    platform = platform_of(channel)
    length = calendar.monthrange(date.year, date.month)[1]
    last = date.replace(day=length)
    if platform == "google":
        return _google(today, live, date, last)
    if platform == "meta":
        return WorstCase(
            round(_META_DAY * today),
            _META_WEEK * today,
            "a week",
            "Meta: a day may cost 75 % more than the daily budget, a week never more than 7 times "
            "that (older documentation says 25 % for a day).",
        )
    if platform == "microsoft":
        return WorstCase(
            _MICROSOFT_DAY * today,
            length * today,
            f"the month to {last}",
            "Microsoft: the daily budget is a target; a day may cost up to twice as much, a month "
            "the daily budget times its days.",
        )
    return WorstCase(
        None, None, "", "No published rule is known here: look up what this platform may overspend."
    )


def _google(today: int, live: int | None, date: datetime.date, last: datetime.date) -> WorstCase:
    day = _GOOGLE_DAY * max(today, live or 0)
    rule = (
        "Google: a day may cost up to twice the highest daily budget that was set on it, a month "
        "never more than 30.4 daily budgets"
    )
    if date.day == 1:
        return WorstCase(day, round(_GOOGLE_MONTH * today), f"the month to {last}", f"{rule}.")
    left = (last - date).days + 1
    period = f"the rest of the month to {last}"
    return WorstCase(
        day,
        left * today,
        period,
        f"{rule}; after a change within the month, what it has cost so far and the new budget "
        "times the days left.",
    )
