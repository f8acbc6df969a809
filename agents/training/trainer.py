"""Training loop: first backpropagation or a log of flights, then steps in the environment.

Either stage may be left out. A run with a folder writes a checkpoint there, and continues from an
existing one bitwise as if it had never stopped.
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat
from tqdm import tqdm

from ...envs.environment import BudgetVectorEnv, EnvSettings, MarketPool, MarketSource
from ...envs.flight import Problem
from ...envs.market import Market, MarketState
from ..networks import Network, Training
from ..rollout import EvaluationSet
from .algorithms import Learner, Offline
from .apg import AnalyticPolicyGradient
from .checkpoint import (
    random_state,
    read_state,
    remove_partial_files,
    restore_random_state,
    write_state,
)
from .initial import actor_of, record_of, start_from
from .offline import OfflineLearning
from .same_run import require_same, same_run
from .sb3 import SB3Learner, StopTraining
from .selection import Rivals, Selection, format_scores, no_rivals, tag_of
from .vecenv import SB3Envs


def train(
    problem: Problem,
    source: tuple[Market, MarketState] | MarketSource,
    validation: EvaluationSet,
    env: EnvSettings,
    settings: Learner,
    seed: int,
    folder: Path | None = None,
    *,
    progress: bool = True,
    rivals: Rivals = no_rivals,
    task: str | None = None,
) -> Network:
    """Train a policy; Ctrl-C ends the training early and keeps the best network so far.

    Args:
        problem: the problem to plan.
        source: markets of the training episodes; none of the evaluation's may be among them.
        validation: markets on which the best network is selected.
        env: settings of the environment.
        settings: settings of the learner; see ``algorithms.learner_of``.
        seed: seed of the network's weights, the exploration and the episodes.
        folder: folder of the run, for its checkpoint and TensorBoard logs; None for neither.
        progress: whether to show progress bars.
        rivals: values of policies to compare with on the validation markets, beside the static
            plan; asked for at the first check.
        task: id of the problem's benchmark task, for the record.

    Raises:
        ConfigError: if the folder's checkpoint belongs to another training run.
    """
    markets: MarketSource = MarketPool(*source) if type(source) is tuple else source  # type: ignore
    record = record_of(problem, settings, seed, task)
    with _ProgressBar("scoring the static plan", 1, 0, progress) as bar:
        run = _Run(problem, markets, validation, env, settings, record, folder, progress, rivals)
        bar.update(1)
    return run.network()


class _Run:
    """One training in progress."""

    def __init__(
        self,
        problem: Problem,
        source: MarketSource,
        validation: EvaluationSet,
        env: EnvSettings,
        settings: Learner,
        record: Training,
        folder: Path | None,
        progress: bool,
        rivals: Rivals,
    ) -> None:
        self.settings, self._progress = settings, progress
        env = settings.environment(env)
        self._path = None if folder is None else folder / "checkpoint.safetensors"
        envs = SB3Envs(BudgetVectorEnv(problem, source, env, settings.n_envs))
        self.sb3 = SB3Learner(envs, settings, record.seed)
        actor = actor_of(self.sb3.model.policy)
        origin = start_from(settings.start, actor, env.action)
        known = actor, problem, source, env
        self.warm = (
            OfflineLearning(*known, settings, record.seed)
            if isinstance(settings, Offline)
            else AnalyticPolicyGradient(*known, settings.warm, record.seed, settings.risk)
        )
        untrained = Network(actor, env.action, record, settings.name, "")
        self.selection = Selection(untrained, problem, validation, rivals)
        if origin is not None:
            self.selection.check(origin)
        self.in_warm_start = True
        self._record = same_run(problem, source, env, settings, record)
        self._logger = _StepLogger(None if folder is None else folder / "tensorboard" / "train")
        self.sb3.model.set_logger(self._logger)
        self._saved_at = time.monotonic()
        if self._path is not None:
            remove_partial_files(self._path.parent)
            if self._path.exists():
                self._resume(self._path)

    def network(self) -> Network:
        """Train, and return the best network."""
        try:
            if self.in_warm_start:
                self._run_warm_start()
            self._run_sb3()
        except KeyboardInterrupt:
            print("stopped early; keeping the best network so far", file=sys.stderr)
        best = self.selection.best
        best.actor.eval()
        return replace(best, training=best.training.model_copy(update={"steps": self.steps}))

    @property
    def steps(self) -> int:
        """Environment days simulated in both stages so far."""
        return self.warm.steps + self.sb3.steps

    @property
    def stopped_early(self) -> bool:
        """Whether the last ``early_stop`` checks brought no improvement."""
        patience = self.settings.early_stop
        return patience is not None and self.selection.checks_since_best >= patience

    def check(self, bar: "_ProgressBar") -> None:
        """Score the network on the validation markets; log and show the scores."""
        origin = f"{self.warm.method}, {self.warm.iterations} iterations"
        if self.settings.start is not None:
            origin += f" from {Path(self.settings.start).name}"
        if not self.in_warm_start:
            origin = f"{self.settings.name}, {self.sb3.steps:,} steps after {origin}"
        scores = self.selection.check(origin)
        for name, score in scores.items():
            self._logger.record(tag_of(name), score)
        self._logger.dump(self.warm.steps if self.in_warm_start else self.sb3.steps)
        bar.show(format_scores(scores))

    def save_checkpoint(self, *, always: bool = False) -> None:
        """Write the checkpoint if the last one is old enough, or in any case."""
        age = time.monotonic() - self._saved_at
        if self._path is None or (age < self.settings.checkpoint and not always):
            return
        write_state(self._path, self._state())
        self._saved_at = time.monotonic()

    def _run_warm_start(self) -> None:
        warm, iterations = self.warm, self.settings.warm.iterations
        interval = max(iterations // self.settings.checks, 1)
        with _ProgressBar(warm.title, iterations, warm.iterations, self._progress) as bar:
            while warm.iterations < iterations and not self.stopped_early:
                warm.step()
                bar.update(warm.iterations)
                if warm.iterations % interval == 0 or warm.iterations == iterations:
                    self.check(bar)
                self.save_checkpoint()
        self.selection.checks_since_best, self.in_warm_start = 0, False
        self._logger.offset = warm.steps

    def _run_sb3(self) -> None:
        total = self.settings.total_timesteps
        with _ProgressBar(self.settings.name, total, self.sb3.steps, self._progress) as bar:
            if self.sb3.steps < total and not self.stopped_early:
                self.sb3.learn(_Callback(self, bar))
                self.check(bar)
        self.save_checkpoint(always=True)

    def _state(self) -> dict[str, Any]:
        return {
            "record": self._record,
            "in_warm_start": self.in_warm_start,
            "apg": self.warm.state(),
            "sb3": self.sb3.state(),
            "selection": self.selection.state(),
            "random": random_state(),
        }

    def _resume(self, path: Path) -> None:
        state: Mapping[str, Any] = read_state(path)
        require_same(path, state["record"], self._record)
        self.sb3.restore(state["sb3"])
        self.warm.restore(state["apg"])
        self.selection.restore(state["selection"])
        self.in_warm_start = state["in_warm_start"]
        self._logger.offset = 0 if self.in_warm_start else self.warm.steps
        restore_random_state(state["random"])


class _Callback(BaseCallback):
    """Between episodes: validates, anneals the exploration, saves, and stops early."""

    def __init__(self, run: _Run, bar: "_ProgressBar") -> None:
        super().__init__()
        self._run, self._bar = run, bar

    def _on_rollout_start(self) -> None:
        if self._run.sb3.validation_due():
            self._run.check(self._bar)
        self._run.sb3.anneal_exploration()
        self._run.save_checkpoint()
        if self._run.stopped_early:
            raise StopTraining

    def _on_step(self) -> bool:
        self._bar.update(self.num_timesteps)
        return True


class _StepLogger(Logger):
    """TensorBoard logger by environment steps; ``offset`` adds those of the warm start."""

    def __init__(self, folder: Path | None) -> None:
        formats = [] if folder is None else [TensorBoardOutputFormat(str(folder))]
        super().__init__(None if folder is None else str(folder), formats)  # type: ignore[arg-type]
        self.offset = 0

    def dump(self, step: int = 0) -> None:
        """Write what was recorded since the last call."""
        super().dump(step + self.offset)


class _ProgressBar:
    """Progress bar with the network's scores on standard error."""

    def __init__(self, title: str, total: int, done: int, shown: bool) -> None:
        off = not shown or done >= total
        self._bar: Any = tqdm(
            total=total, initial=done, desc=title, unit_scale=True, disable=off, file=sys.stderr
        )
        self._done = done

    def __enter__(self) -> "_ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, done: int) -> None:
        """Advance to an absolute count, at most the total."""
        self._bar.update(min(done, self._bar.total) - self._done if self._bar.total else 0)
        self._done = min(done, self._bar.total or done)

    def show(self, text: str) -> None:
        """Show a text behind the bar."""
        self._bar.set_postfix_str(text)
