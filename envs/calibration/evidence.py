"""What is known of a campaign from elsewhere: a lift test, or an expert's word on an elasticity.

Each is a normal likelihood of one number that ``market.step`` gives, beside that of the history.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.settings import Settings
from ...data.types import Floats
from ..market import Market, steady_conversions

Positive = Annotated[float, Field(gt=0)]
_NUDGE = np.log(1.01)  # log dollars on both sides of a spend, for its elasticity


class PriorEvidence(Settings):
    """One entry of ``priors.evidence``: either an elasticity or the conversions of a lift test."""

    campaign: str  # its name, such as google/YouTube
    spend: Positive  # dollars a day that it is about
    sd: Positive  # of the number that is believed
    elasticity: Positive | None = None  # d log conversions / d log spend at that spend
    conversions: float | None = None  # a day more than at the spend `instead_of`
    instead_of: Annotated[float, Field(ge=0)] | None = None  # dollars a day

    @model_validator(mode="after")
    def _say_one_thing(self) -> Self:
        lift = (self.conversions is not None, self.instead_of is not None)
        if lift[0] != lift[1] or lift[0] == (self.elasticity is not None):
            raise ConfigError(
                f"priors.evidence: {self.campaign} gives "
                f"{', '.join(sorted(self.model_fields_set)) or 'nothing'}; allowed: campaign, "
                "spend and sd with either elasticity, or conversions and instead_of (a lift test)."
            )
        return self


class EvidenceLikelihood(NamedTuple):
    """Beliefs about known campaigns, ready to be weighed."""

    entries: Sequence[PriorEvidence]
    columns: NDArray[np.intp]  # (beliefs,) the campaign of each

    @classmethod
    def of(cls, entries: Sequence[PriorEvidence], names: Sequence[str]) -> "EvidenceLikelihood":
        """Match beliefs to campaigns.

        Raises:
            ConfigError: for a campaign that is not in the data.
        """
        for entry in entries:
            if entry.campaign not in names:
                raise ConfigError(
                    f"priors.evidence: campaign {entry.campaign!r} is not in the data; allowed: "
                    f"{', '.join(names)}."
                )
        columns = [list(names).index(entry.campaign) for entry in entries]
        return cls(entries, np.array(columns, np.intp))

    def loglik(self, market: Market) -> Floats | float:
        """Return the log-likelihood of all beliefs, (..., campaigns), up to a constant."""
        total: Floats | float = 0.0
        for entry, column in zip(self.entries, self.columns, strict=True):
            own = np.arange(market.elasticity.shape[-1]) == column
            apart = (_said(entry, market) - _meant(entry)) / entry.sd
            total = total + np.where(own, -0.5 * apart**2, 0.0)
        return total


def _meant(entry: PriorEvidence) -> float:
    value = entry.conversions if entry.elasticity is None else entry.elasticity
    assert value is not None  # noqa: S101  # `_say_one_thing` saw to it
    return value


def _said(entry: PriorEvidence, market: Market) -> Floats:
    """Return what markets say to a belief at their long-run level, (..., campaigns)."""
    if entry.elasticity is not None:
        up, down = (
            steady_conversions(market, entry.spend * np.exp(by), 0.0) for by in (_NUDGE, -_NUDGE)
        )
        return np.asarray((np.log(up) - np.log(down)) / (2 * _NUDGE))
    assert entry.instead_of is not None  # noqa: S101  # `_say_one_thing` saw to it
    with_it, without = (
        steady_conversions(market, spend, 0.0) for spend in (entry.spend, entry.instead_of)
    )
    return np.asarray(with_it - without)
