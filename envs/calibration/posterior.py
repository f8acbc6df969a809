"""Posterior over markets as one batched ``Market``; saved as npz and JSON, without pickle."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ...data.bounded import read_bounded_arrays, read_bounded_json
from ...data.errors import DataError, shown
from ...data.forecasting import SpendingFacts, known_max
from ...data.history import Campaign
from ...data.storage import write_arrays, write_json
from ...data.types import Floats
from ..arrays import select
from ..market import Market, MarketState
from .demand import SpendIndex
from .priors import PriorCentres

_VERSION = 3
_SPEND_FIELDS = ("spend", "spend_max", "recent")
_PER_CAMPAIGN = (*_SPEND_FIELDS, *SpendingFacts._fields)
_REQUIRED_FIELDS = tuple(name for name in Market._fields if name not in Market._field_defaults)
_ARRAYS = (
    *(f"market.{name}" for name in _REQUIRED_FIELDS),
    "state.stock",
    "state.level",
    *_SPEND_FIELDS,
)


class UpdateState(NamedTuple):
    """State of the sampler that ``update`` continues from; the field names are keys of the file."""

    z: Floats  # (draws, campaigns, dimensions) standard normals behind the market
    loglik: Floats  # (draws, campaigns) log-likelihood of the history
    level: Floats  # (draws, campaigns) filtered mean of the log level after the last day
    variance: Floats  # (draws, campaigns) its filtered variance
    anchor_spend: Floats  # see ``priors.PriorCentres``
    anchor_conversions: Floats
    anchor_half_life: Floats
    anchor_half_life_sd: Floats
    anchor_weekday: Floats
    structure: Floats  # (draws,) index of the structure in the report's names

    @property
    def centres(self) -> PriorCentres:
        """Centres of the priors, those of the first calibration."""
        return PriorCentres(*self[4:9])


class SpendFollowing(NamedTuple):
    """How far spend is a report about demand; the field names are keys of the file."""

    strength: Floats  # (draws, campaigns) share of the log spend index that is demand
    usual: Floats  # (campaigns,) see ``demand.SpendIndex``
    recent: Floats  # (days, campaigns) the same

    @property
    def spend_index(self) -> SpendIndex:
        """The index that the strength multiplies."""
        return SpendIndex(self.usual, self.recent)


_Record = TypeVar("_Record", UpdateState, SpendFollowing)


@dataclass(frozen=True)
class Posterior:
    """Draws of the market and of its state at the start of the flight."""

    campaigns: tuple[Campaign, ...]
    market: Market  # fields (draws, campaigns)
    state: MarketState  # fields (draws, campaigns); day is the first day of the flight
    spend: Floats  # (campaigns,) mean spend per day in the history, in units of the currency
    spend_max: Floats  # (campaigns,) largest daily spend in the history
    recent: Floats  # (campaigns,) mean spend per day of the last week
    held_out: int  # number of draws, at the end, that are for evaluation only
    report: dict[str, Any]  # see ``learnt_report``; JSON-able
    update_state: UpdateState | None = None  # None: drawn from a task, not calibrated
    currency: str | None = None  # of all amounts, see ``History``
    follow: SpendFollowing | None = None  # None: spend tells nothing about demand
    spending: SpendingFacts | None = None  # None: not known, as in files of earlier versions

    @property
    def recent_max(self) -> Floats:
        """(campaigns,) largest daily spend of the last 56 days; of all days if not known."""
        return self.spend_max if self.spending is None else self.spending.recent_max

    @property
    def season_max(self) -> Floats:
        """(campaigns,) largest daily spend in the flight's season of earlier years, or NaN."""
        return self.spend_max + np.nan if self.spending is None else self.spending.season_max

    @property
    def known_max(self) -> Floats:
        """(campaigns,) the larger of both; spend above it is extrapolated."""
        return known_max(self.recent_max, self.season_max)

    @property
    def days_off(self) -> Floats:
        """(campaigns,) days since the last day with spend; 0 if not known."""
        return 0 * self.spend_max if self.spending is None else self.spending.days_off

    @property
    def running_spend(self) -> Floats:
        """(campaigns,) mean spend per day with spend; per day of the history if not known."""
        days = self.report.get("history", {}).get("days", 1)
        reports = [self.report.get("campaigns", {}).get(each.name, {}) for each in self.campaigns]
        ran = np.array([max(report.get("days_with_spend", days), 1) for report in reports])
        mean: Floats = self.spend * days / ran
        return mean

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
        return self._slice(slice(0, self.draws - self.held_out))

    def sample_training(self, count: int) -> tuple[Market, MarketState]:
        """Return ``count`` training draws, evenly spaced, or all if there are fewer."""
        size = self.draws - self.held_out
        index = np.linspace(0, size - 1, min(count, size)).astype(int)
        return select(self.market, index), select(self.state, index)

    def held(self, count: int, *, skip: int = 0) -> tuple[Market, MarketState]:
        """Return ``count`` held-out draws after the first ``skip``.

        Raises:
            DataError: if fewer draws are held out.
        """
        start = self.draws - self.held_out + skip
        if start + count > self.draws:
            raise DataError(
                f"{skip + count} held-out markets were requested; allowed: at most the "
                f"{self.held_out} that the calibration set aside. Lower evaluation.markets or "
                "raise calibration.held_out."
            )
        return self._slice(slice(start, start + count))

    def mean(self) -> tuple[Market, MarketState]:
        """Return the market of mean parameters and its state, over the training draws.

        The level is set such that conversions at the reference spend are the posterior mean.
        """
        market, state = self.training()
        fields = {k: v.mean(0) for k, v in market._asdict().items() if v is not None}
        if self.follow is not None:  # calibrated: the middle of curves that saturate less and more
            fields["slope"] = np.ones_like(fields["slope"])
        conversions = (market.reference_conversions * np.exp(state.level)).mean(0)
        level = np.log(conversions / fields["reference_conversions"])
        demand = None if state.demand is None else state.demand.mean(0)
        return Market(**fields), MarketState(state.day, state.stock.mean(0), level, demand=demand)

    def fingerprint(self) -> str:
        """Return the SHA-256 of the draws."""
        digest = hashlib.sha256()
        fields = (array for array in self.market if array is not None)
        states = (field for field in self.state[1:] if field is not None)
        for array in (*fields, *states):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def _slice(self, index: slice) -> tuple[Market, MarketState]:
        return select(self.market, index), select(self.state, index)


def save_posterior(posterior: Posterior, folder: Path) -> None:
    """Write ``posterior.npz`` (arrays) and ``posterior.json`` (everything else)."""
    arrays = {f"market.{k}": v for k, v in posterior.market._asdict().items() if v is not None}
    arrays |= {"state.stock": posterior.state.stock, "state.level": posterior.state.level}
    arrays |= {k: getattr(posterior, k) for k in _SPEND_FIELDS}
    if posterior.spending is not None:
        arrays |= posterior.spending._asdict()
    if posterior.state.demand is not None:
        arrays["state.demand"] = posterior.state.demand
    if posterior.follow is not None:
        arrays |= {f"follow.{k}": v for k, v in posterior.follow._asdict().items()}
    if posterior.update_state is not None:
        arrays |= {f"memory.{k}": v for k, v in posterior.update_state._asdict().items()}
    document = {
        "version": _VERSION,
        "campaigns": [list(campaign) for campaign in posterior.campaigns],
        "day": posterior.state.day,
        "held_out": posterior.held_out,
        "report": posterior.report,
    }
    if posterior.currency is not None:
        document["currency"] = posterior.currency
    write_arrays(folder / "posterior.npz", arrays)
    write_json(folder / "posterior.json", document)


def load_posterior(folder: Path) -> Posterior:
    """Read the files of ``save_posterior``.

    Raises:
        DataError: if the files are missing, incomplete or of another version.
    """
    document = read_bounded_json(folder / "posterior.json")
    if document.get("version") != _VERSION:
        version = shown(document.get("version")).strip("'")
        raise DataError(
            f"{folder}: posterior of version {version}; expected version "
            f"{_VERSION}. Calibrate again."
        )
    arrays = read_bounded_arrays(folder / "posterior.npz")
    for name in _ARRAYS:
        if name not in arrays:
            raise DataError(f"{folder}: posterior.npz has no array {name}. Calibrate again.")
    _require_fitting(folder, document, arrays)
    return Posterior(
        campaigns=tuple(Campaign(*pair) for pair in document["campaigns"]),
        market=Market(**{name: arrays.get(f"market.{name}") for name in Market._fields}),
        state=MarketState(
            document["day"],
            arrays["state.stock"],
            arrays["state.level"],
            demand=arrays.get("state.demand"),
        ),
        spend=arrays["spend"],
        spend_max=arrays["spend_max"],
        recent=arrays["recent"],
        held_out=document["held_out"],
        report=document["report"],
        update_state=_record(UpdateState, "memory", arrays),
        currency=document.get("currency"),
        spending=_spending(arrays),
        follow=_record(SpendFollowing, "follow", arrays),
    )


def _require_fitting(folder: Path, document: dict[str, Any], arrays: Mapping[str, Floats]) -> None:
    """Refuse a document that lacks a key, and arrays of other campaigns, draws or types."""
    draws = np.shape(arrays["market.elasticity"])[:1]
    campaigns, held_out = document.get("campaigns"), document.get("held_out")
    checks = {
        "campaigns": isinstance(campaigns, list)
        and len(campaigns) > 0
        and all(map(_is_campaign, campaigns)),
        "day": _is_whole(document.get("day")),
        "held_out": isinstance(held_out, int) and len(draws) == 1 and 0 <= held_out < draws[0],
        "report": isinstance(document.get("report"), dict),
        "currency": isinstance(document.get("currency"), str | None),
    }
    wrong = [key for key, is_right in checks.items() if not is_right]
    if wrong:
        raise DataError(
            f"{folder}: posterior.json has no valid {wrong[0]}. Allowed: a file that "
            "scripts/calibrate.py wrote. To fix: calibrate again."
        )
    count = len(document["campaigns"])
    for name, array in arrays.items():
        if name == "market.calendar" and array.shape[-1:] == (1,):  # one for all campaigns
            array = array.repeat(count, -1)
        expected = (count,) if name in _PER_CAMPAIGN else (*draws, ..., count)
        is_draws = name.startswith(("market.", "state.", "follow.strength"))
        fits = array.shape == (count,) or (
            is_draws and array.shape[:1] == draws and array.shape[-1:] == (count,)
        )
        if array.dtype.kind not in "fiub" or not (
            name.startswith(("memory.", "follow.recent")) or fits
        ):
            raise DataError(
                f"{folder}: posterior.npz: {name} is an array of {array.dtype}, {array.shape}; "
                f"expected numbers, {expected}. Calibrate again."
            )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


def _is_campaign(pair: Any) -> bool:
    """True for a channel and a type, or None, that are one printable line each."""
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
        return False
    return all(each is None or (isinstance(each, str) and "\0" not in each) for each in pair)


def _spending(arrays: Mapping[str, Floats]) -> SpendingFacts | None:
    if any(name not in arrays for name in SpendingFacts._fields):
        return None
    return SpendingFacts(*(arrays[name] for name in SpendingFacts._fields))


def _record(kind: type[_Record], prefix: str, arrays: Mapping[str, Floats]) -> _Record | None:
    """Return the record whose arrays have a prefix; None if the file has none of them."""
    names = [f"{prefix}.{name}" for name in kind._fields]
    return kind(*(arrays[name] for name in names)) if names[0] in arrays else None
