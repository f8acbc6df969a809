"""`best_rest`: the best plans of the days that are left, of many flights at once.

Spectral projected gradient (``spectral``) through the whole simulator, every flight with its own
markets, money and floors. The rules are those of one tree of sums: the money left, floors that are
still owed, caps and daily caps. What a set asks for beside them (a pacing band, a change limit,
ramps) is left to the projection of the day on which the plan is carried out.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...data.types import Floats
from ..constraints import Constraints, Ledger, floor_remaining, reconcile, remaining
from ..flight import Problem
from ..market import Market, MarketState
from ..projection import Bounds, Tree, project
from .clairvoyant import plan_objective
from .spectral import maximise


def best_rest(
    problem: Problem,
    ledger: Ledger,
    markets: tuple[Market, MarketState],
    initial_plan: Floats,
    iterations: int,
) -> Floats:
    """Return every flight's plan of the days left, best on average over the flight's markets.

    The number of iterations is fixed, so that a flight alone and the same flight in a batch go
    through the same steps.

    Args:
        problem: constraints and objective of the whole flight.
        ledger: spend so far, (flights, campaigns).
        markets: parameters and states at the beginning of today, without noise; those that belong
            to one flight are neighbours, all flights have equally many. Fields are
            (flights x markets, campaigns); parameters may be (campaigns,).
        initial_plan: (flights, days left, campaigns) dollars; need not be feasible.
        iterations: evaluations of the objective.

    Returns:
        (flights, days left, campaigns) dollars.
    """
    flights, days, campaigns = initial_plan.shape
    each = len(markets[1].stock) // flights
    rest = replace(problem, static_plan=problem.static_plan[ledger.day :])
    by_market = plan_objective(rest, *markets, None)

    def mean_objective(plans: Floats) -> tuple[Floats, Floats]:
        value, gradient = by_market(np.repeat(plans, each, 0))
        shape = flights, each, days, campaigns
        return value.reshape(shape[:2]).mean(1), gradient.reshape(shape).mean(1)

    projection = _projection(problem.constraints, ledger)
    return maximise(mean_objective, projection, initial_plan, iterations, tolerance=-1.0).plan


def _projection(constraints: Constraints, ledger: Ledger) -> Callable[[Floats], Floats]:
    """Return the projection of plans, (flights, days left, campaigns), onto the feasible ones."""
    flights, campaigns = ledger.spent.shape
    days, bounds = constraints.days - ledger.day, _rest_bounds(constraints, ledger)
    tree = Tree.of([*constraints.tree.parents, np.repeat(np.arange(campaigns), days)])

    def projection(plans: Floats) -> Floats:
        spend: Floats = project(tree, plans.swapaxes(1, 2).reshape(flights, -1), bounds)
        return spend.reshape(flights, campaigns, days).swapaxes(1, 2)

    return projection


def _rest_bounds(constraints: Constraints, ledger: Ledger) -> Bounds:
    """Return the bounds of the money left: root, channels, campaigns, and campaigns' days.

    As in flight, a campaign spends an even share of its remaining floor every day.
    """
    days, arrays = constraints.days - ledger.day, constraints.arrays(ledger.spent)
    spent = [ledger.spent]
    for level in range(len(arrays.sums) - 1, -1, -1):
        spent.insert(0, arrays.add_up(level, spent[0]))
    low = list(floor_remaining(constraints, ledger))
    if constraints.spend_all:
        low[0] = remaining(constraints, ledger)[..., None]
    high = [cap - dollars for cap, dollars in zip(arrays.caps, spent, strict=True)]
    high[-1] = np.minimum(high[-1], days * arrays.daily_caps)
    bounds = reconcile(arrays, low, high)
    highest = np.minimum(bounds.upper[-1], arrays.daily_caps)
    daily = [np.repeat(each, days, -1) for each in (bounds.lower[-1] / days, highest)]
    return Bounds((*bounds.lower, daily[0]), (*bounds.upper, daily[1]))
