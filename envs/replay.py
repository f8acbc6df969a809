"""The days of one flight, each recorded at its first time and run again in later flights.

A tape is believed only after a proof: it is run on other numbers, and must give what the function
itself gives for them, bit by bit.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .arrays import mapped
from .market import select
from .tape import Shelf, Tape, UnrecordableError

PATIENCE = 25  # flights that are flown before: a recording takes as long as they do
_NUDGE = 1e-3  # share by which numbers are changed for the proof
_TINY = 1e-6  # by so much zeros are


class _Day(NamedTuple):
    tape: Tape
    after: list[np.ndarray]  # the arrays of the state it leaves: every run writes into them
    played: Any  # what it returns, with the state on the arrays that all days share


class Replay:
    """One flight at a time, on arrays of its own; a copy or a pickle starts without tapes."""

    def __init__(self, fly: Callable[..., Any]) -> None:
        """Take ``fly(day, market, today, state, action)``, which returns a record with ``state``.

        What it does may depend on the day, and on nothing else but the numbers in arrays.
        """
        self.on = False  # whether a flight is played here
        self.broken = False  # whether a tape cannot tell what `fly` does
        self._fly = fly
        self._flights = 0
        self._eve: tuple[Any, ...] = ()  # what `fly` takes on the first day but the day
        self._later: list[np.ndarray] = []  # the arrays of the state on all other days
        self._shelf = Shelf()
        self._days: list[_Day] = []

    def __getstate__(self) -> dict[str, Any]:
        return Replay(self._fly).__dict__

    def begin(self, market: Any, noise: Any, state: Any, action: np.ndarray) -> None:
        """Load a flight on its eve.

        It is not played here if it is one of the first ones, for which no recording would pay, or
        differs from the earlier ones in more than its numbers.

        Args:
            market: its fields (1, campaigns).
            noise: of all days, fields (days, 1, campaigns).
            state: what a day changes.
            action: of the shape of all that will come.
        """
        self._flights += 1
        self.on = self._flights > PATIENCE and not self.broken
        if not self.on:
            return
        self._noise = _arrays(noise)
        eve = market, select(noise, 0), state, action
        if not self._eve:
            self._eve, self._form = mapped(_copy, eve), _form(eve)
            self._market, self._today, self._state, _ = map(_arrays, self._eve)
        self.on = bool(_form(eve) == self._form)
        if self.on:
            _refill(self._market, _arrays(market))
            _refill(self._state, _arrays(state))

    def play(self, day: int, action: np.ndarray) -> Any:
        """Return what a day makes of the flight; the next day writes over it.

        The state before the day stays whole until the day is over, should it be interrupted.
        """
        np.copyto(self._eve[-1], action)
        _refill(self._today, [field[day] for field in self._noise])
        if day < len(self._days):
            self._days[day].tape.run()
        else:
            market, today, eve, held = self._eve
            now = market, today, self._days[-1].played.state if day else eve, held
            try:
                self._record(partial(self._fly, day), now)
            except Exception:  # a tape is a short cut; what is really wrong, `fly` will say itself
                self.on, self.broken = False, True
                return self._fly(day, *mapped(_copy, now))
        _refill(self._later, self._days[day].after)
        return self._days[day].played

    def _record(self, fly: Callable[..., Any], now: tuple[Any, ...]) -> None:
        tape = Tape(self._shelf)
        played = tape.record(fly, *now)
        after = _arrays(played.state)
        _prove(tape, fly, now, played)
        self._later = self._later or [_copy(array) for array in after]
        if not _fits(after, self._later):
            raise UnrecordableError("the state changed its form, or an array in it its place")
        later = iter(self._later)
        kept = played._replace(state=mapped(lambda _: next(later), played.state))
        self._days.append(_Day(tape, after, kept))


def _prove(tape: Tape, fly: Callable[..., Any], now: tuple[Any, ...], played: Any) -> None:
    """Run a tape on other numbers and refuse it if the function gives another result for them."""
    rng = np.random.Generator(np.random.PCG64(0))
    given = _arrays(now)
    held = [array.copy() for array in given]
    try:
        for array in given:
            array *= 1 - _NUDGE * rng.random(array.shape)
            array += _TINY * rng.random(array.shape)
        with np.errstate(all="ignore"):
            tape.run()
            due = _arrays(fly(*mapped(_copy, now)))
        same = all(map(partial(np.array_equal, equal_nan=True), _arrays(played), due))
    finally:
        _refill(given, held)
    tape.run()
    if not same:
        raise UnrecordableError("the calls gave something else than the function for other numbers")


def _fits(after: Sequence[np.ndarray], before: Sequence[np.ndarray]) -> bool:
    """Whether arrays can be copied one after the other: alike, and none into one yet to be read."""
    return [array.shape for array in after] == [array.shape for array in before] and not any(
        np.may_share_memory(source, target)
        for k, target in enumerate(before)
        for source in after[k + 1 :]
    )


def _refill(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> None:
    for our, their in zip(ours, theirs, strict=True):
        np.copyto(our, their)


def _copy(array: np.ndarray) -> np.ndarray:
    return np.array(array, order="K")


def _arrays(record: Any) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    mapped(found.append, record)
    return found


def _form(record: Any) -> Any:
    """All of a record but its numbers."""
    return mapped(lambda array: (array.shape, array.dtype), record)
