"""Record of a constraint set, in whole cents, and the same in units of the currency as arrays."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.types import Floats
from ..arrays import Array, namespace
from ..projection import Tree
from .feasibility import require_feasible
from .levels import Course, with_lookahead
from .money import quantum_of, refused, written
from .rules import Cents, Guardrail, Promotion, Ramp, rules_to_json

_SMALLEST_COURSE = 1e-6  # of an even day: a campaign without money in its course may still rise


class ConstraintArrays(NamedTuple):
    """The amounts of a constraint set as arrays of one library; tuples go from the root down."""

    tree: Tree
    zero: Array  # the number 0, ()
    total: Array  # in units of the currency, (1,)
    sums: tuple[Array, ...]  # per inner level, the 0/1 matrix (children, nodes)
    floors: tuple[Array, ...]  # over the flight, per level, (nodes,); the root's is 0
    caps: tuple[Array, ...]  # over the flight, the same shapes; the root's is the total
    daily_caps: Array  # per day, (campaigns,)
    live: Array  # per day on the day before the flight, (campaigns,); 0 without a ramp

    def of(self, values: Any) -> Array:
        """Return numbers in the library, dtype and device of these arrays."""
        if isinstance(self.total, np.ndarray):
            return np.asarray(values, np.float64)
        return self.total.new_tensor(values)

    def add_up(self, level: int, children: Array) -> Array:
        """Return the sums of (..., children) in the nodes of an inner level, (..., nodes)."""
        if isinstance(children, np.ndarray):
            return self.tree.add_up(level, children)
        return children @ self.sums[level]


@dataclass(frozen=True, eq=False)
class Constraints:
    """A feasible constraint set of one flight; build it with `parse_constraints`."""

    names: tuple[str, ...]  # campaigns, in the order of every (..., campaigns) array
    channels: tuple[str, ...]  # names, in order of first appearance
    tree: Tree  # root, channels, campaigns
    days: int  # days of the flight, >= 1
    total_cents: int  # cents over the flight, > 0
    spend_all: bool  # True: exactly the total; False: at most
    floor_cents: tuple[Cents, Cents]  # cents over the flight, (channels,) and (campaigns,), >= 0
    cap_cents: tuple[Cents, Cents]  # cents over the flight, the same shapes, <= the total
    daily_cap_cents: Cents  # cents per day, (campaigns,), >= 0, <= the total
    pacing: tuple[float, float]  # band of a day's total over remaining money / days: <= 1, >= 1
    change_limit: float | None  # share of yesterday's spend, > 0
    currency: str | None = None  # of all amounts, ISO code or shared sign; None: not known
    recent_caps: NDArray[np.bool_] | None = None  # (campaigns,) daily caps by `most_times_recent`
    notes: tuple[str, ...] = ()  # bounds that floors or the total made yield, one sentence each
    ramp: Ramp | None = None  # None: levels may change freely
    live_cents: Cents | None = None  # (campaigns,) cents per day before the flight; with a ramp
    live_rounding: int = 0  # cents by which levels of the day before were rounded at most
    rhythm: Floats | None = None  # (days, campaigns) > 0, what a level is measured against; None: 1
    may_change: NDArray[np.bool_] | None = None  # (days,) change days; None: every day
    day_floor_cents: Cents | None = None  # (days, campaigns) bounds of single days; None: 0
    day_cap_cents: Cents | None = None  # (days, campaigns); None: the daily caps alone
    passed_over: NDArray[np.bool_] | None = None  # (days, campaigns) the level skips these days
    min_run: int | None = None  # days that a campaign stays on or off at least; None: no rule
    steadiness: float = 0.0  # share of the value that may be given up for fewer changes
    guardrails: tuple[Guardrail, ...] = ()
    promotions: tuple[Promotion, ...] = ()  # days of the whole flight, and what demand is then
    course: Floats | None = None  # (days, campaigns) dollars: the plan that a flight continues
    _arrays: dict[Any, ConstraintArrays] = field(default_factory=dict, init=False, repr=False)

    def arrays(self, like: Array) -> ConstraintArrays:
        """Return the amounts in the library, dtype and device of an array; made once for each."""
        numpy = namespace(like) is np
        key = None if numpy else (like.dtype, like.device)
        if key not in self._arrays:
            total = np.array([self.total])

            def array(values: Any) -> Array:
                values = np.asarray(values, np.float64)
                return values if numpy else like.new_tensor(values)

            self._arrays[key] = ConstraintArrays(
                self.tree,
                array(0.0),
                array(total),
                tuple(array(np.ascontiguousarray(matrix.T)) for matrix in self.tree.sums),
                tuple(map(array, (0 * total, *(level / 100 for level in self.floor_cents)))),
                tuple(map(array, (total, *(level / 100 for level in self.cap_cents)))),
                array(self.daily_cap_cents / 100),
                array(
                    np.zeros(len(self.names)) if self.live_cents is None else self.live_cents / 100
                ),
            )
        return self._arrays[key]

    @cached_property
    def total(self) -> float:
        """Budget of the flight, in units of the currency."""
        return self.total_cents / 100

    @cached_property
    def has_daily_caps(self) -> bool:
        """True if any daily cap can bind."""
        return bool((self.daily_cap_cents < self.total_cents).any())

    def has_recent_cap(self, campaign: int) -> bool:
        """True if the daily cap of a campaign is one by `most_times_recent`."""
        return self.recent_caps is not None and bool(self.recent_caps[campaign])

    @property
    def has_levels(self) -> bool:
        """True if a campaign's day depends on its day before, through a ramp or change days."""
        return self.ramp is not None or self.may_change is not None

    @property
    def is_continued(self) -> bool:
        """True if a day is projected by what it leaves to the rest of the flight (`ramped_day`).

        So it is under a ramp, change days and bounds of single days.
        """
        return self.has_levels or self.day_floor_cents is not None or self.day_cap_cents is not None

    @property
    def has_rules(self) -> bool:
        """True if there are rules beyond the total, floors, caps and pacing."""
        return self.is_continued or self.min_run is not None or bool(self.guardrails)

    @cached_property
    def continued(self) -> Course:
        """What a flight that `is_continued` goes on with, (days, campaigns) dollars."""
        shape = (self.days, len(self.names))
        even, ones = self.total / (shape[0] * shape[1]), np.ones(shape)
        rhythm = ones if self.rhythm is None else self.rhythm
        passed = np.zeros(shape, bool) if self.passed_over is None else self.passed_over
        course = even * rhythm if self.course is None else self.course
        high = self.daily_cap_cents / 100 * ones
        if self.day_cap_cents is not None:
            high = np.minimum(high, self.day_cap_cents / 100)
        low = 0 * ones if self.day_floor_cents is None else self.day_floor_cents / 100
        loose = self.live_rounding / 100
        free = np.full(shape[1], np.inf), np.ones(shape[1]), np.zeros(shape[1])
        ramp = free if self.ramp is None else (self.ramp.up, self.ramp.down, self.ramp.least)
        every = np.ones(self.days, bool) if self.may_change is None else self.may_change
        smallest = _SMALLEST_COURSE * even
        bounds = low, high, low, high
        up, down, least = ramp
        course = np.maximum(course, smallest)
        whole = Course(course, rhythm, *bounds, every, passed, up, down, least, loose)
        return _by_campaign(with_lookahead(whole))

    @cached_property
    def channel_of(self) -> dict[str, str]:
        """Each campaign's channel, by name, in order."""
        owners = self.tree.parents[1]
        return {name: self.channels[owner] for name, owner in zip(self.names, owners, strict=True)}

    @property
    def quantum(self) -> int:
        """Cents of the smallest amount that is planned: 1, or 100 without decimals."""
        return quantum_of(self.currency)

    def in_currency(self, currency: str | None) -> "Constraints":
        """Return the set with its currency; bounds of one without decimals become whole units.

        Floors are rounded up and caps down; a cap never falls below its floor.

        Raises:
            ConfigError: if the total is not a whole number of units.
            ConstraintError: if no plan in whole units satisfies the constraints.
        """
        quantum = quantum_of(currency)
        if currency == self.currency:
            return self
        if quantum == 1:
            return replace(self, currency=currency)
        if self.total_cents % quantum:
            allowed = f"a whole number of {currency}, which has no decimals"
            raise refused("total", self.total, allowed, "round it")
        floors = tuple(-(-floor // quantum) * quantum for floor in self.floor_cents)
        caps = tuple(
            np.maximum(cap // quantum * quantum, floor)
            for cap, floor in zip(self.cap_cents, floors, strict=True)
        )
        constraints = replace(
            self,
            currency=currency,
            floor_cents=(floors[0], floors[1]),
            cap_cents=(caps[0], caps[1]),
            daily_cap_cents=self.daily_cap_cents // quantum * quantum,
        )
        require_feasible(constraints)
        return constraints

    def to_json(self) -> dict[str, Any]:
        """Return the set in plain values, by name; `constraints_from_json` reads it back."""
        return {
            "days": self.days,
            "channel_of": self.channel_of,
            "rules": rules_to_json(self),
            "settings": {
                "total": written(self.total_cents, self.currency),
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
                key: None
                if key != "floor" and array[i] == self.total_cents
                else written(array[i], self.currency)
                for key, array in columns.items()
            }
            for i, name in enumerate(names)
        }


def _by_campaign(course: Course) -> Course:
    """Return the course with the days of a campaign together in memory."""
    fields: list[Any] = [np.asfortranarray(field) for field in course[:-1]]
    return Course._make([*fields, course.loose])


def _percent(limit: float | None) -> str | None:
    return None if limit is None else f"{100 * limit:.12g}%"
