"""Records of a plan that is under way: what happened, what was changed, what to look at."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats

Cents = NDArray[np.int64]


class Actuals(NamedTuple):
    """What happened on the first days of the flight, in the plan's campaigns."""

    spend: Cents  # cents spent, (days so far, campaigns)
    conversions: Floats  # reported so far, (days so far, campaigns)
    revenue: Floats  # units of the currency; NaN: not reported, (days so far, campaigns)
    planned: Cents | None = None  # cents that the plan before had for those days; None: no plan


class Change(NamedTuple):
    """A campaign's daily budget as it is and as the re-plan would have it."""

    campaign: str
    before: float  # units of the currency per day, the live budget
    after: float  # units of the currency per day
    adopted: bool  # False: held, because it does not pay enough
    reason: str  # one sentence with its numbers


class Flag(NamedTuple):
    """Something about a plan that its reader should look at."""

    kind: str  # one of the kinds in `plan.schema.json`, such as ramp_yields
    node: str | None  # campaign or channel; None: the whole flight
    date: str | None  # day from which it holds, ISO 8601; None: no single day
    text: str  # one sentence with its numbers


class ConstraintCost(NamedTuple):
    """What a rule costs, against the plan without it."""

    name: str  # ramp, steadiness, ...
    conversions: float  # expected conversions forgone
    share: float  # share of the expected conversions without the rule
    text: str  # one sentence with its numbers
