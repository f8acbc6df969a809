"""Hold unless it pays: which campaigns' budgets a re-plan changes, and which stay as planned.

Money moves between campaigns, so no change can be adopted alone: changes are adopted together if
together they gain with the required probability. Where they do not, the one that is least likely to
pay drops out, and the others are looked at again. A campaign's change pays in a draw if what it
brings exceeds what its money brings on the other side of the exchange, at that side's mean return:
gain_k = dV_k - dx_k (sum dV_j / sum dx_j over the campaigns j of the other side).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ...envs.constraints import Constraints
from .remaining import Cents, carried_on, mean_level
from .settings import HoldSettings
from .updated import Outlook

WEEK = 7  # days over which a campaign's level is compared
_UNLIKELY = 0.5  # probability to pay under which a change drops out first


class Choice(NamedTuple):
    """Plan of the days left, and what became of each campaign's change."""

    plan: Cents  # (days left, campaigns)
    before: Floats  # (campaigns,) mean daily budget of the coming week as planned before
    proposed: Floats  # (campaigns,) the same as the policy would have it
    adopted: NDArray[np.bool_]  # (campaigns,)
    big_enough: NDArray[np.bool_]  # (campaigns,) the change is not too small to bother
    probability: Floats  # (campaigns,) that the change pays; NaN: not worked out
    gain: float  # mean gain of all changes that are adopted, in the objective
    together: float = float("nan")  # probability that they gain together; NaN: none is, or no hold


def chosen(
    rest: Constraints, old: Cents, new: Cents, outlook: Outlook, hold: HoldSettings | None
) -> Choice:
    """Return the plan of the days left after holding what does not pay.

    Args:
        rest: constraints of the days left.
        old: cents, (days left, campaigns), the plan before, feasible.
        new: the same as the policy would have it.
        outlook: draws and noise on which both are compared.
        hold: when a change is adopted; None: always.
    """
    before, proposed = mean_level(old, WEEK), mean_level(new, WEEK)
    differs = (old != new).any(0)
    nan = np.full(len(before), np.nan)
    if hold is None or not differs.any():
        gain = _mean_gain(outlook, old, new) if differs.any() else 0.0
        return Choice(new, before, proposed, differs, differs, nan, gain)
    size = np.abs(proposed - before)
    big = differs & (size >= np.maximum(hold.share * before, hold.amount))
    held = Choice(old, before, proposed, 0 * big > 0, big, nan, 0.0)
    if not big.any():
        return held
    values = outlook.value(old / 100), outlook.value(new / 100)
    gained, money = values[1] - values[0], (new - old).sum(0) / 100
    among = _balanced(big, differs, money)
    probability = np.where(among, (_gains(gained, money, among) > 0).mean(0), np.nan)
    among = among & (probability >= _UNLIKELY)
    while among.any():
        plan = _composed(rest, old, new, among)
        together, gains = _together(outlook, plan, values[0])
        if together >= hold.probability:  # seldom not so once it is made feasible
            plan = carried_on(rest, plan)
            together, gains = _together(outlook, plan, values[0])
        if together >= hold.probability:
            mean = float(gains.mean())
            return Choice(plan, before, proposed, among, big, probability, mean, together)
        last = int(np.argmin(np.where(among, probability, np.inf)))
        among = among & (np.arange(len(among)) != last)
    return held._replace(probability=probability)


def _balanced(
    big: NDArray[np.bool_], differs: NDArray[np.bool_], money: Floats
) -> NDArray[np.bool_]:
    """Return the changes to consider: the big ones, with the small ones that pay for them.

    Where no big change takes money, or none gives it, the small ones of that side do.
    """
    wanted = big
    for side in (money > 0, money < 0):
        if not (big & side).any():
            wanted = wanted | (differs & side)
    return wanted


def _together(outlook: Outlook, plan: Cents, before: Floats) -> tuple[float, Floats]:
    """Return the probability that a plan gains on another, and its gains, (draws,)."""
    gains = outlook.value(plan / 100).sum(1) - before.sum(1)
    return float((gains > 0).mean()), gains


def _mean_gain(outlook: Outlook, old: Cents, new: Cents) -> float:
    return float((outlook.value(new / 100) - outlook.value(old / 100)).sum(1).mean())


def _gains(gained: Floats, money: Floats, among: NDArray[np.bool_]) -> Floats:
    """Return what each change gains after what its money brings on the other side."""
    rises, falls = among & (money > 0), among & (money < 0)
    prices = []
    for side in (rises, falls):
        moved = money[side].sum()
        prices.append(gained[:, side].sum(1) / moved if moved else np.zeros(len(gained)))
    other = np.where(money > 0, prices[1][:, None], prices[0][:, None])
    return np.asarray(gained - money * other)


def _composed(rest: Constraints, old: Cents, new: Cents, adopted: NDArray[np.bool_]) -> Cents:
    """Return the plan with the adopted campaigns as proposed and the others as planned, in cents.

    The adopted ones are scaled to the money that the others leave; rules of days may not hold.
    """
    plan = np.where(adopted, new, old)
    if rest.spend_all:
        left = rest.total_cents - int(plan[:, ~adopted].sum())
        asked = int(plan[:, adopted].sum())
        if asked > 0 and left >= 0:
            scaled = np.round(plan * (left / asked)).astype(np.int64)
            plan = np.where(adopted, scaled, plan)
    return plan


def kept(plan: Cents) -> Choice:
    """Return the choice of a plan that nothing else was proposed for."""
    level = plan[:7].mean(0) / 100 if len(plan) else np.zeros(plan.shape[1])
    none = np.zeros(plan.shape[1], bool)
    return Choice(plan, level, level, none, none, np.full(len(level), np.nan), 0.0)
