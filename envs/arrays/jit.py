"""Compilation of loops over numbers, by numba, at their first call."""

import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba import njit

from ...data.cache import user_cache

Function = TypeVar("Function", bound=Callable[..., object])
config: Any = numba.config  # its settings are set at run time, unknown to its types


def compiled(function: Function) -> Function:
    """Return the function, compiled at its first call and cached in the user's cache folder.

    ``NUMBA_CACHE_DIR`` names another folder; nothing is ever written into the package. Results
    equal Python's to the last bit: no operation is reordered, and a division by zero gives what
    numpy gives.
    """
    folder, before = _cache_folder(), config.CACHE_DIR
    if folder is None:
        return cast(Function, njit(error_model="numpy")(function))
    config.CACHE_DIR = folder  # numba chooses the folder of a function when it wraps it
    try:
        machine_code = njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # the folder is not writable
        machine_code = njit(error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before
    return cast(Function, machine_code)


def _cache_folder() -> str | None:
    """Return the folder of compiled code; None if the user has none that can be written to."""
    if config.CACHE_DIR:
        return str(config.CACHE_DIR)
    cache = user_cache()
    if cache is None:
        return None
    folder = cache / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder) if os.access(folder, os.W_OK) else None
