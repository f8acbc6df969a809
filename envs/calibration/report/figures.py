"""Figures of a calibration report: those over dates, curves, parameters, weekdays, residuals."""

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from ....data.formats import unit_of
from ....data.plotting import blank, drawn
from .content import LEVELS, CalibrationContent
from .timelines import demand, lifetimes

_PANELS_PER_ROW = 3
_LINE, _BAND, _PRIOR, _OBSERVED = "#1d4e89", "#9fb8d8", "#b9b2a5", "#c8553d"
_LOGARITHMIC = ("conversions", "half_life", "dispersion", "level_sd", "level_half_life")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def curves(content: CalibrationContent) -> Figure:
    """Draw response curves with 50 and 90 % bands per campaign, observed spends as a rug.

    Dark grey is the range up to the dearest recent day, beyond which curves are extrapolated.
    """
    figure, panels = _panels(content, 2.9)
    for k, axes in panels:
        x, spend = content.grid[:, k], content.spend[:, k]
        low, lower, median, upper, high = content.curve[:, :, k]
        axes.fill_between(x, low, high, color=_BAND, alpha=0.5, lw=0)
        axes.fill_between(x, lower, upper, color=_BAND, lw=0)
        axes.plot(x, median, color=_LINE)
        seen = spend[np.isfinite(spend)]
        axes.plot(seen, 0 * seen, "|", color=_OBSERVED, alpha=0.5, markersize=9, clip_on=False)
        axes.axvline(seen.max() if seen.size else 0.0, color=_OBSERVED, lw=1, ls=":")
        axes.axvspan(0, seen.max() if seen.size else 0.0, color="0.95", zorder=0)
        axes.axvspan(0, content.known_max[k], color="0.85", zorder=0)
        axes.set_xlim(0, x[-1])
        axes.set_ylim(0, None)
    unit = unit_of(content.currency)
    figure.supxlabel(
        f"{unit} per day; grey: recent range, light grey and dotted: ever; red: observed spends"
    )
    figure.supylabel("conversions per day")
    return figure


def parameters(content: CalibrationContent) -> Figure:
    """Draw prior and posterior per campaign (row) and parameter (column), with the share learnt.

    Where structures set how levels move, the table of structures shows it instead.
    """
    hidden = LEVELS if content.report.get("structures", {}).get("settings") else ()
    shown = [k for k, prior in content.prior.items() if np.ptp(prior) > 0 and k not in hidden]
    rows = len(content.names)
    figure = blank(1.9 * len(shown), 0.85 * rows + 0.9)
    grid = np.atleast_2d(figure.subplots(rows, len(shown), squeeze=False))
    for k, campaign in enumerate(content.names):
        learnt = content.report["campaigns"][campaign]["parameters"]
        for axes, name in zip(grid[k], shown, strict=True):
            _densities(axes, content.prior[name][:, k], content.posterior[name][:, k], name)
            axes.text(
                0.98, 0.86, f"{learnt[name]['learnt']:.0%}", ha="right", va="top", fontsize=8,
                transform=axes.transAxes, color=_LINE,
            )  # fmt: skip
            if k == 0:
                axes.set_title(name.replace("_", " "), fontsize=10)
        label = drawn(campaign).replace("/", "/\n", 1)
        grid[k, 0].set_ylabel(label, fontsize=8, rotation=0, ha="right")
    figure.supxlabel("grey: prior; blue: posterior; percent: share learnt from the data")
    return figure


def weekdays(content: CalibrationContent) -> Figure:
    """Draw weekday multipliers per campaign, prior and posterior."""
    figure, panels = _panels(content, 2.0)
    days = np.arange(7)
    for k, axes in panels:
        prior, posterior = content.weekday_prior[:, :, k], content.weekday[:, :, k]
        axes.fill_between(days, prior[0], prior[-1], color=_PRIOR, alpha=0.4, lw=0)
        axes.fill_between(days, posterior[0], posterior[-1], color=_BAND, lw=0)
        axes.plot(days, posterior[2], "o-", color=_LINE, markersize=3)
        axes.axhline(1, color="0.5", lw=0.6)
        axes.set_xticks(days, _DAYS, fontsize=9)
    figure.supylabel("multiple of the mean day; grey: prior", fontsize="small")
    return figure


def levels(content: CalibrationContent) -> Figure:
    """Draw the level of demand and efficiency over the history per campaign."""
    figure, panels = _panels(content, 2.0)
    for k, axes in panels:
        low, lower, median, upper, high = content.level[:, :, k]
        axes.fill_between(content.dates, low, high, color=_BAND, alpha=0.5, lw=0)
        axes.fill_between(content.dates, lower, upper, color=_BAND, lw=0)
        axes.plot(content.dates, median, color=_LINE, lw=1)
        axes.axhline(1, color="0.5", lw=0.6)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="y", which="both", labelsize=8)
        _format_dates(axes)
    figure.supylabel("multiple of the long-run level", fontsize="small")
    return figure


def residuals(content: CalibrationContent) -> Figure:
    """Draw reported conversions against one-day-ahead forecasts per campaign."""
    figure, panels = _panels(content, 2.2)
    check = content.check
    for k, axes in panels:
        axes.fill_between(content.dates, check.low[:, k], check.high[:, k], color=_BAND, lw=0)
        axes.plot(content.dates, check.mean[:, k], color=_LINE, lw=0.8)
        axes.plot(content.dates, content.conversions[:, k], ".", color=_OBSERVED, markersize=2.5)
        coverage = f"{check.coverage90[k]:.0%} inside"
        axes.text(0.98, 0.95, coverage, ha="right", va="top", transform=axes.transAxes, fontsize=9)
        _format_dates(axes)
        axes.set_ylim(0, None)
    figure.supylabel("conversions; band: 90 % interval", fontsize="small")
    return figure


FIGURES = {
    "demand": demand,
    "lifetimes": lifetimes,
    "curves": curves,
    "parameters": parameters,
    "weekdays": weekdays,
    "levels": levels,
    "residuals": residuals,
}


def _panels(
    content: CalibrationContent, height: float
) -> tuple[Figure, Iterator[tuple[int, Axes]]]:
    """Return a figure with one titled panel per campaign, and the numbered panels."""
    rows = -(-len(content.names) // _PANELS_PER_ROW)
    figure = blank(4 * _PANELS_PER_ROW, height * rows + 0.4)
    panels = np.ravel(figure.subplots(rows, _PANELS_PER_ROW, squeeze=False))
    for axes in panels[len(content.names) :]:
        axes.axis("off")
    for name, axes in zip(content.names, panels, strict=False):
        axes.set_title(drawn(name), fontsize="small")
    return figure, iter(list(enumerate(panels[: len(content.names)])))


def _format_dates(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]
    axes.tick_params(axis="x", labelsize=9)


def _plain(value: float) -> str:
    """Two digits of a positive number, never with an exponent: 580, 5.8, 0.058."""
    rounded = float(f"{value:.1e}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:.6f}".rstrip("0").rstrip(".")


def _densities(axes: Axes, prior: np.ndarray, posterior: np.ndarray, name: str) -> None:
    """Draw both histograms on one scale, logarithmic for parameters in `_LOGARITHMIC`."""
    if name in _LOGARITHMIC:
        prior, posterior = np.log10(prior + 1e-12), np.log10(posterior + 1e-12)
    both = np.concatenate([prior, posterior])
    low, high = np.quantile(both, [0.005, 0.995])
    bins = np.linspace(low, high, 31).tolist()
    axes.hist(prior, bins, density=True, color=_PRIOR, alpha=0.5)
    axes.hist(posterior, bins, density=True, color=_LINE, histtype="step", lw=1.2)
    axes.set_yticks([])
    ticks = np.quantile(both, [0.05, 0.95])
    labels = [_plain(10**t) if name in _LOGARITHMIC else f"{t:.2f}" for t in ticks]
    axes.set_xticks(ticks, labels, fontsize=8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
