"""`requested_spend`: dollars from an action, a tilt around the posterior-static plan."""

from typing import Annotated, Literal

from pydantic import Field

from ...data.settings import Settings
from ..arrays import Array, at_least, namespace, summed
from ..constraints import Ledger, day_bounds, remaining
from .belief_allocation import belief_allocation
from .problem import Problem
from .rollout import Observable
from .static_terms import NO_DOLLARS

_MIN_TOTAL = 1e-6  # dollars: keeps the distance of a day without spend finite


MAX_LOG = 20.0  # log dollars of an action of 1


class ActionSettings(Settings):
    """The group ``action`` of ``conf/env``; see ``conf/env/default.yaml``."""

    map: Literal["projection", "tree_softmax"]
    tilt: Annotated[float, Field(gt=0, le=MAX_LOG)]
    follow: Annotated[float, Field(ge=0, le=1)]
    pace: Annotated[float, Field(ge=0, le=MAX_LOG)]


_FOLLOWING = ActionSettings(map="projection", tilt=1.0, pace=0.3, follow=1.0)


def action_size(campaigns: int) -> int:
    """Return the length of an action: the day's total, then one entry per campaign."""
    return 1 + campaigns


def requested_spend(
    problem: Problem, view: Observable, action: Array, settings: ActionSettings
) -> tuple[Array, Array]:
    """Return the dollars that an action requests, (..., campaigns), and their total, (...).

    The day's total is the plan's share of the unspent money, times ``exp(pace a_0)``; the
    campaigns share it in the plan's proportions times ``exp(tilt a_k)``, centred, so that adding
    a constant to all entries changes nothing. Where the plan is zero a tilt above 0 spends as if
    the plan had a hundredth of the campaign's mean day there. With ``follow`` the proportions are
    those of the plan times ``exp(follow b_k)`` where ``b`` is ``belief_allocation``, so that an
    action of 0 already reacts to reports. The projection comes after; the map ``tree_softmax`` pays
    every floor first and shares only the remainder, so that the projection seldom moves dollars.

    Args:
        problem: holds the plan.
        view: holds the day, the unspent money and the belief.
        action: (..., 1 + campaigns), meant to lie in [-1, 1].
        settings: the map and its scales.
    """
    xp = namespace(action, view.ledger.spent)
    terms = problem.day_terms[view.ledger.day]
    money = remaining(problem.constraints, view.ledger)
    pace = settings.pace * action[..., 0]
    total = money * (terms.share * xp.exp(pace) + terms.lift_share * xp.expm1(at_least(pace, 0.0)))
    tilt = action[..., 1:]
    log = settings.tilt * (tilt - summed(tilt)[..., None] / tilt.shape[-1])
    if settings.follow:
        log = log + settings.follow * belief_allocation(problem, view.belief)
    lifted = terms.lift * xp.expm1(at_least(log, 0.0))
    weight = terms.plan * xp.exp(log) + lifted + NO_DOLLARS
    if settings.map == "tree_softmax":
        return _floors_first(problem, view.ledger, weight, total)
    return (total / summed(weight))[..., None] * weight, total


def followed_spend(problem: Problem, view: Observable) -> tuple[Array, Array]:
    """Return the dollars of an action of 0 that follows the belief in full, and their total.

    The day's total is the plan's share of the unspent money; the campaigns share it in the plan's
    proportions times the belief's allocation.
    """
    zero = 0 * view.ledger.spent
    action = namespace(zero).concatenate([zero[..., :1], zero], -1)
    return requested_spend(problem, view, action, _FOLLOWING)


def _floors_first(
    problem: Problem, ledger: Ledger, weight: Array, total: Array
) -> tuple[Array, Array]:
    """Return the day's floors plus the rest of the total shared by weight, and the total."""
    constraints, xp = problem.constraints, namespace(weight)
    bounds = day_bounds(constraints, ledger)
    total = xp.minimum(xp.maximum(total, bounds.lower[0][..., 0]), bounds.upper[0][..., 0])
    arrays = constraints.arrays(weight)
    dollars, weights = total[..., None], [weight]
    for depth in range(len(bounds.lower) - 2, -1, -1):
        weights.append(arrays.add_up(depth, weights[-1]))
    weights = weights[::-1]
    for depth, parents in enumerate(constraints.tree.parents):
        floor = bounds.lower[depth + 1]
        spare = dollars - arrays.add_up(depth, floor)
        share = weights[depth + 1] / weights[depth][..., parents]
        dollars = floor + at_least(spare, 0.0)[..., parents] * share
    return dollars, total


def moved_dollars(requested_spend: Array, allowed: Array) -> Array:
    """Return the L1 distance of requested from allowed dollars, (...) dollars.

    Args:
        requested_spend: dollars, (..., campaigns).
        allowed: dollars after the projection, (..., campaigns).
    """
    return summed(abs(requested_spend - allowed))


def distance(requested_spend: Array, requested_total: Array, allowed: Array) -> Array:
    """Return the L1 distance of requested from allowed dollars over the day's total, (...).

    Args:
        requested_spend: dollars, (..., campaigns).
        requested_total: dollars, (...).
        allowed: dollars after the projection, (..., campaigns).
    """
    return moved_dollars(requested_spend, allowed) / (requested_total + _MIN_TOTAL)
