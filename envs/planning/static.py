"""Plans that an advertiser can make before the flight: uniform, historical, and the static best."""

from collections.abc import Callable

import numpy as np

from ...data.types import Floats
from ..calibration import Posterior
from ..constraints import Constraints, Ledger, daily_floors, remaining, spend_day
from ..flight import BeliefCovariance, Problem
from ..market import Noise, Objective, draw_noises, generator
from .clairvoyant import best_shared_plan, plan_objective
from .gradient import SolverSettings, best_plan

_ENOUGH = 5e-4  # share of its worth that the pacing band may cost before a plan is climbed anew


def constant_plan(constraints: Constraints, shares: Floats, days: int) -> Floats:
    """Return (days, campaigns) dollars: an even pace in given proportions, made feasible."""
    zero = np.zeros_like(shares)
    ledger, plan = Ledger(0, zero, zero), []
    for t in range(days):
        total = remaining(constraints, ledger) / (days - t)
        spend, ledger = spend_day(constraints, ledger, total * shares / shares.sum(), total)
        plan.append(spend)
    return np.stack(plan)


def uniform_plan(constraints: Constraints, campaigns: int, days: int) -> Floats:
    """Return the plan that spends the same on every campaign, as far as that is allowed."""
    return constant_plan(constraints, np.ones(campaigns), days)


def historical_plan(posterior: Posterior, constraints: Constraints, days: int) -> Floats:
    """Return the plan that keeps the shares of the history, as far as that is allowed."""
    return constant_plan(constraints, posterior.spend + 1e-9, days)


def static_plan(
    posterior: Posterior,
    constraints: Constraints,
    objective: Objective,
    days: int,
    solver: SolverSettings,
    progress: Callable[[str], None] = lambda _: None,
) -> Floats:
    """Return the one plan that is best on average over training draws and demand paths.

    The plan is first climbed without the pacing band, in which whole plans are one tree of sums;
    if the band would change it, it is climbed again day by day.

    Args:
        posterior: its training draws are used.
        constraints: what is allowed.
        objective: what is maximised.
        days: length of the flight.
        solver: iterations and step; how many markets stand for the posterior, and the seed.
        progress: called with a line now and then.
    """
    market, state = posterior.sample_training(solver.draws)
    rngs = (generator(solver.seed, i) for i in range(len(market.elasticity)))
    path: Noise = draw_noises(market, days, rngs).without_count_noise()
    # in the midst of what is allowed: a campaign on its floor would hide what it could return
    past = historical_plan(posterior, constraints, days)
    begin = (past + uniform_plan(constraints, past.shape[1], days)) / 2
    problem = Problem(
        constraints, objective, *posterior.mean(), BeliefCovariance.none(begin[0]), begin
    )
    progress("climbing")
    floors = daily_floors(constraints)
    free = best_shared_plan(problem, market, state, path, solver.iterations, floors)
    plan = paced_plan(constraints, free)
    worth = plan_objective(problem, market, state, path)
    best, kept = (
        worth(np.repeat(p[None], len(market.elasticity), 0))[0].mean() for p in (free, plan)
    )
    if best - kept <= _ENOUGH * abs(best):  # no plan within the band can be worth more
        return plan
    half = solver.model_copy(update={"iterations": -(-solver.iterations // 2)})  # a good start
    markets = (market, state)
    return best_plan(constraints, objective, markets, path, plan[:, None], half, progress).plan[
        :, 0
    ]


def paced_plan(constraints: Constraints, plan: Floats) -> Floats:
    """Return the feasible plan, (days, campaigns), that wishing for a plan day by day comes to."""
    ledger, days = Ledger(0, 0 * plan[0], 0 * plan[0]), []
    for wish in plan:
        spend, ledger = spend_day(constraints, ledger, wish, wish.sum())
        days.append(spend)
    return np.stack(days)
