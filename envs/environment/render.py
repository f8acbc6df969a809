"""`flight_text` and `flight_picture`: a flight so far as a table or an image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats


def flight_text(
    names: Sequence[str], first: int, spend: Floats, value: Floats, total: float
) -> str:
    """Return a table: one line per campaign with its dollars so far, and the flight's sums.

    Args:
        names: names of the campaigns.
        first: day number of the flight's first day.
        spend: (days so far, campaigns) dollars.
        value: (days so far,) expected objective.
        total: the budget in dollars.
    """
    width = max(map(len, names))
    lines = [f"day {len(spend)}, {np.datetime64(first, 'D') + max(len(spend) - 1, 0)}"]
    for name, dollars in zip(names, spend.sum(0), strict=True):
        bar = "#" * round(40 * dollars / total)
        lines.append(f"{name:{width}} {dollars:12,.2f} {bar}")
    lines.append(f"{'spent':{width}} {spend.sum():12,.2f} of {total:,.2f}")
    lines.append(f"{'expected':{width}} {value.sum():12,.1f}")
    return "\n".join(lines)


def flight_picture(
    names: Sequence[str], first: int, spend: Floats, value: Floats, total: float
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
        ylabel="dollars per day", title=f"{spend.sum():,.0f} of {total:,.0f} dollars spent"
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
