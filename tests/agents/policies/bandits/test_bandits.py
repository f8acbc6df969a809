"""The methods' own claims, in closed form, on a small task."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import SETTINGS, Follow, baseline
from mediagym.agents.policies.bandits.directions import Direction, marginal_return
from mediagym.agents.policies.bandits.knapsack import Knapsack, KnapsackSettings
from mediagym.agents.policies.bandits.knowledge_gradient import learnt_variance, level_values
from mediagym.agents.policies.bandits.optimism import Ucb, optimistic
from mediagym.agents.rollout import rollout_policy
from mediagym.data.storage import shipped_yaml
from mediagym.envs.flight import (
    BeliefState,
    Problem,
    belief_allocation,
    belief_curves,
    followed_spend,
    initial_state,
    update_belief,
)
from mediagym.envs.market import odds_at_reference, step

DAYS_OVER = 3


@pytest.fixture(scope="module")
def experiment(task_experiment: Callable[..., Experiment]) -> Experiment:
    return task_experiment("Uncertain-S", markets=4)


def _view(problem: Problem):
    """Four flights before their first day."""
    return initial_state(problem, problem.state, (4,)).view


def _belief(problem: Problem) -> BeliefState:
    """Beliefs of four flights that were reported different things for a few days."""
    belief = _view(problem).belief
    for day in range(DAYS_OVER):
        spend = problem.static_plan[day] + 0 * belief.observed
        market = problem.market._replace(elasticity=belief.elasticity)
        claimed = step(market, belief.state, spend, None)[1].claimed
        factors = np.random.default_rng(day).uniform(0.5, 2, claimed.shape)
        belief = update_belief(problem, belief, spend, claimed * factors)
    return belief


def _log_marginal(problem: Problem, belief: BeliefState, spend: np.ndarray) -> np.ndarray:
    curves = belief_curves(problem, belief)
    return 2 * np.log(curves.scale / (spend + curves.offset))


def _moved(problem: Problem, belief: BeliefState, level: float, log_odds: float) -> BeliefState:
    odds = odds_at_reference(belief.elasticity, problem.market.slope) * np.exp(log_odds)
    elasticity = problem.market.slope * odds / (1 + odds)
    state = belief.state._replace(level=belief.state.level + level)
    return belief._replace(state=state, elasticity=elasticity)


def test_the_direction_of_the_marginal_return_is_its_gradient(experiment: Experiment) -> None:
    problem = experiment.problem
    belief, spend = _belief(problem), problem.mean_static_spend * 1.3
    direction = marginal_return(problem, belief_curves(problem, belief), spend)
    h = 1e-5
    for part, move in ((direction.level, (h, 0)), (direction.curve, (0, h))):
        up, down = (_moved(problem, belief, *(sign * m for m in move)) for sign in (1, -1))
        slope = (_log_marginal(problem, up, spend) - _log_marginal(problem, down, spend)) / (2 * h)
        np.testing.assert_allclose(part + 0 * slope, slope, rtol=1e-5, atol=1e-7)


def test_optimism_is_the_highest_marginal_return_within_the_ellipsoid(
    experiment: Experiment,
) -> None:
    problem, kappa = experiment.problem, 1e-3  # small enough for the marginal return to be linear
    belief = _belief(problem)
    spend = np.exp(belief_allocation(problem, belief)) * problem.mean_static_spend
    best = _log_marginal(problem, optimistic(problem, belief, kappa), spend)
    covariance = belief.covariance
    root = np.sqrt(covariance.level)
    own = np.sqrt(covariance.curve - covariance.both**2 / covariance.level)
    for angle in np.linspace(0, 2 * np.pi, 60):
        level = kappa * root * np.cos(angle)
        log_odds = kappa * (covariance.both / root * np.cos(angle) + own * np.sin(angle))
        other = _log_marginal(problem, _moved(problem, belief, level, log_odds), spend)
        assert (other <= best + 1e-7).all()
    assert (best > _log_marginal(problem, belief, spend)).all()


def test_no_optimism_and_one_level_are_follow(experiment: Experiment) -> None:
    held_out = experiment.held_out("test")
    levels = {"name": "knowledge_gradient", "levels": [1.0]}
    agent = SETTINGS["knowledge_gradient"].of(levels, "agent")
    follow = rollout_policy(experiment.problem, Follow(experiment.problem), held_out).spend
    for policy in (
        Ucb(experiment.problem, 0.0),
        baseline("knowledge_gradient", replace(experiment, agent=agent)),
    ):
        spend = rollout_policy(experiment.problem, policy, held_out).spend
        np.testing.assert_allclose(spend, follow, rtol=1e-9, atol=1e-6)


def test_optimism_spends_more_on_a_campaign_that_is_less_known(experiment: Experiment) -> None:
    problem = experiment.problem
    covariance = problem.covariance
    level = covariance.level.copy()
    level[0] *= 4
    uncertain = replace(problem, covariance=covariance._replace(level=level))
    shares = []
    for each in (problem, uncertain):
        spend, total, _ = Ucb(each, 1.0).act(_view(each), None)
        shares.append(spend[0] / total[0])
    assert shares[1][0] > shares[0][0]
    assert (shares[1][1:] <= shares[0][1:]).all()


def test_what_a_report_teaches_is_what_the_belief_loses_in_variance(experiment: Experiment) -> None:
    """The variance after an expected report, by the filter itself."""
    problem = experiment.problem
    still, none = problem.market, 0 * problem.market.level_sd
    still = still._replace(level_sd=none, demand_sd=none, level_kept=none + 1)
    problem = replace(problem, market=still)
    belief, spend = _belief(problem), 1.5 * problem.mean_static_spend + np.zeros((4, 1))
    for direction in (Direction(1.0, 0.0), Direction(0.3, 1.0)):
        market = problem.market._replace(elasticity=belief.elasticity)
        claimed = step(market, belief.state, spend, None)[1].claimed
        after = update_belief(problem, belief, spend, claimed)
        before, then = (direction.along(direction, b.covariance) for b in (belief, after))
        learnt = learnt_variance(problem, belief, spend, direction)
        np.testing.assert_allclose(learnt, before - then, rtol=1e-6)
        assert (learnt > 0).all()
        assert (learnt < before).all()


def test_the_loss_of_another_level_is_the_integral_of_marginal_returns(
    experiment: Experiment,
) -> None:
    problem, level = experiment.problem, 1.4
    belief, view = _belief(problem), _view(problem)
    spend, _ = followed_spend(problem, view)
    worth = level_values(problem, belief, spend, [1.0, level], 0)  # no days left: nothing to learn
    curves = belief_curves(problem, belief)
    mean = np.exp(belief_allocation(problem, belief)) * problem.mean_static_spend
    points = np.linspace(mean, level * mean, 2001)
    marginal = (curves.scale / (points + curves.offset)) ** 2
    lost = np.trapezoid(marginal - marginal[0], points, axis=0)
    np.testing.assert_allclose(worth[0], 0, atol=1e-9)
    np.testing.assert_allclose(worth[1], lost, rtol=1e-4)


def test_information_is_worth_more_the_longer_it_can_be_used(experiment: Experiment) -> None:
    problem = experiment.problem
    belief, spend = _belief(problem), problem.mean_static_spend + np.zeros((4, 1))
    none = 0 * belief.covariance.curve  # the curve is known: more conversions always tell more
    belief = belief._replace(covariance=belief.covariance._replace(curve=none, both=none))
    few, many = (level_values(problem, belief, spend, [0.5, 1.0, 2.0], days) for days in (2, 20))
    assert ((many - few) > 0).all()
    assert (np.diff(many - few, axis=0) > 0).all()


def _knapsack(problem: Problem, **changes: object) -> Knapsack:
    group = shipped_yaml("agent/knapsack") | changes
    return Knapsack(problem, KnapsackSettings.of(group, "agent"))


def test_before_any_report_the_arms_without_optimism_are_the_static_plan(
    experiment: Experiment,
) -> None:
    problem = experiment.problem
    spend, total, _ = _knapsack(problem, confidence=0).act(_view(problem), None)
    free = problem.allocation_curves.mean_static_spend > 1.01 * problem.allocation_curves.floor
    np.testing.assert_allclose(spend[:, free], problem.static_plan[0][free] + 0 * spend[:, free])
    np.testing.assert_allclose(total, spend.sum(-1), rtol=1e-9)


@given(factor=st.floats(0.2, 5))
@settings(max_examples=20)
def test_a_price_rises_where_more_is_asked_for_than_the_days_share(
    experiment: Experiment, factor: float
) -> None:
    problem = experiment.problem
    policy, view = _knapsack(problem), _view(problem)
    share = problem.day_terms[0].share * problem.constraints.total
    price = policy._priced(view, np.ones(4), factor * share * np.ones(4))
    assert (np.sign(np.round(price - 1, 9)) == np.sign(round(factor - 1, 9))).all()


def test_pooling_moves_every_arm_and_its_absence_only_the_one_that_was_played(
    experiment: Experiment,
) -> None:
    problem = experiment.problem
    conversions = np.zeros((1, 7, len(problem.constraints.names)))
    conversions[0, 3] = 10.0
    alone, half, all_of_it = (
        _knapsack(problem, pooling=share)._pooled(conversions)[0, :, 0] for share in (0, 0.5, 1)
    )
    np.testing.assert_allclose(alone, [0, 0, 0, 10, 0, 0, 0])
    np.testing.assert_allclose(half, [5, 5, 5, 10, 5, 5, 5])
    np.testing.assert_allclose(all_of_it, 10)
