"""What the calibration of single campaigns takes from the model of all: the known demand.

The demand of the history is taken as known at its mode, season, events and shared movements
together. For the days after it, draws carry its uncertainty: of the season and the events relative
to the last weeks, which each campaign's own level has seen, and of the shared demand at the end.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....data.types import Floats
from .data import DemandData
from .design import Design, season_waves
from .latent import DemandFit, fit_demand
from .structure import SeasonalStructure

CALENDAR_DAYS = 400  # days after a history for which its season and events are known
_RECENT = 28  # last days of the history, whose demand the levels have seen


class KnownDemand(NamedTuple):
    """Demand under one structure, at its mode and as draws."""

    structure: SeasonalStructure
    fit: DemandFit
    history: Floats  # (days,) log demand of the history
    effects: Floats  # (coefficients of season and events, days of the calendar) regressors
    position: slice  # of these coefficients
    first_day: int  # first day of the calendar, days since 1970-01-01
    events: dict[str, list[str]]  # dates of full weight by event; none without a season

    def draw(
        self, count: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32] | None, Floats]:
        """Draw the demand after the history.

        Returns:
            The calendar of ``Market``, (count, CALENDAR_DAYS, 1), None without a season; and the
            shared demand at the end of the history, (count, 1).
        """
        coefficients, last = self.fit.draw(count, rng)
        own = coefficients[:, self.position]
        if own.shape[1] == 0:
            return None, last[:, :1]
        mode = self.fit.coefficients[self.position] @ self.effects
        change = (own - self.fit.coefficients[self.position]) @ self.effects
        recent, ahead = change[:, :_RECENT].mean(1), change[:, _RECENT:]
        rows = mode[_RECENT:] + ahead - recent[:, None]
        order = (self.first_day + np.arange(CALENDAR_DAYS)) % CALENDAR_DAYS
        calendar = np.empty((count, CALENDAR_DAYS, 1), np.float32)
        calendar[:, order, 0] = rows
        return calendar, last[:, :1]


def known_demand(
    data: DemandData, structure: SeasonalStructure, rng: np.random.Generator
) -> KnownDemand:
    """Fit a structure to the whole history."""
    days = data.days
    design = data.design(structure, days, 0)
    fit = fit_demand(design, data.reports(days), structure, rng)
    position = slice(design.season.start, design.events.stop)
    seasonal = design.columns[:, 0, position] @ fit.coefficients[position]
    first = data.observed.first_day + days
    return KnownDemand(
        structure=structure,
        fit=fit,
        history=np.asarray(seasonal + fit.path[:, 0]),
        effects=_effects(data, design, first - _RECENT),
        position=position,
        first_day=first,
        events=_event_dates(data) if structure.season else {},
    )


def demand_report(demands: Sequence[KnownDemand], weights: Floats, ahead: Floats) -> dict[str, Any]:
    """Return factors of the demand that all campaigns share, JSON-able.

    Args:
        demands: demand under each structure.
        weights: (structures,) weights, of any sum.
        ahead: (draws, days) log demand after the history, of all structures.
    """
    first = demands[0].first_day - len(demands[0].history)
    history = np.average([demand.history for demand in demands], axis=0, weights=weights)
    low, high = np.quantile(ahead, [0.05, 0.95], axis=0)
    bands = {"low": np.exp(low), "mean": np.exp(ahead).mean(0), "high": np.exp(high)}
    return {
        "first_day": _date(first),
        "history": np.exp(history).round(4).tolist(),
        "ahead": {name: factors.round(4).tolist() for name, factors in bands.items()},
        "events": next((demand.events for demand in demands if demand.events), {}),
    }


def _event_dates(data: DemandData) -> dict[str, list[str]]:
    """Return the dates of full weight of each event that has any."""
    first = data.observed.first_day
    dates = {
        name: [_date(first + int(day)) for day in np.flatnonzero(weight == 1.0)]
        for name, weight in zip(data.names, data.events.T, strict=True)
    }
    return {name: days for name, days in dates.items() if days}


def _date(day: int) -> str:
    """Return the ISO date of a day since 1970-01-01."""
    return str(np.datetime64(day, "D"))


def _effects(data: DemandData, design: Design, first: int) -> Floats:
    """Return season and events from a day on, (coefficients, days)."""
    day = first + np.arange(float(_RECENT + CALENDAR_DAYS))
    waves = season_waves(day)[:, : design.season.stop - design.season.start]
    events = np.zeros((len(day), design.events.stop - design.events.start))
    known = data.events[first - data.observed.first_day :][: len(day), : events.shape[1]]
    events[: len(known)] = known
    return np.concatenate([waves, events], axis=1).T
