"""Statistics of an evaluation as plain values: a row per policy, paired differences, profiles.

Every statistic is defined, with its source, in ``docs/evaluation.md``.
"""

from collections import Counter
from typing import Any

import numpy as np

from ...data.types import Floats
from ..rollout import CLAIRVOYANT, percent_of
from .bootstrap import CVAR, IQM, MEAN, Resamples, interval, quantile_mean
from .evaluate import Evaluation, PolicyResult

TIE = 1e-4  # percent of the clairvoyant within which two flights are equal (solver tolerance)
_ROUNDING = 1e-9  # percent
_STATIC = "static"  # policy from which the gap to the clairvoyant is measured
_NO_GAP = 0.01  # points: a static plan this near to the clairvoyant leaves no gap to close
_PROFILE_POINTS = 61  # thresholds of a performance profile


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """Return the statistics of one task.

    Returns:
        ``markets``; ``policies``, one row per policy in the order of the results; ``paired``,
        every policy against every reference; ``profile``, shares of flights by percent of the
        clairvoyant.
    """
    settings = evaluation.settings
    resamples = Resamples(len(evaluation.best), settings.resamples, settings.seed)
    percents = {each.name: evaluation.percent(each) for each in evaluation.results}
    policies = {name: percent for name, percent in percents.items() if name != CLAIRVOYANT}
    return {
        "markets": len(evaluation.best),
        "policies": [
            row(each, percents[each.name], resamples)
            | _closed(each.name, percents, resamples)
            | _of_informed(each, evaluation.informed, resamples)
            for each in evaluation.results
        ],
        "paired": [
            _pair(a, b, policies[a], policies[b], resamples)
            for a in policies
            for b in settings.references
            if b in policies and a != b
        ],
        "profile": _profile(policies or percents, resamples),
    }


def row(result: PolicyResult, percent: Floats, resamples: Resamples) -> dict[str, Any]:
    """Return the statistics of one candidate.

    Args:
        result: its rollouts.
        percent: (seeds, markets) values of its flights in percent of the clairvoyant's.
        resamples: bootstrap resamples of the markets and of its training seeds.
    """
    rollouts = result.rollouts
    mean, iqm, cvar = resamples.quantile_means(result.name, percent, (MEAN, IQM, CVAR))
    seconds = np.mean([rollout.seconds for rollout in rollouts]) / len(rollouts[0].value)
    return {
        "name": result.name,
        "seeds": len(percent),
        "origins": dict(Counter(result.origins)),
        "value": float(result.total.mean()),
        "values": [_rounded(flights) for flights in result.total],
        "mean": float(percent.mean()),
        "ci": interval(mean),
        "by_seed": percent.mean(1).tolist(),
        "iqm": quantile_mean(percent, IQM),
        "iqm_ci": interval(iqm),
        **dict(zip(("p10", "cvar"), tails(percent), strict=True)),
        "cvar_ci": interval(cvar),
        "gap": float(np.maximum(100 - percent, 0).mean()),
        "best": float(percent.max()),
        "violations": sum(rollout.violations for rollout in rollouts),
        "cents_off": max(rollout.cents_off for rollout in rollouts),
        "turnover": float(np.mean([rollout.turnover for rollout in rollouts])),
        "seconds_per_decision": float(seconds),
        "seconds_per_flight": float(seconds / percent.shape[1]),
    }


def tails(percent: Floats) -> tuple[float, float]:
    """Return the tenth percentile of flights, and the mean of the worst tenth of them."""
    return float(np.quantile(percent, 0.1)), quantile_mean(np.atleast_2d(percent), CVAR)


def _closed(name: str, percents: dict[str, Floats], resamples: Resamples) -> dict[str, Any]:
    """Return the share of the gap between static plan and clairvoyant that a policy closes.

    In percent, with its interval; a resample takes the same markets for both. None if the static
    plan is not compared, or leaves no gap.
    """
    if _STATIC not in percents or 100 - percents[_STATIC].mean() < _NO_GAP:
        return {"closed": None, "closed_ci": None}
    ours, static = percents[name], percents[_STATIC]
    gained = resamples.means(name, ours) - resamples.means(_STATIC, static)
    share = 100 * gained / np.maximum(100 - resamples.means(_STATIC, static), _ROUNDING)
    mean = 100 * (ours.mean() - static.mean()) / (100 - static.mean())
    return {"closed": float(mean), "closed_ci": interval(share)}


def _of_informed(
    result: PolicyResult, informed: Floats | None, resamples: Resamples
) -> dict[str, Any]:
    """Return the mean of a candidate's flights in percent of the informed policy's, and its ci."""
    if informed is None:
        return {"informed": None, "informed_ci": None}
    percent = percent_of(result.total, informed)
    means = resamples.means(result.name, percent)
    return {"informed": float(percent.mean()), "informed_ci": interval(means)}


def _pair(a: str, b: str, ours: Floats, theirs: Floats, resamples: Resamples) -> dict[str, Any]:
    """Return how much and how often policy a does better than b, paired by market."""
    differences = resamples.means(a, ours) - resamples.means(b, theirs)
    ahead = ours[:, None] - theirs[None]  # (seeds of a, seeds of b, markets)
    wins = np.where(np.abs(ahead) <= TIE, 0.5, ahead > 0)
    return {
        "a": a,
        "b": b,
        "difference": float(ours.mean() - theirs.mean()),
        "ci": interval(differences),
        "probability": float(wins.mean()),
        "probability_ci": interval(resamples.improvement_probability(a, b, wins)),
    }


def _profile(percents: dict[str, Floats], resamples: Resamples) -> dict[str, Any]:
    """Return, per threshold up to 100, the share of flights that reach it, with its band."""
    worst = min(percent.min() for percent in percents.values())
    thresholds = np.linspace(max(np.floor(worst), 0), 100, _PROFILE_POINTS)
    policies = {}
    for name, percent in percents.items():
        reached = (percent[..., None] >= thresholds - _ROUNDING).astype(float)
        low, high = np.quantile(resamples.means(name, reached), [0.025, 0.975], axis=0)
        policies[name] = {
            "share": _rounded(reached.mean((0, 1))),
            "low": _rounded(low),
            "high": _rounded(high),
        }
    return {"percent": _rounded(thresholds), "policies": policies}


def _rounded(values: Floats) -> list[float]:
    return [float(value) for value in values.round(4)]
