"""What an evaluation says, as plain values: a row a policy, paired differences, profiles.

Every statistic is defined, with its source, in ``docs/evaluation.md``.
"""

from typing import Any

import numpy as np

from ...data.types import Floats
from ..rollout import CLAIRVOYANT
from .bootstrap import CVAR, IQM, MEAN, Resamples, interval, quantile_mean
from .evaluate import Evaluation, PolicyResult

TIE = 1e-4  # percent of the clairvoyant within which two flights are equal: plans are climbed
_ROUNDING = 1e-9  # percent
_LEVELS = 61  # of a performance profile


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """Return the comparison on one task.

    Returns:
        ``markets``; ``policies``, a row each in the order of the entries; ``paired``, every policy
        against every reference; ``profile``, shares of flights by percent of the clairvoyant.
    """
    settings = evaluation.settings
    resamples = Resamples(len(evaluation.best), settings.resamples, settings.seed)
    percents = {e.name: evaluation.percent(e) for e in evaluation.results}
    rivals = {name: percent for name, percent in percents.items() if name != CLAIRVOYANT}
    return {
        "markets": len(evaluation.best),
        "policies": [row(e, percents[e.name], resamples) for e in evaluation.results],
        "paired": [
            _pair(a, b, rivals[a], rivals[b], resamples)
            for a in rivals
            for b in settings.references
            if b in rivals and a != b
        ],
        "profile": _profile(rivals or percents, resamples),
    }


def row(entry: PolicyResult, percent: Floats, resamples: Resamples) -> dict[str, Any]:
    """Return an entrant's statistics.

    Args:
        entry: what it did.
        percent: (seeds, markets) of the clairvoyant.
        resamples: of the markets and of its training seeds.
    """
    mean, iqm, cvar = resamples.parts(entry.name, percent, (MEAN, IQM, CVAR))
    seconds = np.mean([flown.seconds for flown in entry.rollouts]) / len(entry.rollouts[0].value)
    return {
        "name": entry.name,
        "seeds": len(percent),
        "value": float(entry.total.mean()),
        "mean": float(percent.mean()),
        "ci": interval(mean),
        "by_seed": percent.mean(1).tolist(),
        "iqm": quantile_mean(percent, IQM),
        "iqm_ci": interval(iqm),
        "p10": float(np.quantile(percent, 0.1)),
        "cvar": quantile_mean(percent, CVAR),
        "cvar_ci": interval(cvar),
        "gap": float(np.maximum(100 - percent, 0).mean()),
        "best": float(percent.max()),
        "violations": sum(flown.violations for flown in entry.rollouts),
        "cents_off": max(flown.cents_off for flown in entry.rollouts),
        "turnover": float(np.mean([flown.turnover for flown in entry.rollouts])),
        "seconds_per_decision": float(seconds),
        "seconds_per_flight": float(seconds / percent.shape[1]),
    }


def _pair(a: str, b: str, ours: Floats, theirs: Floats, resamples: Resamples) -> dict[str, Any]:
    """Return how much and how often a does better than b, flight by flight in one market."""
    apart = resamples.means(a, ours) - resamples.means(b, theirs)
    ahead = ours[:, None] - theirs[None]  # (seeds of a, seeds of b, markets)
    beats = np.where(np.abs(ahead) <= TIE, 0.5, ahead > 0)
    return {
        "a": a,
        "b": b,
        "difference": float(ours.mean() - theirs.mean()),
        "ci": interval(apart),
        "probability": float(beats.mean()),
        "probability_ci": interval(resamples.chances(a, b, beats)),
    }


def _profile(percents: dict[str, Floats], resamples: Resamples) -> dict[str, Any]:
    """Return, for levels up to 100, the share of flights that reach them, with its band."""
    worst = min(percent.min() for percent in percents.values())
    levels = np.linspace(max(np.floor(worst), 0), 100, _LEVELS)
    policies = {}
    for name, percent in percents.items():
        reached = (percent[..., None] >= levels - _ROUNDING).astype(float)
        low, high = np.quantile(resamples.means(name, reached), [0.025, 0.975], axis=0)
        policies[name] = {
            "share": _rounded(reached.mean((0, 1))),
            "low": _rounded(low),
            "high": _rounded(high),
        }
    return {"percent": _rounded(levels), "policies": policies}


def _rounded(values: Floats) -> list[float]:
    return [float(value) for value in values.round(4)]
