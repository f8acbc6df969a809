"""The record of a constraint set, in whole cents, by name."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..projection import Tree

Cents = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Constraints:
    """A feasible constraint set of one flight; build it with `parse_constraints`."""

    names: tuple[str, ...]  # campaigns, in the order of every (..., campaigns) array
    channels: tuple[str, ...]  # in order of first appearance
    tree: Tree  # root, channels, campaigns
    days: int  # days of the flight, >= 1
    total_cents: int  # cents over the flight, > 0
    spend_all: bool  # True: exactly the total; False: at most
    floor_cents: tuple[Cents, Cents]  # over the flight, (channels,) and (campaigns,), >= 0
    cap_cents: tuple[Cents, Cents]  # over the flight, the same shapes, <= the total
    daily_cap_cents: Cents  # a day, (campaigns,), <= the total
    pacing: tuple[float, float]  # multiples of remaining money / remaining days: <= 1, >= 1
    change_limit: float | None  # share of yesterday's spend, > 0
    cache: dict[Any, Any] = field(default_factory=dict, repr=False)  # arrays other rooms derive

    @cached_property
    def total(self) -> float:
        """Dollars over the flight."""
        return self.total_cents / 100

    @cached_property
    def has_daily_caps(self) -> bool:
        """Whether any daily cap can bind."""
        return bool((self.daily_cap_cents < self.total_cents).any())

    @cached_property
    def channel_of(self) -> dict[str, str]:
        """Each campaign's channel, by name, in order."""
        owners = self.tree.parents[1]
        return {name: self.channels[owner] for name, owner in zip(self.names, owners, strict=True)}

    def to_json(self) -> dict[str, Any]:
        """Everything in plain values, resolved by name; `constraints_from_json` reads it back."""
        return {
            "days": self.days,
            "channel_of": self.channel_of,
            "settings": {
                "total": f"${self.total_cents / 100:.2f}",
                "total_type": "equal" if self.spend_all else "at_most",
                "channel": {"floor": None, "cap": None},
                "campaign": {"floor": None, "cap": None, "daily_cap": None},
                "channels": self._resolved(0),
                "campaigns": self._resolved(1),
                "pacing": list(self.pacing),
                "change_limit": _percent(self.change_limit),
            },
        }

    def _resolved(self, level: int) -> dict[str, dict[str, str | None]]:
        names = (self.channels, self.names)[level]
        columns = {"floor": self.floor_cents[level], "cap": self.cap_cents[level]}
        if level == 1:
            columns["daily_cap"] = self.daily_cap_cents
        return {
            name: {
                key: None if key != "floor" and array[i] == self.total_cents else _dollars(array[i])
                for key, array in columns.items()
            }
            for i, name in enumerate(names)
        }


def _dollars(amount: int) -> str:
    return f"${amount // 100}.{amount % 100:02d}"


def _percent(limit: float | None) -> str | None:
    return None if limit is None else f"{100 * limit:.12g}%"
