"""`pretrain`: backpropagation through flights of random advertisers, several per gradient step.

Each iteration draws a few advertisers, flies a batch of episodes with each, and takes one step of
Adam along the mean gradient. The learning rate warms up linearly and falls along a cosine. The best
network by the mean gain over ``follow`` on held-out advertisers is kept.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...data.errors import ConfigError
from ...data.storage import digest, write_json
from ...envs.environment import EnvSettings
from ...envs.market import Stream, generator
from ..networks import CampaignActor, LearnedPolicy, Network, Training, save_network
from ..rollout import rollout_policy
from ..training import read_state, set_step, write_state
from .advertisers import VALIDATION_SEEDS, AdvertiserSet, held_out_set, training_world
from .report import write_curve
from .settings import PretrainCommand, PretrainSettings

_MAX_GRADIENT_NORM = 0.05  # of one advertiser's gradient, a few times the usual one
NAME = "universal"  # of the policy


@dataclass
class Pretraining:
    """A pretraining in progress; its state can be saved between iterations."""

    settings: PretrainSettings
    env: EnvSettings
    seed: int
    actor: CampaignActor
    cache: Path
    iterations: int = 0  # completed
    steps: int = 0  # environment days simulated
    seconds: float = 0.0  # CPU-seconds so far
    left_out: int = 0  # gradients that were not finite
    score: float = -np.inf  # of the best network, percent over `follow`
    best: dict[str, Any] = field(default_factory=dict)  # its weights
    best_at: tuple[int, int] = (0, 0)  # iterations and steps that they have gone through
    curve: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Prepare the optimiser."""
        self._optimizer = torch.optim.Adam(self.actor.parameters(), lr=self.settings.learning_rate)
        self._worlds: dict[int, Any] = {}

    def step(self) -> None:
        """Fly the iteration's advertisers and take one gradient step."""
        began = time.process_time()
        settings = self.settings
        rng = generator(Stream.PRETRAINING, self.seed, self.iterations)
        seeds = rng.choice(
            settings.advertisers, min(settings.worlds, settings.advertisers), replace=False
        )
        mild = rng.random(len(seeds)) < settings.mild
        self._anneal()
        weights = list(self.actor.parameters())
        sums = [torch.zeros_like(weight) for weight in weights]
        for seed, is_mild in zip(map(int, seeds), mild, strict=True):
            world = self._world(seed)
            flights = int(np.clip(settings.rows // world.campaigns, *settings.flights))
            first = self.iterations * settings.flights[1]
            loss = (world.mild if is_mild else world.posterior).loss(
                self.actor.bound_to(world.inputs),
                self.seed + Stream.ANALYTIC_GRADIENT,
                range(first, first + flights),
                self.env,
            )
            self._add(torch.autograd.grad(loss, weights), sums, len(seeds))
            self.steps += flights * world.inputs.days
        for weight, gradient in zip(weights, sums, strict=True):
            weight.grad = gradient
        self._optimizer.step()
        self.iterations += 1
        self.seconds += time.process_time() - began

    def check(self, sets: list[AdvertiserSet]) -> float:
        """Score the network on held-out advertisers; keep it if it is the best so far.

        Returns:
            The mean gain over ``follow``, percent.
        """
        gains = [gain_over_follow(self.network(), held_out) for held_out in sets]
        score = float(np.mean(gains))
        if score > self.score:
            self.score = score
            self.best = {k: v.clone() for k, v in self.actor.state_dict().items()}
            self.best_at = self.iterations, self.steps
        self.curve.append(
            {
                "iterations": self.iterations,
                "steps": self.steps,
                "cpu_seconds": round(self.seconds, 1),
                "gain_over_follow": round(score, 4),
                "left_out": self.left_out,
            }
        )
        return score

    def network(self) -> Network:
        """Return the network as it is."""
        return self._network(self.iterations, self.steps)

    def best_network(self) -> Network:
        """Return the best network so far, the present one if none was better than nothing."""
        if not self.best:
            return self.network()
        self.actor.load_state_dict(self.best)
        return self._network(*self.best_at)

    def _network(self, iterations: int, steps: int) -> Network:
        origin = (
            f"backpropagation, {iterations:,} iterations on "
            f"{self.settings.advertisers} random advertisers"
        )
        record = Training(
            task=None,
            campaigns=[],
            objective="conversions",
            seed=self.seed,
            threads=torch.get_num_threads(),
            steps=steps,
            width="mild" if self.settings.mild else "posterior",
            risk=self.settings.risk,
        )
        return Network(self.actor, self.env.action, record, NAME, origin)

    def state(self) -> dict[str, Any]:
        """Return what ``restore`` continues from."""
        return {
            "run": self._run(),
            "iterations": self.iterations,
            "steps": self.steps,
            "seconds": self.seconds,
            "left_out": self.left_out,
            "score": self.score,
            "curve": self.curve,
            "actor": dict(self.actor.state_dict()),
            "best": self.best,
            "best_at": self.best_at,
            "optimizer": self._optimizer.state_dict(),
        }

    def restore(self, state: Mapping[str, Any], path: Path) -> None:
        """Continue from the result of ``state``.

        Raises:
            ConfigError: if it is another run's.
        """
        if state["run"] != self._run():
            raise ConfigError(
                f"{path}: it belongs to a pretraining with other settings. Give the settings of "
                "that run, or another folder with output=DIR."
            )
        self.iterations, self.steps = state["iterations"], state["steps"]
        self.left_out = state["left_out"]
        self.seconds, self.score = state["seconds"], state["score"]
        self.curve, self.best = list(state["curve"]), dict(state["best"])
        self.best_at = state["best_at"]
        self.actor.load_state_dict(state["actor"])
        self._optimizer.load_state_dict(state["optimizer"])

    def _add(self, gradient: Sequence[torch.Tensor], sums: list[torch.Tensor], worlds: int) -> None:
        """Add an advertiser's gradient, clipped: one whose curve is steep at 0 may be huge there.

        A gradient that is not finite is left out, and counted.
        """
        norm = float(torch.stack([part.norm() for part in gradient]).norm())
        if not np.isfinite(norm):
            self.left_out += 1
            return
        scale = min(_MAX_GRADIENT_NORM / max(norm, 1e-12), 1.0) / worlds
        for total, part in zip(sums, gradient, strict=True):
            total += scale * part

    def _run(self) -> str:
        """Return a hash of the settings that decide the run."""
        settings = self.settings.model_dump(mode="json", exclude={"checkpoint"})
        return digest(settings, self.env.model_dump(mode="json"), self.seed)

    def _world(self, seed: int) -> Any:
        if seed not in self._worlds:
            self._worlds[seed] = training_world(
                seed, self.settings.markets, self.settings.risk, self.cache
            )
        return self._worlds[seed]

    def _anneal(self) -> None:
        settings, share = self.settings, self.iterations / self.settings.iterations
        rate = settings.learning_rate
        if share < settings.warm_up:
            rate *= (share + 1 / settings.iterations) / settings.warm_up
        set_step(self._optimizer, rate, share)


def gain_over_follow(network: Network, held_out: AdvertiserSet) -> float:
    """Return a network's mean gain over ``follow`` in an advertiser's markets, percent."""
    policy = LearnedPolicy(NAME, network, held_out.problem)
    total = rollout_policy(held_out.problem, policy, held_out.evaluation_set).total
    return float(100 * ((total - held_out.follow) / np.abs(held_out.static)).mean())


def pretrain(options: PretrainCommand, advance: Callable[[str], None]) -> Path:
    """Train, and write the policy's two files, ``curve.json`` and its picture and table.

    A run that was interrupted goes on from ``checkpoint.safetensors`` in its folder.

    Args:
        options: options of the command.
        advance: called after every iteration with the last score.

    Returns:
        The folder of the policy.
    """
    torch.set_num_threads(options.threads)
    settings, folder = options.pretraining, options.output
    torch.manual_seed(options.seed)
    actor = CampaignActor(settings.width, settings.memory)
    run = Pretraining(settings, options.env, options.seed, actor, options.cache)
    path = folder / "checkpoint.safetensors"
    if path.exists():
        run.restore(read_state(path), path)
        for _ in range(run.iterations):
            advance("resumed")
    sets = [
        held_out_set(VALIDATION_SEEDS + i, settings.validation_markets, options.cache)
        for i in range(settings.validation_advertisers)
    ]
    text, saved = "", time.monotonic()
    while run.iterations < settings.iterations:
        run.step()
        last = run.iterations == settings.iterations
        if run.iterations % settings.check_every == 0 or last:
            text = f"{run.check(sets):+.3f} % over follow"
            write_json(folder / "curve.json", {"curve": run.curve})
            write_curve(run.curve, folder)
        if last or time.monotonic() - saved > settings.checkpoint:
            write_state(path, run.state())
            saved = time.monotonic()
        advance(text)
    save_network(run.best_network(), folder)
    return folder
