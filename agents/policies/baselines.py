"""Policies by name: baselines, the reference policies that ship with a task, and training runs."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

from ...data.errors import ConfigError
from ...data.settings import Settings
from ..experiment import Experiment
from ..policy import Policy
from .clairvoyant import clairvoyant, clairvoyant_static
from .greedy import Greedy
from .greedy_average import greedy_average
from .historical import historical
from .linear_feedback import LinearFeedbackSettings, linear_feedback
from .roas import roas
from .rolling_horizon import RollingHorizonSettings, replanner
from .seasonal import seasonal
from .static import static
from .static_cvar import CvarSettings, static_cvar
from .thompson import ThompsonSettings, thompson
from .uniform import uniform

Factory = Callable[[Experiment, str], Policy]
"""(arena, split that is flown) -> policy; only a clairvoyant looks at the split."""


BASELINES: Mapping[str, Factory] = {
    "uniform": uniform,
    "historical": historical,
    "roas": roas,
    "greedy_average": greedy_average,
    "greedy": lambda experiment, split: Greedy(experiment.problem),
    "static": static,
    "static_cvar": static_cvar,
    "seasonal": seasonal,
    "replanner": replanner,
    "thompson": thompson,
    "cma": linear_feedback,
    "clairvoyant_static": clairvoyant_static,
    "clairvoyant": clairvoyant,
}
RENAMED = {"cem": "cma"}  # it runs CMA-ES, not the cross-entropy method
ORACLES = ("clairvoyant_static", "clairvoyant")  # they see the market: no plans for the unknown


class BaselineSettings(Settings):
    """The group ``agent`` of a baseline without settings of its own."""

    name: str


SETTINGS: Mapping[str, type[Settings]] = {
    "static_cvar": CvarSettings,
    "replanner": RollingHorizonSettings,
    "thompson": ThompsonSettings,
    "cma": LinearFeedbackSettings,
}


def baseline(name: str, experiment: Experiment, split: str = "test") -> Policy:
    """Return a baseline by its name.

    Args:
        name: one of ``BASELINES``.
        arena: where it flies.
        split: the held-out markets that a clairvoyant knows.

    Raises:
        ConfigError: if there is none of that name.
    """
    if name not in BASELINES:
        raise unknown_policy(name)
    return BASELINES[name](experiment, split)


def unknown_policy(name: str, learners: Sequence[str] = ()) -> ConfigError:
    """Return the error about a policy that there is not, with those that there are."""
    allowed = [*BASELINES, *learners]
    if name in RENAMED:
        return ConfigError(f"policy: {name!r} is now called {RENAMED[name]!r}; use that name.")
    near = get_close_matches(name, allowed, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return ConfigError(
        f"policy: {name!r} is not known; allowed: {', '.join(allowed)}, or the folder of a "
        f"training run.{hint}"
    )
