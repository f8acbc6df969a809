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
    if torch is not None and any(isinstance(array, torch.Tensor) for array in arrays):
        return torch
    return np
