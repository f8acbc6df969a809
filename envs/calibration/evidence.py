"""Evidence from outside the exports: lift tests and elicited elasticities.

Each entry adds a normal likelihood of one quantity that ``market.step`` predicts.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.names import full_name
from ...data.settings import Settings
from ...data.types import Floats
from ..market import Market, steady_conversions

MAX_AMOUNT = 1e12  # dollars or conversions per day
Conversions = Annotated[float, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
Positive = Annotated[float, Field(gt=0, le=MAX_AMOUNT)]
_LOG_STEP = np.log(1.01)  # log dollars: step of the central difference of an elasticity


class PriorEvidence(Settings):
    """One entry of ``priors.evidence``: either an elasticity or the conversions of a lift test."""

    campaign: str  # name or short id, such as google/YouTube
    spend: Positive  # dollars per day at which the stated value holds
    sd: Positive  # sd of the stated value, in its unit
    elasticity: Positive | None = None  # d log conversions / d log spend at that spend
    conversions: Conversions | None = (
        None  # additional conversions per day compared with `instead_of`
    )
    instead_of: Annotated[float, Field(ge=0, le=MAX_AMOUNT)] | None = None  # dollars per day

    @model_validator(mode="after")
    def _require_one_kind(self) -> Self:
        is_lift = self.conversions is not None
        if is_lift != (self.instead_of is not None) or is_lift == (self.elasticity is not None):
            raise ConfigError(
                f"priors.evidence: {self.campaign} gives "
                f"{', '.join(sorted(self.model_fields_set)) or 'nothing'}; allowed: campaign, "
                "spend and sd with either elasticity, or conversions and instead_of (a lift test). "
                "Complete the entry or remove a key."
            )
        return self


class EvidenceLikelihood(NamedTuple):
    """Log-likelihood of evidence about an advertiser's campaigns."""

    entries: Sequence[PriorEvidence]
    campaign_index: NDArray[np.intp]  # (entries,) position of each entry's campaign

    @classmethod
    def of(cls, entries: Sequence[PriorEvidence], names: Sequence[str]) -> "EvidenceLikelihood":
        """Match entries to campaigns by name or short id.

        Raises:
            ConfigError: for a campaign that is not in the data.
        """
        example = "'priors.evidence=[{campaign: ID, ...}]'"
        index = [
            names.index(
                full_name(entry.campaign, names, "priors.evidence", "campaign of the data", example)
            )
            for entry in entries
        ]
        return cls(entries, np.array(index, np.intp))

    def loglik(self, market: Market) -> Floats | float:
        """Return the log-likelihood of all entries, (..., campaigns), up to a constant."""
        total: Floats | float = 0.0
        for entry, index in zip(self.entries, self.campaign_index, strict=True):
            is_campaign = np.arange(market.elasticity.shape[-1]) == index
            residual = (_predicted(entry, market) - _stated(entry)) / entry.sd
            total = total + np.where(is_campaign, -0.5 * residual**2, 0.0)
        return total


def _stated(entry: PriorEvidence) -> float:
    value = entry.conversions if entry.elasticity is None else entry.elasticity
    assert value is not None  # noqa: S101  # validated by `_require_one_kind`
    return value


def _predicted(entry: PriorEvidence, market: Market) -> Floats:
    """Return the markets' value of the stated quantity at the long-run level, (..., campaigns)."""
    if entry.elasticity is not None:
        up, down = (
            steady_conversions(market, entry.spend * np.exp(by), 0.0)
            for by in (_LOG_STEP, -_LOG_STEP)
        )
        return np.asarray((np.log(up) - np.log(down)) / (2 * _LOG_STEP))
    assert entry.instead_of is not None  # noqa: S101  # validated by `_require_one_kind`
    higher, lower = (
        steady_conversions(market, spend, 0.0) for spend in (entry.spend, entry.instead_of)
    )
    return np.asarray(higher - lower)
