"""Open-loop policies: plans made before the flight, which no report changes."""

import numpy as np

from ...data.types import Floats
from ...envs.arrays import Array
from ...envs.constraints import Ledger, remaining, spend_day
from ...envs.flight import Problem, prior_level
from ...envs.market import simulate, step
from ...envs.planning import constant_plan, historical_plan, paced_plan, uniform_plan
from ..experiment import Experiment
from ..policy import PlanPolicy

_WEEK = 7  # days over which past returns are averaged
_MIN_PAST_SPEND = 1.0  # dollars per day, at which the return of a campaign without spend is taken
_FAR_OUT = 1e4  # multiple of the budget; projecting a point so far out solves the linear programme


def uniform(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of equal shares: the floor of comparisons."""
    problem = experiment.problem
    plan = uniform_plan(problem.constraints, len(problem.constraints.names), problem.days)
    return PlanPolicy("uniform", plan)


def historical(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of past shares at an even pace: what most advertisers do next month."""
    problem = experiment.problem
    plan = historical_plan(experiment.posterior, problem.constraints, problem.days)
    return PlanPolicy("historical", plan)


def static(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of the plan that is best on average over the posterior.

    Sample average approximation; see ``envs.planning.static_plan``.
    """
    return PlanPolicy("static", experiment.problem.static_plan)


def roas(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of shares in proportion to return on ad spend, as many media desks set it.

    The return is the past average. It ignores saturation: a small campaign with a high average
    receives money at which its marginal return is long gone.
    """
    problem = experiment.problem
    plan = constant_plan(problem.constraints, past_return(experiment), problem.days)
    return PlanPolicy("roas", plan)


def greedy_average(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy that fills campaigns in the order of past average return: a straw man.

    Every day as much as its caps allow goes to the campaign with the highest average return, the
    rest to the next one, and so on: the linear programme of a world without saturation.
    Learners are often compared with it; the fair greedy policy is ``greedy``, by marginal return.
    """
    problem, average = experiment.problem, past_return(experiment)
    days = []
    ledger = Ledger.start(problem.constraints)
    for t in range(problem.days):
        total = remaining(problem.constraints, ledger) / (problem.days - t)
        requested_spend = _FAR_OUT * total * average / average.max()
        spend, ledger = spend_day(problem.constraints, ledger, requested_spend, total)
        days.append(spend)
    return PlanPolicy("greedy_average", np.stack(days))


def seasonal(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of indexed flighting, as media planners do it.

    A campaign's mean day in the static plan times its demand index of the date (weekday, annual
    wave, expected level), at unchanged spend. ``static`` knows the same calendar; the index leaves
    out that saturation and carry-over decide how far spend should follow demand.
    """
    problem = experiment.problem
    first = problem.state.day
    demand = np.stack([_demand(problem, day) for day in range(first, first + problem.days)])
    plan = problem.mean_static_spend * demand / np.maximum(demand.mean(0), 1e-12)
    total = problem.static_plan.sum()
    return PlanPolicy("seasonal", paced_plan(problem.constraints, plan * total / plan.sum()))


def past_return(experiment: Experiment) -> Floats:
    """Return the objective per dollar at the past spend, over a week, (campaigns,), > 0.

    The market is that of the posterior mean.
    """
    problem = experiment.problem
    spend = np.maximum(experiment.posterior.spend, _MIN_PAST_SPEND)
    state = problem.state._replace(stock=spend)
    _, outcomes = simulate(problem.market, state, np.tile(spend, (_WEEK, 1)), None)
    value = np.sum([problem.objective.expected(o, spend) for o in outcomes], axis=0)
    return np.asarray(np.maximum(value / (_WEEK * spend), 1e-12))  # a profit may be negative


def _demand(problem: Problem, day: int) -> Array:
    """Return a day's conversions at the mean static spend: only the date differs between days."""
    state = problem.state._replace(
        day=day, stock=problem.mean_static_spend, level=prior_level(problem, day)
    )
    return step(problem.market, state, problem.mean_static_spend, None)[1].expected
