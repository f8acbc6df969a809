"""Sentences of the page, from the numbers of the plan alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...data.formats import Currency, change, count, day_of, interval, name_of, share, span
from .moves import First, Move, known_most

_MOVES = 3  # moves described in a sentence each
_POLICIES = {
    "uniform": "the same amount for every campaign",
    "historical": "shares as in the history",
    "greedy": "money where the next unit is expected to bring most",
    "static": "the best plan made before the flight starts",
    "plan_before": "as it was, going on without these changes",
    "proportional": "decided every day, by how much better reports are than expected",
    "follow": "decided every day, the best split by what reports have taught",
}
_GAINS = {"conversions": "conversions", "journeys": "conversions that journeys credit"}
_KINDS = {
    "extrapolated": "Extrapolated",
    "restart": "Restarted",
    "floor": "Floor",
    "ramp_yields": "Ramp yields",
    "under_delivery": "Under-delivery",
    "over_delivery": "Over-delivery",
    "break": "Efficiency break",
    "bound_yields": "Bound yields",
    "forecast": "Forecasts of the past",
}
_STATUSES = {"on_pace": "on pace", "under": "behind", "over": "ahead"}


def title(content: Mapping[str, Any]) -> str:
    """Return the page's title."""
    flight = content["flight"]
    return f"Media plan, {span(flight['start'], flight['end'], year=True)}"


def lead(content: Mapping[str, Any]) -> str:
    """Return what is planned, in one sentence."""
    flight, channels = content["flight"], len(content["channels"])
    money = Currency(content["currency"]).whole(flight["budget"])
    campaigns = _plural(len(content["campaigns"]), "campaign")
    text = f"{money} for {campaigns} in {_plural(channels, 'channel')} over {flight['days']} days"
    happened = flight["actual_days"]
    if not happened:
        return text
    if happened == flight["days"]:
        return f"{text}; all of them have happened"
    return f"{text}; {happened} of them have happened"


def first_sentence(first: First, currency: Currency) -> str:
    """Return the sentence over the budgets to enter."""
    if first.date is None:
        return "The flight is over: there is nothing left to set."
    text = (
        f"Enter these daily budgets for {day_of(first.date)}: {currency.exact(first.total)} in all"
    )
    if first.live_total is None:
        return f"{text}. What the campaigns spend today is not known."
    return f"{text}, against {currency.exact(first.live_total)} per day now."


def moves(first: First, currency: Currency) -> list[str]:
    """Return the largest moves against the live budgets, a sentence each."""
    known = [move for move in first.moves if move.difference and abs(move.difference) >= 0.01]
    return [_move(move, currency) for move in known[:_MOVES]]


def _move(move: Move, currency: Currency) -> str:
    live, today = currency.exact(move.live), currency.exact(move.today)
    if move.live == 0:
        return f"Start {move.campaign} with {today} per day."
    if move.today == 0:
        return f"Pause {move.campaign}, which has {live} per day."
    verb = "Raise" if move.today > (move.live or 0) else "Lower"
    return (
        f"{verb} {move.campaign} from {live} to {today} per day ({change(move.live, move.today)})."
    )


def reasons(content: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """Return why a campaign gets its budget: its bound, its ramp, its restart."""
    currency, lines = Currency(content["currency"]), [_bound(content, row)]
    ramp = row["ramp"]
    if ramp is not None and ramp["yielded"]:
        lines.append("Its ramp yields, because a bound is out of reach otherwise.")
    if row["restart"]:
        forced = row["restart_reason"]
        cause = "no bound forces that much" if forced is None else f"its {forced} forces it"
        lines.append(f"Restarted after {row['days_without_spend']} days without spend; {cause}.")
    if row["extrapolated"] and row["times_recent_max"] is not None:
        lines.append(
            f"Up to {row['times_recent_max']:,.1f} times its dearest known day "
            f"({currency.exact(known_most(row))})."
        )
    return lines


def _bound(content: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    currency, binding = Currency(content["currency"]), row["binding"]
    if binding is None:
        conversions, totals = row["conversions"]["mean"], content["totals"]
        if not conversions or totals["cpa"] is None or not row["budget"]:
            return "No bound holds it."
        each = currency.exact(row["budget"] / conversions)
        return f"No bound holds it; {each} per conversion, {currency.exact(totals['cpa'])} overall."
    lot = currency.whole(currency.lot)
    gain = _gain(content, abs(binding["shadow_price"]) * currency.lot / 1000)
    pays_elsewhere, is_floor = binding["shadow_price"] >= 0, binding["bound"].endswith("floor")
    held = f"Held {'up' if is_floor else 'down'} by its {binding['bound']}"
    if pays_elsewhere != is_floor:
        held = f"On its {binding['bound']}, which is not what holds it"
    if _is_locked(content, row):
        held = f"Locked at {currency.exact(row['budget'])}"
    if pays_elsewhere:
        return f"{held}: {lot} less here would bring {gain} elsewhere."
    return f"{held}: {lot} more here would bring {gain} more."


def _is_locked(content: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Return whether the constraints leave a campaign one amount."""
    bounds = content["constraints"]["settings"]["campaigns"].get(name_of(row), {})
    return bounds.get("floor") is not None and bounds.get("floor") == bounds.get("cap")


def _gain(content: Mapping[str, Any], value: float) -> str:
    """Return a value of the objective with its unit."""
    word = _GAINS.get(content["objective"])
    if word:
        return f"{count(value)} {word}"
    return f"{Currency(content['currency']).whole(value)} of {content['objective']}"


def pace(content: Mapping[str, Any]) -> str:
    """Return how spending keeps to the plan, and where the flight ends; empty without a pace."""
    progress = content["pace"]
    if progress is None:
        return ""
    currency, end = Currency(content["currency"]), progress["projected_end"]
    spent, planned = currency.whole(progress["spent"]), currency.whole(progress["planned_by_now"])
    text = f"By {day_of(progress['as_of'])}, {spent} was spent"
    if progress["ratio"] is not None:
        text += f", {share(progress['ratio'])} of the {planned} that was planned by then"
    if end is None:
        return text + "."
    return f"{text}. With the rest as planned the flight ends at {currency.whole(end['budget'])}."


def sureness(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is to be known about the estimates."""
    totals = content["totals"]
    spread = totals["conversions"]
    if content["flight"]["actual_days"] < content["flight"]["days"]:
        yield (
            f"The model gives 9 chances in 10 that the flight ends with {interval(spread)} "
            f"conversions; {count(spread['mean'])} is the mean. The interval holds what the data "
            "leave open about each campaign's response and the chance of single days; it does not "
            "hold what the history has never shown."
        )
    if content["forecast_verdict"]:
        yield content["forecast_verdict"]
    if content["made"]["markets"]:
        yield f"Estimates are on: {content['made']['markets']}".rstrip(".") + "."


def extrapolation(content: Mapping[str, Any]) -> str:
    """Return how much of the money is beyond what the campaigns are known to have spent."""
    part, basis = content["totals"]["extrapolated_share"], content["extrapolation_basis"]
    if not part:
        return "No money of this plan goes beyond what its campaigns are known to have spent."
    known = "the whole history"
    if basis is not None:
        parts = [basis["recent"], *basis["seasons"]]
        known = " and ".join(span(each["start"], each["end"], year=True) for each in parts)
    return (
        f"{share(part)} of the money goes beyond the dearest day that a campaign had in {known}. "
        "Estimates of that part rest on general knowledge more than on this advertiser's data."
    )


def policy(name: str) -> str | None:
    """Return what a known policy's plan is, in words."""
    return _POLICIES.get(name)


def kind(name: str) -> str:
    """Return the heading of a kind of flags."""
    return _KINDS.get(name) or name.replace("_", " ").capitalize()


def status(name: str) -> str:
    """Return a status of the pace in words."""
    return _STATUSES.get(name, name)


def other_warnings(content: Mapping[str, Any]) -> list[str]:
    """Return warnings and notes whose text no flag has."""
    shown = [flag["text"] for flag in content["flags"]]
    return [line for line in content["warnings"] if not any(text in line for text in shown)]


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def beyond_rows(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return rows of campaigns with extrapolated money, the largest amount of it first."""
    rows = [row for row in content["campaigns"] if row["extrapolated"]]
    return sorted(rows, key=lambda row: (-row["extrapolated_share"] * row["budget"], name_of(row)))
