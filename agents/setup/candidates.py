"""Policies to compare, by name: baselines, shipped reference policies and training runs."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ...data.errors import ConfigError
from ...data.storage import ROOT
from ..experiment import Experiment, Session
from ..policies import BASELINES, baseline, unknown_policy
from ..policy import Candidate
from ..training import LearnedPolicy, load_policy

REFERENCES = ROOT / "data" / "policies"


def candidates_of(names: Sequence[str], session: "Session", split: str = "test") -> list[Candidate]:
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
            entrants[k] = Candidate(longer, entrant.policies)
    return entrants


def require_known(names: Sequence[str], arena: str) -> None:
    """Refuse names of policies before anything slow is done for them.

    Args:
        names: as ``candidates_of`` takes them.
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


def reference_folder(references_dir: Path, arena: str, learner: str, seed: int) -> Path:
    """Return the folder of one reference policy under ``REFERENCES`` or another root."""
    return references_dir / _key(arena) / f"{learner}_{seed}"


def trained(folder: Path, arena: Experiment) -> LearnedPolicy:
    """Return the policy of a training run.

    Raises:
        ConfigError: if the folder holds none or it was trained for another set of campaigns.
    """
    return load_policy(folder, arena.problem)


def _entrant(name: str, arena: Experiment, split: str) -> Candidate:
    if name in BASELINES:
        return Candidate(name, (baseline(name, arena, split),))
    shipped = references(arena.id, name)
    policies = [trained(folder, arena) for folder in shipped or [Path(name)]]
    return Candidate(name if shipped else policies[0].name, tuple(policies))


def _learners(arena: str) -> list[str]:
    """Return the learners with reference policies for a task."""
    folders = (REFERENCES / _key(arena)).glob("*_[0-9]*")
    return sorted({folder.name.rpartition("_")[0] for folder in folders})


def _key(arena: str) -> str:
    """Return what an arena's id says without the version: ``Full-M``."""
    return arena.rpartition("/")[2].rpartition("-")[0]
