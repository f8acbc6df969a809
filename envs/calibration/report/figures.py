"""The pictures of a calibration: curves, priors against posteriors, weekdays, levels, residuals."""

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from ....data.plotting import blank
from .content import PARAMETERS, CalibrationContent

_COLUMNS = 3  # panels a row
_INK, _LIGHT, _PRIOR, _SEEN = "#1d4e89", "#9fb8d8", "#b9b2a5", "#c8553d"
_LOGARITHMIC = ("conversions", "half_life", "dispersion", "level_sd", "level_half_life")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def curves(content: CalibrationContent) -> Figure:
    """A panel a campaign: response with 50 and 90 % bands, observed spends as a rug."""
    figure, panels = _panels(content, 2.9)
    for k, axes in panels:
        x, spend = content.grid[:, k], content.spend[:, k]
        low, quarter, half, three, high = content.curve[:, :, k]
        axes.fill_between(x, low, high, color=_LIGHT, alpha=0.5, lw=0)
        axes.fill_between(x, quarter, three, color=_LIGHT, lw=0)
        axes.plot(x, half, color=_INK)
        seen = spend[np.isfinite(spend)]
        axes.plot(seen, 0 * seen, "|", color=_SEEN, alpha=0.5, markersize=9, clip_on=False)
        axes.axvline(seen.max() if seen.size else 0.0, color=_SEEN, lw=1, ls=":")
        axes.set_xlim(0, x[-1])
        axes.set_ylim(0, None)
    figure.supxlabel("dollars a day; red: every day that was observed, dotted: the most ever spent")
    figure.supylabel("conversions a day")
    return figure


def parameters(content: CalibrationContent) -> Figure:
    """A row a campaign, a column a parameter: prior (grey) and posterior, with the share learnt."""
    shown = [name for name in PARAMETERS if np.ptp(content.prior[name]) > 0]
    rows = len(content.names)
    figure = blank(1.9 * len(shown), 0.85 * rows + 0.9)
    grid = np.atleast_2d(figure.subplots(rows, len(shown), squeeze=False))
    for k, campaign in enumerate(content.names):
        learnt = content.report["campaigns"][campaign]["parameters"]
        for axes, name in zip(grid[k], shown, strict=True):
            _densities(axes, content.prior[name][:, k], content.posterior[name][:, k], name)
            axes.text(
                0.98, 0.86, f"{learnt[name]['learnt']:.0%}", ha="right", va="top", fontsize=7,
                transform=axes.transAxes, color=_INK,
            )  # fmt: skip
            if k == 0:
                axes.set_title(name.replace("_", " "), fontsize=8)
        grid[k, 0].set_ylabel(campaign.replace("/", "/\n"), fontsize=6, rotation=0, ha="right")
    figure.supxlabel("grey: prior; blue: posterior; percent: the share that the data taught")
    return figure


def weekdays(content: CalibrationContent) -> Figure:
    """A panel a campaign: multipliers of the weekdays, prior and posterior."""
    figure, panels = _panels(content, 2.0)
    for k, axes in panels:
        days = np.arange(7)
        before, after = content.weekday_prior[:, :, k], content.weekday[:, :, k]
        axes.fill_between(days, before[0], before[-1], color=_PRIOR, alpha=0.4, lw=0)
        axes.fill_between(days, after[0], after[-1], color=_LIGHT, lw=0)
        axes.plot(days, after[2], "o-", color=_INK, markersize=3)
        axes.axhline(1, color="0.5", lw=0.6)
        axes.set_xticks(days, _DAYS, fontsize=7)
    figure.supylabel("times the mean day; grey: prior")
    return figure


def levels(content: CalibrationContent) -> Figure:
    """A panel a campaign: how its level of demand and efficiency wandered."""
    figure, panels = _panels(content, 2.0)
    for k, axes in panels:
        low, quarter, half, three, high = content.level[:, :, k]
        axes.fill_between(content.dates, low, high, color=_LIGHT, alpha=0.5, lw=0)
        axes.fill_between(content.dates, quarter, three, color=_LIGHT, lw=0)
        axes.plot(content.dates, half, color=_INK, lw=1)
        axes.axhline(1, color="0.5", lw=0.6)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.tick_params(axis="y", which="both", labelsize=6)
        _months(axes)
    figure.supylabel("times the long-run level")
    return figure


def residuals(content: CalibrationContent) -> Figure:
    """A panel a campaign: what happened against what the days before it led to expect."""
    figure, panels = _panels(content, 2.2)
    check = content.check
    for k, axes in panels:
        axes.fill_between(content.dates, check.low[:, k], check.high[:, k], color=_LIGHT, lw=0)
        axes.plot(content.dates, check.mean[:, k], color=_INK, lw=0.8)
        axes.plot(content.dates, content.conversions[:, k], ".", color=_SEEN, markersize=2.5)
        inside = f"{check.coverage90[k]:.0%} inside"
        axes.text(0.98, 0.95, inside, ha="right", va="top", transform=axes.transAxes, fontsize=7)
        _months(axes)
        axes.set_ylim(0, None)
    figure.supylabel("conversions; band: 90 % one day ahead")
    return figure


FIGURES = {
    "curves": curves,
    "parameters": parameters,
    "weekdays": weekdays,
    "levels": levels,
    "residuals": residuals,
}


def _panels(
    content: CalibrationContent, height: float
) -> tuple[Figure, Iterator[tuple[int, Axes]]]:
    rows = -(-len(content.names) // _COLUMNS)
    figure = blank(4 * _COLUMNS, height * rows + 0.4)
    panels = np.ravel(figure.subplots(rows, _COLUMNS, squeeze=False))
    for axes in panels[len(content.names) :]:
        axes.axis("off")
    for name, axes in zip(content.names, panels, strict=False):
        axes.set_title(name, fontsize="small")
    return figure, iter(list(enumerate(panels[: len(content.names)])))


def _months(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))  # type: ignore[no-untyped-call]
    axes.tick_params(axis="x", labelsize=7)


def _densities(axes: Axes, prior: np.ndarray, posterior: np.ndarray, name: str) -> None:
    """Draw both as histograms on one scale, logarithmic where the parameter is positive."""
    if name in _LOGARITHMIC:
        prior, posterior = np.log10(prior + 1e-12), np.log10(posterior + 1e-12)
    both = np.concatenate([prior, posterior])
    low, high = np.quantile(both, [0.005, 0.995])
    bins = np.linspace(low, high, 31).tolist()
    axes.hist(prior, bins, density=True, color=_PRIOR, alpha=0.5)
    axes.hist(posterior, bins, density=True, color=_INK, histtype="step", lw=1.2)
    axes.set_yticks([])
    ticks = np.quantile(both, [0.05, 0.95])
    labels = [f"{10**t:.2g}" if name in _LOGARITHMIC else f"{t:.2f}" for t in ticks]
    axes.set_xticks(ticks, labels, fontsize=6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
