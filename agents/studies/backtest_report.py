"""Report of a backtest: the verdict, a table of scores, and a picture of forecasts and outcomes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from rich.table import Table

from ...data.display import MAX_MESSAGE, markdown_text, terminal, visible
from ...data.formats import sign_of
from ...data.plotting import blank, drawn, in_legend, png_of
from ...data.storage import write_bytes

SCORES = (
    "daily_wape", "total_wape", "campaign_wape", "bias", "coverage50", "coverage90",
    "campaign_coverage90", "total_coverage90", "crps",
)  # fmt: skip
_MAX_DATES = 12  # dates written below an axis; more are thinned
_COLOURS = ("#2a9d8f", "#8a6fb0", "#b08d57", "#5c7f9b", "#c06c84")  # of rivals


def verdict_lines(content: Mapping[str, Any]) -> list[str]:
    """Return who forecasts best, and the model's error over the best rival's with its goal."""
    ratio, goal = content["ratio_to_best_rival"], content["goals"]["origins"].get("ratio")
    known = "none, as that rival has no error" if ratio is None else f"{ratio:.3f}"
    details = [f"goal {goal}"] if goal else []
    if content["ratio_interval95"] is not None:
        low, high = content["ratio_interval95"]
        details.append(f"95 % interval over origins {low:.2f} to {high:.2f}")
    beside = f" ({'; '.join(details)})" if details else ""
    return [content["verdict"], f"Error of totals, model over best rival: {known}{beside}."]


def rolling_table(content: Mapping[str, Any]) -> Table:
    """Return the scores of all origins together and of the latest horizon alone."""
    table = Table(title=f"{metric_label(content)}, {content['horizon']} days given their spend")
    table.add_column("forecaster", no_wrap=True)
    for score in SCORES:
        table.add_column(score.replace("_", "\n"), justify="right")
    for horizon, rows in _rows(content).items():
        table.add_section()
        table.add_row(terminal(horizon), style="bold")
        for row in rows:
            table.add_row(*map(terminal, row))
    return table


def backtest_markdown(content: Mapping[str, Any], command: str) -> str:
    """Return verdict and scores as Markdown, with the command that writes it."""
    verdict, ratio = (_sentence(line) for line in verdict_lines(content))
    lines = [verdict, "", ratio, ""]
    lines += [f"    {visible(command)}", ""]
    lines.append(
        "| horizon | forecaster | " + " | ".join(s.replace("_", " ") for s in SCORES) + " |"
    )
    lines.append("|---|---|" + "---:|" * len(SCORES))
    for horizon, rows in _rows(content).items():
        lines += ["| " + " | ".join(map(markdown_text, (horizon, *row))) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def metric_label(content: Mapping[str, Any]) -> str:
    """Return the metric, revenue with its currency where the exports name one."""
    metric, currency = str(content["metric"]), content.get("currency")
    return f"{metric} in {sign_of(currency)}" if metric == "revenue" and currency else metric


def _rows(content: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    """Return, by horizon, a row of targets and a row per forecaster."""
    count, latest, goals_of = len(content["origins"]), content["latest"], content["goals"]
    sections = {
        f"{count} origins": (_forecasters(content, count), goals_of["origins"]),
        f"from {latest['date']}": (_forecasters(latest, 1), goals_of["latest"]),
    }
    return {
        horizon: [
            ["goal", *(goals.get(score, "") for score in SCORES)],
            *([name, *(_formatted(scores[score]) for score in SCORES)] for name, scores in rows),
        ]
        for horizon, (rows, goals) in sections.items()
    }


def _forecasters(part: Mapping[str, Any], count: int) -> list[tuple[str, Mapping[str, Any]]]:
    """Return a name and the scores of each row.

    A rival that lacks origins comes last, with the model's scores over the same origins.
    """
    partial = part["partial"]
    rows = [("model", part["model"])]
    rows += [(name, scores) for name, scores in part["rivals"].items() if name not in partial]
    for name, own in partial.items():
        rows.append((f"{name} ({own['origins']} of {count})", part["rivals"][name]))
        rows.append((f"model (the same {own['origins']})", own["model"]))
    return rows


def _sentence(text: str) -> str:
    """Return text for Markdown; a colon or semicolon before a space is never markup and stays."""
    return markdown_text(text, MAX_MESSAGE).replace("&#58; ", ": ").replace("&#59; ", "; ")


def _formatted(score: float | None) -> str:
    if score is None:
        return ""
    return f"{score:,.0f}" if abs(score) >= 100 else f"{score:.3f}"


def draw_backtest(content: Mapping[str, Any], folder: Path) -> Path:
    """Write ``backtest.png``: each horizon's total with all forecasts, and the errors of all."""
    figure = blank(11, 8)
    above, below = figure.subplots(2, 1, height_ratios=[1.5, 1])
    _draw_totals(above, content)
    _draw_errors(below, content)
    return write_bytes(folder / "backtest.png", png_of(figure))


def _draw_totals(axes: Axes, content: Mapping[str, Any]) -> None:
    """Draw the actual total from each origin, the model's interval and all forecasts."""
    by_date = {part["date"]: part for part in (*content["origins"], content["latest"])}
    parts = [by_date[date] for date in sorted(by_date)]
    dates = np.array([part["date"] for part in parts], dtype="datetime64[D]")
    low, high = np.array([part["total_interval90"] for part in parts]).T
    actual = np.array([part["actual_total"] for part in parts])
    totals = {
        name: np.array([part["forecast_totals"].get(name, np.nan) for part in parts])
        for name in ("model", *content["rivals"])
    }
    size = 6 if len(parts) <= _MAX_DATES else 3.5
    axes.vlines(
        dates, low, high, color="#9fb8d8", linewidth=1.5 * size, alpha=0.6, label="90 % interval"
    )
    for colour, name in zip(_repeated(len(totals)), content["rivals"], strict=False):
        label = in_legend(name.replace("_", " "))
        axes.plot(dates, totals[name], "-x", color=colour, markersize=size / 2, lw=0.9, label=label)
    axes.plot(dates, totals["model"], "-D", color="#1d4e89", markersize=size, lw=1.8, label="model")
    axes.plot(dates, actual, "o", color="#c8553d", markersize=size + 1, label="actual", zorder=5)
    highest = max(actual.max(), totals["model"].max(), np.quantile(high, 0.9), 1e-9)
    axes.set_ylim(0, 1.25 * highest)  # a rival or an interval far above leaves the picture
    thinned = slice(None, None, -(-len(parts) // _MAX_DATES))
    axes.set_xticks(dates[thinned], np.datetime_as_string(dates[thinned]), rotation=30, ha="right")
    axes.set_title(f"{metric_label(content)} of {content['horizon']} days from each date")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def _draw_errors(axes: Axes, content: Mapping[str, Any]) -> None:
    """Draw a group of bars per forecaster; a rival that lacks origins is over its own."""
    rows = _forecasters(content, len(content["origins"]))
    for k, kind in enumerate(("daily_wape", "total_wape", "campaign_wape")):
        heights = [scores[kind] for _, scores in rows]
        axes.bar(np.arange(len(rows)) + 0.27 * (k - 1), heights, 0.25, label=kind.split("_")[0])
    names = [drawn(name.replace("_", " ")).replace(" (", "\n(") for name, _ in rows]
    axes.set_xticks(range(len(rows)), names)
    axes.set_title("WAPE by day, by total, by campaign; all origins")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def _repeated(count: int) -> list[str]:
    return [_COLOURS[k % len(_COLOURS)] for k in range(count)]
