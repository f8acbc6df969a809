import io
import itertools
import json
import sys
from dataclasses import replace
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stable_baselines3.common.env_checker import check_env as check_for_sb3

from mediagym.data import storage
from mediagym.data.errors import ConfigError, MediaGymError
from mediagym.data.storage import CONF
from mediagym.envs.arrays import select
from mediagym.envs.constraints import violations
from mediagym.envs.environment import BudgetEnv, MarketPool
from mediagym.envs.market import Noise
from mediagym.envs.planning import clairvoyant_values, plan_objective, project_daily_plan
from mediagym.envs.suite import (
    every_task,
    held_out_markets,
    make_env,
    make_vector_env,
    posterior_of,
    problem_for,
    reference_of,
    sample_markets,
    task_of,
)
from mediagym.envs.suite.names import task_names
from mediagym.envs.suite.reference import reference_path
from mediagym.envs.suite.splits import SPLITS, fingerprint


class NamedCampaign(NamedTuple):
    """The fields of a campaign that constraints need."""

    name: str
    channel: str


KEYS = [key for key, _ in every_task()]
SMALL = [f"{name}-S" for name in task_names()]


def run(env, actions):
    """The last observation and the rewards of all steps."""
    rewards = []
    for action in actions:
        observation, reward, *_ = env.step(action)
        rewards.append(reward)
    return observation, np.stack(rewards)


def actions_for(env, seed, days):
    return np.random.default_rng(seed).uniform(-1, 1, (days, *env.action_space.shape))


@pytest.mark.parametrize("key", KEYS)
def test_every_task_is_registered_and_ships_its_reference(key):
    assert task_of(key).id in gym.registry
    reference = reference_of(key)
    for split in ("validation", "test"):
        assert reference.daily[split].shape == (200,)
        if not task_of(key).settings.constraints:  # a constant plan keeps no ramp
            assert (reference.daily[split] >= reference.constant[split] * (1 - 1e-6)).all()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("split", ["validation", "test"])
def test_the_markets_are_those_whose_hash_was_published(key, split):
    assert fingerprint(task_of(key), split) == reference_of(key).sha256[split]


def test_splits_are_disjoint_and_a_seed_is_the_same_market_in_any_batch():
    ranges = sorted((split.first, split.first + split.size) for split in SPLITS.values())
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(ranges))
    task = task_of("Full-S")
    many, _ = sample_markets(task, range(5, 9))
    alone, _ = sample_markets(task, [7])
    for ours, theirs in zip(many, alone, strict=True):
        assert (ours is None and theirs is None) or np.array_equal(ours[2], theirs[0])


@pytest.mark.parametrize("key", SMALL)
def test_the_checkers_of_gymnasium_and_sb3_pass(key):
    env = gym.make(task_of(key).id, render_mode="rgb_array").unwrapped
    check_env(env)
    check_for_sb3(env)


@pytest.mark.parametrize("key", ["Full-S", "Shock-M", "Funnel-L"])
def test_single_flights_are_bitwise_those_of_the_batch(key):
    batch = make_vector_env(3, key)
    actions = actions_for(batch, 0, 30)
    batch.reset(seed=5)
    rewards = run(batch, actions)[1]
    assert batch.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    single = make_env(key)
    for i in range(3):
        single.reset(seed=5 if i == 0 else None)
        steps = [single.step(action[i])[1:3] for action in actions]
        assert np.array_equal([reward for reward, _ in steps], rewards[:, i])
        assert [terminated for _, terminated in steps] == [False] * 29 + [True]


def test_held_out_markets_come_in_a_fixed_order_whatever_the_seed():
    env = make_vector_env(2, "Seasonal-S", split="test")
    _, state, _ = held_out_markets(task_of("Seasonal-S"), "test")
    for seed in (0, 9):
        env.reset(seed=seed)
        assert np.array_equal(env.batch.flight.hidden_state.level, state.level[:2])


def test_a_flight_resumes_bitwise_from_plain_arrays():
    env, other = make_vector_env(4, "Full-S"), make_vector_env(4, "Full-S")
    actions = actions_for(env, 1, 45)
    env.reset(seed=2)
    run(env, actions[:11])
    file = io.BytesIO()
    np.savez(file, **env.get_state())
    file.seek(0)
    other.set_state(dict(np.load(file, allow_pickle=False)))
    for ours, theirs in zip(run(env, actions[11:]), run(other, actions[11:]), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_state_that_lacks_an_array_or_a_flight_is_refused():
    env = make_vector_env(2, "Uncertain-S")
    with pytest.raises(MediaGymError, match="reset"):
        env.get_state()
    env.reset(seed=0)
    state = env.get_state()
    del state["flight.hidden_state.stock"]
    with pytest.raises(MediaGymError, match=r"flight\.hidden_state\.stock"):
        env.set_state(state)
    with pytest.raises(MediaGymError, match="2 flights"):
        make_vector_env(3, "Uncertain-S").set_state(env.get_state())


@pytest.mark.parametrize("key", ["Uncertain-M", "SCurve-S", "Full-S", "Shock-S"])
def test_random_feasible_moves_do_not_improve_the_clairvoyant(key):
    """Starting at the clairvoyant's plans, whose values are those that ship."""
    task, first = task_of(key), slice(0, 8)
    problem = problem_for(task)
    market, state, noise = held_out_markets(task, "test")
    market, state = select(market, first), select(state, first)
    path = Noise(*(f if f is None else f[:, first] for f in noise)).without_count_noise()
    values = clairvoyant_values(problem, market, state, path)
    np.testing.assert_allclose(values.daily, reference_of(key).daily["test"][first], rtol=2e-3)
    caps = None if path.outage is None else np.where(np.moveaxis(path.outage, 0, 1) > 0, 1e9, 0)
    projection = project_daily_plan(problem.constraints, caps)
    objective = plan_objective(problem, market, state, path._replace(outage=None, delivery=None))
    plan, rng = np.moveaxis(values.plan, 1, 0), np.random.default_rng(0)
    for scale in (0.3, 0.1, 0.03, 0.01) * 15:
        tilted = plan * np.exp(scale * rng.standard_normal(plan.shape))
        shifted = plan + scale * plan.mean() * rng.standard_normal(plan.shape)
        for moved in (tilted, shifted):
            assert (objective(projection(moved))[0] <= values.daily * 1.001).all()


@pytest.mark.parametrize("key", ["Nothing-M", "Full-X", "Full"])
def test_an_unknown_task_is_refused(key):
    with pytest.raises(ConfigError, match="is not known; allowed"):
        task_of(key)


def test_an_unknown_split_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="train, validation, test"):
        make_env("Uncertain-S", split="held")


def test_an_impossible_market_is_refused_by_parameter_and_campaign():
    env = make_vector_env(1, "Uncertain-S")
    pool = env.batch.source
    for name, value in (("carryover", 1.0), ("elasticity", 1.2), ("reference_spend", np.nan)):
        broken = pool.market._replace(**{name: np.full_like(pool.market.elasticity, value)})
        with pytest.raises(MediaGymError, match=f"{name} of google/Search Network"):
            type(env)(env.batch.problem, (broken, pool.state), env.batch.settings, 1)


def test_a_new_yaml_is_a_new_task(tmp_path, monkeypatch):
    """It may change any key of the default; nothing else is needed."""
    for group in ("suite", "size", "priors"):
        folder = CONF / group
        (tmp_path / group).mkdir()
        for path in folder.glob("*.yaml"):
            (tmp_path / group / path.name).write_text(path.read_text())
    (tmp_path / "suite" / "Mine.yaml").write_text("summary: mine\ndrift_sd: 0.1\n")
    for module in (storage, sys.modules[task_names.__module__]):
        monkeypatch.setattr(module, "CONF", tmp_path)
    task = task_of("Mine-S")
    assert (posterior_of(task).market.drift_sd == 0.1).all()
    (tmp_path / "suite" / "Wrong.yaml").write_text("summary: wrong\ndrift: 0.1\n")
    with pytest.raises(ConfigError, match="drift"):
        task_of("Wrong-S")


ENVS = {key: make_env(key) for key in ("Uncertain-S", "Full-S", "Shock-S", "Carryover-S")}


@settings(max_examples=1000, deadline=None)
@example("Shock-S", 945, 0.0)  # floors that outages left owed, and a change limit
@example("Carryover-S", 60909, 0.0)  # the belief gives a whole channel nothing
@given(
    st.sampled_from(sorted(ENVS)),
    st.integers(0, 2**31),
    st.sampled_from([0.0, 0.3, 1.0, 30.0]),
)
def test_any_flight_under_any_constraints_is_feasible_finite_and_exact(
    feasible_set, key, seed, scale
):
    """Random floors, caps, pacing and plans; in some markets not all spend is delivered."""
    rng, batch = np.random.default_rng(seed), ENVS[key].batch
    names = batch.problem.constraints.names
    constraints = feasible_set(rng, [NamedCampaign(name, name.split("/")[0]) for name in names])
    plan = constraints.total * rng.dirichlet(np.full(len(names), 0.5), constraints.days)
    problem = replace(batch.problem, constraints=constraints, static_plan=plan / constraints.days)
    pool = MarketPool(*(select(part, slice(64)) for part in batch.source[:2]), batch.source.shocks)
    env = BudgetEnv(problem, pool, batch.settings)
    observation, _info = env.reset(seed=seed)
    days = []
    for _day in range(constraints.days):
        assert env.observation_space.contains(observation)
        observation, reward, *_ = env.step(scale * rng.standard_normal(env.action_space.shape))
        assert np.isfinite(reward)
        days.append(env.batch.day)
    assert env.observation_space.contains(observation)
    assert all(np.isfinite(field).all() for day in days for field in day.outcome)
    spend, planned = (np.stack([getattr(d, k)[0] for d in days]) for k in ("spend", "planned"))
    tolerance = 1e-9 * constraints.total
    assert (spend >= 0).all()
    assert (spend <= planned).all()
    assert (planned <= constraints.daily_cap_cents / 100 + tolerance).all()
    # an undelivered dollar of the last day cannot be spent on a later one
    requested = np.concatenate([spend[:-1], planned[-1:]])
    if key in ("Uncertain-S", "Carryover-S"):  # all that is planned is delivered
        assert violations(constraints, planned) == []
    assert (requested.sum(0) <= constraints.cap_cents[1] / 100 + tolerance).all()
    assert requested.sum() <= constraints.total + tolerance
    if not constraints.has_daily_caps and constraints.change_limit is None:
        assert (requested.sum(0) >= constraints.floor_cents[1] / 100 - tolerance).all()
        if constraints.spend_all:
            assert requested.sum() == pytest.approx(constraints.total, rel=1e-9)


def test_the_reference_is_plain_json():
    content = json.loads(reference_path(task_of("Full-S")).read_text())
    assert set(content) == {"task", "sha256", "base", "daily", "steady"}
