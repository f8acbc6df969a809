"""What every market parameter is: unit, range, neutral value and source, in one table.

The table refuses impossible markets and is what the documentation of the tasks prints.
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
    neutral: float | None  # the value at which the feature is exactly off; None: no feature
    source: str
    open_low: bool = False  # whether the low end itself is not allowed
    open_high: bool = False

    @property
    def allowed(self) -> str:
        """The range in mathematicians' brackets: ``[0, 1)``."""
        left, right = "(" if self.open_low else "[", ")" if self.open_high else "]"
        left = "(" if self.low == -inf else left
        right = ")" if self.high == inf and self.neutral != inf else right
        return f"{left}{self.low:g}, {self.high:g}{right}"


_DATA = "calibrated from the history"
PARAMETERS = (
    Parameter("reference_spend", "dollars a day", 0, inf, None, _DATA, open_low=True),
    Parameter("reference_conversions", "conversions a day", 0, inf, None, _DATA),
    Parameter(
        "elasticity", "1", 0, inf, None, "TruncN(.50, .18, [.10, .85]); below the slope", True
    ),
    Parameter("slope", "1", 0, inf, None, "1 as in Meridian; S-curves U(1.2, 2.5)", open_low=True),
    Parameter(
        "carryover", "share a day", 0, 1, 0.0, "half-lives by kind, Robyn's ranges", open_high=True
    ),
    Parameter("weekday", "log", -inf, inf, 0.0, _DATA),
    Parameter("level_kept", "share a day", 0, 1, None, "half-life 20-60 days"),
    Parameter("level_sd", "log a day", 0, inf, 0.0, "stationary sd .2-.4"),
    Parameter("demand_sd", "log a day", 0, inf, 0.0, "stationary sd .2-.4"),
    Parameter("dispersion", "1", 0, inf, 0.0, ".01-.02 large campaigns, .1-.5 small ones"),
    Parameter("reference_cpc", "dollars a click", 0, inf, None, _DATA, open_low=True),
    Parameter("inflation", "1", 0, 1, 0.0, "U(.05, .35)", open_high=True),
    Parameter("price_sd", "log", 0, inf, 0.0, _DATA),
    Parameter("click_rate", "clicks an impression", 0, 1, None, _DATA, open_low=True),
    Parameter("order_value", "dollars", 0, inf, None, "$120-310 in the data"),
    Parameter("order_value_sd", "log a day", 0, inf, 0.0, "daily cv .14-.87"),
    Parameter("delivery_sd", "1", 0, inf, 0.0, "a judgement"),
    Parameter("delivery_cap", "dollars a day", 0, inf, inf, "the platform's own limit", True),
    Parameter("competition_kept", "share a day", 0, 1, 0.0, "half-life 20-60 days, the data"),
    Parameter("competition_sd", "log a day", 0, inf, 0.0, "stationary sd 8-15 %, the data"),
    Parameter("build", "share a day", 0, 1, 0.0, "a judgement", open_high=True),
    Parameter("fatigue", "1", 0, inf, 0.0, ".2-.5, weak (published .43)"),
    Parameter("fatigue_kept", "share a day", 0, 1, 0.0, "a judgement", open_high=True),
    Parameter("audience", "people", 0, inf, inf, "a judgement", open_low=True),
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
    Parameter("organic", "conversions a day", 0, inf, 0.0, ".4-.8 of conversions, journeys"),
    Parameter("same_day", "share", 0, 1, 1.0, ".4-.8; Chapelle 2014", open_low=True),
    Parameter("landing", "share a day", 0, 1, 1.0, "mean 2-8 days", open_low=True),
    Parameter("claim_rate", "1", 0, inf, 1.0, "LogN(ln 1.6, .5), social LogN(ln 4, 1)", True),
    Parameter("view_through", "share", 0, 1, 0.0, "a judgement"),
)


def require_possible(market: Market, names: Sequence[str]) -> None:
    """Refuse a market with impossible parameters.

    Args:
        market: fields (..., campaigns).
        names: of the campaigns.

    Raises:
        MediaGymError: naming the first parameter, campaign and value, and what is allowed.
    """
    for parameter in PARAMETERS:
        values = getattr(market, parameter.name)
        if values is not None:
            _require(parameter, np.asarray(values), names)
    bent = ~(market.elasticity < market.slope)
    if bent.any():
        raise _refused("elasticity", np.asarray(market.elasticity), bent, names, "below the slope")


def _require(parameter: Parameter, values: np.ndarray, names: Sequence[str]) -> None:
    low, high = parameter.low, parameter.high
    inside = (values > low) if parameter.open_low else (values >= low)
    inside &= (values < high) if parameter.open_high else (values <= high)
    if low == -inf:
        inside &= np.isfinite(values)
    if high == inf and parameter.neutral != inf:
        inside &= values < inf
    if not inside.all():
        allowed = f"in {parameter.allowed} ({parameter.unit})"
        raise _refused(parameter.name, values, ~inside, names, allowed)


def _refused(
    name: str, values: np.ndarray, off: np.ndarray, names: Sequence[str], allowed: str
) -> MediaGymError:
    spot = tuple(np.argwhere(off)[0])
    campaign = names[spot[-1]] if len(names) == values.shape[-1] else f"column {spot[-1]}"
    return MediaGymError(
        f"market: {name} of {campaign} is {np.broadcast_to(values, off.shape)[spot]}; allowed: "
        f"{allowed}. Mend the market that was given."
    )
