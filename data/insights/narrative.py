"""The insights document in sentences, for people who will not read its tables."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from .document import ALL, error_in
from .limitations import listed

Document = dict[str, Any]
_NEWS = 0.05  # relative change of a month that is worth a word
_SHOWN = 3  # labels that are named
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def happened(document: Document) -> list[str]:
    """What the spend of the whole period bought, who brought it, and the last whole month."""
    found, period = document["happened"], document["period"]
    totals = found["totals"]
    told = [
        f"From {spoken(period[0])} to {spoken(period[1])}, {dollars(totals['spend'])} bought "
        f"{totals['conversions']:,.0f} conversions worth {dollars(totals['revenue'])}"
        + (f": ${1 + totals['bae']:.2f} for each dollar." if totals["spend"] else ".")
    ]
    conversions = totals["conversions"] or 1.0
    parts = sorted(found["campaigns"].items(), key=lambda each: -each[1]["conversions"])[:_SHOWN]
    told.append(
        "; ".join(
            f"{name} brought {own['conversions'] / conversions:.0%} of them for "
            f"{own['share'] or 0:.0%} of the money"
            for name, own in parts
        )
        + "."
    )
    return [*told, *_latest_month(found["months"])]


def _latest_month(months: Sequence[Document]) -> list[str]:
    """The last two whole months side by side."""
    whole = [each for each in months if each["days"] >= 28]
    if len(whole) < 2 or not whole[-2]["conversions"] or not whole[-2]["spend"]:
        return []
    before, after = whole[-2:]
    rates = [month["conversions"] / month["days"] for month in (before, after)]
    spends = [month["spend"] / month["days"] for month in (before, after)]
    change, spend = rates[1] / rates[0] - 1, spends[1] / spends[0] - 1
    more = "more" if spend > 0 else "less"
    if abs(change) < _NEWS:
        return [f"{_month(after)} brought as many conversions a day as {_month(before)}."]
    return [
        f"{_month(after)} brought {abs(change):.0%} {'more' if change > 0 else 'fewer'} "
        f"conversions a day than {_month(before)}, for {abs(spend):.0%} {more} spend."
    ]


def who(document: Document) -> list[str]:
    """Who starts and who closes, as far as their intervals tell."""
    found = document["attribution"]
    if found is None:
        return [
            "There is no file of site landings, so nothing can be said of who starts a journey and "
            "who closes it. Put website-landings.csv beside the exports to see it here."
        ]
    index = {
        name: own["index"]
        for name, own in found["roles"].items()
        if own["index"]["low"] is not None
    }
    starters = sorted((n for n in index if index[n]["low"] > 0), key=lambda n: -index[n]["value"])
    closers = sorted((n for n in index if index[n]["high"] < 0), key=lambda n: index[n]["value"])
    journeys = found["journeys"]
    return [
        f"{journeys['converting']:,} journeys ended in a conversion, after "
        f"{journeys['landings_per_converting']:.1f} visits on average.",
        f"More often first than last: {listed(starters[:_SHOWN]) or 'none for sure'}.",
        f"More often last than first: {listed(closers[:_SHOWN]) or 'none for sure'}.",
        f"All of this is {found['caveat']}.",
    ]


def changed(document: Document) -> list[str]:
    """Lasting changes, drift, and how many odd days there were."""
    found = document["changed"]
    told = []
    for each in found["changes"]:
        told.append(
            f"From about {spoken(each['day'])}, {each['campaign']} brought "
            f"{abs(each['ratio'] - 1):.0%} {'more' if each['ratio'] > 1 else 'less'} for the same "
            "spend and weekday than before."
        )
    lately = [each for each in found["drifts"] if not each["low"] <= 1 <= each["high"]]
    if lately:
        parts = ", ".join(f"{each['campaign']} {each['ratio'] - 1:+.0%}" for each in lately)
        told.append(f"The last four weeks against the eight before, spend aside: {parts}.")
    odd = len(found["anomalies"])
    told.append(
        "No day or run of days was odd."
        if odd == 0
        else f"{odd} {'run of days was' if odd == 1 else 'runs of days were'} odd; see below."
    )
    return told


def expected(document: Document) -> list[str]:
    """The month ahead, with what past forecasts of this kind missed."""
    found = document["expected"]
    days = len(found["days"])
    whole = {metric: own["campaigns"][ALL] for metric, own in found["metrics"].items()}
    conversions, revenue = whole["conversions"], whole["revenue"]
    told = [
        f"If every weekday spends what it did over the last four weeks "
        f"({dollars(found['spend'])} in all), the {days} days to {spoken(found['days'][-1])} are "
        f"expected to bring {conversions['total']:,.0f} conversions worth "
        f"{dollars(revenue['total'])}."
    ]
    tests = found["metrics"]["conversions"]["backtests"]
    if tests and conversions["least"] is not None:
        money = ""
        if revenue["least"] is not None:
            money = f" and {dollars(revenue['least'])} to {dollars(revenue['most'])}"
        told.append(
            f"In {tests} tests on the past, each a forecast of {days} days, what came would have "
            f"made it {conversions['least']:,.0f} to {conversions['most']:,.0f} conversions"
            f"{money}. The tests overlap, so this is a range that was seen and no promise."
        )
    scores, name = found["comparison"]["forecasters"], found["forecaster"]
    error = scores[name]["conversions"][ALL]["wape"]
    if error is not None:
        best = "; it was the best of those compared." if name == _best(scores) else "."
        told.append(
            f"On a single campaign and day the forecast ({name.replace('_', ' ')}) was off by "
            f"{error:.0%} of what came{best}"
        )
    if found["unseen"]:
        told.append(f"Beyond anything spent so far: {listed(found['unseen'])}.")
    return told


def dollars(value: float) -> str:
    """Whole dollars with thousands."""
    return f"${value:,.0f}"


def spoken(day: str) -> str:
    """`3 May 2024`."""
    at = date.fromisoformat(day)
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def _best(scores: Document) -> str:
    """The forecaster with the least error, both metrics together."""
    return min(scores, key=lambda name: error_in(scores[name]))


def _month(found: Document) -> str:
    return _MONTHS[int(found["month"][5:7]) - 1]
