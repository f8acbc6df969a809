from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from mediagym.agents.networks import (
    CampaignActor,
    CampaignInputs,
    CampaignShape,
    LearnedPolicy,
    Network,
    Training,
)
from mediagym.agents.policies import Follow
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.data.history import Campaign
from mediagym.envs.constraints import ConstraintSettings, parse_constraints
from mediagym.envs.flight import ActionSettings, BeliefCovariance, Problem, initial_state, observe
from mediagym.envs.suite import held_out_markets, problem_for, task_of

FOLLOWING = ActionSettings(map="projection", tilt=1.0, follow=1.0, pace=0.3)


@pytest.fixture
def trained() -> CampaignActor:
    """A small actor whose last layers are not zero."""
    torch.manual_seed(1)
    actor = CampaignActor(width=12, memory=6)
    with torch.no_grad():
        for layer in (actor.tilt, actor.pace):
            layer.weight.normal_(0, 0.3)
    return actor


@pytest.fixture
def network(trained: CampaignActor, record: Training) -> Network:
    """That actor as a network for any campaigns."""
    return Network(trained, FOLLOWING, record, "rows", "")


def _reordered(
    problem: Problem, order: list[int], conf: Callable[..., Any], permuted: Callable[..., Any]
) -> Problem:
    """The problem with its campaigns in another order, without ramps."""
    names = [problem.constraints.names[i] for i in order]
    keys = conf("constraints/default.yaml", ramp=None, most_times_recent=None)
    settings = ConstraintSettings.of(keys, "constraints")
    return replace(
        problem,
        constraints=parse_constraints(settings, tuple(map(_campaign, names)), problem.days),
        market=permuted(problem.market, order),
        state=permuted(problem.state, order),
        covariance=BeliefCovariance(*(each[order] for each in problem.covariance)),
        static_plan=problem.static_plan[:, order],
        claim_slope=problem.claim_slope[order],
    )


def _campaign(name: str) -> Campaign:
    channel, _, kind = name.partition("/")
    return Campaign(channel, kind or None)


@pytest.mark.parametrize("seed", range(4))
def test_permuting_the_campaigns_permutes_every_day_s_spend_to_the_cent(
    network: Network,
    experiment: Any,
    conf: Callable[..., Any],
    held_out_set: Callable[..., EvaluationSet],
    permuted: Callable[..., Any],
    seed: int,
) -> None:
    markets, count = held_out_set(5), len(experiment.problem.constraints.names)
    order = np.random.default_rng(seed).permutation(count).tolist()
    problem = _reordered(experiment.problem, list(range(count)), conf, permuted)
    other = _reordered(problem, order, conf, permuted)
    swapped = EvaluationSet(
        permuted(markets.market, order),
        permuted(markets.state, order),
        type(markets.noise)(
            *(f if f is None or f.shape[-1] == 1 else f[..., order] for f in markets.noise)
        ),
    )
    first = rollout_policy(problem, LearnedPolicy("n", network, problem), markets)
    second = rollout_policy(other, LearnedPolicy("n", network, other), swapped)
    assert np.abs(first.spend[..., order] - second.spend).max() < 1e-6
    follow = rollout_policy(problem, Follow(problem), markets)
    assert np.abs(first.spend - follow.spend).max() > 10  # it does something of its own


@pytest.mark.parametrize("key", ["Uncertain-S", "Full-M", "Steady-S", "Carryover-L"])
def test_one_network_flies_any_task_within_its_constraints(network: Network, key: str) -> None:
    task = task_of(key)
    problem = problem_for(task)
    markets = EvaluationSet(*held_out_markets(task, "test", 6))
    rollout = rollout_policy(problem, LearnedPolicy("n", network, problem), markets)
    assert rollout.violations == 0
    assert rollout.cents_off == 0
    assert np.isfinite(rollout.spend).all()


def test_an_untrained_network_is_follow(
    experiment: Any, held_out_set: Callable[..., EvaluationSet], record: Training
) -> None:
    problem, markets = experiment.problem, held_out_set(4)
    untrained = Network(CampaignActor(8, 4), FOLLOWING, record, "n", "")
    first = rollout_policy(problem, LearnedPolicy("n", untrained, problem), markets)
    assert np.allclose(first.spend, rollout_policy(problem, Follow(problem), markets).spend)


def test_flights_do_not_see_each_other(
    network: Network, experiment: Any, held_out_set: Callable[..., EvaluationSet]
) -> None:
    problem, markets = experiment.problem, held_out_set(5)
    policy = LearnedPolicy("n", network, problem)
    together = rollout_policy(problem, policy, markets).spend
    alone = EvaluationSet(
        *(
            type(part)(
                *(
                    f if not hasattr(f, "shape") else f[:, 3:4] if part is markets.noise else f[3:4]
                    for f in part
                )
            )
            for part in markets[:3]
        )
    )
    assert np.abs(rollout_policy(problem, policy, alone).spend - together[:, 3:4]).max() < 1e-6


def test_the_past_decides_and_memory_is_used(network: Network, experiment: Any) -> None:
    problem = experiment.problem
    view = initial_state(problem, problem.state, (3,)).view
    observation = np.asarray(observe(problem, view), np.float32)
    actor = LearnedPolicy("n", network, problem).network
    first, memory = actor.actions(observation)
    again, _ = actor.actions(observation, memory)
    assert np.abs(first[0] - first[1]).max() < 1e-12  # alike so far
    assert np.abs(first - again).max() > 1e-4  # the same day is seen with another memory


def test_rows_of_flights_on_different_days_are_those_of_each_day(experiment: Any) -> None:
    problem = experiment.problem
    inputs = CampaignInputs(problem)
    view = initial_state(problem, problem.state, (1,)).view
    observations = []
    for day in (0, 7, problem.days - 1):
        later = view._replace(ledger=view.ledger._replace(day=day))
        observations.append(torch.as_tensor(np.asarray(observe(problem, later), np.float32)))
    mixed = inputs.rows(torch.cat(observations))
    for i, observation in enumerate(observations):
        alone = inputs.rows(observation)
        assert torch.equal(mixed.daily[i], alone.daily[0])
        assert torch.equal(mixed.context[i], alone.context[0])


@pytest.mark.parametrize("factor", [0.01, 150.0])
def test_rows_do_not_depend_on_the_currency(experiment: Any, factor: float) -> None:
    problem = experiment.problem
    market = problem.market._replace(
        reference_spend=factor * problem.market.reference_spend,
        reference_cpc=factor * problem.market.reference_cpc,
    )
    constraints = problem.constraints
    scaled = replace(
        problem,
        market=market,
        static_plan=factor * problem.static_plan,
        state=problem.state._replace(stock=factor * problem.state.stock),
        constraints=replace(
            constraints,
            total_cents=round(factor * constraints.total_cents),
            floor_cents=tuple(factor * each for each in constraints.floor_cents),
            cap_cents=tuple(factor * each for each in constraints.cap_cents),
            daily_cap_cents=factor * constraints.daily_cap_cents,
        ),
    )
    first, second = CampaignInputs(problem), CampaignInputs(scaled)
    assert torch.allclose(first.known, second.known, atol=2e-3)
    assert torch.allclose(first.day_shape, second.day_shape, atol=2e-3)


def test_copies_have_weights_of_their_own_and_bindings_share_them(
    trained: CampaignActor, experiment: Any
) -> None:
    bound = trained.bound_to(experiment.problem)
    copied, zero = bound.copy(), bound.zero_action_copy()
    with torch.no_grad():
        trained.tilt.weight.fill_(7.0)
    assert (bound.tilt.weight == 7).all()
    assert not (copied.tilt.weight == 7).any()
    assert not zero.tilt.weight.any()
    assert bound.inputs is copied.inputs is not None


def test_the_shape_makes_an_actor_that_takes_the_weights(trained: CampaignActor) -> None:
    other = CampaignActor.from_shape(CampaignShape.of(trained.shape.model_dump(), "shape"))
    other.load_state_dict(trained.state_dict())
    assert all(
        torch.equal(a, b) for a, b in zip(other.parameters(), trained.parameters(), strict=True)
    )


def test_an_elasticity_that_rounds_below_zero_is_no_fault(experiment: Any) -> None:
    problem = experiment.problem
    view = initial_state(problem, problem.state, (1,)).view
    nothing = view.belief._replace(elasticity=0 * view.belief.elasticity + 1e-12)
    observation = observe(problem, view._replace(belief=nothing))
    rows = CampaignInputs(problem).rows(torch.as_tensor(np.asarray(observation, np.float32)))
    assert all(bool(torch.isfinite(part).all()) for part in rows)


def test_the_day_of_an_observation_is_read_from_the_days_left(experiment: Any) -> None:
    problem = experiment.problem
    inputs = CampaignInputs(problem)
    view = initial_state(problem, problem.state, (2,)).view
    for day in range(problem.days):
        later = view._replace(ledger=view.ledger._replace(day=day))
        seen = torch.as_tensor(np.asarray(observe(problem, later), np.float32))
        assert torch.equal(inputs.rows(seen).daily[0, :, -2:], inputs.day_shape[day])
