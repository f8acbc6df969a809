"""What a calibration learnt, as a table for the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def learning_table(report: Mapping[str, Any]) -> Table:
    """Return what the calibration learnt, parameter by parameter."""
    table = Table(title="posterior mean (share learnt from data; the rest is prior)")
    table.add_column("campaign")
    names: list[str] = []
    for k, (campaign, found) in enumerate(report["campaigns"].items()):
        if k == 0:
            names = [name for name in found["parameters"] if name != "weekday"]
            for name in names:
                table.add_column(name.replace("_", " "), justify="right")
        cells = [found["parameters"][name] for name in names]
        table.add_row(campaign, *(f"{c['mean']:.3g} ({c['learnt']:.0%})" for c in cells))
    return table
