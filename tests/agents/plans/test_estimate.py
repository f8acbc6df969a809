from collections.abc import Callable

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans.estimate import expected_flight, forecast, marginal_returns
from mediagym.agents.policy import PlanPolicy, Policy
from mediagym.agents.rollout import EvaluationSet
from mediagym.envs.constraints import violations
from mediagym.envs.market import simulate


def test_the_expected_flight_of_a_plan_is_the_plan(experiment: Experiment) -> None:
    plan = experiment.problem.static_plan
    spend = expected_flight(experiment.problem, PlanPolicy("static", plan))
    np.testing.assert_allclose(spend, plan, atol=1e-6)


def test_the_expected_flight_of_every_policy_is_allowed(
    experiment: Experiment, baselines: list[Policy]
) -> None:
    for policy in baselines:
        spend = expected_flight(experiment.problem, policy)
        assert spend.shape == experiment.problem.static_plan.shape
        assert violations(experiment.problem.constraints, spend, tolerance=1e-4) == []


def test_a_forecast_is_what_the_markets_make_of_the_plan(
    experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    evaluation_set, plan = held_out_set(4), experiment.problem.static_plan
    estimate = forecast(experiment.problem, PlanPolicy("static", plan), plan, evaluation_set)
    _, outcomes = simulate(
        evaluation_set.market, evaluation_set.state, plan[:, None], evaluation_set.noise
    )
    np.testing.assert_allclose(
        estimate.expected, np.stack([o.expected for o in outcomes], 1), rtol=1e-6
    )
    np.testing.assert_allclose(
        estimate.counted_revenue, np.stack([o.revenue for o in outcomes], 1), rtol=1e-3, atol=1e-6
    )
    assert estimate.expected_revenue.shape == estimate.counted.shape == (4, 30, plan.shape[1])


def test_counts_scatter_around_what_is_expected(
    experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    plan = experiment.problem.static_plan
    estimate = forecast(experiment.problem, PlanPolicy("static", plan), plan, held_out_set(32))
    assert (estimate.counted == np.round(estimate.counted)).all()
    total, expected = estimate.counted.sum((1, 2)), estimate.expected.sum((1, 2))
    assert total.mean() == pytest.approx(expected.mean(), rel=0.02)
    assert (total != expected).any()


def test_a_marginal_return_is_the_slope_of_the_expected_objective(experiment: Experiment) -> None:
    problem, plan = experiment.problem, experiment.problem.static_plan
    market, state = experiment.posterior.sample_training(8)
    returns = marginal_returns(problem, plan, market, state)
    k = int(np.argmax(plan.sum(0)))
    ends = []
    for factor in (0.999, 1.001):
        moved = plan.copy()
        moved[:, k] *= factor
        _, outcomes = simulate(market, state, moved[:, None], None)
        ends.append(sum(o.expected.sum(-1).mean() for o in outcomes))
    slope = (ends[1] - ends[0]) / (0.002 * plan[:, k].sum())
    assert returns[k] == pytest.approx(slope, rel=0.02)
    assert (returns > 0).all()


def test_a_campaign_without_money_has_the_marginal_return_of_its_first_dollars(
    experiment: Experiment,
) -> None:
    plan = experiment.problem.static_plan.copy()
    plan[:, 0] = 0
    returns = marginal_returns(experiment.problem, plan, *experiment.posterior.sample_training(4))
    assert returns[0] > 0
    assert np.isfinite(returns).all()
