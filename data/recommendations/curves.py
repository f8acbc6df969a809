"""Recommendations from the response curves and their uncertainty: `calibration.json`."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..display import shortened
from ..formats import money, share

_LOW, _MIDDLE, _HIGH = 0, 2, 4  # positions of the 5 %, 50 % and 95 % quantiles
_LEARNT = 0.3  # share of the bend learnt from the data below which a curve is mostly prior
_LARGE = 0.02  # share of the spend from which a campaign is worth a sentence
_COVERAGE = (0.8, 0.97)  # of one-day-ahead intervals that should hold 90 %
_WARNING = "WARNING"


class _Next(NamedTuple):
    """Cost of the next conversion of a campaign at its mean spend."""

    name: str
    low: float
    middle: float
    high: float


def curve_recommendations(document: Mapping[str, Any]) -> list[str]:
    """Return sentences on what to do, the most important first.

    Args:
        document: content of `calibration.json`.
    """
    parts = (_verdict, _shift, _tests, _coverage)
    return [line for part in parts for line in part(document)]


def _verdict(document: Mapping[str, Any]) -> Iterator[str]:
    if document["verdict"].startswith(_WARNING):
        yield (
            "Change budgets in small steps and look again after each: a naive forecast has "
            "predicted this advertiser's past better than the model."
        )


def _shift(document: Mapping[str, Any]) -> Iterator[str]:
    """Where the next conversion is cheap and where it is dear, if two intervals are apart."""
    costs = list(_costs(document))
    if not costs:
        return
    cheap, dear = min(costs, key=lambda each: each.high), max(costs, key=lambda each: each.low)
    if cheap.high >= dear.low:
        return  # no two are certainly apart
    low, high = (_cost(each, document["currency"]) for each in (cheap, dear))
    yield (
        f"Move money towards {shortened(cheap.name)} and away from {shortened(dear.name)}, in the "
        f"steps of a plan: the next conversion costs {low} in the one and {high} in the other."
    )


def _costs(document: Mapping[str, Any]) -> Iterator[_Next]:
    campaigns = document["campaigns"]
    total = sum(each["observed"]["spend_mean"] for each in campaigns.values())
    for name, each in campaigns.items():
        curve, spend = each["curve"], each["observed"]["spend_mean"]
        if spend < _LARGE * total:
            continue
        at = max(min(bisect_right(curve["spend"], spend), len(curve["spend"]) - 1) - 1, 0)
        rates = [curve["marginal"][q][at] for q in (_HIGH, _MIDDLE, _LOW)]
        if min(rates) > 0:
            yield _Next(name, *(1 / rate for rate in rates))


def _cost(each: _Next, currency: str | None) -> str:
    low, middle, high = (money(value, currency, 0) for value in each[1:])
    return f"{middle} ({low} to {high})"


def _tests(document: Mapping[str, Any]) -> Iterator[str]:
    """Campaigns of which the exports teach little."""
    if document["least_separable"] is not None:
        yield (
            f"Run a lift test on {shortened(document['least_separable'])} first: there the exports "
            "tell least whether spend makes demand or follows it."
        )
    campaigns = document["campaigns"]
    total = sum(each["observed"]["spend_mean"] for each in campaigns.values())
    unknown = [
        name
        for name, each in campaigns.items()
        if name != document["least_separable"]
        and each["parameters"]["elasticity"]["learnt"] < _LEARNT
        and each["observed"]["spend_mean"] >= _LARGE * total
    ]
    if unknown:
        name = max(unknown, key=lambda key: campaigns[key]["observed"]["spend_mean"])
        learnt = campaigns[name]["parameters"]["elasticity"]["learnt"]
        yield (
            f"Vary the spend of {shortened(name)} on purpose, for two weeks each up and down: only "
            f"{share(learnt)} of its curve's bend is learnt from the exports, the rest is prior."
        )


def _coverage(document: Mapping[str, Any]) -> Iterator[str]:
    least, most = _COVERAGE
    wrong = [
        name
        for name, each in document["campaigns"].items()
        if not least <= each["checks"]["one_day_ahead_coverage90"] <= most
    ]
    if wrong:
        names = ", ".join(shortened(name) for name in wrong[:3])
        yield (
            f"Read the intervals of {names} with care: of single days, 90 % intervals held fewer "
            "or more than they should."
        )
