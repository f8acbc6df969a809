"""`PARAMETERS`: unit, range, neutral value and source of every market parameter.

The table validates markets and is printed in the documentation of the tasks.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np

from ...data.errors import MediaGymError
from .records import Market


class Parameter(NamedTuple):
    """One field of ``Market``."""

    name: str
    unit: str
    low: float
    high: float
    neutral: float | None  # the value at which the feature is exactly off; None: always on
    source: str
    open_low: bool = False  # True: the low end itself is not allowed
    open_high: bool = False

    @property
    def allowed(self) -> str:
        """The range in interval notation: ``[0, 1)``."""
        left, right = "(" if self.open_low else "[", ")" if self.open_high else "]"
        left = "(" if self.low == -inf else left
        right = ")" if self.high == inf and self.neutral != inf else right
        return f"{left}{self.low:g}, {self.high:g}{right}"


_HISTORY = "calibrated from the history"
_JUDGEMENT = "a judgement"
PARAMETERS = (
    Parameter("reference_spend", "dollars per day", 0, inf, None, _HISTORY, open_low=True),
    Parameter("reference_conversions", "conversions per day", 0, inf, None, _HISTORY),
    Parameter(
        "elasticity", "1", 0, inf, None, "TruncN(.50, .18, [.10, .85]); below the slope", True
    ),
    Parameter("slope", "1", 0, inf, None, "1 as in Meridian; S-curves U(1.2, 2.5)", open_low=True),
    Parameter(
        "carryover", "share a day", 0, 1, 0.0, "half-lives by kind, Robyn's ranges", open_high=True
    ),
    Parameter("weekday", "log", -inf, inf, 0.0, _HISTORY),
    Parameter("level_kept", "share a day", 0, 1, None, "half-life 20-60 days"),
    Parameter("level_sd", "log a day", 0, inf, 0.0, "stationary sd .2-.4"),
    Parameter("demand_sd", "log a day", 0, inf, 0.0, "stationary sd .2-.4"),
    Parameter("dispersion", "1", 0, inf, 0.0, ".01-.02 large campaigns, .1-.5 small ones"),
    Parameter("reference_cpc", "dollars per click", 0, inf, None, _HISTORY, open_low=True),
    Parameter("inflation", "1", 0, 1, 0.0, "U(.05, .35)", open_high=True),
    Parameter("price_sd", "log", 0, inf, 0.0, _HISTORY),
    Parameter("click_rate", "clicks per impression", 0, 1, None, _HISTORY, open_low=True),
    Parameter("order_value", "dollars", 0, inf, None, "$120-310 in the data"),
    Parameter("order_value_sd", "log a day", 0, inf, 0.0, "daily cv .14-.87"),
    Parameter("delivery_sd", "1", 0, inf, 0.0, _JUDGEMENT),
    Parameter("delivery_cap", "dollars per day", 0, inf, inf, "the platform's own limit", True),
    Parameter("competition_kept", "share a day", 0, 1, 0.0, "half-life 20-60 days, the data"),
    Parameter("competition_sd", "log a day", 0, inf, 0.0, "stationary sd 8-15 %, the data"),
    Parameter("build", "share a day", 0, 1, 0.0, _JUDGEMENT, open_high=True),
    Parameter("fatigue", "1", 0, inf, 0.0, ".2-.5, weak (published .43)"),
    Parameter("fatigue_kept", "share a day", 0, 1, 0.0, _JUDGEMENT, open_high=True),
    Parameter("audience", "people", 0, inf, inf, _JUDGEMENT, open_low=True),
    Parameter("annual", "log", -inf, inf, 0.0, "amplitude .1-.3, the data"),
    Parameter("drift_sd", "log a day", 0, inf, 0.0, "0, .02 or .05 by task"),
    Parameter("halo", "1", 0, inf, 0.0, "U(0, .3), a judgement"),
    Parameter("halo_weight", "share", 0, 1, 0.0, "spend of the upper funnel"),
    Parameter(
        "halo_kept",
        "share a day",
        0,
        1,
        0.0,
        "about two weeks: Kireyev, Pauwels, Gupta 2013",
        open_high=True,
    ),
    Parameter("organic", "conversions per day", 0, inf, 0.0, ".4-.8 of conversions, journeys"),
    Parameter("same_day", "share", 0, 1, 1.0, ".4-.8; Chapelle 2014", open_low=True),
    Parameter("landing", "share a day", 0, 1, 1.0, "mean 2-8 days", open_low=True),
    Parameter("claim_rate", "1", 0, inf, 1.0, "LogN(ln 1.6, .5), social LogN(ln 4, 1)", True),
    Parameter("view_through", "share", 0, 1, 0.0, _JUDGEMENT),
    Parameter("calendar", "log", -inf, inf, 0.0, _HISTORY),
    Parameter(
        "demand_kept", "share a day", 0, 1, None, "half-life of days, the data", open_high=True
    ),
)


def require_possible(market: Market, names: Sequence[str]) -> None:
    """Raise an error for a market with impossible parameters.

    Args:
        market: fields (..., campaigns).
        names: names of the campaigns.

    Raises:
        MediaGymError: naming the first parameter, campaign and value, and the allowed range.
    """
    for parameter in PARAMETERS:
        values = getattr(market, parameter.name)
        if values is not None:
            _require_in_range(parameter, np.asarray(values), names)
    wrong = ~(market.elasticity < market.slope)
    if wrong.any():
        raise _error("elasticity", np.asarray(market.elasticity), wrong, names, "below the slope")


def _require_in_range(parameter: Parameter, values: np.ndarray, names: Sequence[str]) -> None:
    low, high = parameter.low, parameter.high
    inside = (values > low) if parameter.open_low else (values >= low)
    inside &= (values < high) if parameter.open_high else (values <= high)
    if low == -inf:
        inside &= np.isfinite(values)
    if high == inf and parameter.neutral != inf:
        inside &= values < inf
    if not inside.all():
        allowed = f"in {parameter.allowed} ({parameter.unit})"
        raise _error(parameter.name, values, ~inside, names, allowed)


def _error(
    name: str, values: np.ndarray, wrong: np.ndarray, names: Sequence[str], allowed: str
) -> MediaGymError:
    first = tuple(np.argwhere(wrong)[0])
    campaign = names[first[-1]] if len(names) == values.shape[-1] else f"column {first[-1]}"
    return MediaGymError(
        f"market: {name} of {campaign} is {np.broadcast_to(values, wrong.shape)[first]}; allowed: "
        f"{allowed}. Correct that field of the market."
    )
