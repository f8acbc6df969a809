"""Pictures of the attribution document: credits by method, roles, and who leads to whom."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plotting import blank, png_of
from ..storage import write_bytes
from .roles import ROLES

Document = dict[str, Any]
_COLOURS = ("#3b6fb6", "#9fb8d8", "#c8553d", "#b9b2a5")  # of the roles
_WIDEST = 4.0  # times or shares of the base beyond which a lift has the same colour


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
    """All of them by name."""
    return {
        "credits": credit_figure(document),
        "roles": role_figure(document),
        "influence": influence_figure(document),
    }


def credit_figure(document: Document) -> Figure:
    """A row a label, a dot a method with its interval."""
    labels, methods = _occurring(document), document["methods"]
    figure = blank(10, 0.42 * len(labels) + 2)
    axes = figure.subplots()
    steps = np.linspace(-0.35, 0.35, len(methods))
    for step, (name, found) in zip(steps, methods.items(), strict=True):
        credit, low, high = (
            np.array([found[label][key] for label in labels]) for key in ("credit", "low", "high")
        )
        spread = np.abs(np.stack([credit - low, high - credit]))
        axes.errorbar(
            credit,
            np.arange(len(labels)) + step,
            xerr=spread,
            fmt="o",
            markersize=3,
            linewidth=1,
            label=name.replace("_", " "),
            color=f"C{len(axes.containers) % 10}" if len(axes.containers) < 10 else "black",
        )
    axes.axvline(0, color="0.7", linewidth=0.8)
    _rows(axes, labels)
    for edge in range(1, len(labels)):
        axes.axhline(edge - 0.5, color="0.92", linewidth=0.8)
    axes.set_xlabel(f"conversions, with {document['level']:.0%} intervals")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)
    return _titled(figure, document, "Credit by method")


def role_figure(document: Document) -> Figure:
    """Each label's landings in converting journeys by role, and its index."""
    labels = _occurring(document)
    figure = blank(10, 0.36 * len(labels) + 1.8)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    table = np.array(
        [[document["roles"][label][role]["count"] for role in ROLES] for label in labels]
    )
    total = table.sum(1, keepdims=True)
    shares = np.divide(table, total, out=np.zeros_like(table), where=total > 0)
    before = np.zeros(len(labels))
    for role, share, colour in zip(ROLES, shares.T, _COLOURS, strict=True):
        left.barh(np.arange(len(labels)), share, left=before, label=role, color=colour)
        before = before + share
    left.set_xlabel("share of its landings in converting journeys")
    left.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=len(ROLES), fontsize=8, frameon=False
    )
    for at, label in enumerate(labels):
        index = document["roles"][label]["index"]
        if index["low"] is not None:
            right.plot([index["low"], index["high"]], [at, at], color="0.3", linewidth=1.5)
        if index["value"] is not None:
            right.plot(index["value"], at, "o", color="0.1", markersize=4)
    right.axvline(0, color="0.7", linewidth=0.8)
    right.set_xlim(-1.05, 1.05)
    right.set_xlabel("index: -1 only closes, +1 only starts")
    _rows(left, labels)
    return _titled(figure, document, "Who starts and who closes")


def influence_figure(document: Document) -> Figure:
    """Lift of every pair; coloured where enough journeys stand behind it, bold where it is sure."""
    labels = _occurring(document)
    at = {label: position for position, label in enumerate(labels)}
    lift = np.full((len(labels), len(labels)), np.nan)
    figure = blank(0.55 * len(labels) + 4, 0.45 * len(labels) + 3)
    axes = figure.subplots()
    for pair in document["influence"]:
        row, column = at[pair["label"]], at[pair["closer"]]
        told = pair["low"] is not None
        lift[row, column] = pair["lift"] if told else np.nan
        sure = told and not pair["low"] <= 1 <= pair["high"]
        weight, colour = ("bold" if sure else "normal"), ("black" if told else "0.7")
        text = f"{pair['lift']:.1f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=7, weight=weight, c=colour)
    end = np.log2(_WIDEST)
    with np.errstate(divide="ignore"):
        shade = np.clip(np.log2(lift), -end, end)
    image = axes.imshow(shade, cmap="RdBu_r", vmin=-end, vmax=end, alpha=0.75)
    axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_xlabel("closed by")
    axes.set_ylabel("came earlier")
    bar = figure.colorbar(image, ax=axes, shrink=0.7, label="lift (bold: interval without 1)")
    ticks = [-end, -1, 0, 1, end]
    bar.set_ticks(ticks, labels=[f"{2.0**tick:g}" for tick in ticks])
    return _titled(figure, document, "Downstream influence")


def _occurring(document: Document) -> list[str]:
    """Labels with a role in any converting journey."""
    roles = document["roles"]
    return [name for name in document["labels"] if any(roles[name][r]["count"] for r in ROLES)]


def _rows(axes: Axes, labels: list[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)


def _titled(figure: Figure, document: Document, title: str) -> Figure:
    figure.suptitle(f"{title}\n{document['caveat']}", fontsize=10)
    return figure
