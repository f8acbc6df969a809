"""The switch between numpy and torch: the same code gives the same numbers in both."""

import sys
from types import ModuleType
from typing import Any

import numpy as np

Array = Any
"""A numpy array or a torch tensor; code that takes one uses operators that both have."""


def namespace(*arrays: Array) -> ModuleType:
    """Return torch if any argument is a torch tensor, else numpy; never imports torch."""
    torch = sys.modules.get("torch")
    if torch is not None:
        for array in arrays:
            if isinstance(array, torch.Tensor):
                return torch
    return np


def at_least(array: Array, low: float) -> Array:
    """Return the larger of an array and a number; numpy's ``clip`` is four times as slow."""
    return np.maximum(array, low) if isinstance(array, np.ndarray) else _clamp(array, low, None)


def at_most(array: Array, high: float) -> Array:
    """Return the smaller of an array and a number."""
    return np.minimum(array, high) if isinstance(array, np.ndarray) else _clamp(array, None, high)


def summed(array: Array) -> Array:
    """Return the sum over the last axis, (..., n) -> (...).

    The order in which numpy's own sum adds depends on the memory layout. Here terms are added one
    after the other in any layout, so that a flight alone has the same last digit as in a batch.
    """
    if not isinstance(array, np.ndarray):
        return array.sum(-1)
    if array.ndim == 2 and len(array) > 1 and array.strides[0] < array.strides[1]:
        return np.add.reduce(array, -1)  # adds whole columns
    return np.add.accumulate(array, -1)[..., -1]


def zeros(like: Array, batch: tuple[int, ...]) -> Array:
    """Return zeros, ``(*batch, n)`` for an array (n,); in numpy the batch is contiguous."""
    if namespace(like) is np:
        return np.moveaxis(np.zeros((like.shape[-1], *batch)), 0, -1)
    return like.new_zeros((*batch, like.shape[-1]))


def floats(array: Any) -> np.ndarray:
    """Return a float64 array, without a copy if possible."""
    if isinstance(array, np.ndarray) and array.dtype == np.float64:
        return array
    return np.asarray(array, np.float64)


def _clamp(array: Array, low: float | None, high: float | None) -> Array:
    return array.clamp(low, high) if namespace(array) is not np else np.clip(array, low, high)
