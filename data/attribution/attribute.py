"""Conversion credits of every attribution method, with intervals, roles and influence.

The numbers describe association on converting journeys, not incrementality.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from ..errors import data_error, with_setting
from ..journeys import Journeys, Paths, count_by_code, distinct
from ..types import Floats, Ints
from . import markov, shapley
from .bootstrap import Bootstrap, bootstrap_of
from .roles import DownstreamInfluence, Roles, downstream_influence, roles_of
from .rules import credits_of, rule_shares
from .settings import RULES, SHAPLEY_RATE, AttributionSettings

_DECIMALS = 9  # of conversions that are compared; sums in another order differ in the 13th
CAVEAT = "association on converting journeys, not incrementality"


@dataclass(frozen=True, eq=False)
class Credit:
    """Credits of one method."""

    credit: Floats  # (labels,) conversions; negative only in the rate game
    draws: Floats  # (draws, labels) bootstrap replicates of `credit`
    effect: Floats | None = None  # (labels,) removal effects of a Markov chain, in [0, 1]


@dataclass(frozen=True, eq=False)
class Attribution:
    """Credits of all methods, roles and influence of one advertiser's labels."""

    names: tuple[str, ...]  # (labels,) campaigns in the history's order, then media
    conversions: float
    credits: dict[str, Credit]  # credits by name of the method
    roles: Roles
    influence: DownstreamInfluence
    agreement: Floats  # (methods, methods) rank correlation over labels that occur
    notes: tuple[str, ...]  # methods that were left out, one sentence each


def attribute(journeys: Journeys, settings: AttributionSettings) -> Attribution:
    """Attribute conversions by every configured method.

    Args:
        journeys: all journeys, converting or not.
        settings: settings of the methods and the bootstrap.

    Raises:
        ConfigError: `ratios.method` is not one of the methods.
        DataError: no journey converted.
    """
    settings.check_method()
    if not journeys.paths.conversions.any():
        raise data_error(
            "landings",
            "not one landing in the ads' period is converted, so there is nothing to attribute",
            "rows with Is Converted 1 in that period",
            "export the conversions too, or a period that has conversions",
            column="Is Converted",
        )
    converting = journeys.converting()
    sample = _resample(journeys, settings)
    bootstrap = Bootstrap(
        sample.bootstrap.group[journeys.paths.conversions > 0], sample.bootstrap.weights
    )
    by_method = _rule_credits(converting, bootstrap, settings)
    for order in settings.orders:
        by_method[f"markov_{order}"] = _markov_credits(sample, order)
    notes = []
    labels = np.unique(sample.paths.label)
    if len(labels) <= settings.rate_labels:
        by_method[SHAPLEY_RATE] = _shapley_rate_credits(sample)
    else:
        notes.append(
            with_setting(
                f"{SHAPLEY_RATE} left out: {len(labels)} labels, more than {settings.rate_labels}.",
                "attribution.rate_labels is how many may be",
            )
        )
    return Attribution(
        sample.paths.names,
        float(sample.paths.conversions.sum()),
        by_method,
        roles_of(converting, bootstrap),
        downstream_influence(converting, bootstrap),
        agreement([credit.credit for credit in by_method.values()], labels),
        tuple(notes),
    )


def agreement(method_credits: list[Floats], labels: Ints) -> Floats:
    """(methods, methods) Spearman's rank correlation of the methods' credits.

    Ties get their mean rank, credits that differ by rounding errors included; a method that gives
    all labels the same credit correlates NaN.

    Args:
        method_credits: (labels,) conversions, one array per method.
        labels: positions of the labels to compare.
    """
    ranks = np.array([rankdata(np.round(credit[labels], _DECIMALS)) for credit in method_credits])
    ranks -= ranks.mean(1, keepdims=True)
    norm = np.sqrt((ranks**2).sum(1))
    product = np.outer(norm, norm)
    out = np.full(product.shape, np.nan)
    return np.asarray(np.divide(ranks @ ranks.T, product, out=out, where=product > 0))


@dataclass(frozen=True, eq=False)
class _Resampled:
    """Distinct paths and their bootstrap, shared by the methods that work on paths."""

    paths: Paths  # distinct paths of all journeys
    bootstrap: Bootstrap  # resamples of the users of all journeys
    conversions: Floats  # (draws,) resampled number of conversions
    journeys: Floats  # (draws,) resampled number of journeys
    path: Ints  # (journeys,) position in `paths`
    single: Paths  # (journeys,) one path per journey

    def deviations(self, gain: Floats, loss: Floats) -> Floats:
        """(draws, columns) first-order change of a statistic under resampling.

        Args:
            gain: (paths, columns) derivative by the number of converting journeys.
            loss: (paths, columns) derivative by the number of null journeys.
        """
        pairs = ((self.single.conversions, gain), (self.single.nulls, loss))
        sums = sum(
            self.bootstrap.counts(self.path, weight, len(influence)) @ influence
            for weight, influence in pairs
        )
        return self.bootstrap.deviations(np.asarray(sums))


def _resample(journeys: Journeys, settings: AttributionSettings) -> _Resampled:
    bootstrap = bootstrap_of(journeys.user, settings.draws, settings.groups, settings.seed)
    paths, path = distinct(journeys.paths)
    ones = np.ones(len(journeys.user))
    conversions, total = (
        bootstrap.resample(count_by_code(bootstrap.group, weight, bootstrap.groups))
        for weight in (journeys.paths.conversions, ones)
    )
    return _Resampled(paths, bootstrap, conversions, total, path, journeys.paths)


def _rule_credits(
    converting: Journeys, bootstrap: Bootstrap, settings: AttributionSettings
) -> dict[str, Credit]:
    """Credits of `RULES`, recomputed from the sums of every bootstrap draw."""
    paths = converting.paths
    shares = rule_shares(converting, settings.position, settings.half_life_days)
    weight = np.repeat(paths.conversions, paths.length)
    by_rule = {}
    for name in RULES:
        share = shares[name] * weight
        sums = bootstrap.sums(paths.owner, paths.label, share, len(paths.names))
        by_rule[name] = Credit(credits_of(paths, shares[name]), bootstrap.resample(sums))
    return by_rule


def _markov_credits(sample: _Resampled, order: int) -> Credit:
    """Credits of a Markov chain; draws follow the first derivative of the lost rates."""
    paths = sample.paths
    chain = markov.chain_of(paths, order)
    removal = markov.removal(chain)
    lost = np.zeros((len(sample.conversions), len(paths.names)))
    deviations = sample.deviations(*markov.markov_influence(paths, chain, removal))
    lost[:, chain.present] = removal.effect[chain.present] * removal.rate + deviations
    conversions = paths.conversions.sum()
    return Credit(
        markov.credits_of_effects(removal.effect, conversions),
        markov.credits_of_effects(np.maximum(lost, 0.0), sample.conversions),
        removal.effect,
    )


def _shapley_rate_credits(sample: _Resampled) -> Credit:
    """Credits of the rate game; draws follow the first derivative of the Shapley values."""
    game = shapley.rate_game(sample.paths)
    value = shapley.values(game)
    deviations = sample.deviations(*shapley.shapley_influence(game))
    credit = np.zeros(len(sample.paths.names))
    credit[game.present] = value * game.journeys[-1]
    draws = np.zeros((len(sample.journeys), len(credit)))
    draws[:, game.present] = (value + deviations) * sample.journeys[:, None]
    return Credit(credit, draws)
