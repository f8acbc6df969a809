"""Random advertisers as worlds to train in and as sets to validate on."""

from pathlib import Path
from typing import NamedTuple

from ...data.cache import Entry
from ...data.types import Floats
from ...envs.environment import MarketPool, WidthName, wider
from ...envs.flight import Problem
from ...envs.suite import (
    Task,
    advertiser_digest,
    advertiser_task,
    problem_for,
    sample_markets,
    source_of,
)
from ..networks import CampaignInputs
from ..policies import Follow
from ..policy import PlanPolicy
from ..rollout import EvaluationSet, rollout_policy
from ..training import TrainingWorld

_VERSION = 1  # version of cached static plans; raise it when the planner changes
VALIDATION_SEEDS = 1_000_000  # first seed of the advertisers that networks are selected on
TEST_SEEDS = 2_000_000  # first seed of the advertisers that nothing is selected on


class AdvertiserWorld(NamedTuple):
    """One random advertiser to train in, by the width of its markets."""

    posterior: TrainingWorld
    mild: TrainingWorld
    inputs: CampaignInputs
    campaigns: int


class AdvertiserSet(NamedTuple):
    """Held-out markets of one random advertiser, and what simple policies reach there."""

    problem: Problem
    evaluation_set: EvaluationSet
    static: Floats  # (markets,) value of the static plan
    follow: Floats  # (markets,) value of the belief's allocation


def advertiser_problem(seed: int, cache: Path) -> tuple[Task, Problem]:
    """Return a random advertiser with its problem; the static plan is cached.

    Args:
        seed: seed of the advertiser.
        cache: folder of the cached plans.
    """
    task = advertiser_task(seed)
    key = f"advertiser-{seed}-{advertiser_digest(seed)}"
    entry = Entry(cache / "advertisers" / f"{key}.npz", key, _VERSION)
    arrays = entry.arrays({"plan": (task.size.days, len(task.size.campaigns))})
    if arrays is None:
        problem = problem_for(task)
        entry.write_arrays({"plan": problem.static_plan})
        return task, problem
    return task, problem_for(task, static_plan=arrays["plan"])


def training_world(seed: int, markets: int, risk: float, cache: Path) -> AdvertiserWorld:
    """Return a random advertiser to train in.

    Args:
        seed: seed of the advertiser, below ``VALIDATION_SEEDS``.
        markets: training markets that its flights draw from.
        risk: share of the worst flights whose mean is maximised.
        cache: folder of the cached static plans.
    """
    task, problem = advertiser_problem(seed, cache)
    pool = MarketPool(*sample_markets(task, range(markets)), task.settings.shocks)
    posterior, mild = (
        TrainingWorld(problem, wider(pool, width), risk) for width in ("posterior", "mild")
    )
    return AdvertiserWorld(posterior, mild, CampaignInputs(problem), len(task.size.campaigns))


def held_out_set(
    seed: int, markets: int, cache: Path, split: str = "validation", width: WidthName = "posterior"
) -> AdvertiserSet:
    """Return a random advertiser's held-out markets with their noise.

    Args:
        seed: seed of the advertiser.
        markets: number of markets.
        cache: folder of the cached static plans.
        split: ``validation`` or ``test``.
        width: width of the markets.
    """
    task, problem = advertiser_problem(seed, cache)
    source = wider(source_of(task, split), width)
    draw = source.draw(0, range(markets), problem.days)
    held_out = EvaluationSet(draw.market, draw.state, draw.noise)
    static = rollout_policy(problem, PlanPolicy("static", problem.static_plan), held_out)
    follow = rollout_policy(problem, Follow(problem), held_out)
    return AdvertiserSet(problem, held_out, static.total, follow.total)
