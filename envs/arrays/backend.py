"""The one switch between numpy and torch: same code, same numbers."""

import sys
from types import ModuleType
from typing import Any

import numpy as np

Array = Any
"""A numpy array or a torch tensor; code that takes it uses operators that both share."""


def namespace(*arrays: Array) -> ModuleType:
    """Return torch if any argument is a torch tensor, else numpy; never imports torch."""
    torch = sys.modules.get("torch")
    if torch is not None:
        for array in arrays:
            if isinstance(array, torch.Tensor):
                return torch
    return np


def at_least(array: Array, low: float) -> Array:
    """Return the larger of an array and a number; numpy's ``clip`` takes four times as long."""
    return np.maximum(array, low) if isinstance(array, np.ndarray) else _clamp(array, low, None)


def at_most(array: Array, high: float) -> Array:
    """Return the smaller of an array and a number."""
    return np.minimum(array, high) if isinstance(array, np.ndarray) else _clamp(array, None, high)


def summed(array: Array) -> Array:
    """Return the sum over the last axis, (..., n) -> (...).

    numpy's own sum adds in an order that depends on the layout; here it is one after the other in
    any, so that a flight alone has the same last digit as in a batch.
    """
    if not isinstance(array, np.ndarray):
        return array.sum(-1)
    if array.ndim == 2 and len(array) > 1 and array.strides[0] < array.strides[1]:
        return np.add.reduce(array, -1)  # adds whole columns
    return np.add.accumulate(array, -1)[..., -1]


def zeros(like: Array, batch: tuple[int, ...]) -> Array:
    """Return zeros of shape (*batch, n) for an array (n,), the batch contiguous in numpy."""
    if namespace(like) is np:
        return np.moveaxis(np.zeros((like.shape[-1], *batch)), 0, -1)
    return like.new_zeros((*batch, like.shape[-1]))


def floats(array: Any) -> np.ndarray:
    """Return an array of doubles, the very one where it is one."""
    if isinstance(array, np.ndarray) and array.dtype == np.float64:
        return array
    return np.asarray(array, np.float64)


def _clamp(array: Array, low: float | None, high: float | None) -> Array:
    return array.clamp(low, high) if namespace(array) is not np else np.clip(array, low, high)
