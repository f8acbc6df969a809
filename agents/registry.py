"""Policies by name: baselines, the reference policies that ship with a task, and training runs."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.config import Settings
from ..data.errors import ConfigError
from ..envs.tasks import ROOT
from .arena import Arena
from .cem import CemSettings, cem
from .clairvoyants import clairvoyant, clairvoyant_static
from .greedy import Greedy
from .greedy_average import greedy_average
from .historical import historical
from .learned import LearnedPolicy, load_policy
from .policy import Entrant, Policy
from .replanner import ReplannerSettings, replanner
from .roas import roas
from .seasonal import seasonal
from .static import static
from .static_cvar import CvarSettings, static_cvar
from .thompson import ThompsonSettings, thompson
from .uniform import uniform

if TYPE_CHECKING:
    from .workflow import Session

Factory = Callable[[Arena, str], Policy]
"""(arena, split that is flown) -> policy; only a clairvoyant looks at the split."""
REFERENCES = ROOT / "data" / "policies"


BASELINES: Mapping[str, Factory] = {
    "uniform": uniform,
    "historical": historical,
    "roas": roas,
    "greedy_average": greedy_average,
    "greedy": lambda arena, split: Greedy(arena.problem),
    "static": static,
    "static_cvar": static_cvar,
    "seasonal": seasonal,
    "replanner": replanner,
    "thompson": thompson,
    "cem": cem,
    "clairvoyant_static": clairvoyant_static,
    "clairvoyant": clairvoyant,
}
BOUNDS = ("clairvoyant_static", "clairvoyant")  # they see the market: no plans for the unknown
SETTINGS: Mapping[str, type[Settings]] = {
    "static_cvar": CvarSettings,
    "replanner": ReplannerSettings,
    "thompson": ThompsonSettings,
    "cem": CemSettings,
}


def baseline(name: str, arena: Arena, split: str = "test") -> Policy:
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
    return BASELINES[name](arena, split)


def entrants_of(names: Sequence[str], session: "Session", split: str = "test") -> list[Entrant]:
    """Return what flies under each name.

    Args:
        names: baselines; learners, for the reference policies that ship with a task; folders of
            training runs.
        session: where they fly.
        split: the held-out markets that a clairvoyant knows.

    Raises:
        ConfigError: for a name that is none of these, and for one that is given twice.
    """
    arena = session.arena
    require_known(names, arena.id)
    entrants = [_entrant(name, arena, split) for name in names]
    called = Counter(entrant.name for entrant in entrants)
    for k, (name, entrant) in enumerate(zip(names, entrants, strict=True)):
        if called[entrant.name] > 1:  # several runs of one learner
            longer = f"{entrant.name}_{Path(name).name}"
            for policy in entrant.policies:
                policy.name = longer
            entrants[k] = Entrant(longer, entrant.policies)
    return entrants


def require_known(names: Sequence[str], arena: str) -> None:
    """Refuse names of policies before anything slow is done for them.

    Args:
        names: as ``entrants_of`` takes them.
        arena: its id.

    Raises:
        ConfigError: for a name that is no policy there, and for one that is given twice.
    """
    if len(set(names)) != len(names):
        raise ConfigError(f"policies: {list(names)} names a policy twice; give each once.")
    for name in names:
        if name not in BASELINES and not references(arena, name) and not Path(name).exists():
            raise unknown_policy(name, _learners(arena))


def references(arena: str, learner: str) -> list[Path]:
    """Return the folders of a learner's reference policies for a task, by seed.

    Args:
        arena: id of the task, ``mediagym/Full-M-v0``.
        learner: ``ppo``.
    """
    folder = REFERENCES / _key(arena)
    found = [p for p in folder.glob("*_[0-9]*") if p.name.rpartition("_")[0] == learner]
    return sorted(found, key=lambda path: int(path.name.rpartition("_")[2]))


def place(shelf: Path, arena: str, learner: str, seed: int) -> Path:
    """Return where a reference policy stands on a shelf such as ``REFERENCES``."""
    return shelf / _key(arena) / f"{learner}_{seed}"


def trained(folder: Path, arena: Arena) -> LearnedPolicy:
    """Return the policy of a training run.

    Raises:
        ConfigError: if the folder holds none or it was trained for another set of campaigns.
    """
    return load_policy(folder, arena.problem)


def _entrant(name: str, arena: Arena, split: str) -> Entrant:
    if name in BASELINES:
        return Entrant(name, (baseline(name, arena, split),))
    shipped = references(arena.id, name)
    policies = [trained(folder, arena) for folder in shipped or [Path(name)]]
    return Entrant(name if shipped else policies[0].name, tuple(policies))


def _learners(arena: str) -> list[str]:
    """Return the learners with reference policies for a task."""
    folders = (REFERENCES / _key(arena)).glob("*_[0-9]*")
    return sorted({folder.name.rpartition("_")[0] for folder in folders})


def unknown_policy(name: str, learners: Sequence[str] = ()) -> ConfigError:
    """Return the error about a policy that there is not, with those that there are."""
    allowed = [*BASELINES, *learners]
    near = get_close_matches(name, allowed, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return ConfigError(
        f"policy: {name!r} is not known; allowed: {', '.join(allowed)}, or the folder of a "
        f"training run.{hint}"
    )


def _key(arena: str) -> str:
    """Return what an arena's id says without the version: ``Full-M``."""
    return arena.rpartition("/")[2].rpartition("-")[0]
