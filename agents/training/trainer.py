"""Training: first by backpropagation through the simulator, then in the environment.

Either stage may be left out. A training that has a folder leaves a checkpoint there and goes on
from the one it finds, bitwise as if it had never been stopped.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat
from tqdm import tqdm

from ...envs.environment import BudgetVectorEnv, EnvSettings, MarketPool, MarketSource
from ...envs.flight import Problem
from ...envs.market import Market, MarketState
from ..policy import Policy
from ..rollout import EvaluationSet
from .actor import Actor
from .apg import AnalyticPolicyGradient
from .checkpoint import random_state, read_state, restore_random_state, tidy, write_state
from .network import Network, Training
from .same_run import require_same, same_run
from .sb3 import SB3Learner, StopTraining
from .selection import Selection, format_scores
from .vecenv import SB3Envs


def train(
    problem: Problem,
    source: tuple[Market, MarketState] | MarketSource,
    validation: EvaluationSet,
    env: EnvSettings,
    settings: Any,
    seed: int,
    folder: Path | None = None,
    *,
    progress: bool = True,
    rivals: Sequence[Policy] = (),
    task: str | None = None,
) -> Network:
    """Train a policy; Ctrl-C ends the training early and keeps the best so far.

    Args:
        problem: what is planned.
        source: where training flights come from; the evaluation's must not be among them.
        validation: markets on which the best network is chosen.
        env: of the environment.
        settings: of the learner; see ``learners.learner_of``.
        seed: of the network, the actions and the flights.
        folder: of the run, for its checkpoint and TensorBoard; None for neither.
        progress: whether to show bars.
        rivals: policies that are flown on the validation markets too, beside the static plan.
        task: id of the task that the problem is of, for the record.

    Raises:
        ConfigError: if the folder's checkpoint is of another training.
    """
    flights: MarketSource = MarketPool(*source) if type(source) is tuple else source  # type: ignore
    return _Run(
        problem, flights, validation, env, settings, seed, folder, progress, rivals, task
    ).network()


class _Run:
    """One training in progress."""

    def __init__(
        self,
        problem: Problem,
        source: MarketSource,
        validation: EvaluationSet,
        env: EnvSettings,
        settings: Any,
        seed: int,
        folder: Path | None,
        progress: bool,
        rivals: Sequence[Policy],
        task: str | None,
    ) -> None:
        self.settings, self._shown = settings, progress
        self._path = None if folder is None else folder / "checkpoint.safetensors"
        envs = SB3Envs(BudgetVectorEnv(problem, source, env, settings.n_envs))
        self.play = SB3Learner(envs, settings, seed)
        actor = Actor.of(self.play.model.policy)
        self.warm = AnalyticPolicyGradient(actor, problem, source, env, settings.warm, seed)
        record = Training(
            task=task,
            campaigns=list(problem.constraints.names),
            objective=problem.objective.name,
            seed=seed,
            threads=torch.get_num_threads(),
            steps=0,
        )
        untrained = Network(actor, env.action, record, settings.name, "")
        self.best = Selection(untrained, problem, validation, rivals)
        self.warming = True  # whether the first stage is still on
        self._same = same_run(problem, source, env, settings, record)
        self._log = _Log(None if folder is None else folder / "tensorboard" / "train")
        self.play.model.set_logger(self._log)
        self._kept = time.monotonic()
        if self._path is not None:
            tidy(self._path.parent)
            if self._path.exists():
                self._resume(self._path)

    def network(self) -> Network:
        """Train, and return the best network."""
        try:
            if self.warming:
                self._backpropagate()
            self._interact()
        except KeyboardInterrupt:
            print("stopped early; the best network so far is kept", file=sys.stderr)
        best = self.best.best
        best.actor.eval()
        return replace(best, training=best.training.model_copy(update={"steps": self.steps}))

    @property
    def steps(self) -> int:
        """Days flown in training so far."""
        return self.warm.steps + int(self.play.steps)

    @property
    def stale(self) -> bool:
        """Whether so many checks brought nothing that the stage should end."""
        most = self.settings.early_stop
        return most is not None and self.best.since >= most

    def check(self, bar: "_Bar") -> None:
        """Fly the network on the validation markets; show and log how it did."""
        origin = f"backpropagation, {self.warm.done} iterations"
        if not self.warming:
            origin = f"{self.settings.name}, {self.play.steps:,} steps after {origin}"
        scores = self.best.check(origin)
        for name, score in scores.items():
            self._log.record(f"validation/{name}", score)
        self._log.dump(self.warm.steps if self.warming else int(self.play.steps))
        bar.tell(format_scores(scores))

    def ess_target(self, *, now: bool = False) -> None:
        """Write the checkpoint, if the last one is old enough."""
        if self._path is None:
            return
        if not now and time.monotonic() - self._kept < self.settings.checkpoint:
            return
        write_state(self._path, self._state())
        self._kept = time.monotonic()

    def _backpropagate(self) -> None:
        warm, most = self.warm, self.settings.warm.iterations
        every = max(most // self.settings.checks, 1)
        with _Bar("learning through the simulator", most, warm.done, self._shown) as bar:
            while warm.done < most and not self.stale:
                warm.step()
                bar.reach(warm.done)
                if warm.done % every == 0 or warm.done == most:
                    self.check(bar)
                self.ess_target()
        self.best.since, self.warming = 0, False
        self._log.offset = warm.steps

    def _interact(self) -> None:
        most = self.settings.total_timesteps
        with _Bar(self.settings.name, most, self.play.steps, self._shown) as bar:
            if self.play.steps < most and not self.stale:
                self.play.learn(_Callback(self, bar))
                self.check(bar)
        self.ess_target(now=True)

    def _state(self) -> dict[str, Any]:
        return {
            "same": self._same,
            "warming": self.warming,
            "warm": self.warm.state(),
            "play": self.play.state(),
            "best": self.best.state(),
            "random": random_state(),
        }

    def _resume(self, path: Path) -> None:
        state: Mapping[str, Any] = read_state(path)
        require_same(path, state["same"], self._same)
        self.play.restore(state["play"])
        self.warm.restore(state["warm"])
        self.best.restore(state["best"])
        self.warming = state["warming"]
        self._log.offset = 0 if self.warming else self.warm.steps
        restore_random_state(state["random"])


class _Callback(BaseCallback):
    """Between flights: checks the network now and then, and keeps a checkpoint."""

    def __init__(self, run: _Run, bar: "_Bar") -> None:
        super().__init__()
        self._run, self._bar = run, bar

    def _on_rollout_start(self) -> None:
        if self._run.play.due():
            self._run.check(self._bar)
        self._run.play.explore()
        self._run.ess_target()
        if self._run.stale:
            raise StopTraining

    def _on_step(self) -> bool:
        self._bar.reach(self.num_timesteps)
        return True


class _Log(Logger):
    """TensorBoard, live, by days flown: the environment's come after those of the warm start."""

    def __init__(self, folder: Path | None) -> None:
        formats = [] if folder is None else [TensorBoardOutputFormat(str(folder))]
        super().__init__(None if folder is None else str(folder), formats)  # type: ignore[arg-type]
        self.offset = 0

    def dump(self, step: int = 0) -> None:
        """Write what was recorded since the last time."""
        super().dump(step + self.offset)


class _Bar:
    """A progress bar that shows how good the network is."""

    def __init__(self, what: str, total: int, done: int, shown: bool) -> None:
        off = not shown or done >= total
        self._bar: Any = tqdm(
            total=total, initial=done, desc=what, unit_scale=True, disable=off, file=sys.stderr
        )
        self._done = done

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def reach(self, done: int) -> None:
        """Advance to what is done."""
        self._bar.update(min(done, self._bar.total) - self._done if self._bar.total else 0)
        self._done = min(done, self._bar.total or done)

    def tell(self, text: str) -> None:
        """Show how good the network is."""
        self._bar.set_postfix_str(text)
