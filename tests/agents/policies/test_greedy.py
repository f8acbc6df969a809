from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from mediagym.agents.plans.estimate import expected_flight
from mediagym.agents.policies.greedy import Greedy
from mediagym.data.history import Campaign
from mediagym.envs.constraints import (
    ConstraintSettings,
    Ledger,
    constraints_from_json,
    day_bounds,
    parse_constraints,
    spend_day,
    violations,
)
from mediagym.envs.flight import BeliefCovariance, Observable, Problem, initial_state, rollout
from mediagym.envs.market import (
    Market,
    MarketState,
    Objective,
    ObjectiveSettings,
    saturation,
    weekday_of,
)
from mediagym.envs.projection import Bounds

CAMPAIGNS = [Campaign("a", "x"), Campaign("a", "y"), Campaign("b", "x"), Campaign("b", "y")]
DAYS = 5


@pytest.fixture(scope="module")
def make(conf: Callable[..., dict[str, Any]]) -> Callable[..., Problem]:
    """Makes a problem of two channels with two campaigns each, of a given seed."""

    def make(seed: int, objective: str = "conversions", **rules: Any) -> Problem:
        rng = np.random.default_rng(seed)

        def between(low: float, high: float) -> np.ndarray:
            return rng.uniform(low, high, len(CAMPAIGNS))

        weekday = rng.normal(0, 0.3, (7, len(CAMPAIGNS)))
        zero = np.zeros(len(CAMPAIGNS))
        market = Market(
            reference_spend=between(50, 500),
            reference_conversions=between(2, 40),
            elasticity=between(0.15, 0.8),
            slope=zero + 1,
            carryover=between(0, 0.6),
            weekday=weekday - weekday.mean(0),
            level_kept=zero + 0.98,
            level_sd=zero,
            demand_sd=zero,
            dispersion=zero + 0.1,
            reference_cpc=zero + 1,
            inflation=zero,
            price_sd=zero,
            click_rate=zero + 0.1,
            order_value=between(20, 200),
            order_value_sd=zero,
        )
        settings = {"total": 5000, "channel": {}, "campaign": {}, **rules}
        constraints = parse_constraints(
            ConstraintSettings.of(conf("constraints/default.yaml", **settings), "constraints"),
            CAMPAIGNS,
            DAYS,
        )
        state = MarketState(19_000, market.reference_spend, rng.normal(0, 0.2, len(CAMPAIGNS)))
        value = Objective.of(
            ObjectiveSettings.of(conf(f"objective/{objective}.yaml", margin=0.5), "objective")
        )
        plan = np.full((DAYS, len(CAMPAIGNS)), 5000 / DAYS / len(CAMPAIGNS))
        return Problem(constraints, value, market, state, BeliefCovariance.none(zero), plan)

    return make


def _observable(problem: Problem, day: int, seed: int) -> Observable:
    """The observable of a flight with random spend before a day."""
    rng = np.random.default_rng(seed)
    start = initial_state(problem, problem.state, ()).view
    ledger, belief = start.ledger, start.belief
    for _ in range(day):
        requested_spend = rng.dirichlet(np.ones(len(CAMPAIGNS))) * 1000
        _, ledger = spend_day(problem.constraints, ledger, requested_spend, requested_spend.sum())
    state = belief.state._replace(day=problem.state.day + day)
    return Observable(ledger, belief._replace(state=state), start.smooth)


def _reference_value(problem: Problem, day: int) -> np.ndarray:
    """The objective of each campaign's reference spend on a day, written out once more."""
    market = problem.market
    level = problem.state.level * market.level_kept ** (day - problem.state.day)
    demand = np.exp(level + market.weekday[weekday_of(day)])
    price = {"conversions": 1.0, "revenue": market.order_value}
    price["profit"] = problem.objective.margin * market.order_value
    return market.reference_conversions * demand * price[problem.objective.name]


def _return(problem: Problem, day: int, spend: np.ndarray) -> float:
    """The return of a day's spend with the stock in equilibrium."""
    market = problem.market
    share = saturation(spend / market.reference_spend, market.elasticity, 1.0)
    return float((_reference_value(problem, day) * share).sum())


def _best(problem: Problem, day: int, bounds: Bounds, total: float) -> float:
    """The best return of a day by a general solver, from several starts."""
    membership = problem.constraints.tree.sums[1]
    low, high = bounds.lower[-1], np.minimum(bounds.upper[-1], total)
    solver_constraints = [
        {"type": "eq", "fun": lambda x: (x.sum() - total) / total},
        {"type": "ineq", "fun": lambda x: (membership @ x - bounds.lower[-2]) / total},
        {"type": "ineq", "fun": lambda x: (bounds.upper[-2] - membership @ x) / total},
    ]
    values = []
    for seed in range(4):
        start = np.random.default_rng(seed).dirichlet(np.ones(len(low))) * total
        solution = minimize(
            lambda x: -_return(problem, day, np.maximum(x, 0)),
            start,
            method="SLSQP",
            bounds=list(zip(low, high, strict=True)),
            constraints=solver_constraints,
            options={"maxiter": 500, "ftol": 1e-12},
        )
        if solution.success:
            values.append(-solution.fun)
    return max(values)


SETS: dict[str, dict[str, Any]] = {
    "free": {},
    "channel floor": {"channels": {"a": {"floor": "70%"}}},
    "channel cap": {"channels": {"a": {"cap": "20%"}}},
    "campaign floors": {"campaign": {"floor": "20%"}},
    "campaign cap": {"campaigns": {"a/x": {"daily_cap": "$50"}, "b/y": {"cap": "$300"}}},
    "everything": {
        "channels": {"a": {"floor": "40%", "cap": "60%"}},
        "campaign": {"floor": "5%", "daily_cap": "$450"},
    },
}


@pytest.mark.parametrize("rules", SETS.values(), ids=SETS.keys())
@pytest.mark.parametrize("day", [0, 2, DAYS - 1])
@pytest.mark.parametrize("objective", ["conversions", "revenue", "profit"])
def test_a_day_is_split_as_a_general_solver_splits_it(
    make: Callable[..., Problem], rules: dict, day: int, objective: str
) -> None:
    problem = make(len(str(rules)), objective, **rules)
    observable = _observable(problem, day, seed=3)
    bounds = day_bounds(problem.constraints, observable.ledger)
    requested_spend, total, _ = Greedy(problem).act(observable, None)
    assert requested_spend.sum() == pytest.approx(float(total), rel=1e-7)
    spend, _ = spend_day(problem.constraints, observable.ledger, requested_spend, total)
    np.testing.assert_allclose(spend, requested_spend, atol=1e-4)  # it is feasible already
    date = problem.state.day + day
    best = _best(problem, date, bounds, float(total))
    assert _return(problem, date, spend) >= best * (1 - 1e-6)


def test_marginal_returns_are_equal_where_nothing_binds(make: Callable[..., Problem]) -> None:
    problem = make(1)
    spend, _, _ = Greedy(problem).act(_observable(problem, 0, 0), None)
    nudge, day = 0.01, problem.state.day
    gains = [
        _return(problem, day, spend + nudge * unit) - _return(problem, day, spend - nudge * unit)
        for unit in np.eye(len(spend))
    ]
    inside = spend > 1.0
    assert inside.sum() >= 2
    np.testing.assert_allclose(np.array(gains)[inside], gains[np.argmax(inside)], rtol=1e-4)
    assert (np.array(gains)[~inside] <= max(gains) * (1 + 1e-4)).all()


def test_more_is_spent_on_days_of_more_demand(make: Callable[..., Problem]) -> None:
    problem = make(2)
    weekday = np.zeros((7, len(CAMPAIGNS)))
    weekday[weekday_of(problem.state.day + 1)] = 0.2
    problem = replace(problem, market=problem.market._replace(weekday=weekday))
    plan = expected_flight(problem, Greedy(problem)).sum(1)
    assert np.argmax(plan) == 1
    assert plan.sum() == pytest.approx(problem.constraints.total)


def test_floors_hold_over_the_flight(make: Callable[..., Problem]) -> None:
    for rules in SETS.values():
        problem = make(4, **rules)
        plan = expected_flight(problem, Greedy(problem))
        assert violations(problem.constraints, plan, tolerance=1e-4) == []


def test_campaigns_in_another_order_get_the_same_dollars(
    make: Callable[..., Problem], permuted: Callable
) -> None:
    problem, order = make(5, **SETS["everything"]), [3, 2, 0, 1]
    document = problem.constraints.to_json()
    names = [problem.constraints.names[k] for k in order]
    document["channel_of"] = {name: document["channel_of"][name] for name in names}
    other = Problem(
        constraints_from_json(document),
        problem.objective,
        permuted(problem.market, order),
        permuted(problem.state, order),
        problem.covariance,
        problem.static_plan,
    )
    plan = expected_flight(problem, Greedy(problem))
    np.testing.assert_allclose(
        expected_flight(other, Greedy(other)), plan[:, order], rtol=1e-9, atol=1e-6
    )


def test_a_batch_of_flights_is_each_flight_on_its_own(make: Callable[..., Problem]) -> None:
    problem = make(6, **SETS["everything"])
    ledgers = [_observable(problem, 2, seed).ledger for seed in range(3)]
    start = initial_state(problem, problem.state, (3,)).view
    spent, last = (np.stack([getattr(one, key) for one in ledgers]) for key in ("spent", "last"))
    ledger = Ledger(2, spent, last)
    together, totals, _ = Greedy(problem).act(start._replace(ledger=ledger), None)
    for k, one in enumerate(ledgers):
        alone, total, _ = Greedy(problem).act(start._replace(ledger=one), None)
        np.testing.assert_allclose(together[k], alone, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(totals[k], total, rtol=1e-9)


def test_where_profit_may_stay_unspent_no_dollar_returns_less_than_itself(
    make: Callable[..., Problem],
) -> None:
    problem = make(7, "profit", total_type="at_most", total=500_000, pacing=None)
    plan = expected_flight(problem, Greedy(problem))
    assert 0 < plan.sum() < 0.2 * problem.constraints.total
    day = problem.state.day
    for unit in np.eye(len(CAMPAIGNS)):
        more = _return(problem, day, plan[0] + unit) - _return(problem, day, plan[0])
        assert more <= 1


def test_reports_do_not_change_its_decisions(make: Callable[..., Problem]) -> None:
    problem = make(8)
    policy = Greedy(problem)
    assert policy.open_loop
    start = initial_state(problem, problem.state, ())
    better = problem.market._replace(reference_conversions=problem.market.elasticity * 1000)
    plans = [
        np.stack([day.spend for day in rollout(problem, market, start, None, policy.act)[1]])
        for market in (problem.market, better)
    ]
    np.testing.assert_array_equal(*plans)
