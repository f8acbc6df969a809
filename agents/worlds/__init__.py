"""In which worlds that are not ours do policies fly?

- ``world``: `World`, what a market has to do so that policies can fly in it
- ``simulated``: markets of any response form, with breaks, uneven delivery and late reports, and
  the best plans in them
- ``log``: the days of an export, as they were
- ``fly``: flights of a policy in a world
- ``live``: the same through the live engine, day by day
- ``vecenv``: flights in a world as environments of Stable-Baselines3
- ``finetune``: a trained network goes on learning in a world, by PPO
"""

from .finetune import finetune
from .fly import Flights, fly
from .live import fly_live
from .log import LogWorld
from .simulated import Change, SimulatedWorld, Twist, best_values
from .vecenv import WorldEnvs
from .world import Day, World

__all__ = [
    "Change",
    "Day",
    "Flights",
    "LogWorld",
    "SimulatedWorld",
    "Twist",
    "World",
    "WorldEnvs",
    "best_values",
    "finetune",
    "fly",
    "fly_live",
]
