"""Charts of a plan: spend per day and campaign, and response curves with the planned spend."""

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
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
_LIVE_COLUMN = -2  # where the live budgets stand, a day's width before the first day


def spend_map(
    names: Sequence[str],
    dates: NDArray[np.datetime64],
    plan: Floats,
    title: str,
    currency: str | None = None,
    marks: Sequence[str] = (),
    live: Floats | None = None,
    actual_days: int = 0,
) -> Figure:
    """Return the spend of every day, above in sum, below per campaign, all on one scale.

    Days that are over are drawn in grey above and end at a line below. The live budgets are a line
    above and the first column below. Cells without spend are white.

    Args:
        names: names of the campaigns.
        dates: (days,).
        plan: (days, campaigns) in units of the currency.
        title: name of the plan.
        currency: ISO code or shared sign; None: not known.
        marks: (campaigns,) what is said of each, such as a restart; empty: nothing.
        live: (campaigns,) daily budgets on the day before the first planned one; None: not known.
        actual_days: days at the start that are over.
    """
    figure = blank(11, 0.45 * len(names) + 3.4)
    above, below = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": [1.6, 0.45 * len(names) + 0.4]}
    )
    unit = unit_of(currency)
    _day_totals(above, plan, live, actual_days, currency)
    above.set_title(f"{drawn(title)}: {unit} per day")
    image = _cells(below, plan, live, actual_days)
    labels = [
        f"{drawn(name)}  {money(total, currency, 0)}"
        for name, total in zip(names, plan.sum(0), strict=True)
    ]
    labels = [f"{label}\n{mark}" if mark else label for label, mark in zip_longest(labels, marks)]
    below.set_yticks(range(len(names)), labels)
    weekly = list(range(0, len(dates), 7))
    columns = [(t, str(dates[t])) for t in weekly]
    if live is not None:
        columns.insert(0, (_LIVE_COLUMN, "\nlive"))  # below the first date
    below.set_xticks([t for t, _ in columns], [label for _, label in columns])
    bar = figure.colorbar(image, ax=below, format=lambda amount, _: money(amount, currency, 0))
    bar.set_label(f"{unit} per day")
    return figure


def _day_totals(
    axes: Axes, plan: Floats, live: Floats | None, actual_days: int, currency: str | None
) -> None:
    """Draw the days' sums as bars, and the sum of the live budgets as a line."""
    totals, days = plan.sum(1), np.arange(len(plan))
    over = days < actual_days
    axes.bar(days[~over], totals[~over], color="tab:blue", width=0.85, label="planned")
    if over.any():
        axes.bar(days[over], totals[over], color="0.55", width=0.85, label="spent")
    if live is not None:
        text = f"live budgets, {money(float(live.sum()), currency, 0)} per day"
        axes.axhline(float(live.sum()), color="black", ls="--", lw=1, label=text)
    axes.set_ylim(0, 1.3 * max(float(totals.max(initial=0.0)), 1e-9))
    axes.yaxis.set_major_formatter(lambda amount, _: money(amount, currency, 0))
    axes.legend(loc="upper right", ncols=3, fontsize="small", frameon=False)
    axes.tick_params(labelbottom=False)


def _cells(axes: Axes, plan: Floats, live: Floats | None, actual_days: int) -> AxesImage:
    """Draw a cell per campaign and day, with the live budgets as a column of their own."""
    days, campaigns = plan.shape
    most = max(float(plan.max(initial=0.0)), 0.0 if live is None else float(live.max()), 1e-9)
    # small budgets differ visibly beside large ones on the scale of square roots
    norm = PowerNorm(0.5, vmin=0, vmax=most)

    def drawn_at(left: float, amounts: Floats) -> AxesImage:
        return axes.imshow(
            np.where(amounts > 0, amounts, np.nan),
            extent=(left, left + amounts.shape[1], campaigns - 0.5, -0.5),
            aspect="auto",
            cmap="YlGnBu",
            norm=norm,
            interpolation="nearest",
        )

    left = -0.5
    if live is not None:
        left = _LIVE_COLUMN - 0.5
        drawn_at(left, live[:, None])
    image = drawn_at(-0.5, plan.T)
    if actual_days:
        axes.axvline(actual_days - 0.5, color="black", lw=1.5)
        axes.set_xlabel("left of the line: spent; right of it: planned")
    axes.set_xlim(left, days - 0.5)
    return image


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
    spend, currency = plan.cents / 100, plan.constraints.currency
    said = marks(plan.known, plan.cents)
    heat_map = spend_map(
        posterior.names,
        plan.dates,
        spend,
        plan.policy,
        currency,
        said,
        plan.live_budget,
        plan.actual_days,
    )
    write_bytes(folder / "plan.png", png_of(heat_map, dpi=110))
    write_bytes(folder / "response.png", png_of(response_curves(posterior, spend), dpi=90))
