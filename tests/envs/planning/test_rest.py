"""`best_rest`: the days left of many flights, each with what it has spent."""

from dataclasses import replace

import numpy as np
import pytest

from mediagym.envs.arrays import select
from mediagym.envs.constraints import Ledger, floor_remaining, remaining, spend_day
from mediagym.envs.flight import Problem
from mediagym.envs.planning import best_rest, plan_objective

FLIGHTS, OVER, EACH = 3, 24, 2


def _ledger(problem: Problem) -> Ledger:
    """Return flights that spent each in its own way for some days."""
    ledger = Ledger.start(problem.constraints, (FLIGHTS,))
    rng = np.random.default_rng(0)
    for _ in range(OVER):
        plan = problem.static_plan[ledger.day] * rng.uniform(0.3, 2, (FLIGHTS, 1))
        asked = plan * rng.uniform(0.3, 2, plan.shape)
        _, ledger = spend_day(problem.constraints, ledger, asked, asked.sum(-1))
    return ledger


def _markets(problem: Problem, posterior, flights: int = FLIGHTS):
    market, state = posterior.training()
    rows = np.arange(flights * EACH)
    return select(market, rows), select(state, rows)._replace(day=state.day + OVER)


def _start(problem: Problem) -> np.ndarray:
    return problem.static_plan[OVER:] + np.zeros((FLIGHTS, 1, 1))


@pytest.fixture(scope="module")
def best(problem: Problem, posterior) -> np.ndarray:
    ledger, markets = _ledger(problem), _markets(problem, posterior)
    return best_rest(problem, ledger, markets, _start(problem), 40)


def test_it_spends_what_is_left_and_pays_what_is_owed(problem: Problem, best: np.ndarray) -> None:
    ledger, constraints = _ledger(problem), problem.constraints
    arrays = constraints.arrays(best)
    np.testing.assert_allclose(
        best.sum((1, 2)), remaining(constraints, ledger), rtol=1e-9, atol=1e-6
    )
    assert (best >= -1e-9).all()
    campaigns = best.sum(1)
    spent = ledger.spent + campaigns
    assert (campaigns >= floor_remaining(constraints, ledger)[2] - 1e-6).all()
    assert (spent <= arrays.caps[2] + 1e-6).all()
    channels, spent = (arrays.add_up(1, each) for each in (campaigns, spent))
    assert (channels >= floor_remaining(constraints, ledger)[1] - 1e-6).all()
    assert (spent <= arrays.caps[1] + 1e-6).all()
    assert (best <= arrays.daily_caps + 1e-6).all()


def test_no_start_leads_elsewhere(problem: Problem, posterior, best: np.ndarray) -> None:
    ledger, (market, state) = _ledger(problem), _markets(problem, posterior)
    other = (
        np.ones_like(best) * remaining(problem.constraints, ledger)[:, None, None] / best[0].size
    )
    starts = (_start(problem), other)
    one, two = (best_rest(problem, ledger, (market, state), each, 200) for each in starts)

    def value(plans: np.ndarray) -> np.ndarray:
        rest = replace(problem, static_plan=problem.static_plan[OVER:])
        by_market = plan_objective(rest, market, state, None)
        return by_market(np.repeat(plans, EACH, 0))[0].reshape(-1, EACH).mean(1)

    np.testing.assert_allclose(value(one), value(two), rtol=1e-3)
    assert (value(one) >= value(best) - 1e-9).all()
    assert (value(best) >= value(_start_within(problem, ledger)) - 1e-6).all()


def _start_within(problem: Problem, ledger: Ledger) -> np.ndarray:
    """Return the static plan's days left, each projected onto its day."""
    days = []
    for t in range(OVER, problem.days):
        share = problem.day_terms[t].share * remaining(problem.constraints, ledger)
        asked = problem.static_plan[t] + np.zeros((FLIGHTS, 1))
        spend, ledger = spend_day(problem.constraints, ledger, asked, share)
        days.append(spend)
    return np.stack(days, 1)


def test_a_flight_alone_is_the_flight_in_a_batch(
    problem: Problem, posterior, best: np.ndarray
) -> None:
    ledger, markets = _ledger(problem), _markets(problem, posterior)
    row = slice(1, 2)
    alone = Ledger(ledger.day, ledger.spent[row], ledger.last[row])
    pair = slice(EACH, 2 * EACH)
    own = tuple(select(each, pair) for each in markets)
    plan = best_rest(problem, alone, own, _start(problem)[row], 40)
    np.testing.assert_allclose(plan, best[row], rtol=1e-7, atol=1e-4)
