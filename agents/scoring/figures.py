"""Forest plot of the differences between a user's plans and the others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ...data.formats import money, sign_of
from ...data.plotting import blank, drawn, png_of
from ...data.storage import write_bytes

_BLUE, _ORANGE, _GREY = (
    "#0072B2",
    "#D55E00",
    "0.45",
)  # of Okabe and Ito


def difference_figure(document: Mapping[str, Any]) -> Figure:
    """Return one row per comparison: mean difference, paired 90 % interval, P(A > B).

    A row whose interval contains 0 is grey.

    Args:
        document: content of ``score.json``.
    """
    pairs = document["comparisons"]
    is_money = document["objective"] in ("revenue", "profit")
    key = "value" if is_money else "conversions"
    figure = blank(9.5, 1.5 + 0.62 * max(len(pairs), 1))
    axes = figure.subplots()
    axes.axvline(0, color="0.6", lw=1)
    for row, pair in enumerate(pairs):
        values = pair[key]
        above, below = values["p05"] > 0, values["p95"] < 0
        colour = _BLUE if above else _ORANGE if below else _GREY
        axes.plot([values["p05"], values["p95"]], [row, row], color=colour, lw=3, alpha=0.6)
        axes.plot(values["mean"], row, "o", color=colour, ms=8)
        axes.annotate(
            f"{_text(values['mean'], is_money, document['currency'])}   "
            f"P {_percent(values['probability_above'])}",
            (1.01, row),
            xycoords=("axes fraction", "data"),
            va="center",
            color=colour,
        )
    labels = [f"{drawn(pair['a'], 24)} - {drawn(pair['b'], 24)}" for pair in pairs]
    axes.set_yticks(range(len(pairs)), labels)
    axes.set_ylim(max(len(pairs), 1) - 0.5, -0.5)
    what = f"{document['objective']}, {sign_of(document['currency'])}" if is_money else key
    flight = document["flight"]
    axes.set_title(f"{flight['start']} to {flight['end']}, {document['made']['markets']}", size=9)
    axes.set_xlabel(f"difference in expected {what}: mean and paired 90 % interval")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure


def draw_score(document: Mapping[str, Any], path: Path) -> None:
    """Write the forest plot as PNG."""
    write_bytes(path, png_of(difference_figure(document), dpi=130))


def _text(value: float, is_money: bool, currency: str | None) -> str:
    sign = "+" if value >= 0 else "-"
    return sign + (money(abs(value), currency, 0) if is_money else f"{abs(value):,.1f}")


def _percent(probability: float) -> str:
    percent = 100 * probability
    return "< 1 %" if percent < 1 else "> 99 %" if percent > 99 else f"{percent:.0f} %"
