"""What is the nearest allowed point?"""

from .project import project
from .sum_tree import Bounds, Tree

__all__ = [
    "Bounds",
    "Tree",
    "project",
]
