"""Split of a budget at which the next unit brings as much on every campaign that may move."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mediagym.data.types import Floats
from mediagym.envs.constraints import Constraints

from .curves import Curve

_ROUNDS = 80  # halvings of the interval that holds the logarithm of the common return
_FUZZ = 1e-6  # cents by which a whole amount may miss itself

Cents = NDArray[np.int64]
Spends = Callable[[float], Floats]  # cents by campaign, by the logarithm of the common return


def equal_marginal_split(
    curves: Sequence[Curve], bounds: Constraints, scales: Floats | None = None
) -> Cents:
    """Return cents by campaign over the flight; they sum exactly to the total.

    Every campaign spends the same on each day. Within floors and caps of campaigns and channels the
    split maximises the sum of the (scaled) curves' least concave majorants.

    Args:
        curves: in the order of the campaigns of `bounds`.
        bounds: total, floors and caps, feasible.
        scales: multiples of the curves, (campaigns,); None: the curves as they are.
    """
    spends, ends = _demands(curves, bounds, scales)
    owners = bounds.tree.parents[1]
    members = [owners == channel for channel in range(len(bounds.channels))]
    floors, caps = bounds.floor_cents[0], bounds.cap_cents[0]
    held = [  # what a channel's campaigns get where its floor or its cap holds it
        [_reaching(_part(spends, own), int(bound), ends) for bound in pair]
        for own, *pair in zip(members, floors, caps, strict=True)
    ]

    def within_channels(logarithm: float) -> Floats:
        cents = spends(logarithm)
        for channel, own in enumerate(members):
            spent = cents[own].sum()
            if spent < floors[channel]:
                cents[own] = held[channel][0]
            elif spent > caps[channel]:
                cents[own] = held[channel][1]
        return cents

    exact = _reaching(within_channels, bounds.total_cents, ends)
    return _in_cents(exact, members, bounds)


def _part(spends: Spends, own: NDArray[np.bool_]) -> Spends:
    """Return what some of the campaigns spend."""
    return lambda logarithm: spends(logarithm)[own]


def _demands(
    curves: Sequence[Curve], bounds: Constraints, scales: Floats | None
) -> tuple[Spends, tuple[float, float]]:
    """Return what each campaign spends at a common return, and the range of its logarithm."""
    days = bounds.days
    most = bounds.total_cents / 100 / days
    returns = [curve.returns(max(most, 2 * curve.known_most)) for curve in curves]
    logs = [np.log(rate) for _, rate in returns]
    if scales is not None:
        logs = [log + np.log(scale) for log, scale in zip(logs, scales, strict=True)]
    low = bounds.floor_cents[1].astype(np.float64)
    high = np.minimum(bounds.cap_cents[1], bounds.daily_cap_cents * days).astype(np.float64)

    def spends(logarithm: float) -> Floats:
        wanted = [
            np.interp(-logarithm, -log, spend, left=0.0, right=np.inf)
            for log, (spend, _) in zip(logs, returns, strict=True)
        ]
        return np.clip(100.0 * days * np.asarray(wanted), low, high)

    ends = max(float(log[0]) for log in logs) + 1, min(float(log[-1]) for log in logs) - 1
    return spends, ends


def _reaching(spends: Spends, target: int, ends: tuple[float, float]) -> Floats:
    """Return the amounts at the return at which they sum to a target, or come closest to it."""
    above, below = ends
    for _ in range(_ROUNDS):
        middle = (above + below) / 2
        above, below = (middle, below) if spends(middle).sum() < target else (above, middle)
    less, more = spends(above), spends(below)
    gap = float(more.sum() - less.sum())
    # where many spends have one return, they share what is left
    part = float(np.clip((target - less.sum()) / gap, 0.0, 1.0)) if gap > 0 else 0.0
    return less + part * (more - less)


def _in_cents(exact: Floats, members: list[NDArray[np.bool_]], bounds: Constraints) -> Cents:
    """Return whole cents, channel by channel, within the same bounds."""
    unit = bounds.quantum
    sums = np.array([exact[own].sum() for own in members])
    channels = _largest_remainders(sums / unit, bounds.total_cents // unit)
    cents = np.zeros(len(exact), np.int64)
    for own, whole in zip(members, channels, strict=True):
        cents[own] = _largest_remainders(exact[own] / unit, int(whole)) * unit
    return cents


def _largest_remainders(exact: Floats, total: int) -> Cents:
    """Return whole numbers that sum to a total, each a number rounded down or up."""
    whole = np.floor(exact + _FUZZ).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: max(total - int(whole.sum()), 0)]] += 1
    return whole
