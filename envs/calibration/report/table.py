"""Terminal table of a calibration's posterior means and shares learnt."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from ....data.display import terminal


def learning_table(report: Mapping[str, Any]) -> Table:
    """Return posterior means and shares learnt, one row per campaign.

    Args:
        report: report of a posterior, see ``Posterior.report``.
    """
    table = Table(title="posterior mean (share learnt from data; the rest is prior)")
    table.add_column("campaign")
    names: list[str] = []
    for k, (campaign, summary) in enumerate(report["campaigns"].items()):
        if k == 0:
            names = [name for name in summary["parameters"] if name != "weekday"]
            for name in names:
                table.add_column(name.replace("_", " "), justify="right")
        cells = [summary["parameters"][name] for name in names]
        table.add_row(terminal(campaign), *(f"{c['mean']:.3g} ({c['learnt']:.0%})" for c in cells))
    return table
