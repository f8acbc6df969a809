"""From an action to dollars: a tilt around the posterior-static plan, so that 0 is that plan."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..data.config import Settings
from .arrays import Array, at_least, namespace, summed
from .flight import Problem
from .ledger import Ledger, remaining

_NONE = 1e-12  # dollars: shares of nothing are equal
_LITTLE = 1e-6  # dollars: less is nothing
_FAR, _HALVINGS = 40.0, 60  # log dollars between which a scale is searched, and in how many steps
_LEAST = 0.01  # of a campaign's mean day in the plan: what a tilt starts from where it is zero


class ActionSettings(Settings):
    """The group ``action`` of ``conf/env``: how far an action of 1 moves the plan."""

    tilt: Annotated[float, Field(gt=0)]
    pace: Annotated[float, Field(ge=0)]


def action_size(campaigns: int) -> int:
    """Return the length of an action: the day's total, then one entry a campaign."""
    return 1 + campaigns


def wanted(
    problem: Problem, ledger: Ledger, action: Array, settings: ActionSettings
) -> tuple[Array, Array]:
    """Return the dollars an action asks for: by campaign (..., campaigns) and in all (...).

    The day's total is what the plan would spend of the money left, times ``exp(pace a_0)``; the
    campaigns share it in the plan's proportions times ``exp(tilt a_k)``, centred, so that adding
    a constant to all entries changes nothing. Where the plan is zero a tilt above 0 spends as if
    the plan had a hundredth of the campaign's mean day there. The projection comes after.

    Args:
        problem: holds the plan.
        ledger: says the day and the money left.
        action: (..., 1 + campaigns), meant to lie in [-1, 1].
        settings: scales.
    """
    xp = namespace(action, ledger.spent)
    plan, lift, share, lifted = _day(problem, ledger.day)
    money = remaining(problem.constraints, ledger)
    pace = settings.pace * action[..., 0]
    total = money * (share * xp.exp(pace) + lifted * xp.expm1(at_least(pace, 0.0)))
    tilt = action[..., 1:]
    log = settings.tilt * (tilt - summed(tilt)[..., None] / tilt.shape[-1])
    weight = plan * xp.exp(log) + lift * xp.expm1(at_least(log, 0.0)) + _NONE
    return (total / summed(weight))[..., None] * weight, total


def distance(target: Array, total: Array, allowed: Array) -> Array:
    """Return how far the dollars wanted lie from those allowed, as a share of the day's total.

    Args:
        target: dollars wanted, (..., campaigns).
        total: dollars wanted in all, (...).
        allowed: what the projection made of them, (..., campaigns).
    """
    return summed(abs(target - allowed)) / (total + _LITTLE)


def dollars_to_action(
    problem: Problem, ledger: Ledger, target: Array, total: Array, settings: ActionSettings
) -> Array:
    """Return the action that asks for given dollars, the inverse of ``wanted`` (numpy).

    A campaign's tilt tells its share, so dollars are divided by the amount at which the tilts are
    centred, which is searched by bisection.
    """
    plan, lift, part, _ = _day(problem, ledger.day)
    usual = remaining(problem.constraints, ledger) * part
    pace = np.log(np.maximum(total, _LITTLE) / np.maximum(usual, _LITTLE))
    low = np.full((*np.shape(total), 1), -_FAR)
    high = -low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        above = _tilt(plan, lift, target * np.exp(-middle)).sum(-1)[..., None] > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    tilt = _tilt(plan, lift, target * np.exp(-low)) / settings.tilt
    return np.concatenate([pace[..., None] / max(settings.pace, 1e-9), tilt], -1)


def _tilt(plan: Array, lift: Array, weight: Array) -> Array:
    """Return the tilt whose weight is given: the inverse of the last lines of ``wanted``."""
    more = np.log((weight + lift + _LITTLE) / (plan + lift + _LITTLE))
    less = np.log((weight + _LITTLE) / (plan + _LITTLE))
    return np.where(weight > plan, more, less)


def _day(problem: Problem, day: int) -> tuple[Array, Array, Array, Array]:
    """Return what a day's wishes start from, worked out once.

    Returns:
        The plan's dollars and what they lack to a hundredth of each campaign's mean day,
        (campaigns,); the share of the money left that the plan spends, and the lack's share of the
        total.
    """
    key = "wanted", day
    if key not in problem.memo:
        plan, whole = problem.base[day], problem.constraints.total
        lift = at_least(_LEAST * problem.usual - plan, 0.0)
        today, left = plan.sum(), whole - problem.base[:day].sum()
        share = today / at_least(left, today + _NONE)
        problem.memo[key] = plan, lift, share, lift.sum() / whole
    day_of: tuple[Array, Array, Array, Array] = problem.memo[key]
    return day_of
