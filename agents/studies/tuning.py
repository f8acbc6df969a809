"""Search of a learner's settings with Optuna (Akiba et al., KDD 2019) and its TPE sampler.

Optuna is called directly: Hydra's plugin needs optuna < 3. Trials are kept in a journal file, a
line per event, from which an interrupted search goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.settings import MAX_SEED, Command, Seed, Settings
from ...data.storage import require_replaceable, write_json
from ...data.types import Progress
from ..experiment import Experiment
from ..setup import Count, ExperimentConfig
from ..training import Learner

MAX_TRIALS = 1_000_000


class Range(Settings):
    """The search range of a key; see ``conf/tune.yaml``."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    choices: list[Any] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        bounds = self.low is not None and self.high is not None
        if bounds == bool(self.choices) or (bounds and not self.low < self.high):  # type: ignore[operator]
            raise ValueError("low < high, or choices, are allowed")
        if self.log and (self.low is None or self.low <= 0):
            raise ValueError("a logarithm needs low > 0")
        return self

    def suggest(self, trial: Any, key: str) -> Any:
        """Return Optuna's suggestion for a trial."""
        if self.choices:
            return trial.suggest_categorical(key, self.choices)
        if self.whole:
            return trial.suggest_int(key, int(self.low or 0), int(self.high or 0), log=self.log)
        return trial.suggest_float(key, self.low, self.high, log=self.log)


class TuneCommand(Command):
    """Options of ``scripts/tune.py``."""

    experiment: ExperimentConfig
    seed: Seed
    trials: Annotated[int, Field(ge=1, le=MAX_TRIALS)]  # in all, by all workers
    workers: Count  # processes that search at the same time
    worker: Annotated[int, Field(ge=0)]  # number of this one, from 0
    space: Annotated[dict[str, Range], Field(min_length=1)]
    output: Path | None  # folder of the results; None: the run's folder

    def require_searchable(self) -> None:
        """Raise if the agent lacks a key to search, there is no such worker, or no Optuna.

        Raises:
            ConfigError: naming the key, or what to install.
        """
        if self.worker >= self.workers:
            raise ConfigError(
                f"worker: {self.worker} was given. Allowed: 0 to {self.workers - 1}, as workers is "
                f"{self.workers}. To fix: give another worker, or workers={self.worker + 1}."
            )
        if self.workers > self.trials:
            raise ConfigError(
                f"workers: {self.workers} was given. Allowed: at most trials, {self.trials}. To "
                "fix: give fewer workers, or more trials."
            )
        for key in self.space:
            self.experiment.require_key(f"agent.{key}", f"space.{key}")
        try:
            import optuna  # noqa: F401
        except ImportError:
            raise ConfigError(
                "tune: the package optuna is not installed; pip install 'mediagym[tuning]'."
            ) from None

    def due(self, finished: Sequence[int]) -> int:
        """Return the trials that this worker still has to make.

        Args:
            finished: number of the worker that made it, for each trial that has ended.
        """
        share = self.trials // self.workers + (self.worker < self.trials % self.workers)
        own = sum(worker % self.workers == self.worker for worker in finished)
        return max(min(share - own, self.trials - len(finished)), 0)

    def learner_with(self, values: Mapping[str, Any]) -> Learner:
        """Return the learner's settings with other values; a dot reaches into a key."""
        changes = {f"agent.{key}": value for key, value in values.items()}
        return self.experiment.changed(changes, "space").learner


def tune(
    experiment: Experiment, command: TuneCommand, folder: Path, progress: Progress
) -> dict[str, Any]:
    """Train with other settings, trial by trial, and write ``tune.json`` into a folder.

    Several workers may do so at the same time, with one folder; each makes its share of the trials.

    Args:
        experiment: the experiment in which learners are trained.
        command: ranges to search and number of trials.
        folder: folder of the journal ``trials.log``, whose trials count; it has to be a regular
            file if it is there.
        progress: called with a line per trial.

    Returns:
        The best trial: its number, percent of the clairvoyant on the validation markets, values,
        and the overrides that train with them.
    """
    from optuna.study import MaxTrialsCallback

    from ..training import learn, validation_percent  # brings torch: only when it is needed

    study = _study(experiment, command, folder)
    finished = [
        trial.user_attrs.get("worker", 0) for trial in study.trials if trial.state.is_finished()
    ]

    def score(trial: Any) -> float:
        trial.set_user_attr("worker", command.worker)
        values = {key: span.suggest(trial, key) for key, span in command.space.items()}
        variant = replace(experiment, agent=command.learner_with(values))
        percent = validation_percent(variant, learn(variant, command.seed, None, progress=False))
        progress(f"trial {trial.number}: {percent:.2f} % with {_overrides(values)}")
        return percent

    enough = MaxTrialsCallback(command.trials)
    study.optimize(score, n_trials=command.due(finished), callbacks=[enough])
    return _write_trials(study, command, folder)


def _study(experiment: Experiment, command: TuneCommand, folder: Path) -> Any:
    """Return the search of a folder, which may have begun, and in which others may take part."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = folder / "trials.log"
    require_replaceable(journal)  # Optuna opens it itself, and would wait for a pipe
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(journal))),
        study_name=f"{experiment.id} {command.experiment.learner.name}",
        direction="maximize",
        load_if_exists=True,
    )
    # earlier suggestions must not be drawn again, nor those of another worker
    seed = command.seed + len(study.trials) + MAX_TRIALS * command.worker
    study.sampler = optuna.samplers.TPESampler(
        seed=seed % (MAX_SEED + 1), constant_liar=command.workers > 1
    )
    return study


def _write_trials(study: Any, command: TuneCommand, folder: Path) -> dict[str, Any]:
    """Write all trials that have ended, until no other worker has added one meanwhile."""
    rows: list[dict[str, Any]] = []
    while len(current := _rows(study)) > len(rows):
        rows = current
        best = _best(rows, command)
        write_json(folder / "tune.json", {"best": best, "trials": rows})
    return best


def _rows(study: Any) -> list[dict[str, Any]]:
    return [
        {"number": trial.number, "percent": trial.value, "values": trial.params}
        for trial in study.trials
        if trial.value is not None
    ]


def _best(rows: Sequence[Mapping[str, Any]], command: TuneCommand) -> dict[str, Any]:
    best = max(rows, key=lambda row: row["percent"])
    task = command.experiment.task
    task_words = [] if task is None else [f"task={task}"]
    words = [*task_words, f"agent={command.experiment.learner.name}", _overrides(best["values"])]
    return {**best, "overrides": " ".join(words)}


def _overrides(values: Mapping[str, Any]) -> str:
    return " ".join(f"agent.{key}={value}" for key, value in values.items())
