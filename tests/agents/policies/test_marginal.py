"""Equal-marginal allocation, compared with a general solver."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from mediagym.agents.policies.marginal import Allocation, Returns, allocate
from mediagym.data.history import Campaign
from mediagym.envs.constraints import (
    ConstraintSettings,
    Ledger,
    day_bounds,
    parse_constraints,
    remaining,
    spend_day,
)
from mediagym.envs.flight import Problem
from mediagym.envs.market import Objective, ObjectiveSettings, saturation

Conf = Callable[..., dict[str, Any]]
DAYS, FLIGHTS = 5, 4
CAMPAIGNS = [
    Campaign("google", "Search Network"),
    Campaign("google", "YouTube"),
    Campaign("meta", None),
    Campaign("microsoft", "Search & content"),
    Campaign("microsoft", "Audience"),
]
ROOMY: dict[str, Any] = {"channel": {}, "campaign": {}, "pacing": None}


@pytest.fixture
def planned(problem: Problem, conf: Conf) -> Callable[..., Problem]:
    """A problem of five campaigns for five days; keywords change the constraints."""

    def make(**changes: Any) -> Problem:
        settings = conf("constraints/default.yaml", total=5000, **changes)
        return replace(
            problem,
            constraints=parse_constraints(
                ConstraintSettings.of(settings, "constraints"), CAMPAIGNS, DAYS
            ),
        )

    return make


def _returns(seed: int, days: int = DAYS) -> Returns:
    rng = np.random.default_rng(seed)
    shape = FLIGHTS, len(CAMPAIGNS)
    at_reference = rng.lognormal(3, 0.5, shape) * rng.lognormal(0, 0.2, (days, *shape))
    return Returns(rng.lognormal(5, 0.7, shape), rng.uniform(0.2, 0.9, shape), at_reference)


def _marginal(returns: Returns, spend: np.ndarray) -> np.ndarray:
    """Marginal return of every day and campaign, by central differences."""
    step = 1e-4 * (spend + 1)
    more, less = (
        saturation((spend + s) / returns.reference, returns.elasticity, np.ones(1))
        for s in (step, -step)
    )
    return np.asarray(returns.at_reference * (more - less) / (2 * step))


def _value(returns: Returns, flight: int, spend: np.ndarray) -> float:
    """The return of a flight's spend, (days, campaigns)."""
    ratio = spend / returns.reference[flight]
    response = saturation(ratio, returns.elasticity[flight], np.ones(1))
    return float((returns.at_reference[: len(spend), flight] * response).sum())


@pytest.mark.parametrize("seed", range(5))
def test_marginal_returns_are_equal_where_nothing_binds(
    planned: Callable[..., Problem], seed: int
) -> None:
    problem, returns = planned(**ROOMY), _returns(seed)
    allocation = allocate(problem, Ledger.start(problem.constraints, (FLIGHTS,)), returns)
    np.testing.assert_allclose(allocation.days.sum((0, -1)), 5000, rtol=1e-9)
    today, total = allocation.requested_spend, allocation.requested_total
    np.testing.assert_allclose(today.sum(-1), total, rtol=1e-9)
    np.testing.assert_allclose(today, allocation.days[0], rtol=1e-6, atol=1e-6)
    marginal = _marginal(returns, allocation.days)
    spent = allocation.days > 1
    price = np.where(spent, marginal, -np.inf).max((0, 2), keepdims=True)
    assert spent.mean() > 0.6
    np.testing.assert_allclose((marginal / price)[spent], 1, rtol=1e-5)
    unspent = allocation.days == 0
    assert ((marginal / price)[unspent] < 1 + 1e-3).all()  # the first dollar returns less


def _maximise(value: Any, start: np.ndarray, bounds: Any, constraints: Any) -> np.ndarray:
    """Dollars that maximise a value by SLSQP, scaled to thousands for its conditioning."""
    size = abs(value(start))
    solution = minimize(
        lambda x: -value(1000 * x) / size,
        start / 1000,
        method="SLSQP",
        bounds=[(low / 1000, None if high is None else high / 1000) for low, high in bounds],
        constraints=[{**c, "fun": lambda x, fun=c["fun"]: fun(1000 * x)} for c in constraints],
        options={"maxiter": 500, "ftol": 1e-10},
    )
    assert solution.success, solution.message
    return np.asarray(1000 * solution.x)


@pytest.mark.parametrize("seed", range(4))
def test_a_flight_s_allocation_is_that_of_a_general_solver(
    planned: Callable[..., Problem], seed: int
) -> None:
    problem, returns = planned(**ROOMY), _returns(10 + seed)
    allocation = allocate(problem, Ledger.start(problem.constraints, (FLIGHTS,)), returns)
    shape = DAYS, len(CAMPAIGNS)
    solution = _maximise(
        lambda x: _value(returns, 0, x.reshape(shape)),
        np.full(DAYS * len(CAMPAIGNS), 5000 / DAYS / len(CAMPAIGNS)),
        [(0, None)] * (DAYS * len(CAMPAIGNS)),
        [{"type": "eq", "fun": lambda x: (x.sum() - 5000) / 5000}],
    )
    ours, theirs = (_value(returns, 0, x) for x in (allocation.days[:, 0], solution.reshape(shape)))
    assert ours >= theirs * (1 - 1e-7)
    assert ours == pytest.approx(theirs, rel=1e-4)  # the solver stops a little short


BOUNDED = [
    {"channel": {"floor": "25%"}, "campaign": {"floor": "3%"}},
    {"channel": {"floor": "30%", "cap": "36%"}, "campaign": {"floor": "1%"}},
    {"channel": {"floor": "5%"}, "campaign": {"floor": "1%", "cap": "30%", "daily_cap": 260}},
]


@pytest.mark.parametrize("rules", BOUNDED)
@pytest.mark.parametrize("day", [0, 3])
def test_today_on_its_tree_of_bounds_is_the_optimum_of_a_general_solver(
    planned: Callable[..., Problem], rules: dict[str, Any], day: int
) -> None:
    problem = planned(**rules, pacing=[0.5, 1.5])
    ledger, rng = Ledger.start(problem.constraints, (FLIGHTS,)), np.random.default_rng(day)
    for _ in range(day):
        requested = rng.dirichlet(np.ones(len(CAMPAIGNS)), FLIGHTS) * 1000
        _, ledger = spend_day(problem.constraints, ledger, requested, requested.sum(-1))
    returns, bounds = _returns(20 + day, DAYS - day), day_bounds(problem.constraints, ledger)
    allocation = allocate(problem, ledger, returns)
    today, total = allocation.requested_spend, allocation.requested_total
    starts, _ = spend_day(problem.constraints, ledger, 0 * today + 1000, total)
    membership, binding = problem.constraints.tree.sums[1], 0
    for k in range(FLIGHTS):
        low, high, floor, cap = (
            side[level][k] for level in (-1, -2) for side in (bounds.lower, bounds.upper)
        )
        _within(today[k], low, high)
        _within(membership @ today[k], floor, cap)
        assert today[k].sum() == pytest.approx(total[k], rel=1e-9)
        solution = _maximise(
            lambda x, k=k: _value(returns, k, x[None]),
            starts[k],
            list(zip(low, high, strict=True)),
            [
                {"type": "eq", "fun": lambda x, k=k: x.sum() / total[k] - 1},
                {"type": "ineq", "fun": lambda x, floor=floor: (membership @ x - floor) / 1000},
                {"type": "ineq", "fun": lambda x, cap=cap: (cap - membership @ x) / 1000},
            ],
        )
        ours, theirs = (_value(returns, k, x[None]) for x in (today[k], solution))
        assert ours >= theirs * (1 - 1e-6)
        assert ours == pytest.approx(theirs, rel=1e-4)
        sums = membership @ today[k]
        binding += int((np.isclose(sums, floor) | np.isclose(sums, cap)).any())
    assert binding > 0  # otherwise no channel price was needed


def _within(dollars: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    assert (dollars >= low - 1e-6).all()
    assert (dollars <= high + 1e-6).all()


def test_a_flight_alone_is_the_flight_in_a_batch(planned: Callable[..., Problem]) -> None:
    problem, returns = planned(**BOUNDED[0], pacing=[0.5, 1.5]), _returns(30)
    together = allocate(problem, Ledger.start(problem.constraints, (FLIGHTS,)), returns)
    one = Returns(returns.reference[1:2], returns.elasticity[1:2], returns.at_reference[:, 1:2])
    alone = allocate(problem, Ledger.start(problem.constraints, (1,)), one)
    np.testing.assert_allclose(alone.requested_spend[0], together.requested_spend[1], rtol=1e-12)


def test_where_money_may_stay_unspent_no_dollar_returns_less_than_a_dollar(
    planned: Callable[..., Problem], conf: Conf
) -> None:
    profit = Objective.of(ObjectiveSettings.of(conf("objective/profit.yaml"), "objective"))
    returns = _returns(40)

    def spent(kind: str) -> tuple[Allocation, np.ndarray]:
        problem = replace(planned(**ROOMY, total_type=kind), objective=profit)
        ledger = Ledger.start(problem.constraints, (FLIGHTS,))
        allocation = allocate(problem, ledger, returns)
        return allocation, allocation.days.sum((0, -1)) / remaining(problem.constraints, ledger)

    (allocation, share), (_, whole) = spent("at_most"), spent("equal")
    np.testing.assert_allclose(whole, 1, rtol=1e-9)
    assert (share < 1).any()
    marginal = _marginal(returns, allocation.days)
    assert (marginal[allocation.days > 1] > 1 - 1e-4).all()
