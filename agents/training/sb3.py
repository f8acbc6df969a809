"""A Stable-Baselines3 algorithm at work in the batched environment, its state told in full."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from .algorithms import OffPolicy, OnPolicy, model_of
from .vecenv import SB3Envs

_BUFFER = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


class StopTraining(Exception):  # noqa: N818  # nothing went wrong
    """Raised between flights to end the learning there."""


class SB3Learner:
    """Trains one network in the environment; between flights its state can be kept."""

    def __init__(self, envs: SB3Envs, settings: Any, seed: int) -> None:
        """Args: the environments, the learner's settings, and the seed of everything."""
        self.envs, self.settings, self.seed = envs, settings, seed
        self.model = model_of(envs, settings, seed)
        self._every = max(settings.total_timesteps // settings.checks, 1)
        self._next = self._every
        if isinstance(settings, OnPolicy) and settings.log_std_final is not None:
            self.model.policy.log_std.requires_grad_(False)  # it is set, not learnt

    @property
    def steps(self) -> int:
        """Days flown so far."""
        return int(self.model.num_timesteps)

    def learn(self, callback: BaseCallback) -> None:
        """Learn until all steps are done or the callback has had enough."""
        off = isinstance(self.settings, OffPolicy)
        with suppress(StopTraining):
            self.model.learn(
                self.settings.total_timesteps - self.steps,
                callback,
                log_interval=self.settings.n_envs if off else 1,  # of flights, or of iterations
                reset_num_timesteps=False,
            )

    def due(self) -> bool:
        """Return whether it is time to check the network; asked once, it waits for the next."""
        if self.steps < self._next:
            return False
        self._next = (self.steps // self._every + 1) * self._every
        return True

    def explore(self) -> None:
        """Anneal the exploration, where that is asked for."""
        settings = self.settings
        if isinstance(settings, OnPolicy) and settings.log_std_final is not None:
            gone = self.steps / max(settings.total_timesteps, 1)
            now = settings.log_std_init + gone * (settings.log_std_final - settings.log_std_init)
            with torch.no_grad():
                self.model.policy.log_std.fill_(now)

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` continues from: between flights, and before the first."""
        model = self.model
        buffer = getattr(model, "replay_buffer", None)
        kept = {}
        if buffer is not None:
            end = buffer.buffer_size if buffer.full else buffer.pos
            kept = {name: getattr(buffer, name)[:end] for name in _BUFFER}
            kept |= {"pos": buffer.pos, "full": buffer.full}
        return {
            "networks": model.get_parameters(),
            "variables": {name: getattr(model, name) for name in self._variables()},
            "steps": self.steps,
            "updates": model._n_updates,
            "next": self._next,
            "first": self.envs.first,
            "actions": model.action_space.np_random.bit_generator.state,
            "buffer": kept,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state`` returned."""
        model = self.model
        model.set_parameters(state["networks"], exact_match=True)
        with torch.no_grad():
            for name, value in state["variables"].items():
                getattr(model, name).copy_(value)
        model.num_timesteps, model._n_updates = state["steps"], state["updates"]
        self._next = state["next"]
        if self.steps:
            model._last_obs = self.envs.start(self.seed, state["first"])
            model._last_episode_starts = np.ones(self.envs.num_envs, bool)
        model.action_space.np_random.bit_generator.state = state["actions"]
        if state["buffer"]:
            buffer, kept = model.replay_buffer, state["buffer"]
            for name in _BUFFER:
                getattr(buffer, name)[: len(kept[name])] = kept[name]
            buffer.pos, buffer.full = kept["pos"], kept["full"]

    def _variables(self) -> list[str]:
        return list(self.model._get_torch_save_params()[1])
