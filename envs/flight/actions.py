"""From an action to dollars: a tilt around the posterior-static plan, or what follows from it."""

from typing import Annotated, Literal

from pydantic import Field

from ...data.settings import Settings
from ..arrays import Array, at_least, namespace, summed
from ..constraints import Ledger, add_up, day_bounds, remaining
from .belief_allocation import belief_allocation
from .problem import Problem
from .rollout import Observable

_NONE = 1e-12  # dollars: shares of nothing are equal
_LITTLE = 1e-6  # dollars: less is nothing
_LEAST = 0.01  # of a campaign's mean day in the plan: what a tilt starts from where it is zero


class ActionSettings(Settings):
    """The group ``action`` of ``conf/env``: what an action means."""

    map: Literal["projection", "tree_softmax"]
    tilt: Annotated[float, Field(gt=0)]
    follow: Annotated[float, Field(ge=0, le=1)]
    pace: Annotated[float, Field(ge=0)]


def action_size(campaigns: int) -> int:
    """Return the length of an action: the day's total, then one entry a campaign."""
    return 1 + campaigns


def requested_spend(
    problem: Problem, view: Observable, action: Array, settings: ActionSettings
) -> tuple[Array, Array]:
    """Return the dollars an action asks for: by campaign (..., campaigns) and in all (...).

    The day's total is what the plan would spend of the money left, times ``exp(pace a_0)``; the
    campaigns share it in the plan's proportions times ``exp(tilt a_k)``, centred, so that adding
    a constant to all entries changes nothing. Where the plan is zero a tilt above 0 spends as if
    the plan had a hundredth of the campaign's mean day there. With ``follow`` the proportions are
    those of the plan times ``exp(follow a_k)`` with ``a_k`` the belief's own allocation
    (``belief_allocation``), so that an action of 0 already reacts. The projection comes after; the
    map ``tree_softmax`` pays every floor first and shares only what is left, so that it seldom moves.

    Args:
        problem: holds the plan.
        view: says the day, the money left and what is believed.
        action: (..., 1 + campaigns), meant to lie in [-1, 1].
        settings: the map and its scales.
    """
    xp = namespace(action, view.ledger.spent)
    plan, lift, share, lifted = _day(problem, view.ledger.day)
    money = remaining(problem.constraints, view.ledger)
    pace = settings.pace * action[..., 0]
    total = money * (share * xp.exp(pace) + lifted * xp.expm1(at_least(pace, 0.0)))
    tilt = action[..., 1:]
    log = settings.tilt * (tilt - summed(tilt)[..., None] / tilt.shape[-1])
    if settings.follow:
        log = log + settings.follow * belief_allocation(problem, view.belief)
    weight = plan * xp.exp(log) + lift * xp.expm1(at_least(log, 0.0)) + _NONE
    if settings.map == "tree_softmax":
        return _floors_first(problem, view.ledger, weight, total)
    return (total / summed(weight))[..., None] * weight, total


def _floors_first(
    problem: Problem, ledger: Ledger, weight: Array, total: Array
) -> tuple[Array, Array]:
    """Return the day's floors and, on top, what is left of the total in given proportions."""
    xp = namespace(weight)
    bounds = day_bounds(problem.constraints, ledger)
    total = xp.minimum(xp.maximum(total, bounds.lower[0][..., 0]), bounds.upper[0][..., 0])
    given, inside = total[..., None], [weight]
    for level in range(len(bounds.lower) - 2, -1, -1):
        inside.append(add_up(problem.constraints, level, inside[-1]))
    inside = inside[::-1]
    for level, parents in enumerate(problem.constraints.tree.parents):
        low = bounds.lower[level + 1]
        spare = given - add_up(problem.constraints, level, low)
        part = inside[level + 1] / inside[level][..., parents]
        given = low + at_least(spare, 0.0)[..., parents] * part
    return given, total


def distance(target: Array, total: Array, allowed: Array) -> Array:
    """Return how far the dollars wanted lie from those allowed, as a share of the day's total.

    Args:
        target: dollars wanted, (..., campaigns).
        total: dollars wanted in all, (...).
        allowed: what the projection made of them, (..., campaigns).
    """
    return summed(abs(target - allowed)) / (total + _LITTLE)


def _day(problem: Problem, day: int) -> tuple[Array, Array, Array, Array]:
    """Return what a day's wishes start from, worked out once.

    Returns:
        The plan's dollars and what they lack to a hundredth of each campaign's mean day,
        (campaigns,); the share of the money left that the plan spends, and the lack's share of the
        total.
    """
    key = "wanted", day
    if key not in problem.memo:
        plan, whole = problem.static_plan[day], problem.constraints.total
        lift = at_least(_LEAST * problem.mean_static_spend - plan, 0.0)
        today, left = plan.sum(), whole - problem.static_plan[:day].sum()
        share = today / at_least(left, today + _NONE)
        problem.memo[key] = plan, lift, share, lift.sum() / whole
    day_of: tuple[Array, Array, Array, Array] = problem.memo[key]
    return day_of
