"""What these exports cannot tell, in sentences: the part of a report that is usually left out."""

from collections.abc import Sequence

import numpy as np

from ..history import MISSING, History

_FEW = 30  # conversions
_STILL = 0.10  # sd of log spend below which a campaign was hardly varied
_YEAR = 365  # days
_FRESH = 3  # days whose conversions may still come in


def limitations_of(history: History, landings: bool, unseen: tuple[str, ...]) -> list[str]:
    """Say what is not known.

    Args:
        history: what was exported.
        landings: whether there were site landings to make journeys of.
        unseen: campaigns that will spend more than on any day so far.
    """
    told = [
        "Whether an advertisement caused a conversion: platforms and journeys count what came "
        "after it. Only an experiment that switches it off for some people tells."
    ]
    if not landings:
        told.append(
            "Who starts and who closes: there is no file of site landings, so conversions are what "
            "each platform claims, and one sale may be claimed twice."
        )
    if len(history.dates) < _YEAR:
        told.append(
            f"The season: {len(history.dates)} days have seen no month twice, so a forecast knows "
            "weekdays and the latest level and not what the time of year will bring."
        )
    told += _by_campaign(history)
    if unseen:
        told.append(
            f"What {listed(unseen)} brings at the spend ahead: more than on any day so far."
        )
    told.append(
        "The last days: platforms add conversions for some days after a click, so the last "
        f"{_FRESH} or so, to {history.dates[-1]}, may still grow."
    )
    return told


def _by_campaign(history: History) -> list[str]:
    told = []
    few = [
        name
        for name, total in zip(history.names, history.totals.conversions, strict=True)
        if total < _FEW
    ]
    if few:
        told.append(
            f"What {listed(few)} brings: fewer than {_FEW} conversions in the whole period are "
            "chance more than effect."
        )
    still = [name for at, name in enumerate(history.names) if _was_still(history, at)]
    if still:
        told.append(
            f"What another budget would do for {listed(still)}: its spend was hardly ever varied."
        )
    missing = [
        f"{name} ({count} days)"
        for name, count in zip(history.names, (history.presence == MISSING).sum(0), strict=True)
        if count
    ]
    if missing:
        told.append(f"Days that were not reported: {listed(missing)}; they are not taken as 0.")
    return told


def _was_still(history: History, at: int) -> bool:
    spend = history.spend[:, at]
    spend = spend[np.isfinite(spend) & (spend > 0)]
    return len(spend) > 1 and float(np.log(spend).std()) < _STILL


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; nothing of none."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
