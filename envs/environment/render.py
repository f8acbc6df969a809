"""`flight_text` and `flight_picture`: a flight so far as a table or an image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.formats import decimals_of, sign_of, unit_of
from ...data.types import Floats


def flight_text(
    names: Sequence[str],
    first: int,
    spend: Floats,
    value: Floats,
    total: float,
    currency: str | None = None,
) -> str:
    """Return a table: one line per campaign with its spend so far, and the flight's sums.

    Args:
        names: names of the campaigns.
        first: day number of the flight's first day.
        spend: (days so far, campaigns) in units of the currency.
        value: (days so far,) expected objective.
        total: the budget.
        currency: ISO code or shared sign; None: not known.
    """
    width = max(map(len, names))
    lines = [f"day {len(spend)}, {np.datetime64(first, 'D') + max(len(spend) - 1, 0)}"]
    decimals = decimals_of(currency)
    unit = "" if currency is None else f" {sign_of(currency)}"
    for name, spent in zip(names, spend.sum(0), strict=True):
        bar = "#" * round(40 * spent / total)
        lines.append(f"{name:{width}} {spent:12,.{decimals}f} {bar}")
    spent, whole = f"{spend.sum():12,.{decimals}f}", f"{total:,.{decimals}f}"
    lines.append(f"{'spent':{width}} {spent} of {whole}{unit}")
    lines.append(f"{'expected':{width}} {value.sum():12,.1f}")
    return "\n".join(lines)


def flight_picture(
    names: Sequence[str],
    first: int,
    spend: Floats,
    value: Floats,
    total: float,
    currency: str | None = None,
) -> NDArray[np.uint8]:
    """Return an RGB image, (height, width, 3): spend per campaign, and the value so far.

    The arguments are those of ``flight_text``.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), dpi=80, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    spend_axes, value_axes = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    days = np.arange(1, len(spend) + 1)
    if len(spend):
        _stack(spend_axes, days, spend, names)
        value_axes.plot(days, value.cumsum(), color="black")
    spend_axes.set(
        ylabel=f"{unit_of(currency)} per day",
        title=f"{spend.sum():,.0f} of {total:,.0f} {unit_of(currency)} spent",
    )
    value_axes.set(
        xlabel=f"day of the flight from {np.datetime64(first, 'D')}", ylabel="value so far"
    )
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return pixels[..., :3].copy()


def _stack(axes: Any, days: NDArray[np.int64], spend: Floats, names: Sequence[str]) -> None:
    bottom = np.zeros(len(days))
    for k, name in enumerate(names):
        axes.bar(days, spend[:, k], bottom=bottom, label=name, width=0.9)
        bottom = bottom + spend[:, k]
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small", frameon=False)
