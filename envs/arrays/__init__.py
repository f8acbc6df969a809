"""How does one code run in numpy, torch and numba?

- ``backend``: numpy or torch, chosen by the type of an array
- ``jit``: loops over numbers, compiled by numba
- ``records``: indexing of named tuples of arrays
"""

from .backend import Array, at_least, at_most, floats, namespace, summed, zeros
from .jit import compiled
from .records import gather, select

__all__ = [
    "Array",
    "at_least",
    "at_most",
    "compiled",
    "floats",
    "gather",
    "namespace",
    "select",
    "summed",
    "zeros",
]
