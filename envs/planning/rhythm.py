"""A campaign's rhythm of the week, and the steadiness of its level."""

import numpy as np

from ...data.types import Floats
from ..constraints import Constraints
from ..market import weekday_of
from .newton import Surface
from .rules import previous_days, rhythm_of

_RANGE = (1 / 3, 3.0)  # of a weekday against the mean of the week
_SMALL = 0.1  # of a campaign's mean level: changes of a lower level count as of this one


def weekday_rhythm(plan: Floats, first_day: int) -> Floats:
    """Return each campaign's weekday profile of a plan, (days, campaigns), mean 1 over the week.

    Args:
        plan: (days, campaigns) dollars.
        first_day: days since 1970-01-01 of the plan's first day.
    """
    weekdays = weekday_of(first_day + np.arange(len(plan)))
    mean = plan.mean(0)
    week = np.ones((7, plan.shape[1]))
    for weekday in np.unique(weekdays):
        share = plan[weekdays == weekday].mean(0) / np.where(mean > 0, mean, 1)
        week[weekday] = np.where(mean > 0, np.clip(share, *_RANGE), 1)
    for _ in range(20):  # the mean is 1 and the range holds: each undoes a little of the other
        week = np.clip(week / week.mean(0), *_RANGE)
    return np.asarray(week[weekdays])


def level_changes(constraints: Constraints, plan: Floats) -> Floats:
    """Return the relative changes of levels, (days, campaigns); NaN where there is none.

    The first day is compared with the live budgets, if the set has live budgets.
    """
    level, before = plan / rhythm_of(constraints), previous_days(constraints)
    changes = np.full(plan.shape, np.nan)
    for day in range(len(plan)):
        for campaign in range(plan.shape[1]):
            earlier = before[day, campaign]
            if earlier >= 0:
                last = level[earlier, campaign]
            elif earlier == -1 and constraints.live_cents is not None:
                last = constraints.live_cents[campaign] / 100
            else:
                continue
            now = level[day, campaign]
            changes[day, campaign] = abs(now - last) / max(last, 1e-9) if now != last else 0.0
    return changes


class Unsteadiness:
    """Half the sum of squared relative changes of the levels, a quadratic function of a plan."""

    def __init__(self, constraints: Constraints, plan: Floats) -> None:
        """Tell changes relative to the levels of a plan, (days, campaigns)."""
        days, count = plan.shape
        rhythm, before = rhythm_of(constraints), previous_days(constraints)
        level, small = plan / rhythm, _SMALL * (plan / rhythm).mean(0) + 1e-9
        live = None if constraints.live_cents is None else constraints.live_cents / 100
        self._rows = np.zeros((count, days, days))  # campaign, change, day
        self._start = np.zeros((count, days))  # what the live budgets take away from a change
        for day in range(days):
            for k in range(count):
                earlier = before[day, k]
                if earlier == -2 or (earlier == -1 and live is None):
                    continue
                last = live[k] if earlier == -1 and live is not None else level[earlier, k]
                weight = 1 / max((last + level[day, k]) / 2, small[k])
                self._rows[k, day, day] = weight / rhythm[day, k]
                if earlier >= 0:
                    self._rows[k, day, earlier] = -weight / rhythm[earlier, k]
                else:
                    self._start[k, day] = weight * last
        self.curvature = self._rows.swapaxes(1, 2) @ self._rows  # (campaigns, days, days)

    def __call__(self, plan: Floats) -> tuple[float, Floats]:
        """Return the sum and its gradient, (days, campaigns)."""
        changes = np.einsum("kcd,dk->kc", self._rows, plan) - self._start
        return float((changes**2).sum()) / 2, np.einsum("kcd,kc->dk", self._rows, changes)

    def taken_from(self, surface: Surface, price: float) -> Surface:
        """Return a value less the price of unsteadiness."""

        def value(plan: Floats) -> tuple[float, Floats]:
            worth, gradient = surface.value(plan)
            cost, slope = self(plan)
            return worth - price * cost, gradient - price * slope

        return Surface(value, lambda plan: surface.curvature(plan) + price * self.curvature)
