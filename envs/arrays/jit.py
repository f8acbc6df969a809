"""Loops over plain numbers, compiled by numba at their first call."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return the function in machine code, made at its first call and kept on disk.

    Numbers are those of Python, to the last bit: nothing is reordered, and a division by zero
    gives what numpy gives.
    """
    try:
        made = njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # neither the package nor the user has a folder to keep it in
        made = njit(error_model="numpy")(function)
    return cast(Function, made)
