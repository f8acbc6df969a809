"""Compilation of loops over numbers, by numba, at their first call."""

import os
from collections.abc import Callable
from functools import cached_property, update_wrapper
from threading import RLock
from types import FunctionType
from typing import Any, TypeVar, cast

from ...data.cache import user_cache

Function = TypeVar("Function", bound=Callable[..., object])
_lock = RLock()  # a setting of numba is changed for a moment


def compiled(function: Function) -> Function:
    """Return the function, compiled at its first call and cached in the user's cache folder.

    ``NUMBA_CACHE_DIR`` names another folder; nothing is ever written into the package. Results
    equal Python's to the last bit: no operation is reordered, and a division by zero gives what
    numpy gives. numba itself is imported at the first call too, as it takes half a second.
    """
    return cast(Function, _Compiled(cast(FunctionType, function)))


class _Compiled:
    """A function that is compiled when it is first called, by Python or by another such one."""

    def __init__(self, function: FunctionType) -> None:
        update_wrapper(self, function)
        self._function = function

    def __call__(self, *args: Any) -> Any:
        """Run the compiled code."""
        return self.machine_code(*args)

    @cached_property
    def machine_code(self) -> Callable[..., Any]:
        """The function as numba knows it, with all compiled functions that it calls."""
        function = self._function
        names = dict(function.__globals__)
        machine_code = _machine_code(
            FunctionType(
                function.__code__,
                names,
                function.__name__,
                function.__defaults__,
                function.__closure__,
            )
        )
        for name in function.__code__.co_names:
            value = names.get(name)
            if value is self:
                names[name] = machine_code
            elif isinstance(value, _Compiled):
                names[name] = value.machine_code
        return machine_code


def _machine_code(function: FunctionType) -> Callable[..., Any]:
    """Return a function as numba compiles it."""
    import numba  # slow to import, and nothing that only reads options needs it

    config: Any = numba.config  # its settings are set at run time, unknown to its types
    with _lock:
        folder, before = _cache_folder(config.CACHE_DIR), config.CACHE_DIR
        if folder is None:
            return cast(Callable[..., Any], numba.njit(error_model="numpy")(function))
        config.CACHE_DIR = folder  # numba chooses the folder of a function when it wraps it
        try:
            machine_code = numba.njit(cache=True, error_model="numpy")(function)
        except RuntimeError:  # the folder is not writable
            machine_code = numba.njit(error_model="numpy")(function)
        finally:
            config.CACHE_DIR = before
        return cast(Callable[..., Any], machine_code)


def _cache_folder(given: str) -> str | None:
    """Return the folder of compiled code; None if the user has none that can be written to.

    Args:
        given: the folder that the user gives numba; empty if none.
    """
    if given:
        return str(given)
    cache = user_cache()
    if cache is None:
        return None
    folder = cache / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder) if os.access(folder, os.W_OK) else None
