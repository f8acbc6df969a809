"""Credit for conversions by every method, with intervals; roles, influence and disagreement.

What comes out is association on converting journeys, not incrementality.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, field_validator
from scipy.stats import rankdata

from ..errors import ConfigError, data_error
from ..journeys import Journeys, Paths, count_by_code, distinct
from ..settings import Settings
from ..types import Floats, Ints
from . import markov, shapley
from .bootstrap import Bootstrap, bootstrap_of
from .roles import Influence, Roles, influence_of, roles_of
from .rules import credits_of, rule_shares

CAVEAT = "association on converting journeys, not incrementality"
RULES = ("first", "last", "last_non_direct", "linear", "position", "decay", "shapley_set")
RATE = "shapley_rate"
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class RatioSettings(Settings):
    """How journeys' conversions are compared with the platforms'; see `conf/attribution`."""

    method: str  # one of the methods
    prior_conversions: Positive  # conversions
    coverage: Literal["auto"] | Annotated[float, Field(gt=0, le=1)]  # share of all landings


class AttributionSettings(Settings):
    """The keys of `conf/attribution`, where their meaning and defaults are."""

    lookback_days: Positive  # days
    converted: Literal["auto", "row", "user"]
    position: tuple[Share, Share, Share]  # sums to 1
    half_life_days: Positive  # days
    orders: tuple[Annotated[int, Field(ge=1, le=6)], ...]
    rate_labels: Annotated[int, Field(ge=0, le=22)]
    draws: Annotated[int, Field(ge=100, le=100_000)]
    groups: Annotated[int, Field(ge=100, le=100_000)]
    level: Annotated[float, Field(gt=0, lt=1)]
    seed: Annotated[int, Field(ge=0)]
    ratios: RatioSettings

    @field_validator("position")
    @classmethod
    def _whole(cls, weights: tuple[float, float, float]) -> tuple[float, float, float]:
        if abs(sum(weights) - 1.0) > 1e-9:
            raise ValueError("the three shares must sum to 1")
        return weights

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of all methods that are asked for."""
        return (*RULES, *(f"markov_{order}" for order in self.orders), RATE)

    def check_method(self) -> None:
        """Refuse a method of the ratios that is none.

        Raises:
            ConfigError: naming the key and the methods.
        """
        if self.ratios.method not in self.methods:
            raise ConfigError(
                f"attribution.ratios.method: got {self.ratios.method!r}. Allowed: "
                f"{', '.join(self.methods)}. Change it, or add the order to attribution.orders."
            )


@dataclass(frozen=True, eq=False)
class Credit:
    """What one method gives each label."""

    credit: Floats  # (labels,) conversions; only those of the rate game may be negative
    draws: Floats  # (draws, labels)
    effect: Floats | None = None  # (labels,) removal effects of a Markov chain, in [0, 1]


@dataclass(frozen=True, eq=False)
class Attribution:
    """Everything that the journeys say."""

    names: tuple[str, ...]  # (labels,) campaigns in the history's order, then media
    conversions: float
    credits: dict[str, Credit]  # by method
    roles: Roles
    influence: Influence
    agreement: Floats  # (methods, methods) rank correlation over labels that occur
    notes: tuple[str, ...]  # what was left out, for the user


def attribute(journeys: Journeys, settings: AttributionSettings) -> Attribution:
    """Attribute by every method.

    Args:
        journeys: all of them, converting or not.
        settings: of the methods and the bootstrap.

    Raises:
        ConfigError: the method of the ratios is none.
        DataError: no journey converted.
    """
    settings.check_method()
    if not journeys.paths.conversions.any():
        raise data_error(
            "landings",
            "not one landing in the ads' period is converted, so there is nothing to attribute",
            "rows with Is Converted 1 in that period",
            "export the conversions too, or the period in which they happened",
            column="Is Converted",
        )
    converting = journeys.converting()
    counts = _counts(journeys, settings)
    bootstrap = Bootstrap(
        counts.bootstrap.group[journeys.paths.conversions > 0], counts.bootstrap.weights
    )
    found = _by_rule(converting, bootstrap, settings)
    for order in settings.orders:
        found[f"markov_{order}"] = _by_chain(counts, order)
    notes = []
    labels = np.unique(counts.paths.label)
    if len(labels) <= settings.rate_labels:
        found[RATE] = _by_rate(counts)
    else:
        notes.append(
            f"{RATE} left out: {len(labels)} labels, more than attribution.rate_labels "
            f"({settings.rate_labels})."
        )
    return Attribution(
        counts.paths.names,
        float(counts.paths.conversions.sum()),
        found,
        roles_of(converting, bootstrap),
        influence_of(converting, bootstrap),
        agreement([each.credit for each in found.values()], labels),
        tuple(notes),
    )


def agreement(given: list[Floats], labels: Ints) -> Floats:
    """(methods, methods) Spearman's rank correlation of credits over some labels.

    Ties get their mean rank; a method that ranks nothing (all alike) has NaN with the others.
    """
    ranks = np.array([rankdata(each[labels]) for each in given])
    ranks -= ranks.mean(1, keepdims=True)
    size = np.sqrt((ranks**2).sum(1))
    product = np.outer(size, size)
    out = np.full(product.shape, np.nan)
    return np.asarray(np.divide(ranks @ ranks.T, product, out=out, where=product > 0))


@dataclass(frozen=True, eq=False)
class _Counts:
    """What methods of paths share."""

    paths: Paths  # distinct
    bootstrap: Bootstrap  # of all journeys
    conversions: Floats  # (draws,) resampled
    journeys: Floats  # (draws,) resampled
    path: Ints  # (journeys,) position in paths
    single: Paths  # (journeys,)

    def shifts(self, gain: Floats, loss: Floats) -> Floats:
        """(draws, columns) what resampling adds, given each path's (paths, columns) influence."""
        pairs = ((self.single.conversions, gain), (self.single.nulls, loss))
        sums = sum(
            self.bootstrap.counts(self.path, weight, len(influence)) @ influence
            for weight, influence in pairs
        )
        return self.bootstrap.shift(np.asarray(sums))


def _counts(journeys: Journeys, settings: AttributionSettings) -> _Counts:
    bootstrap = bootstrap_of(journeys.user, settings.draws, settings.groups, settings.seed)
    paths, path = distinct(journeys.paths)
    ones = np.ones(len(journeys.user))
    converted, every = (
        bootstrap.draw(count_by_code(bootstrap.group, each, bootstrap.groups))
        for each in (journeys.paths.conversions, ones)
    )
    return _Counts(paths, bootstrap, converted, every, path, journeys.paths)


def _by_rule(
    converting: Journeys, bootstrap: Bootstrap, settings: AttributionSettings
) -> dict[str, Credit]:
    paths = converting.paths
    shares = rule_shares(converting, settings.position, settings.half_life_days)
    weight = np.repeat(paths.conversions, paths.length)
    found = {}
    for name in RULES:
        share = shares[name] * weight
        sums = bootstrap.sums(paths.owner, paths.label, share, len(paths.names))
        found[name] = Credit(credits_of(paths, shares[name]), bootstrap.draw(sums))
    return found


def _by_chain(counts: _Counts, order: int) -> Credit:
    """Credits of a chain; its draws follow the first derivative of the lost rates."""
    paths = counts.paths
    chain = markov.chain_of(paths, order)
    found = markov.removal(chain)
    lost = np.zeros((len(counts.conversions), len(paths.names)))
    shifts = counts.shifts(*markov.influence_of(paths, chain, found))
    lost[:, chain.present] = found.effect[chain.present] * found.rate + shifts
    conversions = paths.conversions.sum()
    return Credit(
        markov.credits_of_effects(found.effect, conversions),
        markov.credits_of_effects(np.maximum(lost, 0.0), counts.conversions),
        found.effect,
    )


def _by_rate(counts: _Counts) -> Credit:
    """Credits of the rate game; its draws follow the first derivative of the values."""
    game = shapley.rate_game(counts.paths)
    value = shapley.values(game)
    shifts = counts.shifts(*shapley.influence_of(game))
    credit = np.zeros(len(counts.paths.names))
    credit[game.present] = value * game.journeys[-1]
    draws = np.zeros((len(counts.journeys), len(credit)))
    draws[:, game.present] = (value + shifts) * counts.journeys[:, None]
    return Credit(credit, draws)
