"""Training, validation and test markets of a task, in disjoint ranges of seeds."""

from typing import NamedTuple

import numpy as np

from ...data.errors import ConfigError
from ..arrays import gather
from ..environment import EpisodeDraw, MarketPool
from ..market import Market, MarketState, Noise, Stream, draw_noises, generator
from .generator import path_generator, sample_markets, sha256_of
from .misspecified import with_other_curves, with_regime_changes
from .task import Task

HELD_OUT_MARKETS = 200  # size of the validation split and of the test split
HELD_OUT_SPLITS = ("validation", "test")
_TRAINING_POOL = 4096  # training markets that an environment draws its flights from


class Split(NamedTuple):
    """A range of market seeds."""

    first: int
    size: int

    def seeds(self, count: int | None = None) -> range:
        """Return the first ``count`` seeds of the split; None: all of them."""
        if count is not None and count > self.size:
            raise ConfigError(
                f"markets: {count} was given; the split has {self.size}. Lower the number."
            )
        return range(self.first, self.first + (self.size if count is None else count))


SPLITS = {
    "train": Split(0, 1_000_000),
    "validation": Split(1_000_000, HELD_OUT_MARKETS),
    "test": Split(2_000_000, HELD_OUT_MARKETS),
}


def split_of(name: str) -> Split:
    """Return a split by its name.

    Raises:
        ConfigError: if there is no such split; the message lists the splits.
    """
    if name not in SPLITS:
        raise ConfigError(f"split: {name!r} is not known; allowed: {', '.join(SPLITS)}.")
    return SPLITS[name]


def fingerprint(task: Task, split: str) -> str:
    """Return the SHA-256 of a held-out split's parameters, in single precision."""
    held_out = HeldOut(task, split)
    return sha256_of(held_out.market, held_out.state)


class HeldOut:
    """The markets of a held-out split, one per episode, in a fixed order.

    Markets and demand paths follow from the split's seeds alone; the reset's seed only changes the
    count noise. They are of another kind than those of training where the task says so.
    """

    def __init__(self, task: Task, split: str) -> None:
        self.task, self.seeds = task, split_of(split).seeds(HELD_OUT_MARKETS)
        self.market, self.state = sample_markets(task, self.seeds)
        if task.settings.held_out is not None:
            self.market = with_other_curves(self.market, self.seeds, task.settings.held_out)

    def draw(self, seed: int, episodes: range, days: int) -> EpisodeDraw:
        """Return one flight per episode; see ``MarketPool.draw``."""
        index = np.array(episodes) % len(self.seeds)
        market, state = gather(self.market, index), gather(self.state, index)
        paths = (path_generator(self.seeds[i]) for i in index)
        counts = (generator(Stream.COUNTS, seed, i) for i in episodes)
        settings = self.task.settings
        noise = draw_noises(market, days, paths, counts, settings.shocks)
        if settings.held_out is not None:
            seeds = [self.seeds[i] for i in index]
            noise = with_regime_changes(noise, seeds, settings.held_out)
        return EpisodeDraw(market, state, noise)


def source_of(task: Task, split: str) -> MarketPool | HeldOut:
    """Return the source of a split's flights."""
    if split != "train":
        return HeldOut(task, split)
    market, state = sample_markets(task, split_of(split).seeds(_TRAINING_POOL))
    return MarketPool(market, state, task.settings.shocks)


def held_out_markets(
    task: Task, split: str, count: int | None = None
) -> tuple[Market, MarketState, Noise]:
    """Return a held-out split's markets, states and noise, (days, markets, campaigns).

    Args:
        task: task whose markets are returned.
        split: ``validation`` or ``test``.
        count: number of markets, taken from the first on; None, or more than 200: all 200.
    """
    episodes = range(min(count or HELD_OUT_MARKETS, HELD_OUT_MARKETS))
    draw = HeldOut(task, split).draw(0, episodes, task.size.days)
    return draw.market, draw.state, draw.noise
