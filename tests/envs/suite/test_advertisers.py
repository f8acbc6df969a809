from functools import cache

import numpy as np
import pytest

from mediagym.data.storage import shipped_yaml
from mediagym.envs.market import require_possible
from mediagym.envs.suite import (
    Task,
    advertiser_digest,
    advertiser_task,
    effects_of,
    held_out_markets,
    problem_for,
)

RANGES = shipped_yaml("advertisers")
SEEDS = range(40)
HASHES = {0: "6dd3a04747930a4f", 1: "1c4d26294298eb65", 2_000_000: "dc9d901f9010cc89"}


@cache
def advertiser(seed: int) -> Task:
    return advertiser_task(seed)


@pytest.mark.parametrize("seed", sorted(HASHES))
def test_a_seed_is_the_advertiser_that_was_published(seed):
    assert advertiser_digest(seed) == HASHES[seed]
    assert advertiser_task(seed) == advertiser_task(seed)


def test_seeds_are_different_advertisers():
    assert len({advertiser_digest(seed) for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_sizes_are_within_their_ranges(seed):
    size = advertiser(seed).size
    campaigns = list(size.campaigns.values())
    channels = {campaign.channel for campaign in size.ordered()}
    assert RANGES["campaigns"][0] <= len(campaigns) <= RANGES["campaigns"][1]
    assert RANGES["channels"][0] <= len(channels) <= min(RANGES["channels"][1], len(campaigns))
    assert RANGES["days"][0] <= size.days <= RANGES["days"][1]
    assert {campaign.kind for campaign in campaigns} <= set(RANGES["kinds"])
    spend = sum(campaign.spend for campaign in campaigns)
    low, high = RANGES["budget"]
    assert size.total >= 100
    assert low - 1e-3 <= size.total / (spend * size.days) <= high + 1e-3 or size.total == 100
    conversions = sum(campaign.spend / campaign.cpc * campaign.cvr for campaign in campaigns)
    low, high = RANGES["conversions"]
    assert low * 0.999 <= conversions <= high * 1.001
    assert all(0 < campaign.cvr <= 0.5 + 1e-9 for campaign in campaigns)


@pytest.mark.parametrize("seed", SEEDS)
def test_effects_are_within_their_ranges(seed):
    settings = advertiser(seed).settings
    low, high = RANGES["conversions_sd"]
    assert low <= settings.conversions_sd <= high
    low, high = RANGES["dispersion"]
    assert low <= settings.dispersion.median <= high
    inside = {
        "level": settings.level, "competition": settings.competition, "fatigue": settings.fatigue,
        "halo": settings.halo, "lag": settings.lag,
    }  # fmt: skip
    for name, values in inside.items():
        if values is None:
            continue
        for key, interval in RANGES[name].items():
            if isinstance(interval, list) and hasattr(values, key):
                given = np.atleast_1d(getattr(values, key))
                assert ((given >= interval[0]) & (given <= interval[1])).all(), (name, key)
    if settings.shocks is not None:
        usual = shipped_yaml("suite/Shock")["shocks"]
        low, high = RANGES["shocks"]["strength"]
        assert low <= settings.shocks.regime / usual["regime"] <= high


def test_every_effect_is_on_for_some_and_off_for_others():
    on = [effects_of(advertiser(seed)) for seed in SEEDS]
    for effect in ("weekday", "level", "drift", "annual", "slope", "carryover", "lag", "claims",
                   "fatigue", "halo", "competition", "delivery", "shocks", "steady"):  # fmt: skip
        share = np.mean([effect in effects for effects in on])
        assert 0 < share < 1, effect
        stated = RANGES[effect]["share"] if effect != "steady" else RANGES[effect]
        assert share == pytest.approx(stated, abs=0.25), effect


@pytest.mark.parametrize("seed", SEEDS)
def test_every_problem_is_feasible_and_every_market_possible(seed):
    task = advertiser(seed)
    days, campaigns = task.size.days, len(task.size.campaigns)
    even = np.full((days, campaigns), task.size.total / days / campaigns)
    problem = problem_for(task, static_plan=even)
    assert problem.constraints.total == task.size.total
    assert problem.constraints.days == days
    assert np.isfinite(problem.static_plan).all()
    market, _, noise = held_out_markets(task, "test", 2)
    require_possible(market, list(task.size.campaigns))
    assert noise.level.shape == (days, 2, campaigns)
