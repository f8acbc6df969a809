"""Open-loop plans: constant shares (uniform, historical) and the posterior-static plan."""

import numpy as np

from ...data.types import Floats, Progress
from ..calibration import Posterior
from ..constraints import Constraints, Ledger, daily_floors, remaining, spend_day
from ..flight import BeliefCovariance, Problem
from ..market import Objective
from .best import begun_near
from .clairvoyant import best_shared_plan, plan_objective
from .gradient import SolverSettings, best_plan
from .newton import climb
from .quadratic import QuadraticProgram
from .surfaces import Landscape, Sample, landscape

_GAIN = 3e-6  # of a Newton step, as a share of the value: a smaller one ends the search
_MAX_PACING_COST = 5e-4  # share of the value that pacing may cost before the plan is re-optimised


def constant_plan(constraints: Constraints, shares: Floats, days: int) -> Floats:
    """Return (days, campaigns) dollars: given shares at an even pace, projected day by day."""
    ledger, plan = Ledger.start(constraints), []
    for t in range(days):
        total = remaining(constraints, ledger) / (days - t)
        spend, ledger = spend_day(constraints, ledger, total * shares / shares.sum(), total)
        plan.append(spend)
    return np.stack(plan)


def uniform_plan(constraints: Constraints, campaigns: int, days: int) -> Floats:
    """Return the feasible plan of equal shares."""
    return constant_plan(constraints, np.ones(campaigns), days)


def historical_plan(posterior: Posterior, constraints: Constraints, days: int) -> Floats:
    """Return the feasible plan of the history's shares."""
    return constant_plan(constraints, posterior.spend + 1e-9, days)


def static_plan(
    posterior: Posterior,
    constraints: Constraints,
    objective: Objective,
    days: int,
    solver: SolverSettings,
    progress: Progress = lambda _: None,
    near: Floats | None = None,
) -> Floats:
    """Return the plan, (days, campaigns) dollars, that is best on average over the posterior.

    Sample average approximation over training draws and demand paths. Where curves are concave,
    the plan is optimised by Newton steps within total, floors, caps and pacing (``_by_newton``).
    Elsewhere it is first optimised without the pacing band, where whole plans are one tree of sums;
    if pacing it costs more than ``_MAX_PACING_COST``, it is optimised again day by day.

    Args:
        posterior: posterior whose training draws are used.
        constraints: constraints of the flight.
        objective: objective to maximise.
        days: length of the flight.
        solver: iterations, step, number of draws, and seed.
        progress: called with one line per stage.
        near: a plan that is likely to be close, such as that of another budget; its sum is free.
    """
    market, state, path = Sample.of(posterior, days, solver.draws, solver.seed)
    count = len(market.elasticity)
    # an interior start: the gradient of a campaign on its floor would hide its return
    historical = historical_plan(posterior, constraints, days)
    start = (historical + uniform_plan(constraints, historical.shape[1], days)) / 2
    start = start if near is None else begun_near(near, constraints, start)
    if bool((market.slope <= 1).all()) and constraints.change_limit is None:
        progress("optimising the plan")
        plan = _by_newton(landscape(posterior, constraints, objective, days, solver), start)
        if plan is not None:
            return plan
    problem = Problem(
        constraints, objective, *posterior.mean(), BeliefCovariance.none(start[0]), start
    )
    progress("optimising the plan")
    floors = daily_floors(constraints)
    unpaced = best_shared_plan(problem, market, state, path, solver.iterations, floors)
    paced = paced_plan(constraints, unpaced)
    by_market = plan_objective(problem, market, state, path)
    unpaced_value, paced_value = (
        by_market(np.repeat(plan[None], count, 0))[0].mean() for plan in (unpaced, paced)
    )
    # the value without the band bounds that of any plan within it
    if unpaced_value - paced_value <= _MAX_PACING_COST * abs(unpaced_value):
        return paced
    half = solver.model_copy(update={"iterations": -(-solver.iterations // 2)})  # a good start
    start, markets = paced[:, None], (market, state)
    optimum = best_plan(constraints, objective, markets, path, start, half, progress)
    return optimum.plan[:, 0]


def _by_newton(scene: Landscape, start: Floats) -> Floats | None:
    """Return the best plan, or None if pacing it day by day costs too much.

    Every day spends an even share of what floors still owe, as it must during a flight.
    """
    program = QuadraticProgram(scene.constraints, steady_floors=True)
    best = climb(scene.value, program, start, tolerance=_GAIN)
    paced = paced_plan(scene.constraints, best.plan)
    cost = best.value - scene.value.value(paced)[0]
    return paced if cost <= _MAX_PACING_COST * abs(best.value) else None


def paced_plan(constraints: Constraints, plan: Floats) -> Floats:
    """Return a plan, (days, campaigns), with each day projected onto what is feasible by then."""
    ledger, days = Ledger.start(constraints), []
    for requested_spend in plan:
        spend, ledger = spend_day(constraints, ledger, requested_spend, requested_spend.sum())
        days.append(spend)
    return np.stack(days)
