"""Conversions of the last days that are not complete yet, as platforms report them late.

Most platforms date a conversion by the click before it, so that a day gains conversions for days
after it. `with_maturity` says how much of each day is reported so far.
"""

import dataclasses

import numpy as np

from ..errors import with_setting
from ..exports import DataSettings, Records
from ..history import OBSERVED, History
from ..types import Floats
from .curves import COMPLETE, Curve, lag_days, usual_curve
from .evidence import Series, exponent
from .older_export import last_day, older_curves

_MAX_RATIO = 0.85  # of the last days' conversions to what their clicks or spend suggest
_MIN_SIGNIFICANCE = 3.0  # standard deviations of a count by which they fall short


def with_maturity(history: History, records: Records, settings: DataSettings) -> History:
    """History with the share of each day's conversions that is reported so far.

    Args:
        history: history as loaded.
        records: the exports that it was made of.
        settings: days left out by hand; an older export, if there is one.

    Returns:
        History with `complete`, None if all days are taken as complete, and with notes on what was
        assumed; a warning where the last days have fewer conversions than that explains.

    Raises:
        ConfigError: the path of the older export is not valid.
        DataError: the older export cannot be read, or is not one of the same accounts.
    """
    if settings.incomplete_days:
        unused = with_setting(
            "the older export was not read, as the days that it is about are left out.",
            "data.incomplete_days leaves them out",
        )
        return history if settings.older_export is None else _noted(history, [unused])
    learnt, notes = older_curves(records, settings)
    complete = np.ones(history.spend.shape)
    for channel in dict.fromkeys(campaign.channel for campaign in history.campaigns):
        own = [k for k, campaign in enumerate(history.campaigns) if campaign.channel == channel]
        stop = int((last_day(records, channel) - history.dates[0]).astype(int)) + 1
        series = Series.of(history, own, stop)
        curve = learnt.get(channel, usual_curve(channel))
        shares = curve.shares ** exponent(series, curve)
        shares = np.where(shares < COMPLETE, shares, 1.0)[:stop]
        complete[stop - len(shares) : stop, own] = shares[::-1, None]
        notes += _assumption(channel, shares, curve)
        notes += _shortage(channel, series, shares)
    complete = np.where(history.presence == OBSERVED, complete, 1.0)
    known = _noted(history, notes)
    return known if (complete == 1).all() else dataclasses.replace(known, complete=complete)


def _noted(history: History, notes: list[str]) -> History:
    return dataclasses.replace(history, notes=(*history.notes, *notes))


def _assumption(channel: str, shares: Floats, curve: Curve) -> list[str]:
    """Note on the shares of the last days, (ages,), if they are not all 1."""
    late = shares[shares < 1]
    source = "learnt from an older export" if curve.is_learnt else "by the platform's usual delay"
    if not len(late):
        if not curve.is_learnt:
            return []
        return [f"{channel}: the last days are taken as complete ({source})."]
    low, high = (f"{100 * share:.0f}" for share in (late.min(), late.max()))
    days = np.flatnonzero(shares < 1)[-1] + 1
    if days == 1:
        return [f"{channel}: the last day is taken as {low} % reported ({source})."]
    return [f"{channel}: the last {days} days are taken as {low} to {high} % reported ({source})."]


def _shortage(channel: str, series: Series, shares: Floats) -> list[str]:
    """Warning if the last days, within the channel's lag, have too few conversions.

    Conversions per click (per spend without clicks) are compared with those of the four weeks
    before, times the shares that are reported; fewer by chance alone are not warned of.
    """
    lag = lag_days(channel)
    window = series.window(lag)
    if window is None:
        return []
    reported = np.ones(lag)
    reported[: len(shares)] = shares[:lag]
    expected, found = float(window.expected @ reported), float(window.found.sum())
    short = (expected - found) / np.sqrt(max(expected, 1.0) * window.dispersion)
    if found >= _MAX_RATIO * expected or short <= _MIN_SIGNIFICANCE:
        return []
    still = " even so" if (shares < 1).any() else ""
    return [
        with_setting(
            f"{channel}: WARNING, the last {lag} days have {found:,.0f} conversions where "
            f"{expected:,.0f} would be usual{still}: platforms report conversions up to {lag} "
            f"days late, so these days are probably not complete. Exports that end {lag} days "
            "before they are made have whole days only.",
            f"data.incomplete_days={lag} leaves these days out; data.older_export, an earlier "
            "export of the same days, shows how late they are",
        )
    ]
