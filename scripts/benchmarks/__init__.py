"""How fast and how good, beside which target?"""

from .figure import Figure
from .run import run

__all__ = ["Figure", "run"]
