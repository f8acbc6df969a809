"""Policies to compare, by name: baselines, shipped reference policies and training runs."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ...data.errors import ConfigError
from ...data.storage import ROOT
from ..experiment import Experiment
from ..policies import BASELINES, baseline, unknown_policy
from ..policy import Candidate
from ..training import LearnedPolicy, load_policy

REFERENCES = ROOT / "data" / "policies"


def candidates_of(
    names: Sequence[str], experiment: Experiment, split: str = "test"
) -> list[Candidate]:
    """Return the policies to compare under each name.

    Args:
        names: baselines; learners, for the reference policies that ship with a task; folders of
            training runs.
        experiment: the experiment in which they are compared.
        split: the held-out markets that a clairvoyant knows.

    Raises:
        ConfigError: for a name that is none of these, and for one that is given twice.
    """
    require_known(names, experiment.id)
    entrants = [_entrant(name, experiment, split) for name in names]
    called = Counter(entrant.name for entrant in entrants)
    for k, (name, entrant) in enumerate(zip(names, entrants, strict=True)):
        if called[entrant.name] > 1:  # several runs of one learner
            longer = f"{entrant.name}_{Path(name).name}"
            for policy in entrant.policies:
                policy.name = longer
            entrants[k] = Candidate(longer, entrant.policies)
    return entrants


def require_known(names: Sequence[str], experiment_id: str) -> None:
    """Refuse names of policies before anything slow is done for them.

    Args:
        names: names as in ``candidates_of``.
        experiment_id: id of the experiment, such as ``mediagym/Full-M-v0``.

    Raises:
        ConfigError: for a name that is no policy there, and for one that is given twice.
    """
    if len(set(names)) != len(names):
        raise ConfigError(f"policies: {list(names)} names a policy twice; give each once.")
    for name in names:
        if not is_published(name, experiment_id) and not Path(name).exists():
            raise unknown_policy(name, _learners(experiment_id))


def is_published(name: str, experiment_id: str) -> bool:
    """Return True for a baseline, and for a learner whose reference policies ship with a task."""
    return name in BASELINES or bool(references(experiment_id, name))


def references(experiment_id: str, learner: str) -> list[Path]:
    """Return the folders of a learner's reference policies for a task, by seed.

    Args:
        experiment_id: id of the task's experiment, such as ``mediagym/Full-M-v0``.
        learner: name of the learner, such as ``ppo``.
    """
    folder = REFERENCES / _key(experiment_id)
    found = [p for p in folder.glob("*_[0-9]*") if p.name.rpartition("_")[0] == learner]
    return sorted(found, key=lambda path: int(path.name.rpartition("_")[2]))


def reference_folder(references_dir: Path, experiment_id: str, learner: str, seed: int) -> Path:
    """Return the folder of one reference policy under ``REFERENCES`` or another root."""
    return references_dir / _key(experiment_id) / f"{learner}_{seed}"


def trained(folder: Path, experiment: Experiment) -> LearnedPolicy:
    """Return the policy of a training run.

    Raises:
        ConfigError: if the folder holds none or it was trained for another set of campaigns.
    """
    return load_policy(folder, experiment.problem)


def _entrant(name: str, experiment: Experiment, split: str) -> Candidate:
    if name in BASELINES:
        return Candidate(name, (baseline(name, experiment, split),))
    shipped = references(experiment.id, name)
    policies = [trained(folder, experiment) for folder in shipped or [Path(name)]]
    return Candidate(name if shipped else policies[0].name, tuple(policies))


def _learners(experiment_id: str) -> list[str]:
    """Return the learners with reference policies for a task."""
    folders = (REFERENCES / _key(experiment_id)).glob("*_[0-9]*")
    return sorted({folder.name.rpartition("_")[0] for folder in folders})


def _key(experiment_id: str) -> str:
    """Return an experiment's id without the version: ``Full-M``."""
    return experiment_id.rpartition("/")[2].rpartition("-")[0]
