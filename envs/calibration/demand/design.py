"""Regressors of the log conversions of all campaigns together, with Gaussian priors.

Columns: a campaign's size and its elasticity, the spend index, the weekdays, the annual wave and
the events of the calendar. All but the first two are common to the campaigns.
"""

from typing import NamedTuple

import numpy as np

from ....data.types import Floats
from ...market import carry, saturation, weekday_of

SEASON_PAIRS = 8  # Fourier pairs of the annual wave: enough for peaks of three weeks
DAYS_A_YEAR = 365.25
EVENT_SD = 0.25  # prior sd of an event's log effect
_SIZE_SD = 1.5  # log-sd of a campaign's size around the advertiser's mean return
_WEEKDAY_SD = 0.3
_SMALLEST_RATIO = 1e-4  # of the stock to the reference spend
_EDGE = 0.03  # distance of the elasticity from 0 and 1
_STEP = 1e-3  # of the numeric derivative of the curve by its elasticity


class DemandPriors(NamedTuple):
    """Priors of the coefficients that the campaigns' own priors have too."""

    elasticity: float
    elasticity_sd: float
    follow: float  # share of the spend index that is demand
    follow_sd: float
    carryover: Floats  # (campaigns,) share of the stock kept per day


class Days(NamedTuple):
    """Days of a history and those after it whose spend is given."""

    first: int  # days since 1970-01-01
    spend: Floats  # (days, campaigns) dollars
    spend_index: Floats  # (days, campaigns) log spend index
    events: Floats  # (days, events) weights of the calendar's events; no columns: none


class Design(NamedTuple):
    """Regressors and the priors of their coefficients."""

    columns: Floats  # (days, campaigns, coefficients); the elasticities' are filled by ``curve``
    mean: Floats  # (coefficients,) prior means
    sd: Floats  # (coefficients,) prior sds
    ratio: Floats  # (days, campaigns) stock over reference spend
    elasticity: slice  # position of the campaigns' elasticities
    follow: int  # position of the spend index
    season: slice  # position of the Fourier terms
    events: slice  # position of the calendar's events

    def window(self, days: slice) -> "Design":
        """Return some days of the design."""
        return self._replace(columns=self.columns[days], ratio=self.ratio[days])


def design_of(days: Days, known: int, rate: float, priors: DemandPriors, season: bool) -> Design:
    """Return the regressors of all days.

    Args:
        days: the history and the days after it.
        known: number of days of the history.
        rate: conversions per dollar of the whole history, the centre of the sizes.
        priors: priors of elasticity, spend index and carry-over.
        season: whether the annual wave and the calendar's events have an effect.
    """
    total, campaigns = days.spend.shape
    reference = np.array([_usual(x) for x in days.spend[:known].T])
    events = days.events if season else days.events[:, :0]
    waves = season_waves(days.first + np.arange(float(total))) if season else np.zeros((total, 0))
    shared = np.concatenate([_weekdays(days.first, total), waves, events], axis=1)
    own = np.broadcast_to(np.eye(campaigns), (total, campaigns, campaigns))
    columns = np.concatenate(
        [
            own,
            0 * own,
            days.spend_index[:, :, None],
            np.repeat(shared[:, None], campaigns, 1),
        ],
        axis=2,
    )
    first = 2 * campaigns + 1 + 7
    last = first + waves.shape[1]
    ones = np.ones(campaigns)
    zeros = np.zeros(shared.shape[1])
    amplitude = season_sds(0.3) if season else zeros[:0]
    return Design(
        columns=columns,
        mean=np.concatenate(
            [np.log(rate * reference), priors.elasticity * ones, [priors.follow], zeros]
        ),
        sd=np.concatenate(
            [
                _SIZE_SD * ones,
                priors.elasticity_sd * ones,
                [priors.follow_sd],
                np.full(7, _WEEKDAY_SD),
                amplitude,
                np.full(events.shape[1], EVENT_SD),
            ]
        ),
        ratio=_stock(days.spend, priors.carryover) / reference,
        elasticity=slice(campaigns, 2 * campaigns),
        follow=2 * campaigns,
        season=slice(first, last),
        events=slice(last, columns.shape[2]),
    )


def curve(design: Design, elasticity: Floats) -> tuple[Floats, Floats]:
    """Return the log of Hill's curve, and its derivative by the elasticity, (days, campaigns)."""
    inside = np.clip(elasticity, _EDGE, 1 - _EDGE)
    ratio, ones = np.maximum(design.ratio, _SMALLEST_RATIO), np.ones_like(inside)
    logs = [np.log(saturation(ratio, inside + step, ones)) for step in (-_STEP, 0.0, _STEP)]
    return logs[1], (logs[2] - logs[0]) / (2 * _STEP)


def season_sds(amplitude: float) -> Floats:
    """Return prior sds of the Fourier terms: the p-th pair's variance falls with 1 / p."""
    return np.asarray(amplitude / np.sqrt(np.repeat(np.arange(1, SEASON_PAIRS + 1), 2)))


def season_waves(day: Floats) -> Floats:
    """Return the Fourier terms of some days, (days, 2 SEASON_PAIRS)."""
    angle = 2 * np.pi * np.outer(day, np.arange(1, SEASON_PAIRS + 1)) / DAYS_A_YEAR
    return np.stack([np.cos(angle), np.sin(angle)], axis=2).reshape(len(angle), -1)


def _weekdays(first: int, days: int) -> Floats:
    return np.eye(7)[weekday_of(first + np.arange(days))]


def _usual(spend: Floats) -> float:
    """Return the geometric mean of the days with spend, dollars per day; 1 without any."""
    running = spend[spend > 0]
    return float(np.exp(np.log(running).mean())) if len(running) else 1.0


def _stock(spend: Floats, carryover: Floats) -> Floats:
    """Return the advertising stock of each day, (days, campaigns)."""
    stock, stocks = spend[:7].mean(0), []
    for day in spend:
        stock = carry(stock, day, carryover)
        stocks.append(stock)
    return np.stack(stocks)
