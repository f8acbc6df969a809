"""The learners by name: their settings, and the Stable-Baselines3 algorithm that each one is."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field
from sb3_contrib import TQC, RecurrentPPO
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.base_class import BaseAlgorithm

from ...data.errors import ConfigError, shown
from ...data.settings import Settings
from .apg import WarmStart
from .vecenv import SB3Envs, dummy_vec_env

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class Learner(Settings):
    """What every learner of the group ``agent`` has; see ``conf/agent/ppo.yaml``."""

    warm: WarmStart
    total_timesteps: Annotated[int, Field(ge=0)]
    n_envs: Positive
    batch_size: Positive
    learning_rate: Annotated[float, Field(gt=0)]
    net_arch: list[Positive]
    gamma: Share
    validation: Positive
    checks: Positive
    early_stop: Positive | None
    checkpoint: Annotated[float, Field(ge=0)]


class OnPolicy(Learner):
    """PPO; see ``conf/agent/ppo.yaml``."""

    name: Literal["apg", "ppo", "ppo_scratch"]
    n_epochs: Positive
    log_std_init: float
    log_std_final: float | None
    gae_lambda: Share
    clip_range: Share


class Recurrent(OnPolicy):
    """PPO with a memory of its own; see ``conf/agent/ppo_recurrent.yaml``."""

    name: Literal["ppo_recurrent"]  # type: ignore[assignment]
    lstm_hidden_size: Positive


class OffPolicy(Learner):
    """SAC and TQC; see ``conf/agent/sac.yaml``."""

    name: Literal["sac", "tqc"]
    buffer_size: Positive
    gradient_steps: Positive
    tau: Share
    learning_starts: Annotated[int, Field(ge=0)]


LEARNERS: dict[str, tuple[type[BaseAlgorithm], type[Learner]]] = {
    "apg": (PPO, OnPolicy),
    "ppo": (PPO, OnPolicy),
    "ppo_scratch": (PPO, OnPolicy),
    "ppo_recurrent": (RecurrentPPO, Recurrent),
    "sac": (SAC, OffPolicy),
    "tqc": (TQC, OffPolicy),
}


def learner_of(group: Mapping[str, Any]) -> Any:
    """Return the settings of the learner that the group ``agent`` names.

    Raises:
        ConfigError: naming the key that is unknown, missing or not allowed.
    """
    name = group.get("name")
    if name not in LEARNERS:
        raise ConfigError(
            f"agent.name: {shown(name)} is no learner; allowed: {', '.join(LEARNERS)}."
        )
    return LEARNERS[name][1].of(group, "agent")


def model_of(envs: SB3Envs, settings: Any, seed: int) -> Any:
    """Return the algorithm, untrained; an iteration of it is one flight in every environment."""
    days = envs.envs.batch.problem.days
    policy: dict[str, Any] = {"net_arch": list(settings.net_arch)}
    common = {
        "learning_rate": _annealed(settings.learning_rate),
        "gamma": settings.gamma,
        "seed": seed,
        "device": "cpu",
    }
    kind: Any = LEARNERS[settings.name][0]
    if isinstance(settings, OffPolicy):
        return kind(
            "MlpPolicy",
            envs,
            **common,
            buffer_size=settings.buffer_size,
            batch_size=settings.batch_size,
            learning_starts=settings.learning_starts,
            train_freq=(days, "step"),
            gradient_steps=settings.gradient_steps,
            tau=settings.tau,
            policy_kwargs=policy,
        )
    policy["log_std_init"] = settings.log_std_init
    if isinstance(settings, Recurrent):
        policy["lstm_hidden_size"] = settings.lstm_hidden_size
    return kind(
        "MlpLstmPolicy" if isinstance(settings, Recurrent) else "MlpPolicy",
        envs,
        **common,
        n_steps=days,
        batch_size=min(settings.batch_size, settings.n_envs * days),
        n_epochs=settings.n_epochs,
        gae_lambda=settings.gae_lambda,
        clip_range=settings.clip_range,
        ent_coef=0.0,  # the direction that moves all campaigns alike would be free entropy
        policy_kwargs=policy,
    )


def default_ppo(make: Callable[[], Any], settings: Any, seed: int) -> Any:
    """Return PPO in Stable-Baselines3's usual setting, to compare with: 8 environments, batch 64.

    Args:
        make: makes an environment.
        settings: of ``ppo``; the network and the passes over each batch are taken from them.
        seed: of everything.
    """
    return PPO(
        "MlpPolicy",
        dummy_vec_env(make, 8),
        n_steps=240,
        batch_size=64,
        n_epochs=settings.n_epochs,
        gamma=settings.gamma,
        seed=seed,
        device="cpu",
        policy_kwargs={"net_arch": list(settings.net_arch)},
    )


def _annealed(rate: float) -> Callable[[float], float]:
    def at(left: float) -> float:
        return rate * max(left, 0.0)

    return at
