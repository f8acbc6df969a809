"""Compilation of loops over numbers, by numba, at their first call."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return the function, compiled at its first call and cached on disk.

    Results equal Python's to the last bit: no operation is reordered, and a division by zero gives
    what numpy gives.
    """
    try:
        machine_code = njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # neither the package nor the user has a folder for the cache
        machine_code = njit(error_model="numpy")(function)
    return cast(Function, machine_code)
