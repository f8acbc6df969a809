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
    flown = expected_flight(experiment.problem, PlanPolicy("static", plan))
    np.testing.assert_allclose(flown, plan, atol=1e-6)


def test_the_expected_flight_of_every_policy_is_allowed(
    experiment: Experiment, baselines: list[Policy]
) -> None:
    for policy in baselines:
        flown = expected_flight(experiment.problem, policy)
        assert flown.shape == experiment.problem.static_plan.shape
        assert violations(experiment.problem.constraints, flown, tolerance=1e-4) == []


def test_a_forecast_is_what_the_markets_make_of_the_plan(
    experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    trial, plan = held_trial(4), experiment.problem.static_plan
    found = forecast(experiment.problem, PlanPolicy("static", plan), plan, trial)
    _, outcomes = simulate(trial.market, trial.state, plan[:, None], trial.noise)
    np.testing.assert_allclose(
        found.conversions, np.stack([o.expected for o in outcomes], 1), rtol=1e-6
    )
    np.testing.assert_allclose(
        found.counted_revenue, np.stack([o.revenue for o in outcomes], 1), rtol=1e-3, atol=1e-6
    )
    assert found.revenue.shape == found.counted.shape == (4, 30, plan.shape[1])


def test_counts_scatter_around_what_is_expected(
    experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    plan = experiment.problem.static_plan
    found = forecast(experiment.problem, PlanPolicy("static", plan), plan, held_trial(32))
    assert (found.counted == np.round(found.counted)).all()
    total, expected = found.counted.sum((1, 2)), found.conversions.sum((1, 2))
    assert total.mean() == pytest.approx(expected.mean(), rel=0.02)
    assert (total != expected).any()


def test_a_marginal_return_is_the_slope_of_the_expected_objective(experiment: Experiment) -> None:
    problem, plan = experiment.problem, experiment.problem.static_plan
    market, state = experiment.posterior.sample_training(8)
    found = marginal_returns(problem, plan, market, state)
    k = int(np.argmax(plan.sum(0)))
    ends = []
    for factor in (0.999, 1.001):
        moved = plan.copy()
        moved[:, k] *= factor
        _, outcomes = simulate(market, state, moved[:, None], None)
        ends.append(sum(o.expected.sum(-1).mean() for o in outcomes))
    slope = (ends[1] - ends[0]) / (0.002 * plan[:, k].sum())
    assert found[k] == pytest.approx(slope, rel=0.02)
    assert (found > 0).all()


def test_a_campaign_without_money_has_the_marginal_return_of_its_first_dollars(
    experiment: Experiment,
) -> None:
    plan = experiment.problem.static_plan.copy()
    plan[:, 0] = 0
    found = marginal_returns(experiment.problem, plan, *experiment.posterior.sample_training(4))
    assert found[0] > 0
    assert np.isfinite(found).all()
