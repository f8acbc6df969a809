"""Demand on the days that a calendar of constraints names: promotions, holidays of one's own.

What is said of a day's demand multiplies what the calibration expects of it. It enters as holidays
do, through the market's calendar, so that plans, environments and beliefs all know it. Each draw of
the posterior has a multiplier of its own, log-normal with the mean and the sd that are given, the
same for all days and campaigns of a row.
"""

from dataclasses import replace

import numpy as np

from ...data.types import Floats
from ..calibration import Posterior
from ..calibration.demand import CALENDAR_DAYS
from ..constraints import Constraints, Promotion
from ..market import Stream, generator


def promoted(posterior: Posterior, constraints: Constraints) -> Posterior:
    """Return a posterior that knows the promotions of a constraint set.

    One that knows them already is returned as it is, and so is any posterior where there are none.

    Args:
        posterior: before the flight, without promotions or with these.
        constraints: of the whole flight.
    """
    rows = [each.to_json() for each in constraints.promotions]
    if not rows or posterior.report.get("promotions") == rows:
        return posterior
    market, first = posterior.market, int(posterior.state.day)
    draws, campaigns = market.elasticity.shape
    shape = draws, CALENDAR_DAYS, campaigns
    calendar = np.zeros(shape, np.float32)
    if market.calendar is not None:
        shape = draws, market.calendar.shape[-2], campaigns
        calendar = np.broadcast_to(market.calendar, shape).copy()
    for number, promotion in enumerate(constraints.promotions):
        days = (first + np.array(promotion.days)) % shape[1]
        cells = np.ix_(np.arange(draws), days, np.array(promotion.campaigns))
        calendar[cells] += _log_factors(promotion, number, draws)[:, None, None]
    report = {**posterior.report, "promotions": rows}
    return replace(posterior, market=market._replace(calendar=calendar), report=report)


def _log_factors(promotion: Promotion, number: int, draws: int) -> Floats:
    """Return the log multiplier of each draw, (draws,)."""
    variance = np.log1p((promotion.sd / promotion.factor) ** 2)
    normal = generator(Stream.PROMOTION, number).standard_normal(draws)
    return np.asarray(np.log(promotion.factor) - variance / 2 + np.sqrt(variance) * normal)
