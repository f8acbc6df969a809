"""How fast and how accurate is it, against which targets?

- ``run``: the quick benchmarks (environment, projection, torch), and all of them by name
- ``imports``: what a user waits for before anything runs
- ``figure``: one measured quantity and its target
- ``page``: the figures as tables of a page
- ``exports``: what a synthetic advertiser of any size exports
- ``reading``, ``attribution``, ``calibration``, ``insights``, ``replanning``, ``scale``, ``app``,
  ``training``, ``quality``: the slow benchmarks
"""

from .figure import Figure
from .run import run

__all__ = ["Figure", "run"]
