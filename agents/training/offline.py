"""Offline learning: a network fitted to a log of flights, good days weighing more.

The log is what an advertiser who varies the static plan would have: every day of every flight an
action drawn around 0, the observation before it and the reward after it. Nothing else is asked of
the simulator, and no other action is ever tried. Advantage-weighted regression (Peng, Kumar, Zhang
and Levine, arXiv:1910.00177, 2019) regresses the log's actions on its observations with weights
``exp(advantage / temperature)``. Values are ridge regressions on the observation, one per day;
advantages are the generalised ones of Schulman et al. (arXiv:1506.02438, 2016).
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ...data.types import Floats
from ...envs.environment import BudgetVectorEnv, EnvSettings, MarketSource
from ...envs.flight import Problem
from ...envs.market import Stream, generator
from ..networks import AnyActor
from .algorithms import Offline
from .apg import set_step

_MAX_WEIGHT = 20.0  # a day counts at most as much as so many ordinary ones, as in Peng et al.
_RIDGE = 1e-2  # penalty per logged flight on squared standardised coefficients
_MIN_SD = 1e-6  # of an observation, below which it is constant


class Log(NamedTuple):
    """Logged flights."""

    observation: NDArray[np.float32]  # (days, flights, size)
    action: NDArray[np.float32]  # (days, flights, actions)
    reward: Floats  # (days, flights)


class OfflineLearning:
    """Trains an actor in place, one minibatch at a time."""

    method = "advantage-weighted regression"
    title = "learning from a log"

    def __init__(
        self,
        actor: AnyActor,
        problem: Problem,
        source: MarketSource,
        env: EnvSettings,
        settings: Offline,
        seed: int,
    ) -> None:
        """Prepare the first minibatch.

        Args:
            actor: network for this problem's observation and action.
            problem: the problem to plan.
            source: markets and noise of the logged flights.
            env: scales of the actions, and what a reward is.
            settings: ``warm`` has the number of minibatches, the flights of the log and Adam's step
                (annealed by a cosine).
            seed: seed of the flights, their actions and the minibatches.
        """
        self.actor, self.settings, self.days = actor, settings, problem.days
        self.seed = seed + Stream.OFFLINE_LOG
        self._envs = BudgetVectorEnv(problem, source, env, settings.warm.flights)
        self.iterations = 0  # completed minibatches
        self._optimizer = torch.optim.Adam(actor.parameters(), lr=settings.warm.learning_rate)

    @property
    def steps(self) -> int:
        """Environment days in the log, once it is read."""
        return self.settings.warm.flights * self.days if self.iterations else 0

    @cached_property
    def _rows(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Observation, action and weight of every logged day."""
        settings = self.settings
        log = logged(self._envs, settings.dither, self.seed)
        advantage = advantages(log, settings.gamma, settings.gae_lambda)
        weight = np.minimum(np.exp(advantage / settings.temperature), _MAX_WEIGHT)
        parts = (log.observation, log.action, weight.astype(np.float32)[..., None])
        observation, action, weights = (torch.as_tensor(p).flatten(0, 1) for p in parts)
        return observation, action, weights / weights.mean()

    def step(self) -> None:
        """Take one gradient step on a minibatch of the log."""
        warm = self.settings.warm
        share = self.iterations / max(warm.iterations, 1)
        set_step(self._optimizer, warm.learning_rate, share)
        observation, action, weight = self._rows
        rng = generator(self.seed, self.iterations, 2)
        rows = torch.as_tensor(rng.integers(len(weight), size=self.settings.batch_size))
        mean, _ = self.actor(observation[rows], None)
        loss = (weight[rows] * (mean - action[rows]) ** 2).mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.iterations += 1

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` continues from, except the actor's weights."""
        return {"iterations": self.iterations, "optimizer": self._optimizer.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from the result of ``state``; the log is the same."""
        self.iterations = state["iterations"]
        self._optimizer.load_state_dict(state["optimizer"])


def logged(envs: BudgetVectorEnv, dither: float, seed: int) -> Log:
    """Return a log of flights around the static plan.

    Args:
        envs: the environments, one flight each.
        dither: standard deviation of the actions, which are cut off at +-1.
        seed: seed of the flights and of their actions.
    """
    batch, flights = envs.batch, envs.num_envs
    rng, size = generator(seed, 0, 1), batch.action_space.shape[0]
    observation, days = batch.begin([(seed, episode) for episode in range(flights)]), []
    for _ in range(batch.problem.days):
        action = np.clip(dither * rng.standard_normal((flights, size)), -1.0, 1.0)
        after, reward = batch.play(action)
        days.append((observation, action.astype(np.float32), reward))
        observation = after
    return Log(*(np.stack(part) for part in zip(*days, strict=True)))


def advantages(log: Log, gamma: float, lam: float) -> Floats:
    """Return generalised advantages in units of their standard deviation, (days, flights).

    Args:
        log: the flights.
        gamma: discount per day.
        lam: lambda of generalised advantage estimation.
    """
    ahead = value = advantage = np.zeros(log.reward.shape[1])
    found = []
    for observation, reward in zip(log.observation[::-1], log.reward[::-1], strict=True):
        ahead = reward + gamma * ahead
        now = _fitted(observation, ahead)
        advantage = reward + gamma * value - now + gamma * lam * advantage
        value = now
        found.append(advantage)
    joined = np.stack(found[::-1])
    return np.asarray(joined / max(joined.std(), 1e-12))


def _fitted(observation: NDArray[np.float32], target: Floats) -> Floats:
    """Return the ridge regression of a target, (flights,), on observations, (flights, size)."""
    centred = observation.astype(np.float64) - observation.mean(0)
    sd = centred.std(0)
    features = centred[:, sd > _MIN_SD] / sd[sd > _MIN_SD]
    penalty = _RIDGE * len(target) * np.eye(features.shape[1])
    mean = target.mean()
    weights = np.linalg.solve(features.T @ features + penalty, features.T @ (target - mean))
    return np.asarray(mean + features @ weights)
