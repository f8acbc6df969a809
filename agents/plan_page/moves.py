"""What to set first: each campaign's next daily budget beside the live one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...data.formats import name_of

_SHOWN = 10  # moves in the first table; a plan of few campaigns more shows all
_FEW = 2


class Move(NamedTuple):
    """A campaign's daily budget now and as it is to be set, in units of the currency."""

    campaign: str
    live: float | None  # None: not known
    today: float
    extrapolated: bool  # above what the campaign is known to have spent in a day

    @property
    def difference(self) -> float | None:
        """Amount by which the budget moves; None if the live one is not known."""
        return None if self.live is None else round(self.today - self.live, 2)


class First(NamedTuple):
    """What to do on the first planned day."""

    date: str | None  # None: the flight is over
    moves: list[Move]  # the largest first
    others: int  # campaigns whose moves are not among them
    total: float  # units of the currency, of all campaigns
    live_total: float | None  # the same of the live budgets; None if one is not known


def first(content: Mapping[str, Any]) -> First:
    """Return the moves of the first planned day, the largest change first.

    Args:
        content: `plan.json`.
    """
    day = next((day for day in content["days"] if day["status"] == "planned"), None)
    if day is None:
        return First(None, [], 0, 0.0, None)
    moves = all_moves(content)
    moves.sort(key=lambda move: -abs(move.today if move.live is None else move.difference or 0))
    shown = len(moves) if len(moves) <= _SHOWN + _FEW else _SHOWN
    lives = [move.live for move in moves]
    return First(
        day["date"],
        moves[:shown],
        len(moves) - shown,
        round(sum(move.today for move in moves), 2),
        None if None in lives else round(sum(live or 0.0 for live in lives), 2),
    )


def all_moves(content: Mapping[str, Any]) -> list[Move]:
    """Return the move of every campaign that has something to set, in the order of the plan."""
    return [
        Move(name_of(row), row["live"], row["today"], row["today"] > known_most(row))
        for row in content["campaigns"]
        if row["today"] is not None
    ]


def dearest(content: Mapping[str, Any]) -> dict[str, float]:
    """Return each campaign's largest budget of a planned day; 0 without one."""
    highest = {name_of(row): 0.0 for row in content["campaigns"]}
    for day in content["days"]:
        if day["status"] == "planned":
            for row in day["campaigns"]:
                highest[name_of(row)] = max(highest[name_of(row)], row["budget"])
    return highest


def known_most(row: Mapping[str, Any]) -> float:
    """Return a campaign's dearest known day, above which estimates are extrapolated."""
    return max(row["recent_max_daily"] or 0.0, row["season_max_daily"] or 0.0)
