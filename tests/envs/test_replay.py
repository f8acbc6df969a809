"""A flight that is run from a tape is, to the last bit, the flight without one."""

import copy
import pickle
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import pytest

from mediagym.envs import replay
from mediagym.envs.budget import BudgetVectorEnv
from mediagym.envs.replay import Replay
from mediagym.envs.tasks import task_names


class Noisy(NamedTuple):
    field: np.ndarray


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(replay, "PATIENCE", 1)


def flown(env, rng, seed=None):
    """A flight under random actions: all that can be seen of it."""
    seen, _ = env.reset(seed=seed)
    found, over = [seen], False
    while not over:
        seen, reward, over, _, info = env.step(rng.uniform(-1, 1, env.action_space.shape))
        found += [seen, reward, info["spend"], info["conversions"]]
    return found


def plain(env):
    """The same environment without tapes."""
    env.batch._replay.broken = True
    return env


def same(ours, theirs):
    return all(map(np.array_equal, ours, theirs))


@pytest.mark.parametrize("key", [f"{name}-{size}" for name in task_names() for size in "SM"])
def test_every_task_flies_the_same_from_tapes(key):
    envs = gym.make(f"mediagym/{key}-v0").unwrapped, gym.make(f"mediagym/{key}-v0").unwrapped
    for flight in range(4):
        rngs = np.random.default_rng(flight), np.random.default_rng(flight)
        assert same(flown(envs[0], rngs[0]), flown(plain(envs[1]), rngs[1])), flight
    assert not envs[0].batch._replay.broken
    assert len(envs[0].batch._replay._days) == envs[0].batch.problem.days


@pytest.mark.parametrize(
    "changes",
    [
        {"reward": "counted", "distance_penalty": 0.1},
        {
            "relative": True,
            "action": {"map": "tree_softmax", "tilt": 1.0, "follow": 1.0, "pace": 1},
        },
    ],
)
def test_every_setting_flies_the_same_from_tapes(changes):
    first = gym.make("mediagym/Full-S-v0").unwrapped
    batch = first.batch
    settings = type(batch.settings)(**{**batch.settings.model_dump(), **changes})
    envs = [type(first)(batch.problem, batch.source, settings) for _ in range(2)]
    for flight in range(3):
        rngs = np.random.default_rng(flight), np.random.default_rng(flight)
        assert same(flown(envs[0], rngs[0]), flown(plain(envs[1]), rngs[1]))
    assert not envs[0].batch._replay.broken


def warm():
    env = gym.make("mediagym/Full-S-v0").unwrapped
    for flight in range(2):
        flown(env, np.random.default_rng(flight))
    return env


def test_a_flight_cut_short_leaves_no_trace():
    env, other = warm(), plain(warm())
    env.reset()
    other.reset()
    for _ in range(7):
        env.step(env.action_space.sample())
    assert same(flown(env, np.random.default_rng(1)), flown(other, np.random.default_rng(1)))


@pytest.mark.parametrize("at", [0, 40, 150, 300])
def test_a_day_that_was_interrupted_can_be_flown_again(at):
    env, other = warm(), plain(warm())
    env.reset(seed=4)
    other.reset(seed=4)
    rng, days = np.random.default_rng(2), env.batch._replay._days
    for day in range(5):
        action = rng.uniform(-1, 1, env.action_space.shape)
        if day in (0, 3):
            before, calls = env.get_state(), days[day].tape.calls

            def stop():
                raise KeyboardInterrupt

            calls.insert(at, stop)
            with pytest.raises(KeyboardInterrupt):
                env.step(action * 0.5)
            calls.remove(stop)
            after = env.get_state()
            assert all(np.array_equal(before[key], after[key]) for key in before)
        ours, theirs = env.step(action), other.step(action)
        assert np.array_equal(ours[0], theirs[0])
        assert ours[1] == theirs[1]


def test_a_state_whose_arrays_change_places_is_not_recorded():
    class Day(NamedTuple):
        state: tuple[np.ndarray, np.ndarray]

    def turn(day, market, today, state, action):
        return Day((state[1] + today[0], state[0])) if day else Day((state[0] + 1, state[1] + 2))

    played = Replay(turn)
    for flight in range(4):
        eve = np.full((1, 2), flight + 0.5), np.arange(2.0)[None]
        noise = (np.arange(6.0).reshape(3, 1, 2),)
        played.begin((), Noisy(*noise), eve, np.zeros((1, 1)))
        due = eve
        for day in range(3):
            due = turn(day, (), (noise[0][day],), due, None).state
            if played.on:
                assert same(played.play(day, np.zeros((1, 1))).state, due)
    assert played.broken


@pytest.mark.parametrize("again", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])  # noqa: S301
def test_a_copy_in_mid_flight_goes_its_own_way(again):
    env, still = warm(), np.zeros(warm().action_space.shape)
    env.reset()
    env.step(still)
    twin = again(env)
    for _ in range(5):
        ours, theirs = env.step(still), twin.step(still)
        assert np.array_equal(ours[0], theirs[0])
        assert ours[1] == theirs[1]


def test_a_state_that_is_set_goes_on_as_it_did():
    env, other, rng = warm(), warm(), np.random.default_rng(8)
    env.reset(seed=5)
    other.reset(seed=6)
    for _ in range(4):
        env.step(rng.uniform(-1, 1, env.action_space.shape))
        other.step(rng.uniform(-1, 1, env.action_space.shape))
    other.set_state(env.get_state())
    for _ in range(6):
        action = rng.uniform(-1, 1, env.action_space.shape)
        ours, theirs = env.step(action), other.step(action)
        assert np.array_equal(ours[0], theirs[0])
        assert ours[1] == theirs[1]


def test_what_was_handed_out_stays_as_it_was():
    env = warm()
    held = flown(env, np.random.default_rng(5), seed=3)
    kept = copy.deepcopy(held)
    flown(env, np.random.default_rng(6))
    assert same(held, kept)


def test_few_flights_are_not_worth_a_recording(monkeypatch):
    monkeypatch.setattr(replay, "PATIENCE", 3)
    env = gym.make("mediagym/Full-S-v0").unwrapped
    days = env.batch.problem.days
    for flight, recorded in enumerate((0, 0, 0, days, days)):
        flown(env, np.random.default_rng(flight))
        assert len(env.batch._replay._days) == recorded


def test_a_batch_of_many_needs_no_tape():
    env = gym.make_vec("mediagym/Full-S-v0", num_envs=3)
    assert isinstance(env, BudgetVectorEnv)
    env.reset(seed=0)
    for _ in range(70):
        env.step(np.zeros(env.action_space.shape, np.float32))
    assert env.batch._replay._days == []


def test_a_tape_that_is_wrong_is_not_believed(monkeypatch):
    """A copy that no tape notices stays at the numbers of the recording; the proof sees it."""
    env, other = gym.make("mediagym/Full-S-v0").unwrapped, gym.make("mediagym/Full-S-v0").unwrapped
    fly = env.batch._replay._fly

    def stale(day, market, today, state, action):
        held = np.ascontiguousarray(action.T).T  # a copy made outside of all that is traced
        return fly(day, market, today, state, held)

    env.batch._replay = Replay(stale)
    for flight in range(3):
        rngs = np.random.default_rng(flight), np.random.default_rng(flight)
        assert same(flown(env, rngs[0]), flown(other, rngs[1]))
    assert env.batch._replay.broken
