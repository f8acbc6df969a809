"""The analytic policy gradient: a network trained by backpropagation through whole flights.

Market, projection, observation and belief are differentiable; count noise enters as
``sample - mean`` without gradient, so that the gradient still flows through what a spend
teaches. It gives the network that PPO continues from.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field
from stable_baselines3.common.policies import ActorCriticPolicy

from ..data.config import Settings
from ..envs.actions import ActionSettings, wanted
from ..envs.flight import Problem, View, fly, start
from ..envs.market import Market, MarketState, Noise, select
from ..envs.noise import draw_noises, generator
from ..envs.observation import observe
from ..envs.optimum import tensors

_STREAM = 1_000_000_007  # keeps these episodes apart from those of the environments
_OUTSIDE = 0.1  # weight of what lies outside [-1, 1], where clipping has no gradient
_LONGEST = 1.0  # gradient norm above which a step is shortened


class WarmStart(Settings):
    """How long to train by backpropagation; see ``conf/agent/ppo.yaml``."""

    iterations: Annotated[int, Field(ge=0)]
    flights: Annotated[int, Field(ge=1)]
    rate: Annotated[float, Field(gt=0)]


def train_apg(
    policy: ActorCriticPolicy,
    problem: Problem,
    markets: tuple[Market, MarketState],
    action: ActionSettings,
    settings: WarmStart,
    seed: int,
    watch: Callable[[int], None] = lambda _: None,
) -> None:
    """Train the actor of a network in place.

    Args:
        policy: a Stable-Baselines3 network for this problem's observation and action.
        problem: what is planned.
        markets: that flights are drawn from.
        action: scales of the actions.
        settings: iterations, flights an iteration, and the step of Adam (annealed).
        seed: of markets and noise.
        watch: called with the number of iterations done.
    """
    known = tensors(problem)
    scale = _static_value(known)
    climb = torch.optim.Adam(policy.parameters(), lr=settings.rate)
    ease = torch.optim.lr_scheduler.CosineAnnealingLR(climb, max(settings.iterations, 1))
    episodes = _episodes(problem, markets, settings.flights, seed)
    for i in range(settings.iterations):
        market, state, noise = next(episodes)
        pilot = _Pilot(policy, known, action)
        begin = start(known, state, (settings.flights,))
        _, days = fly(known, market, begin, noise, pilot.act)
        value = torch.stack([day.value.sum(-1) for day in days]).sum(0).mean()
        climb.zero_grad()
        (_OUTSIDE * pilot.outside - value / scale).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(policy.parameters(), _LONGEST)
        climb.step()
        ease.step()
        watch(i + 1)


class _Pilot:
    """Acts by the network, keeping the gradient, and sums up how far it reached outside."""

    def __init__(self, policy: ActorCriticPolicy, problem: Problem, action: ActionSettings) -> None:
        self.policy, self.problem, self.action = policy, problem, action
        self.outside: torch.Tensor = torch.tensor(0.0)

    def act(self, view: View, memory: Any) -> tuple[torch.Tensor, torch.Tensor, None]:
        """Return the wanted dollars."""
        seen = observe(self.problem, view).float()
        mean: torch.Tensor = self.policy.get_distribution(seen).distribution.mean  # type: ignore[union-attr]
        self.outside = self.outside + ((mean.abs() - 1).clip(0.0) ** 2).mean()
        inside = mean.clip(-1.0, 1.0).double()
        target, total = wanted(self.problem, view, inside, self.action)
        return target, total, None


def _episodes(
    problem: Problem, markets: tuple[Market, MarketState], flights: int, seed: int
) -> Iterator[tuple[Market, MarketState, Noise]]:
    """Yield batches of markets with their noise, without end."""
    rng = generator(seed, _STREAM)
    while True:
        picked = rng.integers(len(markets[0].elasticity), size=flights)
        market, state = select(markets[0], picked), select(markets[1], picked)
        noise = draw_noises(market, problem.days, [rng] * flights)
        yield tensors(market), tensors(state), tensors(noise)


def _static_value(problem: Problem) -> float:
    """Return what the static plan is worth in the mean market."""
    begin = start(problem, problem.state, (1,))

    def follow(view: View, memory: Any) -> tuple[Any, Any, None]:
        today = problem.base[view.ledger.day]
        return today[None], today.sum()[None], None

    with torch.no_grad():
        _, days = fly(problem, problem.market, begin, None, follow)
    return max(float(np.abs(sum(float(day.value.sum()) for day in days))), 1e-9)
