"""Records of the rules by which a plan can be carried out: ramps and guardrails."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats

Cents = NDArray[np.int64]


class Ramp(NamedTuple):
    """How fast the campaigns' levels may change; (campaigns,) each.

    A campaign's level on a day is its spend divided by the day's rhythm. From one change day to the
    next a level l may rise to max((1 + up) l, l + least) and fall to min((1 - down) l, l - least).
    """

    up: Floats  # share of the level, >= 0; infinite: it may rise freely
    down: Floats  # share of the level, 0 to 1; 1: it may fall freely
    least_cents: Cents  # cents per day that may always be added or taken away
    yielded: NDArray[np.bool_]  # the default ramp was widened so that a floor or the total fits

    @property
    def least(self) -> Floats:
        """Units of the currency per day that may always be added or taken away."""
        return np.asarray(self.least_cents / 100)


class Guardrail(NamedTuple):
    """Bound of a node's expected cost per conversion or return over the flight."""

    node: str | None  # channel or campaign; None: all of them
    kind: str  # "cpa": spend / conversions at most; "roas": revenue / spend at least
    bound: float  # units of the currency per conversion, or revenue per unit

    def to_json(self) -> dict[str, Any]:
        """Return the guardrail as plain values."""
        return self._asdict()
