"""Risk-averse static plan: best on average over the posterior's worst markets.

It maximises the conditional value at risk (CVaR), the mean of the worst ``alpha`` of the values, in
the form of Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk
2(3), 2000: max over eta of eta - E[(eta - value)+] / alpha. The corner of (.)+ is smoothed, so that
the spectral projected gradient of ``envs.planning`` applies. Where a pacing band couples the days,
the plan is optimised day by day instead, by the subgradient.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...data.settings import Seed, Settings
from ...data.types import Floats
from ...envs.constraints import daily_floors
from ...envs.planning import (
    PlanObjective,
    SolverSettings,
    best_plan,
    maximise,
    plan_objective,
    project_daily_plan,
)
from ..experiment import Experiment
from ..policy import PlanPolicy

_CORNER_WIDTH = 0.05  # width of the smoothed corner, in standard deviations of the values
_BISECTIONS = 60


class CvarSettings(Settings):
    """The keys of ``conf/agent/static_cvar.yaml``."""

    name: Literal["static_cvar"]
    alpha: Annotated[float, Field(gt=0, le=1)]
    draws: Annotated[int, Field(ge=2, le=100_000)]
    iterations: Annotated[int, Field(ge=1, le=1_000_000)]
    rate: Annotated[float, Field(gt=0, le=100)]
    seed: Seed


def static_cvar(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy of the CVaR-optimal plan, which is cached."""
    settings = experiment.settings("static_cvar", CvarSettings)
    plan = experiment.cached(
        "static_cvar",
        settings.model_dump(),
        experiment.problem.static_plan.shape,
        lambda: _optimise(experiment, settings),
    )
    return PlanPolicy("static_cvar", plan)


def _optimise(experiment: Experiment, settings: CvarSettings) -> Floats:
    """Return the CVaR-optimal plan, (days, campaigns) dollars."""
    problem = experiment.problem
    constraints = problem.constraints
    draw = experiment.source.draw(settings.seed, range(settings.draws), problem.days)
    path = draw.noise.without_count_noise()._replace(outage=None, delivery=None)
    if tuple(constraints.pacing) != (0.0, float(problem.days)):  # the band couples the days
        keys = {key: getattr(settings, key) for key in SolverSettings.model_fields}
        return best_plan(
            constraints,
            problem.objective,
            (draw.market, draw.state),
            path,
            problem.static_plan[:, None],
            SolverSettings.of(keys, "agent"),
            tail_share=settings.alpha,
        ).plan[:, 0]
    by_market = plan_objective(problem, draw.market, draw.state, path)
    objective = cvar_objective(by_market, settings.draws, settings.alpha)
    projection = project_daily_plan(constraints, daily_minimum=daily_floors(constraints))
    optimum = maximise(objective, projection, problem.static_plan[None], settings.iterations)
    return np.asarray(optimum.plan[0])


def cvar_objective(by_market: PlanObjective, markets: int, alpha: float) -> PlanObjective:
    """Return the smoothed CVaR of one plan over markets, with its gradient.

    Args:
        by_market: value and gradient of one plan per market.
        markets: number of markets.
        alpha: share of the markets, the worst ones, in (0, 1].
    """

    def objective(plans: Floats) -> tuple[Floats, Floats]:
        value, gradient = by_market(np.repeat(plans, markets, 0))
        mean, weight = smoothed_cvar(value, alpha)
        return np.array([mean]), np.einsum("m,mtc->tc", weight, gradient)[None]

    return objective


def smoothed_cvar(value: Floats, alpha: float) -> tuple[float, Floats]:
    """Return the mean of the worst share of values, (markets,), with a smoothed corner.

    Returns:
        The mean, and its gradient: the weight of every value, >= 0, which sum to 1.
    """
    width = _CORNER_WIDTH * value.std()
    if alpha == 1 or width == 0:
        return float(value.mean()), np.full(len(value), 1 / len(value))
    low, high = value.min() - 40 * width, value.max() + 40 * width
    for _ in range(_BISECTIONS):  # find eta, the alpha-quantile of the values
        eta = (low + high) / 2
        below = _sigmoid((eta - value) / width).mean() > alpha
        low, high = (low, eta) if below else (eta, high)
    shortfall = np.logaddexp(0, (eta - value) / width) * width
    weight = _sigmoid((eta - value) / width)
    return float(eta - shortfall.mean() / alpha), weight / weight.sum()


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))))
