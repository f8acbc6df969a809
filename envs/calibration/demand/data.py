"""What all structures are fitted to: reports, spend and the calendar of a history."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....data.types import Floats
from ..filtering import ObservedHistory
from .design import Days, DemandPriors, Design, design_of
from .follow import SpendIndex
from .latent import Reports
from .structure import SeasonalStructure


class DemandData(NamedTuple):
    """A history, its calendar, and priors; the events cover the days after it as well."""

    observed: ObservedHistory  # with the smallest campaigns taken together
    events: Floats  # (days and more, events) weights of the calendar's events
    names: tuple[str, ...]  # (events,)
    priors: DemandPriors
    columns: NDArray[np.intp]  # (campaigns of the history,) their columns in ``observed``
    notes: tuple[str, ...] = ()  # what the calendar does not know

    @property
    def days(self) -> int:
        """Days of the history."""
        return len(self.observed.spend)

    def design(self, structure: SeasonalStructure, known: int, ahead: int) -> Design:
        """Return the regressors of the first days and of those after them, given their spend.

        Args:
            structure: says whether there is a season.
            known: days that are known; references and usual spends are theirs.
            ahead: days after them.
        """
        spend = self.observed.spend[: known + ahead]
        index = SpendIndex.of(spend[:known])
        days = Days(
            first=self.observed.first_day,
            spend=spend,
            spend_index=np.concatenate([index.values(spend[:known]), index.ahead(spend[known:])]),
            events=self.events[: known + ahead],
        )
        seen = self.observed.seen[:known]
        conversions = float(self.observed.conversions[:known][seen].sum())
        total = float(spend[:known][seen].sum())
        rate = (conversions + 1) / (total if total > 0 else 1.0)
        return design_of(days, known, rate, self.priors, structure.season)

    def reports(self, known: int) -> Reports:
        """Return the reports of the first days; days without spend tell nothing about the curve."""
        observed = self.observed
        seen = (observed.seen & (observed.spend > 0))[:known].astype(float)
        return Reports(observed.conversions[:known], seen, np.log(observed.complete[:known]))
