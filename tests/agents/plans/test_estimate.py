from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import Actuals, estimate, joined
from mediagym.agents.plans.estimate import (
    expected_flight,
    forecast,
    known_spread,
    known_spreads,
    marginal_returns,
    mean_and_interval,
    spreads,
)
from mediagym.agents.policy import PlanPolicy, Policy
from mediagym.agents.rollout import EvaluationSet
from mediagym.envs.calibration import Forecast
from mediagym.envs.constraints import violations
from mediagym.envs.market import Market, MarketState, Objective, simulate
from mediagym.envs.market.objective import ObjectiveName


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


def _market(**changes: Any) -> Market:
    """Two campaigns without memory or seasons, in three draws."""
    zero = np.zeros((3, 2))
    return Market(
        reference_spend=np.array([[100.0, 50.0], [80.0, 50.0], [90.0, 60.0]]),
        reference_conversions=np.array([[10.0, 4.0], [12.0, 5.0], [15.0, 2.0]]),
        elasticity=np.array([[0.5, 0.3], [0.6, 0.2], [0.4, 0.4]]),
        slope=zero + 1,
        carryover=zero,
        weekday=np.zeros((3, 7, 2)),
        level_kept=zero,
        level_sd=zero,
        demand_sd=zero,
        dispersion=zero,
        reference_cpc=zero + 2,
        inflation=zero,
        price_sd=zero,
        click_rate=zero + 0.1,
        order_value=zero + np.array([20.0, 30.0]),
        order_value_sd=zero,
    )._replace(**changes)


def _conversions(market: Market, draw: int, campaign: int, spend: float) -> float:
    """A day's conversions on a Hill curve of slope 1, from its definition."""
    reference, conversions, elasticity = (
        float(values[draw, campaign])
        for values in (market.reference_spend, market.reference_conversions, market.elasticity)
    )
    half = reference * elasticity / (1 - elasticity)
    return conversions * (spend / (half + spend)) / (reference / (half + reference))


@pytest.mark.parametrize("name", ["conversions", "profit"])
def test_a_marginal_return_is_worked_out_by_hand(name: ObjectiveName) -> None:
    """Two campaigns, two days, three draws; the second spends nothing on the second day."""
    market, plan = _market(), np.array([[120.0, 40.0], [60.0, 0.0]])
    problem: Any = SimpleNamespace(objective=Objective(name, 0.5))
    state = MarketState(20_000, np.zeros((3, 2)), np.zeros((3, 2)))
    expected = []
    for k, more in enumerate(([1.2, 0.6], [0.4, 0.01])):  # 1 % of the spend, or of a dollar
        gained = 0.0
        for spend, extra in zip(plan[:, k], more, strict=True):
            rise = [
                _conversions(market, draw, k, spend + extra) - _conversions(market, draw, k, spend)
                for draw in range(3)
            ]
            value = 0.5 * market.order_value[0, k] if name == "profit" else 1.0
            gained += value * sum(rise) / 3 - (extra if name == "profit" else 0)
        expected.append(gained / sum(more))
    returns = marginal_returns(problem, plan, market, state)
    np.testing.assert_allclose(returns, expected, rtol=1e-6)


def test_what_happened_is_the_same_in_every_draw_and_comes_before_the_rest() -> None:
    actuals = Actuals(np.array([[1, 2]]), np.array([[3.0, 4.0]]), np.array([[50.0, np.nan]]))
    rest = Forecast(*(np.full((3, 2, 2), value) for value in (0.1, 0.2, 0.3, 0.4)))
    whole = joined(actuals, rest)
    firsts = ([3, 4], [3, 4], [50, np.nan], [50, np.nan])
    for field, first, later in zip(whole, firsts, (0.1, 0.2, 0.3, 0.4), strict=True):
        assert field.shape == (3, 3, 2)
        np.testing.assert_array_equal(field[:, 0], np.broadcast_to(first, (3, 2)))
        np.testing.assert_array_equal(field[:, 1:], later)


def test_means_and_intervals_are_of_every_column_and_none_where_a_draw_is_not_known() -> None:
    """Of 0 to 20, the twentieth parts end at whole numbers: 1 and 19."""
    ranks = np.arange(21.0)
    counted = np.stack([ranks, 10 * ranks], 1)[:, None]  # (draws, 1 day, 2 campaigns)
    expected = counted + 5
    one, other = spreads(expected, counted)
    assert one == {"mean": pytest.approx(15), "p05": pytest.approx(1), "p95": pytest.approx(19)}
    assert other["mean"] == pytest.approx(105)
    whole = mean_and_interval(expected, counted)
    assert whole == {
        "mean": pytest.approx(120),
        "p05": pytest.approx(11),
        "p95": pytest.approx(209),
    }
    assert known_spread(expected, counted) == whole
    gone = expected.copy()
    gone[3, 0, 1] = np.nan
    assert known_spread(gone, counted) is None
    assert known_spreads(gone, counted) == [one, None]
    assert known_spreads(expected, counted) == [one, other]


@pytest.mark.parametrize("open_loop", [True, False])
def test_an_open_loop_policy_stands_aside_for_the_plan_and_another_acts_itself(
    monkeypatch: pytest.MonkeyPatch, open_loop: bool
) -> None:
    acting: list[Any] = []

    def follow(*given: Any) -> tuple[None, list[Any]]:
        acting.append(given[-1].__self__)
        one = SimpleNamespace(expected=1.0, conversions=2.0, expected_revenue=3.0, revenue=4.0)
        return None, [SimpleNamespace(outcome=one)]

    class Own:
        name = "own"

        def act(self) -> None: ...

    policy: Any = Own()
    policy.open_loop = open_loop
    monkeypatch.setattr(estimate, "initial_state", lambda *_: None)
    monkeypatch.setattr(estimate, "rollout", follow)
    monkeypatch.setattr(Forecast, "from_outcomes", lambda outcomes: outcomes)
    markets: Any = SimpleNamespace(market=_market(), state=None, noise=None)
    problem: Any = None
    (outcome,) = forecast(problem, policy, np.ones((1, 2)), markets)
    assert outcome.revenue == 4.0
    assert (acting[0] is policy) is not open_loop
    assert isinstance(acting[0], PlanPolicy) is open_loop
