"""Figures of the attribution document: credits by method, roles, and downstream influence."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plotting import blank, drawn, png_of
from ..storage import write_bytes
from .document import Document
from .roles import ROLES

_COLOURS = ("#3b6fb6", "#9fb8d8", "#c8553d", "#b9b2a5")  # one colour per role
_MAX_LIFT = 4.0  # the colour scale ends here and at its inverse


def draw_attribution(document: Document, folder: Path) -> list[Path]:
    """Write credits.png, roles.png and influence.png into a folder.

    Raises:
        DataError: the folder cannot be written to.
    """
    return [
        write_bytes(folder / f"{name}.png", png_of(figure))
        for name, figure in attribution_figures(document).items()
    ]


def attribution_figures(document: Document) -> dict[str, Figure]:
    """All figures by name."""
    return {
        "credits": credit_figure(document),
        "roles": role_figure(document),
        "influence": influence_figure(document),
    }


def credit_figure(document: Document) -> Figure:
    """One row per label, with a dot and an interval per method."""
    labels, methods = _occurring(document), document["methods"]
    figure = blank(10, 0.42 * len(labels) + 2)
    axes = figure.subplots()
    steps = np.linspace(-0.35, 0.35, len(methods))
    for step, (name, entries) in zip(steps, methods.items(), strict=True):
        credit, low, high = (
            np.array([entries[label][key] for label in labels]) for key in ("credit", "low", "high")
        )
        errors = np.abs(np.stack([credit - low, high - credit]))
        axes.errorbar(
            credit,
            np.arange(len(labels)) + step,
            xerr=errors,
            fmt="o",
            markersize=3,
            linewidth=1,
            label=name.replace("_", " "),
            color=f"C{len(axes.containers) % 10}" if len(axes.containers) < 10 else "black",
        )
    axes.axvline(0, color="0.7", linewidth=0.8)
    _label_rows(axes, labels)
    for row in range(1, len(labels)):
        axes.axhline(row - 0.5, color="0.92", linewidth=0.8)
    axes.set_xlabel(f"conversions, with {document['level']:.0%} intervals")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
    return _titled(figure, document, "Credit by method")


def role_figure(document: Document) -> Figure:
    """Shares of each label's landings by role, and its index with an interval."""
    labels = _occurring(document)
    figure = blank(10, 0.36 * len(labels) + 1.8)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    counts = np.array(
        [[document["roles"][label][role]["count"] for role in ROLES] for label in labels]
    )
    total = counts.sum(1, keepdims=True)
    shares = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    start = np.zeros(len(labels))
    for role, share, colour in zip(ROLES, shares.T, _COLOURS, strict=True):
        left.barh(np.arange(len(labels)), share, left=start, label=role, color=colour)
        start = start + share
    left.set_xlabel("share of the label's landings in converting journeys")
    left.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=len(ROLES), fontsize=8, frameon=False
    )
    for row, label in enumerate(labels):
        index = document["roles"][label]["index"]
        if index["low"] is not None:
            right.plot([index["low"], index["high"]], [row, row], color="0.3", linewidth=1.5)
        if index["value"] is not None:
            right.plot(index["value"], row, "o", color="0.1", markersize=4)
    right.axvline(0, color="0.7", linewidth=0.8)
    right.set_xlim(-1.05, 1.05)
    right.set_xlabel("index: -1 always closes, +1 always starts")
    _label_rows(left, labels)
    return _titled(figure, document, "Labels that start and labels that close journeys")


def influence_figure(document: Document) -> Figure:
    """Lift of every pair: coloured if it has an interval, bold if the interval excludes 1."""
    labels = _occurring(document)
    position = {label: at for at, label in enumerate(labels)}
    lift = np.full((len(labels), len(labels)), np.nan)
    figure = blank(0.55 * len(labels) + 4, 0.45 * len(labels) + 3)
    axes = figure.subplots()
    for pair in document["influence"]:
        row, column = position[pair["label"]], position[pair["closer"]]
        has_interval = pair["low"] is not None
        lift[row, column] = pair["lift"] if has_interval else np.nan
        significant = has_interval and not pair["low"] <= 1 <= pair["high"]
        weight, colour = ("bold" if significant else "normal"), ("black" if has_interval else "0.7")
        text = f"{pair['lift']:.1f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=7, weight=weight, c=colour)
    end = np.log2(_MAX_LIFT)
    with np.errstate(divide="ignore"):
        log_lift = np.clip(np.log2(lift), -end, end)
    image = axes.imshow(log_lift, cmap="RdBu_r", vmin=-end, vmax=end, alpha=0.75)
    names = [drawn(label) for label in labels]
    axes.set_xticks(range(len(labels)), names, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(labels)), names, fontsize=8)
    axes.set_xlabel("closed by")
    axes.set_ylabel("earlier label")
    bar = figure.colorbar(image, ax=axes, shrink=0.7, label="lift (bold: interval excludes 1)")
    ticks = [-end, -1, 0, 1, end]
    bar.set_ticks(ticks, labels=[f"{2.0**tick:g}" for tick in ticks])
    return _titled(figure, document, "Downstream influence")


def _occurring(document: Document) -> list[str]:
    """Labels that occur in converting journeys."""
    roles = document["roles"]
    return [
        label for label in document["labels"] if any(roles[label][role]["count"] for role in ROLES)
    ]


def _label_rows(axes: Axes, labels: list[str]) -> None:
    axes.set_yticks(range(len(labels)), [drawn(label) for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)


def _titled(figure: Figure, document: Document, title: str) -> Figure:
    figure.suptitle(f"{title}\n{document['caveat']}", fontsize=10)
    return figure
