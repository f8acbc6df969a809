"""From an action to dollars: a tilt around the posterior-static plan, so that 0 is that plan."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..data.config import Settings
from .arrays import Array, namespace
from .flight import Problem
from .ledger import Ledger, remaining

_NONE = 1e-12  # dollars: shares of nothing are equal
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
    day = ledger.day
    plan, lift = problem.base[day], _lift(problem, day)
    money = remaining(problem.constraints, ledger)
    pace = settings.pace * action[..., 0]
    raised = lift.sum() / problem.constraints.total * xp.expm1(xp.clip(pace, 0.0, None))
    total = money * (_share_of_rest(problem, day) * xp.exp(pace) + raised)
    tilt = action[..., 1:]
    log = settings.tilt * (tilt - tilt.mean(-1)[..., None])
    weight = plan * xp.exp(log) + lift * xp.expm1(xp.clip(log, 0.0, None)) + _NONE
    return total[..., None] * weight / weight.sum(-1)[..., None], total


def dollars_to_action(
    problem: Problem, ledger: Ledger, target: Array, total: Array, settings: ActionSettings
) -> Array:
    """Return the action that asks for given dollars, the inverse of ``wanted`` (numpy).

    Exact but for what a tilt spends where the plan spends next to nothing.
    """
    day = ledger.day
    plan = problem.base[day]
    money = remaining(problem.constraints, ledger)
    usual = money * _share_of_rest(problem, day)
    pace = np.log(np.maximum(total, 1e-6) / np.maximum(usual, 1e-6)) / max(settings.pace, 1e-9)
    share = np.log(np.maximum(target, 1e-6) / np.maximum(plan, 1e-6)) / settings.tilt
    lift = _lift(problem, day)  # where there is some, wishes of next to nothing are no tilt above 0
    nothing = (lift > 0) & (target <= plan + lift)
    share = np.where(nothing, share.min(-1, keepdims=True), share)
    return np.concatenate([pace[..., None], share - share.mean(-1, keepdims=True)], -1)


def _share_of_rest(problem: Problem, day: int) -> Array:
    """Return the share of the money left that the plan spends on a day."""
    today = problem.base[day].sum()
    left = problem.constraints.total - problem.base[:day].sum()
    return today / namespace(today).clip(left, today + _NONE, None)


def _lift(problem: Problem, day: int) -> Array:
    """Return what a day of the plan lacks to a hundredth of each campaign's mean day."""
    xp = namespace(problem.base)
    return xp.clip(_LEAST * problem.base.mean(0) - problem.base[day], 0.0, None)
