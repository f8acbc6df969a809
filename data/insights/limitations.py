"""Limitations of the exports, one sentence each: what an analysis of them cannot tell."""

from collections.abc import Sequence

import numpy as np

from ..forecasting import RECENT_DAYS
from ..history import MISSING, History

_MIN_CONVERSIONS = 30  # conversions of a campaign below which its effect is mostly chance
_MIN_LOG_SPEND_SD = 0.10  # sd of log spend below which a campaign's spend hardly varied
_YEAR = 365  # days
_UNSETTLED_DAYS = 3  # days whose conversions may still be reported


def limitations_of(history: History, landings: bool, extrapolated: tuple[str, ...]) -> list[str]:
    """One sentence per limitation that applies.

    Args:
        history: the exported record.
        landings: whether there is a site landings file.
        extrapolated: campaigns with a day ahead above their known spend.
    """
    sentences = [
        "Whether advertising caused a conversion: platforms and journeys count conversions that "
        "followed an ad. Only an experiment that withholds ads from some people can tell."
    ]
    if not landings:
        sentences.append(
            "Which channels start and close journeys: there is no site landings file, so "
            "conversions are those claimed by the platforms, and several may claim the same sale."
        )
    if len(history.dates) < _YEAR:
        sentences.append(
            f"Seasonality: {len(history.dates)} days include no time of year twice, so forecasts "
            "know weekdays and the recent level, but not the effect of the season."
        )
    sentences += _campaign_limitations(history)
    if extrapolated:
        names = join_names(extrapolated)
        sentences.append(
            f"The effect of the spend ahead for {names}: it exceeds every day of the last "
            f"{RECENT_DAYS} days and of the same season in earlier years."
        )
    sentences.append(
        "The most recent days: platforms add conversions for several days after a click, so the "
        f"figures of about the last {_UNSETTLED_DAYS} days, to {history.dates[-1]}, may still rise."
    )
    return sentences


def _campaign_limitations(history: History) -> list[str]:
    """Campaigns with few conversions, with hardly any variation, or with missing days."""
    sentences = []
    small = [
        name
        for name, total in zip(history.names, history.totals.conversions, strict=True)
        if total < _MIN_CONVERSIONS
    ]
    if small:
        sentences.append(
            f"The effect of {join_names(small)}: with fewer than {_MIN_CONVERSIONS} conversions in "
            "the whole period, results are mostly chance."
        )
    constant = [name for at, name in enumerate(history.names) if _hardly_varied(history, at)]
    if constant:
        sentences.append(
            f"The effect of a different budget for {join_names(constant)}: spend hardly varied."
        )
    missing = [
        f"{name} ({count} days)"
        for name, count in zip(history.names, (history.presence == MISSING).sum(0), strict=True)
        if count
    ]
    if missing:
        sentences.append(
            f"Days without a report: {join_names(missing)}. They are treated as missing, not as 0."
        )
    return sentences


def _hardly_varied(history: History, campaign: int) -> bool:
    spend = history.spend[:, campaign]
    spend = spend[np.isfinite(spend) & (spend > 0)]
    return len(spend) > 1 and float(np.log(spend).std()) < _MIN_LOG_SPEND_SD


def join_names(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; empty without names."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
