"""The markets that are plausible given a history, as one batched ``Market``; saved, no pickle."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...data.errors import DataError
from ...data.history import Campaign
from ...data.storage import read_arrays, read_json, write_arrays, write_json
from ...data.types import Floats
from ..arrays import select
from ..market import Market, MarketState
from .priors import PriorCentres

_VERSION = 2
_FACTS = ("spend", "spend_max", "recent")
_CORE = tuple(name for name in Market._fields if name not in Market._field_defaults)
_ARRAYS = (*(f"market.{name}" for name in _CORE), "state.stock", "state.level", *_FACTS)


class UpdateState(NamedTuple):
    """What a posterior must remember to learn from new days; see ``envs/updating.py``."""

    z: Floats  # (draws, campaigns, dimensions) standard normals behind the market
    loglik: Floats  # (draws, campaigns) of the history
    level: Floats  # (draws, campaigns) filtered mean of the log level on the eve
    variance: Floats  # (draws, campaigns) of it
    anchor_spend: Floats  # see ``priors.PriorCentres``
    anchor_conversions: Floats
    anchor_half_life: Floats
    anchor_half_life_sd: Floats
    anchor_weekday: Floats

    @property
    def centres(self) -> PriorCentres:
        """What the priors were centred on."""
        return PriorCentres(*self[4:])


@dataclass(frozen=True)
class Posterior:
    """Draws of the market and of its state on the eve of the flight."""

    campaigns: tuple[Campaign, ...]
    market: Market  # fields (draws, campaigns)
    state: MarketState  # fields (draws, campaigns); day is the first day of the flight
    spend: Floats  # (campaigns,) mean dollars a day in the history
    spend_max: Floats  # (campaigns,) most dollars a day in the history
    recent: Floats  # (campaigns,) mean dollars a day of the last week
    held_out: int  # the last so many draws are for evaluation only
    report: dict[str, Any]  # what the data taught, JSON-able
    memory: UpdateState | None = None  # None: drawn from a task, not learnt

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.market.elasticity.shape[0])

    @property
    def names(self) -> tuple[str, ...]:
        """Campaign names in the order of the arrays."""
        return tuple(campaign.name for campaign in self.campaigns)

    def training(self) -> tuple[Market, MarketState]:
        """Return the draws that policies may be trained on."""
        return self._part(slice(0, self.draws - self.held_out))

    def sample_training(self, count: int) -> tuple[Market, MarketState]:
        """Return training draws, evenly spaced (all of them if fewer than asked for)."""
        size = self.draws - self.held_out
        index = np.linspace(0, size - 1, min(count, size)).astype(int)
        return select(self.market, index), select(self.state, index)

    def held(self, count: int, *, skip: int = 0) -> tuple[Market, MarketState]:
        """Return held-out draws.

        Raises:
            DataError: if fewer are held out than asked for.
        """
        start = self.draws - self.held_out + skip
        if start + count > self.draws:
            raise DataError(
                f"{skip + count} held-out markets were asked for and the calibration set "
                f"{self.held_out} aside; lower evaluation.markets or raise calibration.held_out."
            )
        return self._part(slice(start, start + count))

    def mean(self) -> tuple[Market, MarketState]:
        """Return the market of mean parameters and its state; the level gives mean conversions."""
        market, state = self.training()
        on = {name: value for name, value in market._asdict().items() if value is not None}
        fields = {name: value.mean(0) for name, value in on.items()}
        conversions = (market.reference_conversions * np.exp(state.level)).mean(0)
        level = np.log(conversions / fields["reference_conversions"])
        return Market(**fields), MarketState(state.day, state.stock.mean(0), level)

    def fingerprint(self) -> str:
        """Return the SHA-256 of the draws."""
        digest = hashlib.sha256()
        on = (array for array in self.market if array is not None)
        for array in (*on, self.state.stock, self.state.level):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _part(self, part: slice) -> tuple[Market, MarketState]:
        return select(self.market, part), select(self.state, part)


def save_posterior(posterior: Posterior, folder: Path) -> None:
    """Write ``posterior.npz`` (arrays) and ``posterior.json`` (everything else)."""
    arrays = {f"market.{k}": v for k, v in posterior.market._asdict().items() if v is not None}
    arrays |= {"state.stock": posterior.state.stock, "state.level": posterior.state.level}
    arrays |= {k: getattr(posterior, k) for k in _FACTS}
    if posterior.memory is not None:
        arrays |= {f"memory.{k}": v for k, v in posterior.memory._asdict().items()}
    facts = {
        "version": _VERSION,
        "campaigns": [list(campaign) for campaign in posterior.campaigns],
        "day": posterior.state.day,
        "held_out": posterior.held_out,
        "report": posterior.report,
    }
    write_arrays(folder / "posterior.npz", arrays)
    write_json(folder / "posterior.json", facts)


def load_posterior(folder: Path) -> Posterior:
    """Read what ``save_posterior`` wrote.

    Raises:
        DataError: if the files are missing, incomplete or of another version.
    """
    facts = read_json(folder / "posterior.json")
    arrays = read_arrays(folder / "posterior.npz")
    if facts.get("version") != _VERSION:
        raise DataError(
            f"{folder}: posterior of version {facts.get('version')}, this program reads "
            f"{_VERSION}; calibrate again."
        )
    for name in _ARRAYS:
        if name not in arrays:
            raise DataError(f"{folder}: the array {name} is not in posterior.npz; calibrate again.")
    return Posterior(
        campaigns=tuple(Campaign(*pair) for pair in facts["campaigns"]),
        market=Market(**{name: arrays.get(f"market.{name}") for name in Market._fields}),
        state=MarketState(facts["day"], arrays["state.stock"], arrays["state.level"]),
        spend=arrays["spend"],
        spend_max=arrays["spend_max"],
        recent=arrays["recent"],
        held_out=facts["held_out"],
        report=facts["report"],
        memory=_memory(arrays),
    )


def _memory(arrays: Mapping[str, Floats]) -> UpdateState | None:
    if "memory.z" not in arrays:
        return None
    return UpdateState(*(arrays[f"memory.{name}"] for name in UpdateState._fields))
