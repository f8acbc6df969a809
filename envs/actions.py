"""From an action to dollars: a tilt around the posterior-static plan, so that 0 is that plan."""

from typing import Annotated

import numpy as np
from pydantic import Field

from ..data.config import Settings
from .arrays import Array, namespace
from .flight import Problem
from .ledger import Ledger, remaining

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
    a constant to all entries changes nothing. Where the plan is zero a tilt starts from a hundredth
    of the campaign's mean day. The projection comes after.

    Args:
        problem: holds the plan.
        ledger: says the day and the money left.
        action: (..., 1 + campaigns), meant to lie in [-1, 1].
        settings: scales.
    """
    xp = namespace(action, ledger.spent)
    day = ledger.day
    plan = _guide(problem, day)
    money = remaining(problem.constraints, ledger)
    total = money * _share_of_rest(problem, day) * xp.exp(settings.pace * action[..., 0])
    tilt = action[..., 1:]
    centred = tilt - tilt.mean(-1)[..., None]
    weight = plan * xp.exp(settings.tilt * centred)
    return total[..., None] * weight / weight.sum(-1)[..., None], total


def dollars_to_action(
    problem: Problem, ledger: Ledger, target: Array, total: Array, settings: ActionSettings
) -> Array:
    """Return the action that asks for given dollars, the inverse of ``wanted`` (numpy)."""
    day = ledger.day
    plan = _guide(problem, day)
    money = remaining(problem.constraints, ledger)
    usual = money * _share_of_rest(problem, day)
    pace = np.log(np.maximum(total, 1e-6) / np.maximum(usual, 1e-6)) / max(settings.pace, 1e-9)
    share = np.log(np.maximum(target, 1e-6) / np.maximum(plan, 1e-6)) / settings.tilt
    return np.concatenate([pace[..., None], share - share.mean(-1, keepdims=True)], -1)


def _share_of_rest(problem: Problem, day: int) -> Array:
    """Return the share of the money left that the plan spends on a day."""
    xp, today = namespace(problem.base), _guide(problem, day).sum()
    left = problem.constraints.total - problem.base[:day].sum()
    return today / xp.maximum(left, today)


def _guide(problem: Problem, day: int) -> Array:
    """Return the plan's day, nowhere quite zero: a tilt must be able to spend there."""
    xp = namespace(problem.base)
    return xp.maximum(problem.base[day], _LEAST * problem.base.mean(0))
