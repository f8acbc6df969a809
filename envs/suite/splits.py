"""Training, validation and test markets of a task, in disjoint ranges of seeds."""

from typing import NamedTuple

import numpy as np

from ...data.errors import ConfigError
from ..arrays import gather
from ..environment import EpisodeDraw, MarketPool
from ..market import Market, MarketState, Noise, draw_noises
from .generator import path_generator, sample_markets, sha256_of
from .task import Task

HELD_OUT = 200  # markets of validation and of test


HELD_OUT_SPLITS = ("validation", "test")


_POOL = 4096  # training markets that an environment draws its flights from


_COUNTS = 103  # purpose of a held-out flight's counting noise


class Split(NamedTuple):
    """A range of market seeds."""

    first: int
    size: int

    def seeds(self, count: int | None = None) -> range:
        """Return the first ``count`` seeds of the split, all of them if absent."""
        if count is not None and count > self.size:
            raise ConfigError(f"markets: {count} were asked for; the split has {self.size}.")
        return range(self.first, self.first + (self.size if count is None else count))


SPLITS = {
    "train": Split(0, 1_000_000),
    "validation": Split(1_000_000, HELD_OUT),
    "test": Split(2_000_000, HELD_OUT),
}


def split_of(name: str) -> Split:
    """Return a split by its name; ConfigError with the allowed ones if there is none."""
    if name not in SPLITS:
        raise ConfigError(f"split: {name!r} is not known; allowed: {', '.join(SPLITS)}.")
    return SPLITS[name]


def fingerprint(task: Task, split: str) -> str:
    """Return the SHA-256 of a held-out split's parameters, in single precision."""
    return sha256_of(*sample_markets(task, split_of(split).seeds(HELD_OUT)))


class HeldOut:
    """The markets of a held-out split, one an episode in their order.

    Markets and demand paths are those of the split's seeds, whatever the reset's seed; the seed
    moves only what counting brings.
    """

    def __init__(self, task: Task, split: str) -> None:
        self.task, self.seeds = task, split_of(split).seeds(HELD_OUT)
        self.market, self.state = sample_markets(task, self.seeds)

    def draw(self, seed: int, episodes: range, days: int) -> EpisodeDraw:
        """Return the flights of these episodes; see ``budget.MarketPool.draw``."""
        index = np.array(episodes) % len(self.seeds)
        market, state = gather(self.market, index), gather(self.state, index)
        paths = (path_generator(self.seeds[i]) for i in index)
        counts = (np.random.Generator(np.random.PCG64([_COUNTS, seed, i])) for i in episodes)
        shocks = self.task.settings.shocks
        return EpisodeDraw(market, state, draw_noises(market, days, paths, counts, shocks))


def source_of(task: Task, split: str) -> MarketPool | HeldOut:
    """Return where the flights of a split come from."""
    if split != "train":
        return HeldOut(task, split)
    market, state = sample_markets(task, split_of(split).seeds(_POOL))
    return MarketPool(market, state, task.settings.shocks)


def held_out_markets(
    task: Task, split: str, count: int | None = None
) -> tuple[Market, MarketState, Noise]:
    """Return a held-out split's markets and noise, (days, markets, campaigns).

    Args:
        task: the task.
        split: ``validation`` or ``test``.
        count: only the first so many; all of them if absent or more than there are.
    """
    episodes = range(min(count or HELD_OUT, HELD_OUT))
    draw = HeldOut(task, split).draw(0, episodes, task.size.days)
    return draw.market, draw.state, draw.noise
