"""What a reader of a plan's files reads first: totals, actions, extrapolation and notes."""

import datetime
from typing import Any, NamedTuple

from ...data.display import shortened
from ...data.errors import without_settings
from .today import action_of
from .view import Campaign, Day, Estimate, Money, Share, View, as_cents

_VERBS = {
    "raise": "Raise to {today} (now {live}): {name}",
    "lower": "Lower to {today} (now {live}): {name}",
    "start": "Start with {today}: {name}",
    "pause": "Pause (now {live}): {name}",
    "set": "Set to {today}: {name}",
}
_WEEKS, _MONTHS = 8, 12  # rows of a table by period, at most
_NAME = 28  # characters of a name in a sentence


class Period(NamedTuple):
    """Days of a flight that lie in one week or month."""

    first: datetime.date
    last: datetime.date
    days: int
    actual_days: int
    cents: int
    conversions: float | None  # expected; reported on days that have passed
    cumulative: Estimate | None  # conversions from the first day of the flight to the last of these


def totals(view: View) -> list[tuple[str, Any]]:
    """Labels and values of the plan's head figures; `Money`, `Share`, numbers and texts."""
    content, rows = view.content, view.content["totals"]
    conversions, revenue = Estimate.of(rows["conversions"]), Estimate.of(rows["revenue"])
    lines: list[tuple[str, Any]] = [
        ("Budget", Money(view.cents)),
        ("Policy", str(content["policy"])),
        ("Objective", str(content["objective"])),
    ]
    if conversions:
        lines += zip(
            ("Expected conversions", "Conversions, 5 %", "Conversions, 95 %"),
            conversions,
            strict=True,
        )
    if revenue:
        labels = ("Expected revenue", "Revenue, 5 %", "Revenue, 95 %")
        lines += zip(labels, (_money(value) for value in revenue), strict=True)
    if rows.get("cpa") is not None:
        lines.append(("Cost per conversion", _money(rows["cpa"])))
    if revenue and rows.get("roas") is not None:
        lines.append(("Return on ad spend", float(rows["roas"])))
    lines.append(("Extrapolated share", Share(float(rows["extrapolated_share"]))))
    flight, made = content["flight"], content.get("made") or {}
    if flight.get("actual_days"):
        lines.append(("Days that have passed", int(flight["actual_days"])))
        spent, rest = as_cents(flight.get("spent")), as_cents(flight.get("remaining"))
        lines += [("Spent", Money(spent))] if spent is not None else []
        lines += [("Remaining", Money(rest))] if rest is not None else []
    lines += [("Reports until", view.as_of)] if view.as_of else []
    lines += [("Estimated on", str(made["markets"]))] if made.get("markets") else []
    return lines


def _money(amount: float) -> Money:
    return Money(round(100 * amount))


def actions(view: View, most: int) -> list[str]:
    """Daily budgets to enter now, the largest changes first.

    Args:
        view: the plan.
        most: lines, without one that counts the rest.
    """
    day = view.next_day
    if day is None:
        return [f"Nothing: the flight ended on {view.end}."]
    moves = [
        (abs((campaign.today or 0) - (campaign.live or 0)), campaign) for campaign in view.campaigns
    ]
    moves.sort(key=lambda move: -move[0])  # stable
    lines = [line for _, campaign in moves if (line := _action(view, campaign))]
    if not lines:
        return [f"Keep all daily budgets as they are on {day.date}."]
    more = len(lines) - most
    return lines if more <= 0 else [*lines[:most], f"and {more} more"]


def _action(view: View, campaign: Campaign) -> str | None:
    today = campaign.today or 0
    verb = _VERBS.get(action_of(today, campaign.live))
    if verb is None or (today == 0 and campaign.live is None):
        return None
    return verb.format(
        name=shortened(campaign.name, _NAME),
        live=view.money(campaign.live or 0),
        today=view.money(today),
    )


def extrapolated(view: View, most: int) -> list[str]:
    """Which campaigns' estimates are extrapolated or restart; the largest budgets first."""
    share = float(view.content["totals"]["extrapolated_share"])
    if share == 0 and not any(campaign.row.get("restart") for campaign in view.campaigns):
        return ["Nothing: no day is planned above the range of recent spend."]
    lines = [f"{share:.1%} of the budget is above the range of recent spend."]
    marked = [one for one in view.campaigns if one.row.get("extrapolated") or one.row["restart"]]
    marked.sort(key=lambda campaign: -campaign.cents)
    for campaign in marked[:most]:
        name, times = shortened(campaign.name, _NAME), campaign.row.get("times_recent_max")
        if campaign.row["restart"]:
            lines.append(f"{name}: restarted after a pause.")
        elif times is None:
            lines.append(f"{name}: no recent spend to compare with.")
        else:
            lines.append(f"{name}: up to {times:.1f}x its highest recent day.")
    if len(marked) > most:
        lines.append(f"and {len(marked) - most} more")
    return lines


def periods(view: View) -> tuple[str, list[Period]]:
    """The flight by calendar week, or by month if it is longer; the last row has what is left.

    Returns:
        `Week` or `Month`, and the rows.
    """
    weeks = _grouped(view.days, lambda date: date - datetime.timedelta(date.weekday()))
    if len(weeks) <= _WEEKS:
        return "Week", [_period(days) for days in weeks]
    months = _grouped(view.days, lambda date: date.replace(day=1))
    rest = [day for days in months[_MONTHS - 1 :] for day in days]
    kept = months if len(months) <= _MONTHS else [*months[: _MONTHS - 1], rest]
    return "Month", [_period(days) for days in kept]


def _grouped(days: tuple[Day, ...], key: Any) -> list[list[Day]]:
    groups: dict[datetime.date, list[Day]] = {}
    for day in days:
        groups.setdefault(key(day.date), []).append(day)
    return list(groups.values())


def _period(days: list[Day]) -> Period:
    known = [day.conversions.mean for day in days if day.conversions is not None]
    return Period(
        days[0].date,
        days[-1].date,
        len(days),
        sum(day.status == "actual" for day in days),
        sum(day.cents for day in days),
        sum(known) if len(known) == len(days) else None,
        days[-1].cumulative,
    )


def notes(view: View) -> list[tuple[str, str]]:
    """Kind and text of every flag, warning, change, baseline and verdict, without settings."""
    content = view.content
    lines, said = [], set()
    for flag in content.get("flags") or []:
        text = str(flag["text"])
        places = [str(flag[key]) for key in ("node", "date") if flag.get(key)]
        where = " ".join(place for place in places if place not in text)
        said.add(text)
        text = without_settings(text)
        lines.append((str(flag["kind"]), f"{where}: {text}" if where else text))
    for change in content.get("changes") or []:
        name = "/".join(str(change[k]) for k in ("channel", "campaign_type") if change.get(k))
        what = "adopted" if change["adopted"] else "held"
        before, after = (view.money(as_cents(change[key]) or 0) for key in ("from", "to"))
        lines.append(("change", f"{name}: {before} to {after} a day, {what}. {change['reason']}"))
    for line in content.get("warnings") or []:
        if line not in said:
            kind = "warning" if line.startswith("WARNING") else "note"
            lines.append((kind, without_settings(str(line))))
    if content.get("forecast_verdict"):
        lines.append(("forecast", str(content["forecast_verdict"])))
    for row in content.get("baselines") or []:
        expected = Estimate.of(row["conversions"])
        if expected:
            lines.append(
                ("baseline", f"{row['policy']}: {expected.mean:,.0f} expected conversions")
            )
    lines.append(
        ("interval", "5 % and 95 % are the quantiles of an interval that holds with 90 %.")
    )
    return lines
