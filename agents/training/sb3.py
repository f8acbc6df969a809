"""A Stable-Baselines3 algorithm in the batched environment, with its complete state."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from .algorithms import LEARNERS, Learner, OffPolicy, OnPolicy
from .vecenv import SB3Envs

_BUFFER_ARRAYS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


class StopTraining(Exception):  # noqa: N818  # not an error
    """Raised between episodes to end ``SB3Learner.learn``."""


class SB3Learner:
    """Trains one network in the environment; its state can be saved between episodes."""

    def __init__(self, envs: SB3Envs, settings: Learner, seed: int) -> None:
        """Args: environments; the learner's settings; seed of weights, exploration, episodes."""
        self.envs, self.settings, self.seed = envs, settings, seed
        self.model = LEARNERS[settings.name].build(envs, settings, seed)
        self._check_interval = max(settings.total_timesteps // settings.checks, 1)
        self._next_check = self._check_interval
        if isinstance(settings, OnPolicy) and settings.log_std_final is not None:
            self.model.policy.log_std.requires_grad_(False)  # it is set, not learnt

    @property
    def steps(self) -> int:
        """Environment steps so far."""
        return int(self.model.num_timesteps)

    def learn(self, callback: BaseCallback) -> None:
        """Train until all steps are taken or the callback raises ``StopTraining``."""
        off = isinstance(self.settings, OffPolicy)
        with suppress(StopTraining):
            self.model.learn(
                self.settings.total_timesteps - self.steps,
                callback,
                # in episodes for an off-policy algorithm, in iterations for PPO
                log_interval=self.settings.n_envs if off else 1,
                reset_num_timesteps=False,
            )

    def validation_due(self) -> bool:
        """Return whether a validation is due; True advances the schedule to the next one."""
        if self.steps < self._next_check:
            return False
        self._next_check = (self.steps // self._check_interval + 1) * self._check_interval
        return True

    def anneal_exploration(self) -> None:
        """Set the actions' standard deviation on its way to ``log_std_final``, if there is one."""
        settings = self.settings
        if isinstance(settings, OnPolicy) and settings.log_std_final is not None:
            share = self.steps / max(settings.total_timesteps, 1)
            change = settings.log_std_final - settings.log_std_init
            with torch.no_grad():
                self.model.policy.log_std.fill_(settings.log_std_init + share * change)

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` continues from; between episodes, or before the first."""
        model = self.model
        replay_buffer = getattr(model, "replay_buffer", None)
        buffer = {}
        if replay_buffer is not None:
            end = replay_buffer.buffer_size if replay_buffer.full else replay_buffer.pos
            buffer = {name: getattr(replay_buffer, name)[:end] for name in _BUFFER_ARRAYS}
            buffer |= {"pos": replay_buffer.pos, "full": replay_buffer.full}
        return {
            "networks": model.get_parameters(),
            "variables": {name: getattr(model, name) for name in self._variable_names()},
            "steps": self.steps,
            "updates": model._n_updates,
            "next_check": self._next_check,
            "first_episode": self.envs.first,
            "actions": model.action_space.np_random.bit_generator.state,
            "buffer": buffer,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from the result of ``state``."""
        model = self.model
        model.set_parameters(state["networks"], exact_match=True)
        with torch.no_grad():
            for name, value in state["variables"].items():
                getattr(model, name).copy_(value)
        model.num_timesteps, model._n_updates = state["steps"], state["updates"]
        self._next_check = state["next_check"]
        if self.steps:
            model._last_obs = self.envs.start(self.seed, state["first_episode"])
            model._last_episode_starts = np.ones(self.envs.num_envs, bool)
        model.action_space.np_random.bit_generator.state = state["actions"]
        if state["buffer"]:
            replay_buffer, buffer = model.replay_buffer, state["buffer"]
            for name in _BUFFER_ARRAYS:
                getattr(replay_buffer, name)[: len(buffer[name])] = buffer[name]
            replay_buffer.pos, replay_buffer.full = buffer["pos"], buffer["full"]

    def _variable_names(self) -> list[str]:
        """Return the model's tensors outside its networks, such as SAC's entropy coefficient."""
        return list(self.model._get_torch_save_params()[1])
