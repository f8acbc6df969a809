"""What is the nearest allowed point?

- ``project``: `project`, the one entry, and the lemma behind it
- ``per_row``: row by row in compiled code, for numpy arrays and tensors on the CPU
- ``batched``: all rows at once, for tensors on another device
- ``autograd``: the derivative for torch
- ``sum_tree``: the tree of sums and the bounds of its nodes
"""

from .project import project
from .sum_tree import Bounds, Tree

__all__ = [
    "Bounds",
    "Tree",
    "project",
]
