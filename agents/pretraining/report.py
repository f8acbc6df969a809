"""Learning curve of a pretraining: a picture and a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...data.plotting import blank, png_of
from ...data.storage import write_bytes, write_text

_ROWS = 8  # rows of the table
Point = Mapping[str, Any]


def write_curve(curve: Sequence[Point], folder: Path) -> None:
    """Write ``curve.png`` and ``curve.md`` into a folder.

    Args:
        curve: points of ``curve.json``.
        folder: folder of the pretraining.
    """
    write_bytes(folder / "curve.png", curve_png(curve))
    write_text(folder / "curve.md", curve_markdown(curve))


def curve_png(curve: Sequence[Point]) -> bytes:
    """Return the picture: gain over ``follow`` on held-out advertisers against CPU time."""
    figure = blank(6.4, 3.2)
    axes = figure.add_subplot()
    minutes = [point["cpu_seconds"] / 60 for point in curve]
    gains = [point["gain_over_follow"] for point in curve]
    axes.plot(minutes, gains, color="#0072b2", lw=1.8)
    axes.axhline(0, color="0.5", lw=1)
    axes.text(max(minutes), 0, "follow ", ha="right", va="bottom", color="0.35")
    axes.set_xlabel("CPU minutes of one core")
    axes.set_ylabel("gain over follow, percent")
    axes.set_title("Held-out random advertisers", loc="left", fontsize=10)
    return png_of(figure)


def curve_markdown(curve: Sequence[Point]) -> str:
    """Return the table: some points of the curve, and the best one."""
    step = max(len(curve) // _ROWS, 1)
    best = max(range(len(curve)), key=lambda i: curve[i]["gain_over_follow"])
    chosen = sorted({*range(step - 1, len(curve), step), best, len(curve) - 1})
    lines = [
        "| gradient steps | flights' days | CPU minutes | gain over `follow` |",
        "|---:|---:|---:|---:|",
    ]
    for i in chosen:
        point = curve[i]
        gain = f"{point['gain_over_follow']:+.3f} %"
        lines.append(
            f"| {point['iterations']:,} | {point['steps']:,} | {point['cpu_seconds'] / 60:.1f} | "
            f"{f'**{gain}**' if i == best else gain} |"
        )
    return "\n".join(lines) + "\n"
