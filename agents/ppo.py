"""PPO by Stable-Baselines3 on the batched environment; saved as plain arrays, never pickled."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from tqdm import tqdm

from ..data.config import Settings
from ..envs.budget import BudgetVectorEnv, EnvSettings
from ..envs.flight import Problem
from ..envs.market import Market, MarketState
from .learned import Network
from .vecenv import SB3Envs

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class PPOSettings(Settings):
    """The group ``agent`` for PPO; see ``conf/agent/ppo.yaml``."""

    name: Literal["ppo"]
    steps: Positive
    envs: Positive
    batch: Positive
    epochs: Positive
    rate: Annotated[float, Field(gt=0)]
    log_std: float
    hidden: list[Positive]
    gae_lambda: Share
    gamma: Share
    clip: Share
    threads: Positive


def train_ppo(
    problem: Problem,
    markets: tuple[Market, MarketState],
    env: EnvSettings,
    settings: PPOSettings,
    seed: int,
    log: Path | None = None,
    progress: bool = True,
) -> Network:
    """Train a policy; Ctrl-C ends the training early and keeps what was learnt.

    Args:
        problem: what is planned.
        markets: that flights are drawn from; the evaluation's must not be among them.
        env: of the environment.
        settings: of the learner.
        seed: of the network, the actions and the flights.
        log: folder for TensorBoard; None for no log.
        progress: whether to show a bar.
    """
    torch.set_num_threads(settings.threads)
    envs = SB3Envs(BudgetVectorEnv(problem, markets, env, settings.envs))
    model = PPO(
        "MlpPolicy",
        envs,
        learning_rate=_annealed(settings.rate),
        n_steps=problem.days,
        batch_size=min(settings.batch, settings.envs * problem.days),
        n_epochs=settings.epochs,
        gamma=settings.gamma,
        gae_lambda=settings.gae_lambda,
        clip_range=settings.clip,
        ent_coef=0.0,  # the direction that moves all campaigns alike would be free entropy
        policy_kwargs={
            "net_arch": list(settings.hidden),
            "log_std_init": settings.log_std,
        },
        tensorboard_log=None if log is None else str(log),
        seed=seed,
        device="cpu",
    )
    bar = _Bar(settings.steps, hidden=not progress)
    try:
        model.learn(settings.steps, callback=bar, tb_log_name="train", log_interval=1)
    except KeyboardInterrupt:
        bar.note("stopped early; what was learnt so far is kept")
    finally:
        bar.close()
    return Network.of(model.policy, env.action, list(settings.hidden))


def _annealed(rate: float) -> Callable[[float], float]:
    def at(left: float) -> float:
        return rate * max(left, 0.0)

    return at


class _Bar(BaseCallback):
    """A progress bar with the mean return of the last flights."""

    def __init__(self, steps: int, *, hidden: bool) -> None:
        super().__init__()
        self._bar: Any = tqdm(
            total=steps, unit="step", unit_scale=True, desc="training", disable=hidden
        )

    def _on_step(self) -> bool:
        self._bar.update(self.training_env.num_envs)
        return True

    def _on_rollout_end(self) -> None:
        returns = [episode["r"] for episode in self.model.ep_info_buffer or []]
        if returns:
            self._bar.set_postfix(reward=f"{sum(returns) / len(returns):+.3f}")

    def note(self, text: str) -> None:
        """Print a line above the bar."""
        self._bar.write(text)

    def close(self) -> None:
        """End the bar's line."""
        self._bar.close()
