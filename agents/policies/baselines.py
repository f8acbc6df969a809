"""The baselines by name, and their settings."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

from ...data.errors import ConfigError
from ...data.settings import Settings
from ...data.storage import shipped_yaml
from ..experiment import Experiment
from ..policy import Policy
from .bandits import (
    KnapsackSettings,
    KnowledgeGradientSettings,
    UcbSettings,
    knapsack,
    knowledge_gradient,
    ucb,
)
from .clairvoyant import clairvoyant, clairvoyant_static, informed
from .ensemble import ensemble
from .follow import follow
from .greedy import Greedy
from .linear_feedback import LinearFeedbackSettings, linear_feedback
from .mpc import MpcSettings, mpc
from .open_loop import greedy_average, historical, roas, seasonal, static, uniform
from .proportional import ProportionalSettings, proportional
from .rolling_horizon import RollingHorizonSettings, replanner
from .static_cvar import CvarSettings, static_cvar
from .thompson import ThompsonSettings, thompson
from .universal import universal
from .weekly import WeeklySettings, weekly

Factory = Callable[[Experiment, str], Policy]
"""(experiment, split to evaluate on) -> policy; only an oracle uses the split."""

BASELINES: Mapping[str, Factory] = {
    "uniform": uniform,
    "historical": historical,
    "roas": roas,
    "greedy_average": greedy_average,
    "greedy": lambda experiment, split: Greedy(experiment.problem),
    "static": static,
    "static_cvar": static_cvar,
    "seasonal": seasonal,
    "proportional": proportional,
    "follow": follow,
    "universal": universal,
    "replanner": replanner,
    "ensemble": ensemble,
    "thompson": thompson,
    "ucb": ucb,
    "knowledge_gradient": knowledge_gradient,
    "knapsack": knapsack,
    "weekly": weekly,
    "mpc": mpc,
    "cma": linear_feedback,
    "informed": informed,
    "clairvoyant_static": clairvoyant_static,
    "clairvoyant": clairvoyant,
}
RENAMED_POLICIES: Mapping[str, str] = shipped_yaml("renamed")["policies"]  # former name -> current
# know the true market; cannot make a plan
ORACLES = ("informed", "clairvoyant_static", "clairvoyant")


class BaselineSettings(Settings):
    """The group ``agent`` of a baseline without settings of its own."""

    name: str


SETTINGS: Mapping[str, type[Settings]] = {
    "static_cvar": CvarSettings,
    "proportional": ProportionalSettings,
    "replanner": RollingHorizonSettings,
    "thompson": ThompsonSettings,
    "ucb": UcbSettings,
    "knowledge_gradient": KnowledgeGradientSettings,
    "knapsack": KnapsackSettings,
    "weekly": WeeklySettings,
    "mpc": MpcSettings,
    "cma": LinearFeedbackSettings,
}


def baseline(name: str, experiment: Experiment, split: str = "test") -> Policy:
    """Return a baseline by its name.

    Args:
        name: one of ``BASELINES``.
        experiment: problem and posterior that it plans for.
        split: the held-out markets that an oracle knows.

    Raises:
        ConfigError: if there is no such baseline.
    """
    if name not in BASELINES:
        raise unknown_policy(name)
    return BASELINES[name](experiment, split)


def unknown_policy(name: str, learners: Sequence[str] = ()) -> ConfigError:
    """Return the error about an unknown policy, with the known ones and the nearest name."""
    allowed = [*BASELINES, *learners]
    if name in RENAMED_POLICIES:
        current = RENAMED_POLICIES[name]
        return ConfigError(f"policy: {name!r} is now called {current!r}; use that name.")
    near = get_close_matches(name, allowed, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return ConfigError(
        f"policy: {name!r} is not known; allowed: {', '.join(allowed)}, the folder of a "
        f"training run, or your own as package.module:factory.{hint}"
    )
