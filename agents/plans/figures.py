"""Charts of a plan: spend per campaign and day, and response curves with the planned spend."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ...data.formats import money, unit_of
from ...data.plotting import blank, drawn, png_of
from ...data.storage import write_bytes
from ...data.types import Floats
from ...envs.calibration import Posterior
from ...envs.market import MarketState, step
from .extrapolation import Known, marks
from .records import Plan

_CURVE_POINTS = 60
_BAND_DRAWS = 400  # posterior draws whose quantiles make the bands
_PANEL_COLUMNS = 3


def spend_map(
    names: Sequence[str],
    dates: NDArray[np.datetime64],
    plan: Floats,
    title: str,
    currency: str | None = None,
    marks: Sequence[str] = (),
) -> Figure:
    """Return a heat map of spend per campaign and day, each campaign on its own scale.

    Args:
        names: names of the campaigns.
        dates: (days,).
        plan: (days, campaigns) in units of the currency.
        title: name of the plan.
        currency: ISO code or shared sign; None: not known.
        marks: (campaigns,) what is said of each, such as a restart; empty: nothing.
    """
    figure = blank(10, 0.45 * len(names) + 1.6)
    axes = figure.subplots()
    share = plan / np.maximum(plan.max(0), 1e-9)
    image = axes.imshow(share.T, aspect="auto", cmap="viridis", vmin=0, vmax=1)
    totals = (money(total, currency, 0) for total in plan.sum(0))
    labels = [f"{drawn(name)}  {total}" for name, total in zip(names, totals, strict=True)]
    labels = [f"{label}\n{mark}" if mark else label for label, mark in zip_longest(labels, marks)]
    axes.set_yticks(range(len(names)), labels)
    weekly = range(0, len(dates), 7)
    axes.set_xticks(list(weekly), [str(dates[i]) for i in weekly])
    unit = unit_of(currency)
    axes.set_title(f"{drawn(title)}: {unit} per day, relative to the campaign's highest day")
    figure.colorbar(image, ax=axes)
    return figure


def response_curves(posterior: Posterior, plan: Floats) -> Figure:
    """Return each campaign's steady-state response with 50 and 90 % bands and the planned spend.

    Dark grey is the range up to the dearest recent day, beyond which estimates are extrapolated;
    light grey the range up to the dearest day ever.

    Args:
        posterior: its training draws make the bands.
        plan: (days, campaigns) in units of the currency; its days and their mean are marked on the
            median curve.
    """
    market, state = posterior.sample_training(_BAND_DRAWS)
    known = Known.of(posterior.spending, posterior.spend_max)
    mark = marks(known, np.ceil(100 * plan - 1e-6).astype(np.int64))
    rows = -(-len(posterior.names) // _PANEL_COLUMNS)
    figure = blank(4 * _PANEL_COLUMNS, 2.8 * rows)
    panels = np.atleast_1d(figure.subplots(rows, _PANEL_COLUMNS)).ravel()
    top = 1.15 * np.maximum(plan.max(0), posterior.spend_max) + 1e-6
    grid = np.linspace(0, 1, _CURVE_POINTS)[:, None, None] * top
    spend = grid + 0 * state.stock
    steady = MarketState(state.day, spend, state.level + 0 * grid, build=spend)
    _, outcome = step(market, steady, spend, None)
    p05, p25, median, p75, p95 = np.quantile(
        outcome.expected, [0.05, 0.25, 0.5, 0.75, 0.95], axis=1
    )
    for k, (axes, name) in enumerate(zip(panels, posterior.names, strict=False)):
        x = grid[:, 0, k]
        axes.fill_between(x, p05[:, k], p95[:, k], alpha=0.2, color="tab:blue", lw=0)
        axes.fill_between(x, p25[:, k], p75[:, k], alpha=0.35, color="tab:blue", lw=0)
        axes.plot(x, median[:, k], color="tab:blue")
        axes.axvspan(0, posterior.spend_max[k], color="0.95", zorder=0)
        axes.axvspan(0, posterior.known_max[k], color="0.85", zorder=0)
        planned = np.sort(plan[:, k])
        axes.plot(
            planned, np.interp(planned, x, median[:, k]), "|", color="tab:red", ms=7, alpha=0.5
        )
        axes.plot(planned.mean(), np.interp(planned.mean(), x, median[:, k]), "o", color="tab:red")
        suffix = f" ({mark[k]})" if mark[k] else ""
        axes.set_title(drawn(name) + suffix, fontsize="small")
        axes.set_ylim(0, None)
        axes.set_xlim(0, top[k])
    for axes in panels[len(posterior.names) :]:
        axes.axis("off")
    unit = unit_of(posterior.currency)
    figure.supxlabel(
        f"{unit} per day; grey: recent spend, light: ever; red: days of the plan, dot: mean"
    )
    figure.supylabel("conversions per day")
    return figure


def draw_plan(posterior: Posterior, plan: Plan, folder: Path) -> None:
    """Write ``plan.png`` (spend per campaign and day) and ``response.png`` (response curves)."""
    dates = np.datetime64(plan.first_day, "D") + np.arange(len(plan.cents))
    spend, currency = plan.cents / 100, plan.constraints.currency
    said = marks(plan.known, plan.cents)
    heat_map = spend_map(posterior.names, dates, spend, plan.policy, currency, said)
    write_bytes(folder / "plan.png", png_of(heat_map, dpi=110))
    write_bytes(folder / "response.png", png_of(response_curves(posterior, spend), dpi=90))
