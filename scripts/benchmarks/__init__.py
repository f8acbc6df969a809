"""How fast and how accurate is it, against which targets?"""

from .figure import Figure
from .run import run

__all__ = ["Figure", "run"]
