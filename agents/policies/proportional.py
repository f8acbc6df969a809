"""`proportional`: the static plan, tilted in proportion to what the belief has learnt of levels.

A proportional controller in one line: a campaign whose log level lies x above what was expected
gets ``exp(gain x)`` times its share of the plan. It knows nothing of the campaigns' curves, which
is what separates it from ``follow``.
"""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ...envs.arrays import Array
from ...envs.flight import ActionSettings, Observable, Problem, level_shift, requested_spend
from ..experiment import Experiment

_ACTION = ActionSettings(map="projection", tilt=1.0, pace=0.3, follow=0.0)


class ProportionalSettings(Settings):
    """The keys of ``conf/agent/proportional.yaml``."""

    name: Literal["proportional"]
    gain: Annotated[float, Field(ge=0, le=100)]


class Proportional:
    """Tilts the static plan by the belief's level shift, clipped to the range of an action."""

    name = "proportional"
    open_loop = False

    def __init__(self, problem: Problem, gain: float) -> None:
        """Args: problem whose static plan is tilted; log dollars per log of level, >= 0."""
        self.problem, self.gain = problem, gain

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return the day's spend and its total; nothing is remembered."""
        tilt = np.clip(self.gain * level_shift(self.problem, observable.belief), -1, 1)
        action = np.concatenate([0 * tilt[..., :1], tilt], -1)
        return *requested_spend(self.problem, observable, action, _ACTION), None


def proportional(experiment: Experiment, split: str) -> Proportional:
    """Return the policy."""
    settings = experiment.settings("proportional", ProportionalSettings)
    return Proportional(experiment.problem, settings.gain)
