"""Array calls, recorded once and run again on the same arrays.

On a handful of numbers an array call costs more than its arithmetic, and the Python around it as
much again. A tape keeps the calls that a function makes, each with the arrays that it reads and
the one that it writes, and runs them again without the rest, as CUDA graphs do: the same calls in
the same order, so the same bits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from .arrays import Array, mapped

_BY_NAME = (np.maximum, np.minimum)  # ufuncs that take ``out`` by its name alone


class UnrecordableError(Exception):
    """A function did something that a tape cannot repeat, such as branching on a number."""


class Shelf:
    """What tapes of similar functions share, so that they stay small enough for the cache.

    The n-th call of each writes into the same array; calls that are alike are one.
    """

    def __init__(self) -> None:
        self.arrays: dict[Any, np.ndarray] = {}
        self.calls: dict[Any, Callable[[], object]] = {}

    def array(self, key: Any, make: Callable[[], np.ndarray]) -> np.ndarray:
        """Return the array that is kept under a key."""
        if key not in self.arrays:
            self.arrays[key] = make()
        return self.arrays[key]


class Tape:
    """The calls of one function."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.calls: list[Callable[[], object]] = []
        self.shelf = shelf or Shelf()

    def record(self, function: Callable[..., Any], *records: Any) -> Any:
        """Call a function and keep the array calls that it makes.

        Args:
            function: takes the records; its array calls must depend on nothing but their shapes.
            records: named tuples of arrays and what else they hold. What the arrays hold may
                change before the next run; everything else is taken to stay as it is.

        Returns:
            What the function returned; every run writes into its arrays.

        Raises:
            UnrecordableError: see there.
        """
        return mapped(_plain, function(*(mapped(self.traced, record) for record in records)))

    def run(self) -> None:
        """Make the calls again."""
        for call in self.calls:
            call()

    def traced(self, array: Array) -> "Traced":
        """Return an array whose calls this tape records."""
        traced: Traced = array.view(Traced)
        traced.tape = self
        return traced

    def keep(self, like: Any, call: Callable[[np.ndarray], Callable[[], object]]) -> "Traced":
        """Make a call that writes into an array like the one given, and keep it.

        Args:
            like: what it has given.
            call: takes the array to write into and returns the call.
        """
        if not isinstance(like, np.ndarray):
            raise UnrecordableError(f"a call gave {type(like).__name__}, which is no array")
        out = self.room(like)
        self.add(call(out))
        return self.traced(out)

    def room(self, like: np.ndarray, nth: int = 0) -> np.ndarray:
        """Return the array for the n-th result of the next call."""
        key = len(self.calls), nth, like.shape, like.dtype.char
        return self.shelf.array(key, lambda: np.empty(like.shape, like.dtype))

    def add(self, call: Callable[[], object]) -> None:
        """Keep a call and make it."""
        call = self.shelf.calls.setdefault(_name(call), call)
        self.calls.append(call)
        call()


def fill(function: Callable[..., object], *arguments: Any, out: Any) -> Any:
    """Call ``function(*arguments, *out)``, which writes into ``out``, on a tape if one is running.

    Args:
        function: what numpy does not know of, such as compiled code.
        arguments: what it reads.
        out: an array or a tuple of arrays.

    Returns:
        ``out``, or on a tape the arrays that stand for it.
    """
    outs = out if isinstance(out, tuple) else (out,)
    tape = _tape_of(arguments)
    if tape is None:
        function(*arguments, *outs)
        return out
    kept = [tape.room(each, nth) for nth, each in enumerate(outs)]
    tape.add(partial(function, *map(_plain, arguments), *kept))
    traced = tuple(map(tape.traced, kept))
    return traced if isinstance(out, tuple) else traced[0]


def is_traced(array: Any) -> bool:
    """Whether a tape records what is made of an array, so that no branch may depend on it."""
    return type(array) is Traced


class Traced(np.ndarray):
    """An array whose calls a tape records."""

    tape: Tape

    def __array_finalize__(self, source: Any) -> None:
        self.tape = getattr(source, "tape", None)  # type: ignore[assignment]

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        if out is not None:
            raise UnrecordableError(f"{ufunc.__name__} in place")
        tape, plain = _tape_of(inputs), [_plain(array) for array in inputs]
        assert tape is not None  # noqa: S101  # one of them is traced
        call = ufunc if method == "__call__" else getattr(ufunc, method)
        result = np.asarray(call(*plain, **options))
        if call is not ufunc or options:
            return tape.keep(result, lambda out: partial(call, *plain, out=out, **options))
        moving = [is_traced(array) for array in inputs]
        return tape.keep(result, lambda out: _quick(tape.shelf, ufunc, plain, moving, out))

    def __array_function__(
        self, function: Any, types: Any, inputs: Iterable[Any], options: Mapping[str, Any]
    ) -> Any:
        options = {name: option for name, option in options.items() if name != "out"}
        return self._keep(partial(function, *_plain(list(inputs)), **_plain(options)))

    def __getitem__(self, key: Any) -> Any:
        if any(map(is_traced, key if isinstance(key, tuple) else (key,))):
            raise UnrecordableError("an index that changes from run to run")
        return self._keep(partial(_plain(self).__getitem__, key))

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """Return a view where numpy does, else a copy that is made again in every run."""
        return self._keep(partial(_plain(self).reshape, *shape, **options))

    def _keep(self, again: Callable[[], Any]) -> Any:
        """Keep a call whose result is new; a view needs none, its array is written already."""
        result = again()
        if isinstance(result, np.ndarray) and np.may_share_memory(result, _plain(self)):
            return self.tape.traced(result)
        return self.tape.keep(result, lambda out: partial(_refill, out, again))


def _refuse(name: str) -> Callable[..., Any]:
    def refused(*_: Any, **__: Any) -> Any:
        raise UnrecordableError(f"{name} of an array that changes from run to run")

    return refused


for _refused in (
    *("__bool__", "__float__", "__int__", "__index__", "__iter__", "__setitem__", "item"),
    *("astype", "copy", "flatten", "nonzero", "ravel", "take", "tolist"),
):
    setattr(Traced, _refused, _refuse(_refused))


def _refill(result: np.ndarray, again: Callable[[], Any]) -> None:
    result[...] = again()


def _quick(
    shelf: Shelf, ufunc: np.ufunc, operands: Sequence[Any], moving: Sequence[bool], out: np.ndarray
) -> Callable[[], object]:
    """Return a ufunc's call on operands of one shape, for which numpy is much the quickest.

    Numbers that stay as they are, are spread out beforehand.
    """
    kinds = [operand.dtype for operand, moves in zip(operands, moving, strict=True) if moves]
    same: list[Any] = []
    for operand, moves in zip(operands, moving, strict=True):
        if not moves:
            kind = kinds[0] if isinstance(operand, int | float) else None
            spread = np.array(np.broadcast_to(np.asarray(operand, kind), out.shape), order="C")
            key = spread.shape, spread.dtype.char, spread.tobytes()
            operand = shelf.array(key, partial(np.asarray, spread))
        same.append(operand)
    if all(array.shape == out.shape and array.flags.c_contiguous for array in (*same, out)):
        same, out = [_flat(shelf, array) for array in same], _flat(shelf, out)
    if ufunc in _BY_NAME:
        return partial(ufunc, *same, out=out)
    return partial(ufunc, *same, out)


def _flat(shelf: Shelf, array: np.ndarray) -> np.ndarray:
    return shelf.array(("flat", _name(array)), partial(array.reshape, -1))


def _name(value: Any) -> Any:
    """Return what tells arrays, and calls on arrays, apart; what they hold aside."""
    if isinstance(value, partial):
        options = tuple((name, _name(option)) for name, option in value.keywords.items())
        return _name(value.func), tuple(map(_name, value.args)), options
    if isinstance(value, np.ndarray):
        return value.ctypes.data, value.shape, value.strides, value.dtype.char
    if isinstance(value, list | tuple):
        return tuple(map(_name, value))
    if value is None or isinstance(value, int | float | str | slice):
        return type(value), repr(value)
    return id(value)  # a call that is kept keeps it, so that no other has its number


def _plain(value: Any) -> Any:
    """Return arrays without their tape, in lists, tuples and mappings too."""
    if isinstance(value, Traced):
        return value.view(np.ndarray)
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    return {k: _plain(v) for k, v in value.items()} if type(value) is dict else value


def _tape_of(values: Sequence[Any]) -> Tape | None:
    for value in values:
        if type(value) is Traced:
            return value.tape
    return None
