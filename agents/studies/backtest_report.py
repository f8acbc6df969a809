"""Report of a backtest: a table of scores, and a picture of forecasts and outcomes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from ...data.display import markdown_text, terminal, visible
from ...data.formats import sign_of
from ...data.plotting import blank, drawn, png_of
from ...data.storage import write_bytes

SCORES = (
    "daily_wape", "total_wape", "campaign_wape", "bias", "coverage50", "coverage90",
    "campaign_coverage90", "total_coverage90", "crps",
)  # fmt: skip


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
    """Return the same as a Markdown table under the command that writes it."""
    lines = [f"    {visible(command)}", ""]
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
    sections = {
        f"{len(content['origins'])} origins": (content, content["goals"]["origins"]),
        f"from {content['latest']['date']}": (content["latest"], content["goals"]["latest"]),
    }
    return {
        horizon: [
            ["goal", *(goals.get(score, "") for score in SCORES)],
            *(
                [name, *(_formatted(scores[score]) for score in SCORES)]
                for name, scores in (("model", part["model"]), *part["rivals"].items())
            ),
        ]
        for horizon, (part, goals) in sections.items()
    }


def _formatted(score: float) -> str:
    return f"{score:,.0f}" if abs(score) >= 100 else f"{score:.3f}"


def draw_backtest(content: Mapping[str, Any], folder: Path) -> Path:
    """Write ``backtest.png``: each horizon's total with its interval, and the errors of all."""
    figure = blank(11, 4.2)
    left, right = figure.subplots(1, 2)
    parts = [*content["origins"], content["latest"]]
    at = np.arange(len(parts))
    low, high = np.array([part["total_interval90"] for part in parts]).T
    actual = np.array([part["actual_total"] for part in parts])
    mean = actual * (1 + np.array([part["model"]["bias"] for part in parts]))
    left.vlines(at, low, high, color="#9fb8d8", linewidth=7, label="90 % interval")
    left.plot(at, mean, "_", color="#1d4e89", markersize=14, label="forecast")
    left.plot(at, actual, "o", color="#c8553d", markersize=5, label="actual")
    left.set_xticks(at, [part["date"] for part in parts], rotation=30, ha="right")
    left.set_ylim(bottom=0)
    left.set_title(f"{metric_label(content)} of {content['horizon']} days from each date")
    left.legend(frameon=False)
    names = ["model", *content["rivals"]]
    scores = {"model": content["model"], **content["rivals"]}
    kinds = ("daily_wape", "total_wape", "campaign_wape")
    for k, kind in enumerate(kinds):
        heights = [scores[name][kind] for name in names]
        right.bar(np.arange(len(names)) + 0.27 * (k - 1), heights, 0.25, label=kind.split("_")[0])
    right.set_xticks(
        range(len(names)), [drawn(name.replace("_", " ")) for name in names], rotation=15
    )
    right.set_title("WAPE by day, by total, by campaign; all origins")
    right.legend(frameon=False)
    return write_bytes(folder / "backtest.png", png_of(figure))
