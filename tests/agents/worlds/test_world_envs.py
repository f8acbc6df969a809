"""Worlds as environments of Stable-Baselines3: the flights of `fly`, the contract, training."""

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecMonitor

from mediagym.agents.networks import LearnedPolicy
from mediagym.agents.worlds import SimulatedWorld, Twist, WorldEnvs, finetune, fly
from mediagym.agents.worlds.vecenv import SEEDS, world_seed
from mediagym.envs.environment import EnvSettings, daily_value, planned_values
from mediagym.envs.flight import requested_spend
from mediagym.envs.synthetic import RESPONSE_FORMS, DeliverySettings

COUNT, SEED = 3, 7
TWICE = Twist(delivery=DeliverySettings(sd=0.05, over=0.2, most=2.0, shares={}))
LATE = Twist(late=(0.5, 0.25))


class Replay:
    """Policy that repeats given actions, (days, flights, 1 + campaigns)."""

    name, open_loop = "replay", False

    def __init__(self, problem, actions, settings):
        self.problem, self.actions, self.settings = problem, actions, settings

    def act(self, view, memory):
        action = self.actions[view.ledger.day]
        return *requested_spend(self.problem, view, action, self.settings.action), None


class Recorded(SimulatedWorld):
    """A world that remembers what was planned and how it was begun."""

    def begin(self, seed, episodes):
        super().begin(seed, episodes)
        self.begun = [*getattr(self, "begun", []), (seed, episodes)]
        self.planned = []

    def spend(self, dollars):
        self.planned.append(dollars)
        return super().spend(dollars)


@pytest.fixture
def make(problem, conf):
    """Makes environments in a world, of the mean market with another form."""

    def made(twist=TWICE, form="power", **changes):
        default = conf("env/default.yaml", **changes)
        action = {**default["action"], "follow": 1.0}
        settings = EnvSettings.of({**default, "action": action}, "env")
        state = problem.market, problem.state, problem.days
        world = Recorded(RESPONSE_FORMS[form], *state, twist)
        envs = WorldEnvs(problem, world, settings, COUNT)
        envs.seed(SEED)
        return envs

    return made


def actions_of(envs, seed=0):
    shape = envs.problem.days, COUNT, *envs.action_space.shape
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def episode(envs, actions):
    """Observations, rewards, (days, flights, ..), and infos of the last day."""
    steps = [envs.step(action) for action in actions]
    assert [step[2].all() for step in steps] == [False] * (len(steps) - 1) + [True]
    return np.stack([s[0] for s in steps]), np.stack([s[1] for s in steps]), steps[-1][3]


@pytest.mark.parametrize("reward", ["expected", "counted"])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("twist", [TWICE, LATE], ids=["twice", "late"])
def test_the_flights_are_those_of_fly_for_the_same_actions(problem, make, twist, reward, relative):
    envs = make(twist, reward=reward, relative=relative)
    envs.reset()
    actions = actions_of(envs)
    _, rewards, _ = episode(envs, actions)
    world, settings = envs.envs.world, envs.envs.settings
    planned, seed = np.stack(world.planned), world_seed("training", SEED)
    flights = fly(problem, Replay(problem, actions.astype(float), settings), world, seed, COUNT)
    np.testing.assert_array_equal(planned, flights.planned)
    counts = (flights.claimed if reward == "counted" else flights.value).sum(-1)
    reference = planned_values(problem)[:, None]
    if relative:
        plan = fly(problem, envs.envs._static, world, seed, COUNT)
        reference = (plan.claimed if reward == "counted" else plan.value).sum(-1)
    np.testing.assert_allclose(
        rewards, (counts - reference) / daily_value(problem), rtol=1e-5, atol=1e-6
    )
    assert flights.cents_off(problem).max() == 0


def test_the_budget_is_exact_in_every_episode_where_all_is_delivered(problem, make):
    envs = make(Twist())
    envs.reset()
    for seed in range(2):
        episode(envs, actions_of(envs, seed))
        spent = np.stack(envs.envs.world.planned).sum((0, 2))
        np.testing.assert_allclose(spent, problem.constraints.total, atol=1e-6)


def test_episodes_depend_on_the_seed_and_their_number_alone(make):
    runs = []
    for seed, first in ((7, 0), (7, 0), (7, COUNT), (8, 0)):
        envs = make()
        envs.start(seed, first)
        runs.append(episode(envs, actions_of(envs))[:2])
    for one, other in zip(runs[0], runs[1], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(runs[0][1], runs[2][1])
    assert not np.array_equal(runs[0][1], runs[3][1])
    envs = make()
    envs.reset()
    episode(envs, actions_of(envs, 1))
    following = episode(envs, actions_of(envs))[:2]  # the second episodes, whatever the first did
    for one, other in zip(runs[2], following, strict=True):
        np.testing.assert_array_equal(one, other)


def test_others_may_use_the_world_between_episodes(problem, make):
    """Nothing of the world is needed before the first day, so that a network can be scored."""
    rewards = []
    for disturbed in (False, True):
        envs = make()
        envs.reset()
        episode(envs, actions_of(envs))
        if disturbed:
            fly(problem, envs.envs._static, envs.envs.world, 3, 5)
        rewards.append(episode(envs, actions_of(envs, 1))[1])
    np.testing.assert_array_equal(*rewards)


def test_the_contract_of_a_vecenv(make):
    envs = make()
    observation = envs.reset()
    assert observation.shape == (COUNT, *envs.observation_space.shape)
    assert observation.dtype == np.float32
    observations, rewards, infos = episode(envs, actions_of(envs))
    assert observations.dtype == rewards.dtype == np.float32
    assert np.isfinite(observations).all()  # also where more was spent than there was
    assert all(envs.observation_space.contains(one) for one in observations[:, 0])
    np.testing.assert_array_equal(observations[-1], observation)  # day 0 is the same everywhere
    for k, info in enumerate(infos):
        assert not np.array_equal(info["terminal_observation"], observation[k])
        assert info["episode"]["r"] == pytest.approx(rewards[:, k].sum(), rel=1e-4, abs=1e-5)
        assert info["episode"]["l"] == envs.problem.days
    assert envs.get_attr("num_envs") == [COUNT] * COUNT
    wrapped = VecMonitor(make())
    wrapped.reset()
    assert np.isfinite(wrapped.step(actions_of(envs)[0])[1]).all()


def test_seeds_of_training_validation_and_comparisons_are_apart():
    purposes = {p: {world_seed(p, s, f) for s in range(20) for f in range(20)} for p in SEEDS}
    assert len(purposes["training"]) == len(purposes["validation"]) == 400
    assert not purposes["training"] & purposes["validation"]
    assert min(min(seeds) for seeds in purposes.values()) >= 2**31
    assert max(max(seeds) for seeds in purposes.values()) < 2**32


@pytest.fixture
def settings(learner):
    """A short fine-tuning of the shipped network."""
    warm = {"iterations": 0, "flights": 4, "learning_rate": 1e-3}
    sizes = {"n_envs": 4, "total_timesteps": 240, "batch_size": 60, "n_epochs": 1}
    return learner("finetune", warm=warm, checks=2, validation=5, **sizes)


def test_finetuning_in_a_world_is_reproducible_and_keeps_the_best(problem, make, settings):
    envs, flown = make(), []
    for seed in (0, 0, 1):
        world, env = envs.envs.world, envs.envs.settings
        network = finetune(problem, world, env, settings, seed)
        policy = LearnedPolicy("ppo", network, problem)
        seed_used = world_seed("validation", seed)
        flown.append(fly(problem, policy, world, seed_used, settings.validation).total)
        untrained = finetune(
            problem, world, env, settings.model_copy(update={"total_timesteps": 0}), seed
        )
        assert untrained.training.steps == 0
        before = fly(problem, LearnedPolicy("start", untrained, problem), world, seed_used, 5).total
        assert flown[-1].mean() >= before.mean()
    np.testing.assert_array_equal(flown[0], flown[1])
    assert all(seed >= 2**31 for seed, _ in envs.envs.world.begun)
