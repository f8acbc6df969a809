"""Analytic policy gradient: a network trained by backpropagation through whole episodes.

Market, projection, observation and belief are differentiable. Count noise enters as
``sample - mean`` without a gradient, so that the gradient still flows through what a spend reveals
about the market. It is a learner of its own and a warm start for the others.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ...envs.environment import EnvSettings, MarketSource
from ...envs.flight import (
    DayResult,
    Observable,
    Problem,
    distance,
    initial_state,
    observe,
    requested_spend,
    rollout,
)
from ...envs.market import Market, MarketState, Noise, Stream
from ...envs.planning import to_tensors
from ..networks import AnyActor
from .algorithms import WarmStart

_CLIP_PENALTY = 0.1  # weight of actions outside [-1, 1], where clipping has no gradient
_MAX_GRADIENT_NORM = 1.0
_SMALLEST = 0.05  # of the mean value: a flight that is worth less does not count for more


class AnalyticPolicyGradient:
    """Trains an actor in place, one iteration at a time."""

    method = "backpropagation"
    title = "learning through the simulator"

    def __init__(
        self,
        actor: AnyActor,
        problem: Problem,
        source: MarketSource,
        env: EnvSettings,
        settings: WarmStart,
        seed: int,
        risk: float = 1.0,
    ) -> None:
        """Prepare the first iteration.

        Args:
            actor: network for this problem's observation and action.
            problem: the problem to plan.
            source: markets and noise of the training episodes.
            env: scales of the actions, and the penalty per dollar that the projection moves.
            settings: iterations, episodes per iteration, and Adam's step (annealed by a cosine).
            seed: seed of markets and noise.
            risk: share of the worst flights whose mean is maximised; 1: all.
        """
        self.actor, self.env, self.settings, self.seed = actor, env, settings, seed
        self.days = problem.days
        self.world = TrainingWorld(problem, source, risk)
        self.iterations = 0  # completed iterations
        self._optimizer = torch.optim.Adam(actor.parameters(), lr=settings.learning_rate)

    @property
    def steps(self) -> int:
        """Environment days simulated so far."""
        return self.iterations * self.settings.flights * self.days

    def step(self) -> None:
        """Simulate a batch of new episodes and take one gradient step."""
        share = self.iterations / max(self.settings.iterations, 1)
        set_step(self._optimizer, self.settings.learning_rate, share)
        self._optimizer.zero_grad()
        self._loss().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.actor.parameters(), _MAX_GRADIENT_NORM)
        self._optimizer.step()
        self.iterations += 1

    def _loss(self) -> torch.Tensor:
        flights, first = self.settings.flights, self.iterations * self.settings.flights
        seed = self.seed + Stream.ANALYTIC_GRADIENT
        return self.world.loss(self.actor, seed, range(first, first + flights), self.env)

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` continues from, except the actor's weights."""
        return {"iterations": self.iterations, "optimizer": self._optimizer.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from the result of ``state``."""
        self.iterations = state["iterations"]
        self._optimizer.load_state_dict(state["optimizer"])


def set_step(optimizer: torch.optim.Optimizer, rate: float, share: float) -> None:
    """Set an optimiser's step: annealed by a cosine over the training.

    Args:
        optimizer: its step is set.
        rate: the step at the beginning.
        share: share of the training that is over, in [0, 1].
    """
    for group in optimizer.param_groups:
        group["lr"] = rate * (1 + np.cos(np.pi * share)) / 2


class TrainingWorld:
    """A problem and its training markets, in which flights are differentiable."""

    def __init__(self, problem: Problem, source: MarketSource, risk: float = 1.0) -> None:
        """Prepare flights.

        Args:
            problem: the problem to plan.
            source: markets and noise of the episodes.
            risk: share of the flights, in (0, 1], whose mean is maximised: the worst ones by their
                value over the static plan's in the same market and noise (CVaR); 1: all.
        """
        self.numpy_problem, self.problem = problem, to_tensors(problem)
        self.source, self.days, self.risk = source, problem.days, risk

    def loss(self, actor: AnyActor, seed: int, episodes: range, env: EnvSettings) -> torch.Tensor:
        """Return the loss of a batch of episodes: minus the value relative to the static plan's.

        Args:
            actor: network for this problem.
            seed: seed of markets and noise.
            episodes: numbers of the episodes.
            env: scales of the actions, and the penalty per dollar that the projection moves.
        """
        market, state, noise = self.source.draw(seed, episodes, self.days)
        scale = self._static_values(market, state, noise)
        policy = RecordingPolicy(actor, self.problem, env)
        start = initial_state(self.problem, to_tensors(state), (len(episodes),))
        _, days = rollout(self.problem, to_tensors(market), start, to_tensors(noise), policy.act)
        relative = torch.stack([day.value.sum(-1) for day in days]).sum(0) / scale
        if self.risk < 1:
            worst = max(round(self.risk * len(episodes)), 1)
            relative = relative.topk(worst, largest=False).values
        loss = _CLIP_PENALTY * policy.excess - relative.mean()
        if env.distance_penalty:
            loss = loss + env.distance_penalty * policy.projection_distance(days)
        return loss

    def _static_values(self, market: Market, state: MarketState, noise: Noise) -> torch.Tensor:
        """Return the size of the static plan's value in each market, (flights,)."""
        problem, plan = self.numpy_problem, self.numpy_problem.static_plan
        start = initial_state(problem, state, (len(market.elasticity),))

        def act(observable: Observable, memory: Any) -> tuple[Any, Any, None]:
            spend = plan[observable.ledger.day] + 0 * observable.ledger.spent
            return spend, spend.sum(-1), None

        _, days = rollout(problem, market, start, noise, act)
        values = np.abs(sum(day.value.sum(-1) for day in days))
        return torch.as_tensor(np.maximum(values, _SMALLEST * values.mean()))


class RecordingPolicy:
    """Acts by an actor with gradients, and records what it requested."""

    def __init__(self, actor: AnyActor, problem: Problem, env: EnvSettings) -> None:
        self.actor, self.problem, self.env = actor, problem, env
        self.excess: torch.Tensor = torch.tensor(0.0)  # squares beyond [-1, 1], summed over days
        self._requests: list[tuple[torch.Tensor, torch.Tensor]] = []

    def act(self, observable: Observable, memory: Any) -> tuple[torch.Tensor, torch.Tensor, Any]:
        """Return the requested dollars per campaign, in total, and the recurrent state."""
        mean, memory = self.actor(observe(self.problem, observable).float(), memory)
        self.excess = self.excess + ((mean.abs() - 1).clip(0.0) ** 2).mean()
        action = mean.clip(-1.0, 1.0).double()
        spend, total = requested_spend(self.problem, observable, action, self.env.action)
        self._requests.append((spend, total))
        return spend, total, memory

    def projection_distance(self, days: list[DayResult]) -> torch.Tensor:
        """Return the mean distance between the requested and the projected spend."""
        distances = [
            distance(*request, day.planned)
            for request, day in zip(self._requests, days, strict=True)
        ]
        return torch.stack(distances).mean()
