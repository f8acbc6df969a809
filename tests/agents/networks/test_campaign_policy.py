"""The campaign-wise network as a policy of Stable-Baselines3: one network, seen from two sides."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sb3_contrib.common.recurrent.type_aliases import RNNStates

from mediagym.agents.networks import CampaignActor, CampaignInputs, CampaignPolicy
from mediagym.agents.training import SB3Envs, SB3Learner, actor_of
from mediagym.envs.constraints import Constraints, ConstraintSettings, parse_constraints
from mediagym.envs.environment import BudgetVectorEnv
from mediagym.envs.environment.batch import FlightBatch
from mediagym.envs.flight import Problem, problem_of

WIDTH, MEMORY, FLIGHTS, DAYS = 8, 5, 3, 4


@pytest.fixture(scope="module")
def small(task_experiment):
    """The task Uncertain-S, without a calibration."""
    return task_experiment("Uncertain-S")


def policy_for(problem: Problem, spaces, seed: int = 0) -> CampaignPolicy:
    """A policy whose last layers are not zero."""
    torch.manual_seed(seed)
    policy = CampaignPolicy(
        *spaces, lambda _: 1e-3, inputs=CampaignInputs(problem), width=WIDTH, memory=MEMORY
    )
    for layer in (policy.actor.tilt, policy.actor.pace):
        torch.nn.init.normal_(layer.weight, std=0.3)
    return policy


@pytest.fixture
def batch(small) -> FlightBatch:
    return FlightBatch(small.problem, small.source, small.env)


@pytest.fixture
def policy(small, batch) -> CampaignPolicy:
    return policy_for(small.problem, (batch.observation_space, batch.action_space))


@pytest.fixture
def observations(batch) -> torch.Tensor:
    """(days, flights, size) of flights under random actions."""
    days, rng = [batch.begin([(0, k) for k in range(FLIGHTS)])], np.random.default_rng(0)
    for _ in range(DAYS - 1):
        days.append(batch.play(rng.uniform(-1, 1, (FLIGHTS, *batch.action_space.shape)))[0])
    return torch.as_tensor(np.stack(days))


def no_memory(policy: CampaignPolicy) -> RNNStates:
    size = 1, FLIGHTS, policy.lstm_actor.hidden_size
    return RNNStates(*((torch.zeros(size), torch.zeros(size)) for _ in range(2)))


def rollout(policy, observations, starts=(True,)):
    """Actions, values, log probabilities, (days, flights, ..), and the states before each day."""
    states, days = no_memory(policy), []
    for day, observation in enumerate(observations):
        start = torch.full((FLIGHTS,), float(day < len(starts) and starts[day]))
        before = states
        action, value, log_prob, states = policy(observation, states, start)
        days.append((action, value[:, 0], log_prob, before))
    return days


def test_the_actor_in_the_policy_is_the_campaign_actor(small, policy, observations):
    alone = CampaignActor.from_shape(policy.actor.shape)
    alone.load_state_dict(actor_of(policy).state_dict())
    alone, memory, states = alone.bound_to(small.problem), None, no_memory(policy)
    for day, observation in enumerate(observations):
        expected, memory = alone(observation, memory)
        start = torch.full((FLIGHTS,), float(day == 0))
        action, _, _, states = policy(observation, states, start, deterministic=True)
        torch.testing.assert_close(action, expected)
        torch.testing.assert_close(states.pi[0][0], memory.flatten(1))
    assert action.abs().max() > 0.01


def test_what_an_action_was_drawn_with_is_what_it_is_evaluated_with(policy, observations):
    """Over whole sequences, one flight after the other, as PPO's buffer hands them over."""
    torch.manual_seed(1)
    days = rollout(policy, observations)
    actions, values, log_probs = (torch.stack([day[k] for day in days], 1) for k in range(3))
    starts = torch.zeros(FLIGHTS, DAYS)
    starts[:, 0] = 1
    found, log_prob, _ = policy.evaluate_actions(
        observations.transpose(0, 1).flatten(0, 1),
        actions.flatten(0, 1),
        no_memory(policy),
        starts.flatten(),
    )
    torch.testing.assert_close(log_prob, log_probs.flatten(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found[:, 0], values.flatten(), rtol=1e-4, atol=1e-5)


def test_a_sequence_may_begin_in_the_middle_of_a_flight(policy, observations):
    days = rollout(policy, observations)
    rest = days[2:]
    _, log_prob, _ = policy.evaluate_actions(
        observations[2:].transpose(0, 1).flatten(0, 1),
        torch.stack([day[0] for day in rest], 1).flatten(0, 1),
        rest[0][3],
        torch.zeros(FLIGHTS * (DAYS - 2)),
    )
    expected = torch.stack([day[2] for day in rest], 1).flatten()
    torch.testing.assert_close(log_prob, expected, rtol=1e-4, atol=1e-5)


def test_an_episode_begins_without_a_memory(policy, observations):
    states = rollout(policy, observations)[-1][3]
    _, forgotten, _, _ = policy(observations[0], states, torch.ones(FLIGHTS), deterministic=True)
    _, fresh, _, _ = policy(
        observations[0], no_memory(policy), torch.zeros(FLIGHTS), deterministic=True
    )
    _, remembered, _, _ = policy(observations[0], states, torch.zeros(FLIGHTS), deterministic=True)
    torch.testing.assert_close(forgotten, fresh)
    assert not torch.allclose(remembered, fresh)
    one = torch.tensor([1.0] + [0.0] * (FLIGHTS - 1))  # one flight alone begins anew
    _, mixed, _, _ = policy(observations[0], states, one, deterministic=True)
    torch.testing.assert_close(mixed[0], fresh[0])
    torch.testing.assert_close(mixed[1:], remembered[1:])


def learner_for(small, learner, seed: int = 0) -> SB3Learner:
    warm = {"iterations": 0, "flights": 4, "learning_rate": 1e-3}
    settings = learner(
        "finetune",
        warm=warm,
        network={"kind": "campaigns", "width": WIDTH, "memory": MEMORY},
        start=None,
        total_timesteps=2 * 4 * small.problem.days,
    )
    envs = SB3Envs(BudgetVectorEnv(small.problem, small.source, small.env, settings.n_envs))
    return SB3Learner(envs, settings, seed)


def test_ppo_learns_with_it_and_its_parameters_come_back(small, learner, observations):
    trained = learner_for(small, learner)
    before = {k: v.clone() for k, v in trained.model.policy.state_dict().items()}
    trained.learn(None)
    after = trained.model.policy.state_dict()
    assert trained.steps == 2 * 4 * small.problem.days
    assert trained.model._n_updates == 2
    changed = {k for k, v in after.items() if not torch.equal(v, before[k])}
    assert {"log_std", "actor.tilt.weight", "value_net.layer.weight"} <= changed
    assert any(key.startswith("lstm_actor.") for key in changed)
    assert any(key.startswith("lstm_critic.") for key in changed)
    assert all(torch.isfinite(value).all() for value in after.values())
    other = learner_for(small, learner, seed=1)
    other.model.set_parameters(trained.model.get_parameters(), exact_match=True)
    for one, two in zip(
        rollout_means(trained.model.policy, observations),
        rollout_means(other.model.policy, observations),
        strict=True,
    ):
        torch.testing.assert_close(one, two, rtol=0, atol=0)


def rollout_means(policy, observations):
    """Deterministic actions and values of every day."""
    states, means = no_memory(policy), []
    with torch.no_grad():
        for observation in observations:
            action, value, _, states = policy(
                observation, states, torch.zeros(FLIGHTS), deterministic=True
            )
            means += [action, value]
    return means


def test_the_shared_weights_are_trained_once(policy):
    ids = [id(weight) for group in policy.optimizer.param_groups for weight in group["params"]]
    assert len(ids) == len(set(ids))
    assert {id(weight) for weight in policy.actor.parameters()} <= set(ids)


@pytest.fixture
def reordered(posterior, objective, base_plan, permuted, conf):
    """Makes the shared problem with its campaigns in an order."""

    def make(order: list[int]) -> Problem:
        campaigns = tuple(posterior.campaigns[k] for k in order)
        settings = ConstraintSettings.of(conf("constraints/default.yaml"), "constraints")
        constraints: Constraints = parse_constraints(settings, campaigns, 30)
        own = replace(
            posterior,
            campaigns=campaigns,
            market=permuted(posterior.market, order),
            state=permuted(posterior.state, order),
        )
        return problem_of(own, constraints, objective, base_plan[:, order])

    return make


def test_permuting_the_campaigns_permutes_the_mean_actions(reordered, env_settings, posterior):
    order = np.random.default_rng(0).permutation(len(posterior.campaigns)).tolist()
    plain, actions = list(range(len(order))), []
    for ordering in (plain, order):
        problem = reordered(ordering)
        markets = problem.market, problem.state
        batch = FlightBatch(problem, tuple(_batched(record) for record in markets), env_settings)
        policy = policy_for(problem, (batch.observation_space, batch.action_space))
        observation = torch.as_tensor(batch.begin([(0, k) for k in range(FLIGHTS)]))
        action, _, _, _ = policy(
            observation, no_memory(policy), torch.ones(FLIGHTS), deterministic=True
        )
        actions.append(action.detach())
    first, second = actions
    torch.testing.assert_close(second[:, 0], first[:, 0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(second[:, 1:], first[:, 1:][:, order], rtol=1e-4, atol=1e-5)
    assert (first[:, 1:][:, order] - first[:, 1:]).abs().max() > 1e-3


def _batched(record):
    """A record of one market as a batch of one."""
    return type(record)(*(f[None] if hasattr(f, "shape") and f.ndim else f for f in record))
