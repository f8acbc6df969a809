"""PPO by Stable-Baselines3 on the batched environment; saved as plain arrays, never pickled."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from tqdm import tqdm

from ..data.config import Settings
from ..envs.budget import BudgetVectorEnv, EnvSettings
from ..envs.flight import Problem
from ..envs.market import Market, MarketState
from .apg import WarmStart, train_apg
from .evaluation import Trial
from .learned import Network
from .selection import Selection
from .vecenv import SB3Envs

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class PPOSettings(Settings):
    """The group ``agent`` for PPO; see ``conf/agent/ppo.yaml``."""

    name: Literal["ppo", "ppo_scratch"]
    warm: WarmStart
    steps: Annotated[int, Field(ge=0)]
    envs: Positive
    batch: Positive
    epochs: Positive
    rate: Annotated[float, Field(gt=0)]
    log_std: float
    hidden: list[Positive]
    gae_lambda: Share
    gamma: Share
    clip: Share
    validation: Positive
    checks: Positive


def train_ppo(
    problem: Problem,
    markets: tuple[Market, MarketState],
    validation: Trial,
    env: EnvSettings,
    settings: PPOSettings,
    seed: int,
    log: Path | None = None,
    progress: bool = True,
) -> Network:
    """Train a policy; Ctrl-C ends the training early and keeps the best so far.

    Args:
        problem: what is planned.
        markets: that flights are drawn from; the evaluation's must not be among them.
        validation: markets on which the best network is chosen.
        env: of the environment.
        settings: of the learner.
        seed: of the network, the actions and the flights.
        log: folder for TensorBoard; None for no log.
        progress: whether to show bars.
    """
    envs = SB3Envs(BudgetVectorEnv(problem, markets, env, settings.envs))
    model = _model(envs, settings, seed, log)
    best = Selection(model.policy, problem, env.action, validation)
    try:
        with _Bar("learning through the simulator", settings.warm.iterations, progress) as bar:
            watch = _Watch(bar, best, settings.warm.iterations // settings.checks + 1)
            train_apg(model.policy, problem, markets, env.action, settings.warm, seed, watch)
        best.check(f"backpropagation, {settings.warm.iterations} iterations")
        if settings.steps:
            with _Bar("PPO", settings.steps, progress) as bar:
                every = settings.steps // settings.checks
                model.learn(settings.steps, _Callback(bar, best, every), tb_log_name="train")
            best.check(f"PPO, {model.num_timesteps:,} steps")
    except KeyboardInterrupt:
        print("stopped early; the best network so far is kept", file=sys.stderr)
    best.restore()
    hidden = list(settings.hidden)
    return Network.of(model.policy, env.action, hidden, settings.name, best.origin)


def _model(envs: SB3Envs, settings: PPOSettings, seed: int, log: Path | None) -> PPO:
    days = envs.envs.batch.problem.days
    return PPO(
        "MlpPolicy",
        envs,
        learning_rate=_annealed(settings.rate),
        n_steps=days,
        batch_size=min(settings.batch, settings.envs * days),
        n_epochs=settings.epochs,
        gamma=settings.gamma,
        gae_lambda=settings.gae_lambda,
        clip_range=settings.clip,
        ent_coef=0.0,  # the direction that moves all campaigns alike would be free entropy
        policy_kwargs={"net_arch": list(settings.hidden), "log_std_init": settings.log_std},
        tensorboard_log=None if log is None else str(log),
        seed=seed,
        device="cpu",
    )


def _annealed(rate: float) -> Callable[[float], float]:
    def at(left: float) -> float:
        return rate * max(left, 0.0)

    return at


class _Bar:
    """A progress bar that shows the gain over the static plan."""

    def __init__(self, what: str, total: int, shown: bool) -> None:
        self._bar: Any = tqdm(
            total=total, desc=what, unit_scale=True, disable=not shown or not total, file=sys.stderr
        )

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def update(self, done: int, gain: float | None) -> None:
        """Advance, and show a new gain if there is one."""
        if gain is not None:
            self._bar.set_postfix_str(f"{gain:+.2f} % over static", refresh=False)
        self._bar.update(min(done, self._bar.total - self._bar.n) if self._bar.total else 0)


class _Watch:
    """Checks the network every so many iterations of the warm start."""

    def __init__(self, bar: _Bar, best: Selection, every: int) -> None:
        self._bar, self._best, self._every = bar, best, every

    def __call__(self, iteration: int) -> None:
        """Advance the bar by one iteration."""
        origin = f"backpropagation, {iteration} iterations"
        self._bar.update(1, self._best.check(origin) if iteration % self._every == 0 else None)


class _Callback(BaseCallback):
    """Checks the network every so many environment steps of PPO, and logs the gain."""

    def __init__(self, bar: _Bar, best: Selection, every: int) -> None:
        super().__init__()
        self._bar, self._best, self._every, self._next = bar, best, every, every

    def _on_step(self) -> bool:
        self._bar.update(self.training_env.num_envs, None)
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps >= self._next:
            self._next += self._every
            gain = self._best.check(f"PPO, {self.num_timesteps:,} steps")
            self.logger.record("validation/gain_over_static", gain)
            self._bar.update(0, gain)
