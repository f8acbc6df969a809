"""Tables of the insights document for the terminal."""

from collections.abc import Callable, Iterator
from functools import partial

from rich.table import Table

from ..attribution import Document
from ..display import terminal
from ..formats import money
from .document import ALL_CAMPAIGNS

_MAX_REASON = 400  # characters of an explanation


def insights_tables(document: Document) -> Iterator[Table]:
    """Yield the tables of history, anomalies, changes, forecast and forecaster comparison."""
    yield history_table(document)
    if document["changed"]["anomalies"]:
        yield anomaly_table(document)
    if document["changed"]["changes"] or document["changed"]["drifts"]:
        yield change_table(document)
    yield forecast_table(document)
    yield comparison_table(document)


def history_table(document: Document) -> Table:
    """Sums and ratios by campaign."""
    heads = ("spend", "share", "conversions", "revenue", "CPC", "CVR", "AOV", "ROAS")
    table = _table(f"{' to '.join(document['period'])}", "campaign", *heads)
    currency = document["currency"]
    for name, entry in document["happened"]["campaigns"].items():
        table.add_row(
            terminal(name),
            _amount(entry["spend"], currency, 0),
            _formatted(entry["share"], "{:.1%}"),
            f"{entry['conversions']:,.0f}",
            _amount(entry["revenue"], currency, 0),
            _amount(entry["cpc"], currency),
            _formatted(entry["cvr"], "{:.1%}"),
            _amount(entry["aov"], currency, 0),
            _formatted(entry["roas"], "{:.2f}"),
        )
    return table


def anomaly_table(document: Document) -> Table:
    """Anomalous days and their explanations."""
    table = Table("campaign", "first", "last", "explanation", title="Anomalies")
    for anomaly in document["changed"]["anomalies"]:
        table.add_row(
            terminal(anomaly["campaign"]),
            anomaly["first"],
            anomaly["last"],
            terminal(anomaly["reason"], _MAX_REASON),
        )
    return table


def change_table(document: Document) -> Table:
    """Lasting changes and recent drift."""
    table = _table(
        "Conversions relative to spend and weekday", "campaign", "period", "change", "interval"
    )
    for change in document["changed"]["changes"]:
        name = terminal(change["campaign"])
        table.add_row(name, f"lasting, from {change['day']}", f"{change['ratio'] - 1:+.0%}", "")
    for drift in document["changed"]["drifts"]:
        interval = f"{drift['low'] - 1:+.0%} to {drift['high'] - 1:+.0%}"
        period = "recent weeks against those before"
        table.add_row(terminal(drift["campaign"]), period, f"{drift['ratio'] - 1:+.0%}", interval)
    return table


def forecast_table(document: Document) -> Table:
    """Forecast totals by campaign and the range that backtest errors span."""
    expected = document["expected"]
    days = expected["days"]
    title = f"{days[0]} to {days[-1]} at recent spend, by {expected['forecaster']}"
    heads = ("spend", "conversions", "backtest range", "revenue", "backtest range")
    table = _table(title, "campaign", *heads)
    whole = partial(_amount, currency=document["currency"], decimals=0)
    conversions, revenue = (
        expected["metrics"][metric]["campaigns"] for metric in ("conversions", "revenue")
    )
    for name, entry in conversions.items():
        if name == ALL_CAMPAIGNS:
            table.add_section()
        table.add_row(
            terminal(name),
            whole(expected["spend_by_campaign"].get(name, expected["spend"])),
            f"{entry['total']:,.0f}",
            _range(entry, "{:,.0f}".format),
            whole(revenue[name]["total"]),
            _range(revenue[name], whole),
        )
    return table


def comparison_table(document: Document) -> Table:
    """Scores of every forecaster on all campaigns together."""
    comparison = document["expected"]["comparison"]
    title = f"Forecasters compared on campaign-days, {len(comparison['origins'])} origins"
    heads = [f"{metric} {key}" for metric in ("conv.", "revenue") for key in ("WAPE", "bias")]
    table = _table(title, "forecaster", *heads, "conv. MAE", "conv. RMSE", "conv. R²")
    for name, by_metric in comparison["forecasters"].items():
        conversions, revenue = (
            by_metric[metric][ALL_CAMPAIGNS] for metric in ("conversions", "revenue")
        )
        cells = [
            _formatted(scores[key], "{:+.3f}" if key == "bias" else "{:.3f}")
            for scores in (conversions, revenue)
            for key in ("wape", "bias")
        ]
        details = [_formatted(conversions[key], "{:.2f}") for key in ("mae", "rmse", "r2")]
        table.add_row(name.replace("_", " "), *cells, *details)
    return table


def _range(entry: Document, show: Callable[[float], str]) -> str:
    if entry["least"] is None:
        return "too few"
    return f"{show(entry['least'])} to {show(entry['most'])}"


def _amount(value: float | None, currency: str | None, decimals: int | None = None) -> str:
    return "-" if value is None else money(value, currency, decimals)


def _formatted(value: float | None, template: str) -> str:
    return "-" if value is None else template.format(value)


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title)
    for column, head in enumerate(heads):
        first = column == 0
        table.add_column(head, justify="left" if first else "right", no_wrap=first)
    return table
