"""Pace of a flight: the shares of the planned spend that are in pace, and how a spend stands."""

from typing import Literal, NamedTuple

_WIDEST = 0.25  # half width of the band early in the flight, as a share of the planned spend
_NARROWEST = 0.01  # the same at its end

Status = Literal["unknown", "on_pace", "under", "over", "paused"]


class Standing(NamedTuple):
    """Spend so far against what was planned by now."""

    ratio: float | None  # spent over planned; None: not known yet, or nothing planned
    status: Status


def pace_band(days_over: int, days: int) -> tuple[float, float] | None:
    """Return the ratios of spend to plan that are in pace; None on the first day, not yet known.

    From 75 to 125 % early in the flight the band tightens evenly to 99 to 101 % at its end.
    """
    if days_over <= 1:
        return None
    left = (days - days_over) / max(days - 1, 1)
    half = _NARROWEST + (_WIDEST - _NARROWEST) * left
    return 1 - half, 1 + half


def standing(
    spent: int, planned: int, band: tuple[float, float] | None, *, is_paused: bool
) -> Standing:
    """Return how a spend stands; amounts in cents. A paused campaign is never behind."""
    ratio = spent / planned if planned > 0 and band is not None else None
    if is_paused:
        return Standing(ratio, "paused")
    if band is None:
        return Standing(ratio, "unknown")
    if planned == 0:
        return Standing(ratio, "over" if spent > 0 else "on_pace")
    if ratio is not None and not band[0] <= ratio <= band[1]:
        return Standing(ratio, "under" if ratio < 1 else "over")
    return Standing(ratio, "on_pace")
