import numpy as np
import pytest
import torch
from scipy import optimize

from mediagym.data.errors import ConfigError
from mediagym.data.history import Campaign
from mediagym.envs.arrays import select
from mediagym.envs.constraints import ConstraintSettings, parse_constraints
from mediagym.envs.market import MarketState, Noise, Objective, draw_noises, generator, simulate
from mediagym.envs.planning import (
    SolverSettings,
    best_plan,
    constant_plan,
    to_tensors,
    uniform_plan,
)

DAYS, CAMPAIGNS = 5, 3
ADS = [Campaign("google", "Search"), Campaign("google", "YouTube"), Campaign("meta", None)]
SOLVER = SolverSettings(iterations=400, rate=0.1, draws=1, seed=0)
QUICK = SolverSettings(iterations=30, rate=0.1, draws=1, seed=0)
FREE = {"channel": {}, "campaign": {}, "pacing": None}
TIGHT = {
    "channel": {},
    "campaign": {"floor": "5%"},
    "campaigns": {"meta": {"floor": "20%", "cap": "40%"}},
    "pacing": [0.7, 1.4],
}


@pytest.fixture
def setting(conf, draw_market):
    """Draws markets without randomness, with constraints around a typical spend."""

    def draw(seed=0, markets=2, **changes):
        rng = np.random.default_rng(seed)
        ranges = {
            "reference_conversions": (10, 40),
            "reference_spend": (100, 400),
            "elasticity": (0.3, 0.7),
        }
        fixed = {k: rng.uniform(*v, (markets, CAMPAIGNS)) for k, v in ranges.items()}
        market = draw_market(rng, (markets,), carryover=0.6, **fixed)
        state = MarketState(19_723, 0.5 * market.reference_spend, 0 * market.elasticity)
        settings = conf("constraints/default.yaml", total=4000, **{**FREE, **changes})
        return parse_constraints(ConstraintSettings.of(settings, "constraints"), ADS, DAYS), (
            market,
            state,
        )

    return draw


@pytest.fixture
def value_of(objective):
    """Value of plans, (days, plans, campaigns), in markets, and its gradient."""

    def value(markets, plan, path=None):
        dollars = torch.tensor(plan, requires_grad=True)
        noise = None if path is None else to_tensors(path)
        _, outcomes = simulate(to_tensors(markets[0]), to_tensors(markets[1]), dollars, noise)
        values = sum(objective.expected(o, dollars[t]).sum(-1) for t, o in enumerate(outcomes))
        values.sum().backward()
        return values.detach().numpy(), dollars.grad.numpy()

    return value


def polytope(constraints):
    """Rows A x <= b of all plans (days x campaigns, flattened) that are feasible day by day.

    Floors of campaigns are paid at an even rate at least; caps hold in all; a day's total lies
    within the pacing band of what is left.
    """
    total, days, (slow, fast) = constraints.total, constraints.days, constraints.pacing
    floors, caps = constraints.floor_cents[1] / 100, constraints.cap_cents[1] / 100
    rows, limits = [], []
    unit = np.eye(days * CAMPAIGNS).reshape(days, CAMPAIGNS, -1)
    before = np.cumsum(unit, 0) - unit
    for t in range(days):
        left = days - t
        for k in range(CAMPAIGNS):
            rows.append(-(unit[t, k] + before[t, k] / left))
            limits.append(-floors[k] / left)
        today, spent = unit[t].sum(0), before[t].sum(0)
        if t < days - 1:
            rows += [-(today + slow / left * spent), today + min(fast / left, 1) * spent]
            limits += [-slow / left * total, min(fast / left, 1) * total]
    rows += list(unit.sum(0))
    limits += list(caps)
    return np.array(rows), np.array(limits)


def exact_value(constraints, value, start):
    """The optimum by sequential quadratic programming, in few dimensions."""
    rows, limits = polytope(constraints)

    def loss(x):
        values, gradient = value(x.reshape(start.shape))
        return -values[0], -gradient.ravel()

    solution = optimize.minimize(
        loss,
        start.ravel(),
        jac=True,
        method="SLSQP",
        bounds=[(0, None)] * start.size,
        constraints=[
            {"type": "ineq", "fun": lambda x: limits - rows @ x, "jac": lambda _: -rows},
            {"type": "eq", "fun": lambda x: x.sum() - constraints.total, "jac": np.ones_like},
        ],
        options={"maxiter": 500, "ftol": 1e-9},
    )
    assert solution.success
    return -solution.fun


def one_of(record, i):
    return select(record, slice(i, i + 1))


@pytest.mark.parametrize("changes", [FREE, TIGHT, FREE | {"pacing": [1, 1]}])
def test_the_best_plan_is_that_of_an_exact_solver_to_a_thousandth(
    setting, value_of, objective, changes
):
    constraints, markets = setting(1, **changes)
    path = draw_noises(markets[0], DAYS, [generator(5, i) for i in range(2)]).without_count_noise()
    start = uniform_plan(constraints, CAMPAIGNS, DAYS)[:, None] + np.zeros((1, 2, 1))
    best = best_plan(constraints, objective, markets, path, start, SOLVER)
    np.testing.assert_allclose(best.plan.sum((0, 2)), constraints.total, rtol=1e-12)
    np.testing.assert_allclose(value_of(markets, best.plan, path)[0], best.value, rtol=1e-9)
    rows, limits = polytope(constraints)
    for i in range(2):
        assert (rows @ best.plan[:, i].ravel() <= limits + 1e-6).all()
        market = tuple(one_of(record, i) for record in markets)
        demand = Noise(path.demand[:, i : i + 1], path.level[:, i : i + 1], None, None, None, None)
        exact = exact_value(
            constraints,
            lambda x, market=market, demand=demand: value_of(market, x, demand),
            start[:, :1],
        )
        assert 1 - 1e-3 <= best.value[i] / exact <= 1 + 1e-6


def test_in_a_known_market_the_static_plan_is_as_good_as_the_clairvoyant(setting, objective):
    constraints, (market, state) = setting(2, markets=1)
    start = uniform_plan(constraints, CAMPAIGNS, DAYS)[:, None]
    copies = np.zeros(3, int)
    three = select(market, copies), select(state, copies)
    static = best_plan(constraints, objective, three, None, start, SOLVER)
    by_market = np.repeat(start, 3, 1)
    clairvoyant = best_plan(constraints, objective, three, None, by_market, SOLVER)
    assert static.plan.shape == (DAYS, 1, CAMPAIGNS)
    np.testing.assert_allclose(static.value, clairvoyant.value, rtol=1e-3)


def test_mixtures_with_other_feasible_plans_are_no_better(setting, value_of, objective):
    constraints, markets = setting(3, markets=1, **TIGHT)
    start = uniform_plan(constraints, CAMPAIGNS, DAYS)[:, None]
    best = best_plan(constraints, objective, markets, None, start, SOLVER)
    rng = np.random.default_rng(0)
    for _ in range(100):
        other = constant_plan(constraints, rng.dirichlet(np.ones(CAMPAIGNS)), DAYS)[:, None]
        share = rng.random() ** 3
        value, _ = value_of(markets, (1 - share) * best.plan + share * other)
        assert value[0] <= best.value[0] * (1 + 1e-3)


def test_the_optimum_is_never_worse_than_the_initial_plan(setting, value_of, objective):
    constraints, markets = setting(4)
    start = uniform_plan(constraints, CAMPAIGNS, DAYS)[:, None] + np.zeros((1, 2, 1))
    one = SolverSettings(iterations=1, rate=0.1, draws=1, seed=0)
    best = best_plan(constraints, objective, markets, None, start, QUICK)
    again = best_plan(constraints, objective, markets, None, best.plan, one)
    assert (again.value >= best.value).all()
    huge_step = SolverSettings(iterations=5, rate=50.0, draws=1, seed=0)
    assert (
        best_plan(constraints, objective, markets, None, start, huge_step).value
        >= value_of(markets, start)[0]
    ).all()


def test_markets_of_a_batch_are_solved_as_if_alone(setting, objective):
    constraints, (market, state) = setting(5, markets=3)
    start = uniform_plan(constraints, CAMPAIGNS, DAYS)[:, None]
    together = best_plan(
        constraints, objective, (market, state), None, start + np.zeros((1, 3, 1)), QUICK
    )
    alone = one_of(market, 1), one_of(state, 1)
    single = best_plan(constraints, objective, alone, None, start, QUICK)
    np.testing.assert_allclose(single.value[0], together.value[1], rtol=1e-4)


def test_money_that_returns_less_than_itself_stays_unspent(setting):
    """Profit with a total of at most: the optimum spends until marginal profit is zero."""
    profit = Objective("profit", 1.0)
    constraints, (market, state) = setting(6, markets=1, total_type="at_most")
    poor = market._replace(
        order_value=0 * market.order_value + 12.0, carryover=0 * market.carryover
    )
    start = uniform_plan(constraints, CAMPAIGNS, DAYS)[:, None]
    best = best_plan(constraints, profit, (poor, state), None, start, SOLVER)
    assert 0 <= best.plan.sum() < 0.7 * constraints.total
    # the optimum in closed form: each campaign each day where its marginal profit is zero
    e, scale = poor.elasticity[0], poor.reference_spend[0]
    odds = e / (1 - e)
    weekday = poor.weekday[0][(state.day + 3 + np.arange(DAYS)) % 7]
    daily = poor.reference_conversions[0] * np.exp(weekday) * poor.order_value[0]
    ratio = np.maximum(np.sqrt(daily / scale * odds * (1 + odds)) - odds, 0)
    exact = daily * ratio * (1 + odds) / (ratio + odds) - scale * ratio
    assert best.value[0] == pytest.approx(exact.sum(), rel=1e-3)


def test_where_every_dollar_pays_the_whole_limit_is_spent(setting, objective):
    constraints, markets = setting(7, total_type="at_most")
    start = uniform_plan(constraints, CAMPAIGNS, DAYS)[:, None] + np.zeros((1, 2, 1))
    best = best_plan(constraints, objective, markets, None, start, QUICK)
    assert (best.plan.sum((0, 2)) > 0.97 * constraints.total).all()
    assert (best.plan.sum((0, 2)) <= constraints.total * (1 + 1e-12)).all()


@pytest.mark.parametrize(("key", "value"), [("iterations", 0), ("rate", 0), ("draws", 0)])
def test_settings_are_refused_by_key(conf, key, value):
    with pytest.raises(ConfigError, match=f"solver.{key}"):
        SolverSettings.of(conf("solver/default.yaml") | {key: value}, "solver")
