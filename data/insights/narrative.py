"""Sentences that summarise the insights document for readers who skip its tables."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from ..attribution import Document
from ..display import shortened
from ..forecasting import RECENT_DAYS
from ..formats import money
from .document import ALL_CAMPAIGNS, total_wape
from .limitations import join_names

_MIN_CHANGE = 0.05  # relative change between months below which they are called equal
_MAX_NAMES = 3  # labels that a sentence names
_UNLIKELY = 0.05  # p-value from which a test of precedence is mentioned
_MIN_MONTH_DAYS = 28  # minimum reported days of a whole month
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def describe_history(document: Document) -> list[str]:
    """Sentences on the whole period, its largest campaigns, and the last whole month."""
    happened, (first, last) = document["happened"], document["period"]
    totals = happened["totals"]
    currency, whole, worth = document["currency"], _whole_of(document), ""
    if totals["bae"] is not None:
        each = money(1 + totals["bae"], currency, 2)
        worth = f" worth {whole(totals['revenue'])}, or {each} per {one_unit(currency)} spent"
    sentences = [
        f"From {format_date(first)} to {format_date(last)}, {whole(totals['spend'])} of "
        f"spend brought {totals['conversions']:,.0f} conversions{worth}."
    ]
    conversions = totals["conversions"] or 1.0
    largest = sorted(
        happened["campaigns"].items(), key=lambda campaign: -campaign[1]["conversions"]
    )[:_MAX_NAMES]
    sentences.append(
        "; ".join(
            f"{shortened(name)} brought {entry['conversions'] / conversions:.0%} of the "
            f"conversions with {entry['share'] or 0:.0%} of the spend"
            for name, entry in largest
        )
        + "."
    )
    return [*sentences, *_latest_month(happened["months"])]


def _latest_month(months: Sequence[Document]) -> list[str]:
    """A sentence that compares the last two whole months; none without them."""
    whole = [month for month in months if month["days"] >= _MIN_MONTH_DAYS]
    if len(whole) < 2 or not whole[-2]["conversions"] or not whole[-2]["spend"]:
        return []
    before, after = whole[-2:]
    rates = [month["conversions"] / month["days"] for month in (before, after)]
    spends = [month["spend"] / month["days"] for month in (before, after)]
    change, spend_change = rates[1] / rates[0] - 1, spends[1] / spends[0] - 1
    if abs(change) < _MIN_CHANGE:
        names = _month_name(after), _month_name(before)
        return ["{} brought as many conversions per day as {}.".format(*names)]
    return [
        f"{_month_name(after)} brought {abs(change):.0%} {'more' if change > 0 else 'fewer'} "
        f"conversions per day than {_month_name(before)}, with {abs(spend_change):.0%} "
        f"{'more' if spend_change > 0 else 'less'} spend."
    ]


def describe_attribution(document: Document) -> list[str]:
    """Sentences on the labels that start and close journeys with an interval that excludes 0."""
    attribution = document["attribution"]
    if attribution is None:
        return [
            "There is no site landings file, so it is unknown which channels start journeys and "
            "which close them. To see this here, put website-landings.csv beside the exports."
        ]
    index = {
        name: entry["index"]
        for name, entry in attribution["roles"].items()
        if entry["index"]["low"] is not None
    }
    starters = sorted((n for n in index if index[n]["low"] > 0), key=lambda n: -index[n]["value"])
    closers = sorted((n for n in index if index[n]["high"] < 0), key=lambda n: index[n]["value"])
    journeys = attribution["journeys"]
    return [
        f"{journeys['converting']:,} journeys ended in a conversion, after "
        f"{journeys['landings_per_converting']:.1f} visits on average.",
        f"More often first than last in a journey: {_some_names(starters)}.",
        f"More often last than first: {_some_names(closers)}.",
        f"These figures show {attribution['caveat']}.",
    ]


def _some_names(names: Sequence[str]) -> str:
    return join_names([shortened(name) for name in names[:_MAX_NAMES]]) or "none with confidence"


def describe_changes(document: Document) -> list[str]:
    """Sentences on lasting changes, recent drift, and the number of anomalies."""
    changed = document["changed"]
    sentences = [
        f"From about {format_date(change['day'])}, {shortened(change['campaign'])} brought "
        f"{abs(change['ratio'] - 1):.0%} {'more' if change['ratio'] > 1 else 'fewer'} conversions "
        "than before at the same spend and weekday."
        for change in changed["changes"]
    ]
    drifts = [drift for drift in changed["drifts"] if not drift["low"] <= 1 <= drift["high"]]
    if drifts:
        changes = ", ".join(
            f"{shortened(drift['campaign'])} {drift['ratio'] - 1:+.0%}" for drift in drifts
        )
        sentences.append(
            "The last four weeks compared with the eight before, adjusted for spend and weekday: "
            f"{changes}."
        )
    anomalies = len(changed["anomalies"])
    if anomalies:
        noun = "anomaly was" if anomalies == 1 else "anomalies were"
        sentences.append(f"{anomalies} {noun} found; see the table below.")
    else:
        sentences.append("No anomalies were found.")
    return sentences


def describe_precedence(document: Document) -> list[str]:
    """Sentences on campaigns of which one series precedes the other; none without any."""
    sentences = []
    for test in document["changed"]["precedence"]:
        name = shortened(test["campaign"])
        if test["spend_first"] < _UNLIKELY:
            sentences.append(
                f"{name}: yesterday's spend helps to predict today's conversions "
                f"(p = {test['spend_first']:.3f})."
            )
        if test["conversions_first"] < _UNLIKELY:
            sentences.append(
                f"{name}: yesterday's conversions help to predict today's spend, as where budgets "
                f"follow demand (p = {test['conversions_first']:.3f})."
            )
    return sentences


def describe_forecast(document: Document) -> list[str]:
    """Sentences on the days ahead, and on the accuracy of past forecasts of this kind."""
    expected = document["expected"]
    days = len(expected["days"])
    totals = {
        metric: forecast["campaigns"][ALL_CAMPAIGNS]
        for metric, forecast in expected["metrics"].items()
    }
    conversions, revenue = totals["conversions"], totals["revenue"]
    whole = _whole_of(document)
    worth = "" if revenue["total"] is None else f" worth {whole(revenue['total'])}"
    sentences = [
        "If every weekday's spend stays at its average of the last four weeks "
        f"({whole(expected['spend'])} in total), the {days} days to "
        f"{format_date(expected['days'][-1])} are expected to bring "
        f"{conversions['total']:,.0f} conversions{worth}."
    ]
    backtests = expected["metrics"]["conversions"]["backtests"]
    # `least` and `most`, the ends of the range of totals, are null with too few backtests
    if backtests and conversions["least"] is not None:
        sentences.append(_backtest_range(document, conversions, revenue))
    scores, forecaster = expected["comparison"]["forecasters"], expected["forecaster"]
    error = scores[forecaster]["conversions"][ALL_CAMPAIGNS]["wape"]
    if error is not None:
        best = (
            "; it was the most accurate of those compared" if _is_best(forecaster, scores) else ""
        )
        sentences.append(
            f"For a single campaign and day, the forecast ({forecaster.replace('_', ' ')}) was off "
            f"by {error:.0%} of actual conversions on average{best}."
        )
    if expected["unseen"]:
        sentences.append(
            f"Spend ahead exceeds every day of the last {RECENT_DAYS} days and of the same season "
            "in earlier years for "
            f"{join_names([shortened(name) for name in expected['unseen']])}."
        )
    return sentences


def _backtest_range(document: Document, conversions: Document, revenue: Document) -> str:
    """The range of totals that the relative errors of past forecasts span."""
    expected, whole = document["expected"], _whole_of(document)
    backtests, days = expected["metrics"]["conversions"]["backtests"], len(expected["days"])
    amounts = ""
    if revenue["least"] is not None:
        low, high = whole(revenue["least"]), whole(revenue["most"])
        amounts = f" and {low} to {high} of revenue"
    return (
        f"The errors of {backtests} past forecasts of {days} days correspond to a range of "
        f"{conversions['least']:,.0f} to {conversions['most']:,.0f} conversions{amounts}. These "
        "backtests overlap, so the range is an observation, not a guarantee."
    )


def one_unit(currency: str | None) -> str:
    """One unit of the currency, as in `revenue per €1`; `dollar` if it is not known."""
    return "dollar" if currency is None else money(1, currency, 0)


def _whole_of(document: Document) -> Callable[[float], str]:
    """Function that formats an amount in whole units of the document's currency."""
    return partial(money, currency=document["currency"], decimals=0)


def format_date(day: str) -> str:
    """An ISO date such as 2024-05-03 as `3 May 2024`."""
    parsed = date.fromisoformat(day)
    return f"{parsed.day} {_MONTHS[parsed.month - 1]} {parsed.year}"


def _is_best(forecaster: str, scores: Document) -> bool:
    """Whether no other forecaster has a smaller error over both metrics together."""
    return forecaster == min(scores, key=lambda name: total_wape(scores[name]))


def _month_name(month: Document) -> str:
    return _MONTHS[int(month["month"][5:7]) - 1]
