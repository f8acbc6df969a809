"""Amounts, counts, shares and dates as text."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from .currency import decimals_of, money

NOTHING = "–"  # in place of a null
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_WHOLE = 100  # units of the currency, or conversions, from which decimals are left out
_TIMES = 3  # ratio from which a change is written as a multiple, not in percent


class Currency(NamedTuple):
    """Amounts in the currency of a plan; None: no export names it."""

    code: str | None

    def exact(self, amount: float | None) -> str:
        """An amount with the decimals of its currency, as it is to be entered."""
        return NOTHING if amount is None else money(amount, self.code)

    def whole(self, amount: float | None) -> str:
        """An amount without decimals from 100 units on, and zero."""
        if amount is None:
            return NOTHING
        return money(amount, self.code, 0 if abs(amount) >= _WHOLE or not amount else None)

    def signed(self, amount: float | None) -> str:
        """A difference of amounts, with its sign."""
        if amount is None:
            return NOTHING
        return f"{'+' if amount > 0 else ''}{self.exact(amount)}"

    def short(self, amount: float) -> str:
        """An amount for an axis: $250, $2.5k, ¥1.2m."""
        for size, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
            if abs(amount) >= size:
                number = amount / size
                decimals = 0 if number == int(number) else 1 if number * 10 % 1 < 1e-9 else 2
                return money(number, self.code, decimals) + letter
        return money(amount, self.code, None if amount % 1 else 0)

    @property
    def lot(self) -> float:
        """Amount whose return is given: 1,000 units of most currencies, 100,000 of yen."""
        return 1e3 if decimals_of(self.code) else 1e5


def count(value: float | None) -> str:
    """Conversions: whole from 10 on, else with one decimal at most."""
    if value is None:
        return NOTHING
    if abs(value) >= 10 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0")


def rate(value: float | None) -> str:
    """Conversions per day or the like: as `count` from 10 on, else with two digits."""
    return count(value) if value is None or abs(value) >= 10 else f"{float(f'{value:.1e}'):g}"


def interval(spread: Mapping[str, float | None] | None) -> str:
    """The 90 % interval of an estimate of conversions, `146 to 373`."""
    if spread is None or spread["p05"] is None:
        return NOTHING
    return f"{count(spread['p05'])} to {count(spread['p95'])}"


def share(value: float | None) -> str:
    """A share in percent; small ones keep a decimal, those below 0.1 % two."""
    if value is None:
        return NOTHING
    if 0 < value < 0.001:
        return f"{value:.2%}"
    return f"{value:.0%}" if value >= 0.1 or value == 0 else f"{value:.1%}"


def change(before: float | None, after: float | None) -> str:
    """A change in words: `+24%`, `6.4 times`, `starts`, `stops`, `as it is`."""
    if before is None or after is None:
        return NOTHING
    if abs(after - before) < 0.005:  # less than a cent
        return "as it is"
    if before == 0 or after == 0:
        return "starts" if before == 0 else "stops"
    if after >= _TIMES * before:
        return f"{after / before:,.1f} times"
    return signed(after / before - 1)


def signed(value: float | None) -> str:
    """A relative change in percent, with its sign."""
    if value is None:
        return NOTHING
    return f"{value:+.1%}" if 0 < abs(value) < 0.1 else f"{value:+.0%}"


def duration(seconds: float) -> str:
    """A time to wait: `40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def moment(when: datetime) -> str:
    """`1 Jul 2024, 14:05 UTC` of an aware time."""
    when = when.astimezone(UTC)
    return f"{long_day(when.date().isoformat())}, {when:%H:%M} UTC"


def day_of(iso: str) -> str:
    """`Mon 1 Jul`."""
    day = date.fromisoformat(iso)
    return f"{_WEEKDAYS[day.weekday()]} {short_day(iso)}"


def short_day(iso: str) -> str:
    """`1 Jul`."""
    day = date.fromisoformat(iso)
    return f"{day.day} {_MONTHS[day.month - 1]}"


def long_day(iso: str) -> str:
    """`1 Jul 2024`."""
    return f"{short_day(iso)} {iso[:4]}"


def span(first: str, last: str, year: bool = False) -> str:
    """`1 to 7 Jul`, `29 Jul to 4 Aug`, with years if asked for or if they differ."""
    if first == last:
        return long_day(first) if year else short_day(first)
    if first[:4] != last[:4]:
        return f"{long_day(first)} to {long_day(last)}"
    start = str(int(first[8:])) if first[:7] == last[:7] else short_day(first)
    return f"{start} to {long_day(last) if year else short_day(last)}"


def month_of(iso: str) -> str:
    """`Jul 2024`."""
    return f"{_MONTHS[int(iso[5:7]) - 1]} {iso[:4]}"


def name_of(row: Mapping[str, Any]) -> str:
    """Name of a campaign: `channel/campaign type`, or the channel."""
    kind = row["campaign_type"]
    return str(row["channel"]) if kind is None else f"{row['channel']}/{kind}"
