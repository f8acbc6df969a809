"""Equal marginal returns, held against a solver that knows nothing of them."""

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
    worth = rng.lognormal(3, 0.5, shape) * rng.lognormal(0, 0.2, (days, *shape))
    return Returns(rng.lognormal(5, 0.7, shape), rng.uniform(0.2, 0.9, shape), worth)


def _marginal(returns: Returns, worth: np.ndarray, spend: np.ndarray) -> np.ndarray:
    """Return of a dollar more, by differences."""
    step = 1e-4 * (spend + 1)
    more, less = (
        saturation((spend + s) / returns.reference, returns.elasticity, np.ones(1))
        for s in (step, -step)
    )
    return np.asarray(worth * (more - less) / (2 * step))


def _value(returns: Returns, flight: int, spend: np.ndarray) -> float:
    """What a flight's spends of some days, (days, campaigns), return."""
    ratio = spend / returns.reference[flight]
    reach = saturation(ratio, returns.elasticity[flight], np.ones(1))
    return float((returns.worth[: len(spend), flight] * reach).sum())


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_binds_no_dollar_returns_more_elsewhere(
    planned: Callable[..., Problem], seed: int
) -> None:
    problem, returns = planned(**ROOMY), _returns(seed)
    made = allocate(problem, Ledger.start(problem.constraints, (FLIGHTS,)), returns)
    np.testing.assert_allclose(made.days.sum((0, -1)), 5000, rtol=1e-9)
    np.testing.assert_allclose(made.target.sum(-1), made.total, rtol=1e-9)
    np.testing.assert_allclose(made.target, made.days[0], rtol=1e-6, atol=1e-6)
    marginal = _marginal(returns, returns.worth, made.days)
    spent = made.days > 1
    price = np.where(spent, marginal, -np.inf).max((0, 2), keepdims=True)
    assert spent.mean() > 0.6
    np.testing.assert_allclose((marginal / price)[spent], 1, rtol=1e-5)
    assert ((marginal / price)[made.days == 0] < 1 + 1e-3).all()  # the first dollar's worth less


def _solved(value: Any, start: np.ndarray, bounds: Any, constraints: Any) -> np.ndarray:
    """Dollars that maximise a value; the solver sees thousands, in which all is of one size."""
    size = abs(value(start))
    found = minimize(
        lambda x: -value(1000 * x) / size,
        start / 1000,
        method="SLSQP",
        bounds=[(low / 1000, None if high is None else high / 1000) for low, high in bounds],
        constraints=[{**c, "fun": lambda x, fun=c["fun"]: fun(1000 * x)} for c in constraints],
        options={"maxiter": 500, "ftol": 1e-10},
    )
    assert found.success, found.message
    return np.asarray(1000 * found.x)


@pytest.mark.parametrize("seed", range(4))
def test_a_flight_s_allocation_is_what_a_solver_finds(
    planned: Callable[..., Problem], seed: int
) -> None:
    problem, returns = planned(**ROOMY), _returns(10 + seed)
    made = allocate(problem, Ledger.start(problem.constraints, (FLIGHTS,)), returns)
    shape = DAYS, len(CAMPAIGNS)
    found = _solved(
        lambda x: _value(returns, 0, x.reshape(shape)),
        np.full(DAYS * len(CAMPAIGNS), 5000 / DAYS / len(CAMPAIGNS)),
        [(0, None)] * (DAYS * len(CAMPAIGNS)),
        [{"type": "eq", "fun": lambda x: (x.sum() - 5000) / 5000}],
    )
    ours, theirs = (_value(returns, 0, x) for x in (made.days[:, 0], found.reshape(shape)))
    assert ours >= theirs * (1 - 1e-7)
    assert ours == pytest.approx(theirs, rel=1e-4)  # which stops a little short


BOUNDED = [
    {"channel": {"floor": "25%"}, "campaign": {"floor": "3%"}},
    {"channel": {"floor": "30%", "cap": "36%"}, "campaign": {"floor": "1%"}},
    {"channel": {"floor": "5%"}, "campaign": {"floor": "1%", "cap": "30%", "daily_cap": 260}},
]


@pytest.mark.parametrize("rules", BOUNDED)
@pytest.mark.parametrize("day", [0, 3])
def test_today_on_its_tree_of_bounds_is_what_a_solver_finds(
    planned: Callable[..., Problem], rules: dict[str, Any], day: int
) -> None:
    problem = planned(**rules, pacing=[0.5, 1.5])
    ledger, rng = Ledger.start(problem.constraints, (FLIGHTS,)), np.random.default_rng(day)
    for _ in range(day):
        wish = rng.dirichlet(np.ones(len(CAMPAIGNS)), FLIGHTS) * 1000
        _, ledger = spend_day(problem.constraints, ledger, wish, wish.sum(-1))
    returns, bounds = _returns(20 + day, DAYS - day), day_bounds(problem.constraints, ledger)
    made = allocate(problem, ledger, returns)
    member, bound = problem.constraints.tree.sums[1], 0
    for k in range(FLIGHTS):
        low, high, floor, cap = (
            side[level][k] for level in (-1, -2) for side in (bounds.lower, bounds.upper)
        )
        _within(made.target[k], low, high)
        _within(member @ made.target[k], floor, cap)
        assert made.target[k].sum() == pytest.approx(made.total[k], rel=1e-9)
        start = spend_day(problem.constraints, ledger, 0 * made.target + 1000, made.total)[0][k]
        found = _solved(
            lambda x, k=k: _value(returns, k, x[None]),
            start,
            list(zip(low, high, strict=True)),
            [
                {"type": "eq", "fun": lambda x, k=k: x.sum() / made.total[k] - 1},
                {"type": "ineq", "fun": lambda x, floor=floor: (member @ x - floor) / 1000},
                {"type": "ineq", "fun": lambda x, cap=cap: (cap - member @ x) / 1000},
            ],
        )
        ours, theirs = (_value(returns, k, x[None]) for x in (made.target[k], found))
        assert ours >= theirs * (1 - 1e-6)
        assert ours == pytest.approx(theirs, rel=1e-4)
        sums = member @ made.target[k]
        bound += int((np.isclose(sums, floor) | np.isclose(sums, cap)).any())
    assert bound > 0  # else nothing nested was tried


def _within(dollars: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    assert (dollars >= low - 1e-6).all()
    assert (dollars <= high + 1e-6).all()


def test_a_flight_alone_is_the_flight_in_a_batch(planned: Callable[..., Problem]) -> None:
    problem, returns = planned(**BOUNDED[0], pacing=[0.5, 1.5]), _returns(30)
    together = allocate(problem, Ledger.start(problem.constraints, (FLIGHTS,)), returns)
    one = Returns(returns.reference[1:2], returns.elasticity[1:2], returns.worth[:, 1:2])
    alone = allocate(problem, Ledger.start(problem.constraints, (1,)), one)
    np.testing.assert_allclose(alone.target[0], together.target[1], rtol=1e-12)


def test_where_money_may_stay_no_dollar_brings_less_than_a_dollar(
    planned: Callable[..., Problem], conf: Conf
) -> None:
    profit = Objective.of(ObjectiveSettings.of(conf("objective/profit.yaml"), "objective"))
    returns = _returns(40)

    def spent(kind: str) -> tuple[Allocation, np.ndarray]:
        problem = replace(planned(**ROOMY, total_type=kind), objective=profit)
        ledger = Ledger.start(problem.constraints, (FLIGHTS,))
        made = allocate(problem, ledger, returns)
        return made, made.days.sum((0, -1)) / remaining(problem.constraints, ledger)

    (made, share), (_, whole) = spent("at_most"), spent("equal")
    np.testing.assert_allclose(whole, 1, rtol=1e-9)
    assert (share < 1).any()
    marginal = _marginal(returns, returns.worth, made.days)
    assert (marginal[made.days > 1] > 1 - 1e-4).all()
