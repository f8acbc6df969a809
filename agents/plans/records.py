"""Records: a plan with its estimates, what happened so far, changes, flags and costs of rules."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ...envs.calibration import Forecast, SpendingFacts
from ...envs.constraints import Constraints
from .estimate import mean_and_interval
from .extrapolation import Known

Cents = NDArray[np.int64]
_WEEK = 7  # days whose mean is the live budget, unless it is given


class Actuals(NamedTuple):
    """What happened on the first days of the flight, in the plan's campaigns."""

    spend: Cents  # cents spent, (days so far, campaigns)
    conversions: Floats  # reported so far, (days so far, campaigns)
    revenue: Floats  # units of the currency; NaN: not reported, (days so far, campaigns)
    planned: Cents | None = None  # cents that the plan before had for those days; None: no plan
    expected: Cents | None = None  # the same, but spent on days that were over when it was made:
    # with the days left they are its total; None: `planned`


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
    conversions: float | None  # expected conversions forgone; None: the objective is money
    share: float  # of the expected objective
    text: str  # one sentence with its numbers


class Plan(NamedTuple):
    """A dated plan and the estimates of its outcome, in the currency of the constraints.

    ``cents`` and ``forecast`` cover all days of the flight: days that are over hold what happened,
    the same in every draw.
    """

    policy: str
    objective: str
    constraints: Constraints
    first_day: int  # days since 1970-01-01
    cents: Cents  # (days, campaigns)
    forecast: Forecast  # revenue is NaN where it is not known
    marginal: Floats  # (campaigns,) objective gained per additional unit of the currency
    baselines: Mapping[str, float]  # expected conversions of other policies' plans
    observed_mean: Floats  # (campaigns,) mean spend per day with spend in the history
    recent: Floats  # (campaigns,) mean spend per day of the last week of the history
    observed_max: Floats  # (campaigns,) highest spend per day in the history
    notes: tuple[str, ...]
    ratios: Floats | None = None  # (draws, campaigns) journey conversions per claimed conversion
    claims_budget: Floats | None = None  # (campaigns,) spend of the static plan for claims
    spending: SpendingFacts | None = None  # None: not known, the whole history stands for it
    history_days: int = 0  # days of the history; 0: not known
    baselines_beyond: Mapping[str, float] | None = None  # extrapolated shares of those plans
    forecast_verdict: str | None = None  # on forecasts of the past beside naive ones; None: none
    actuals: Actuals | None = None  # first days of the flight; None: it has not begun
    changes: tuple[Change, ...] = ()  # of a re-plan
    flags: tuple[Flag, ...] = ()  # beside those that follow from the plan
    costs: tuple[ConstraintCost, ...] | None = ()  # of the rules that are set; None: not known
    costs_note: str | None = None  # what the costs are of, or why they are not known
    live: Floats | None = None  # (campaigns,) daily budgets before it; None: see `live_budget`
    markets: str | None = None  # which markets the estimates are on; None: draws of the posterior

    @property
    def known(self) -> Known:
        """What the campaigns have spent of late; spend above it is extrapolated."""
        return Known.of(self.spending, self.observed_max)

    @property
    def actual_days(self) -> int:
        """Days of the flight that are over."""
        return 0 if self.actuals is None else len(self.actuals.spend)

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Dates of the flight, (days,)."""
        return np.datetime64(self.first_day, "D") + np.arange(len(self.cents))

    @property
    def live_budget(self) -> Floats:
        """Daily budgets on the day before the first planned one, (campaigns,).

        Those of the plan or of its constraints; else the mean of the last seven days, of which
        those before the flight count with the mean of the history's last week.
        """
        if self.live is not None:
            return self.live
        if self.actuals is None:
            live = self.constraints.live_cents
            return self.recent if live is None else np.asarray(live / 100)
        spent = self.actuals.spend[-_WEEK:] / 100
        return np.asarray((spent.sum(0) + (_WEEK - len(spent)) * self.recent) / _WEEK)

    def estimate(self, campaigns: Any) -> dict[str, Any]:
        """Return the conversions of some campaigns, and what journeys credit if it is planned for.

        Args:
            campaigns: index of the campaign axis; it must keep the axis.
        """
        expected = self.forecast.expected[..., campaigns]
        counted = self.forecast.counted[..., campaigns]
        content: dict[str, Any] = {"conversions": mean_and_interval(expected, counted)}
        if self.ratios is not None:
            ratios = self.ratios[:, None, campaigns]
            credited = mean_and_interval(expected * ratios, counted * ratios)
            content["journey_conversions"] = credited
        return content


def campaign_keys(constraints: Constraints, name: str) -> dict[str, str | None]:
    """Return a campaign's channel and its campaign type, None on a channel without types."""
    channel = constraints.channel_of[name]
    return {"channel": channel, "campaign_type": name[len(channel) + 1 :] or None}


def campaign_name(row: Mapping[str, Any]) -> str:
    """Return the name of a row's campaign: ``channel/campaign type``, or the channel."""
    kind = row["campaign_type"]
    return str(row["channel"]) if kind is None else f"{row['channel']}/{kind}"


def to_units(cents: int) -> float:
    """Return an amount in units of the currency from whole cents."""
    return cents / 100
