"""The analytic policy gradient: a network trained by backpropagation through whole flights.

Market, projection, observation and belief are differentiable; count noise enters as
``sample - mean`` without gradient, so that the gradient still flows through what a spend
teaches. A learner of its own, and where others may start from.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field

from ...data.settings import Settings
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
from ...envs.planning import to_tensors
from .actor import Actor

_STREAM = 1_000_000_007  # keeps these flights apart from those of the environments
_OUTSIDE = 0.1  # weight of what lies outside [-1, 1], where clipping has no gradient
_LONGEST = 1.0  # gradient norm above which a step is shortened


class WarmStart(Settings):
    """How long to train by backpropagation; see ``conf/agent/ppo.yaml``."""

    iterations: Annotated[int, Field(ge=0)]
    flights: Annotated[int, Field(ge=1)]
    learning_rate: Annotated[float, Field(gt=0)]


class AnalyticPolicyGradient:
    """Trains an actor in place, an iteration at a time."""

    def __init__(
        self,
        actor: Actor,
        problem: Problem,
        source: MarketSource,
        env: EnvSettings,
        settings: WarmStart,
        seed: int,
    ) -> None:
        """Prepare the first iteration.

        Args:
            actor: for this problem's observation and action.
            problem: what is planned.
            source: where flights come from.
            env: scales of the actions, and what a moved dollar costs.
            settings: iterations, flights an iteration, and the step of Adam (annealed by a cosine).
            seed: of markets and noise.
        """
        self.actor, self.env, self.settings, self.seed = actor, env, settings, seed
        self.source, self.days = source, problem.days
        self.known = to_tensors(problem)
        self.done = 0  # iterations
        self._scale = _static_value(self.known)
        self._optimise_plans = torch.optim.Adam(actor.parameters(), lr=settings.learning_rate)

    @property
    def steps(self) -> int:
        """Days flown so far."""
        return self.done * self.settings.flights * self.days

    def step(self) -> None:
        """Fly a batch of new flights and take one step uphill."""
        share = self.done / max(self.settings.iterations, 1)
        for group in self._optimise_plans.param_groups:
            group["lr"] = self.settings.learning_rate * (1 + np.cos(np.pi * share)) / 2
        self._optimise_plans.zero_grad()
        self._loss().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.actor.parameters(), _LONGEST)
        self._optimise_plans.step()
        self.done += 1

    def _loss(self) -> torch.Tensor:
        flights, first = self.settings.flights, self.done * self.settings.flights
        episodes = range(first, first + flights)
        market, state, noise = self.source.draw(self.seed + _STREAM, episodes, self.days)
        pilot = RecordingPolicy(self.actor, self.known, self.env)
        begin = initial_state(self.known, to_tensors(state), (flights,))
        _, days = rollout(self.known, to_tensors(market), begin, to_tensors(noise), pilot.act)
        value = torch.stack([day.value.sum(-1) for day in days]).sum(0).mean()
        loss = _OUTSIDE * pilot.outside - value / self._scale
        if self.env.distance_penalty:
            loss = loss + self.env.distance_penalty * pilot.moved(days)
        return loss

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` continues from, the actor's weights aside."""
        return {"done": self.done, "optimizer": self._optimise_plans.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what ``state`` returned."""
        self.done = state["done"]
        self._optimise_plans.load_state_dict(state["optimizer"])


class RecordingPolicy:
    """Acts by an actor, keeping the gradient, and keeps what it reached for."""

    def __init__(self, actor: Actor, problem: Problem, env: EnvSettings) -> None:
        self.actor, self.problem, self.env = actor, problem, env
        self.outside: torch.Tensor = torch.tensor(0.0)  # squares beyond [-1, 1], summed over days
        self._wishes: list[tuple[torch.Tensor, torch.Tensor]] = []

    def act(self, view: Observable, memory: Any) -> tuple[torch.Tensor, torch.Tensor, Any]:
        """Return the wanted dollars."""
        mean, memory = self.actor(observe(self.problem, view).float(), memory)
        self.outside = self.outside + ((mean.abs() - 1).clip(0.0) ** 2).mean()
        action = mean.clip(-1.0, 1.0).double()
        target, total = requested_spend(self.problem, view, action, self.env.action)
        self._wishes.append((target, total))
        return target, total, memory

    def moved(self, days: list[DayResult]) -> torch.Tensor:
        """Return the mean distance between what was wanted and what was allowed."""
        moved = [distance(*wish, day.planned) for wish, day in zip(self._wishes, days, strict=True)]
        return torch.stack(moved).mean()


def _static_value(problem: Problem) -> float:
    """Return what the static plan is worth in the mean market."""
    begin = initial_state(problem, problem.state, (1,))

    def follow(view: Observable, memory: Any) -> tuple[Any, Any, None]:
        today = problem.static_plan[view.ledger.day]
        return today[None], today.sum()[None], None

    with torch.no_grad():
        _, days = rollout(problem, problem.market, begin, None, follow)
    return max(float(np.abs(sum(float(day.value.sum()) for day in days))), 1e-9)
