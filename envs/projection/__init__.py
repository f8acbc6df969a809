"""What is the nearest allowed point?

`project` in ``project`` is the one entry. numpy arrays, and tensors on the CPU, are projected row
by row in compiled code (``per_row``); tensors on another device all rows at once (``batched``).
``autograd`` adds the derivative; ``sum_tree`` holds the structure and the bounds.
"""

from .project import project
from .sum_tree import Bounds, Tree

__all__ = [
    "Bounds",
    "Tree",
    "project",
]
