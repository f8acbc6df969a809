"""Policies to compare, by name: baselines, shipped reference policies and training runs."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...data.errors import ConfigError
from ...data.storage import ROOT
from ..experiment import Experiment
from ..external import describe_experiment, load_factory, made_by, names_factory
from ..policies import BASELINES, baseline, unknown_policy
from ..policy import Candidate
from .run_folder import same_but_seed

if TYPE_CHECKING:
    from ..networks import LearnedPolicy

REFERENCES = ROOT / "data" / "policies"


def candidates_of(
    names: Sequence[str], experiment: Experiment, split: str = "test"
) -> list[Candidate]:
    """Return the policies to compare under each name, in order.

    Training runs that differ in their seed alone, such as jobs of a sweep, are one candidate.

    Args:
        names: baselines; learners, for the reference policies that ship with a task; folders of
            training runs; factories of a user's own policies, ``package.module:factory``.
        experiment: the experiment in which they are compared.
        split: the held-out markets that a clairvoyant knows.

    Raises:
        ConfigError: for a name that is none of these, and for one that is given twice; for a
            factory that fails.
    """
    require_known(names, experiment.id)
    pooled = _pooled(names, [_entrant(name, experiment, split) for name in names])
    entrants = list(pooled.values())
    called = Counter(entrant.name for entrant in entrants)
    for k, (name, entrant) in enumerate(pooled.items()):
        if called[entrant.name] > 1:  # runs of one learner with other settings
            longer = name if names_factory(name) else f"{entrant.name}_{Path(name).name}"
            for policy in entrant.policies:
                policy.name = longer
            entrants[k] = Candidate(longer, entrant.policies)
    return entrants


def require_known(names: Sequence[str], experiment_id: str) -> None:
    """Refuse names of policies before anything slow is done for them.

    Args:
        names: names as in ``candidates_of``.
        experiment_id: id of the experiment, such as ``mediagym/Full-M-v1``.

    Raises:
        ConfigError: for a name that is no policy there, for one that is given twice, and for a
            factory that cannot be imported.
    """
    if len(set(names)) != len(names):
        raise ConfigError(f"policies: {list(names)} names a policy twice; give each once.")
    for name in names:
        if names_factory(name):
            load_factory(name)
        elif not is_published(name, experiment_id) and not Path(name).exists():
            raise unknown_policy(name, _learners(experiment_id))


def is_published(name: str, experiment_id: str) -> bool:
    """Return True for a baseline, and for a learner whose reference policies ship with a task."""
    return name in BASELINES or bool(references(experiment_id, name))


def references(experiment_id: str, learner: str) -> list[Path]:
    """Return the folders of a learner's reference policies for a task, by seed.

    Args:
        experiment_id: id of the task's experiment, such as ``mediagym/Full-M-v1``.
        learner: name of the learner, such as ``ppo``.
    """
    folder = REFERENCES / task_key(experiment_id)
    found = [p for p in folder.glob("*_[0-9]*") if p.name.rpartition("_")[0] == learner]
    return sorted(found, key=lambda path: int(path.name.rpartition("_")[2]))


def reference_folder(references_dir: Path, experiment_id: str, learner: str, seed: int) -> Path:
    """Return the folder of one reference policy under ``REFERENCES`` or another root."""
    return references_dir / task_key(experiment_id) / f"{learner}_{seed}"


def trained(folder: Path, experiment: Experiment) -> "LearnedPolicy":
    """Return the policy of a training run.

    Raises:
        ConfigError: if the folder holds none or it was trained for another set of campaigns.
    """
    from ..networks import load_policy  # brings torch: only when it is needed

    return load_policy(folder, experiment.problem)


def _entrant(name: str, experiment: Experiment, split: str) -> Candidate:
    if name in BASELINES:
        return Candidate(name, (baseline(name, experiment, split),))
    if names_factory(name):
        own = made_by(name, describe_experiment(experiment))
        return Candidate(own[0].name, own)
    shipped = references(experiment.id, name)
    policies = [trained(folder, experiment) for folder in shipped or [Path(name)]]
    return Candidate(name if shipped else policies[0].name, tuple(policies))


def _pooled(names: Sequence[str], entrants: Sequence[Candidate]) -> dict[str, Candidate]:
    """Return the candidates by name; runs that differ in their seed alone under the first's."""
    pooled: dict[str, Candidate] = {}
    firsts: dict[tuple[str, str], str] = {}  # learner and configuration -> name of the first run
    for name, entrant in zip(names, entrants, strict=True):
        shared = None if name in BASELINES else same_but_seed(name)
        first = name if shared is None else firsts.setdefault((entrant.name, shared), name)
        before = pooled.get(first, Candidate(entrant.name, ()))
        if _seeds(before) & _seeds(entrant):  # one run twice
            first, before = name, Candidate(entrant.name, ())
        pooled[first] = Candidate(entrant.name, (*before.policies, *entrant.policies))
    return pooled


def _seeds(candidate: Candidate) -> set[int]:
    """Return the training seeds of a candidate's policies."""
    from ..networks import LearnedPolicy

    return {p.network.training.seed for p in candidate.policies if isinstance(p, LearnedPolicy)}


def _learners(experiment_id: str) -> list[str]:
    """Return the learners with reference policies for a task."""
    folders = (REFERENCES / task_key(experiment_id)).glob("*_[0-9]*")
    return sorted({folder.name.rpartition("_")[0] for folder in folders})


def task_key(experiment_id: str) -> str:
    """Return the key of a task, such as ``Full-M``, of its experiment's id."""
    return experiment_id.rpartition("/")[2].rpartition("-")[0]
