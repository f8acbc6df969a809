"""Risk-averse static: the plan that is best on average over the posterior's worst markets.

It maximises the conditional value at risk, the mean of the worst ``alpha`` of the outcomes, in the
form of Rockafellar and Uryasev, "Optimization of conditional value-at-risk", Journal of Risk 2(3),
2000: max over eta of eta - E[(eta - value)+] / alpha. The corner of (.)+ is rounded, so that the
climb of ``envs/planning/spectral.py`` has a gradient. Where a pacing band binds the days to each other the
plan is climbed day by day (``envs/planning/gradient.py``), by the subgradient.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from ...data.settings import Settings
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

_ROUND = 0.05  # of the standard deviation of values: radius of the rounded corner
_BISECTIONS = 60


class CvarSettings(Settings):
    """The keys of ``conf/agent/static_cvar.yaml``."""

    name: Literal["static_cvar"]
    alpha: Annotated[float, Field(gt=0, le=1)]
    draws: Annotated[int, Field(ge=2)]
    iterations: Annotated[int, Field(ge=1)]
    rate: Annotated[float, Field(gt=0)]
    seed: Annotated[int, Field(ge=0)]


def static_cvar(experiment: Experiment, split: str) -> PlanPolicy:
    """Return the policy; its plan is kept by content."""
    settings = experiment.settings("static_cvar", CvarSettings)
    plan = experiment.cached(
        "static_cvar", settings.model_dump(), lambda: _climbed(experiment, settings)
    )
    return PlanPolicy("static_cvar", plan)


def _climbed(experiment: Experiment, settings: CvarSettings) -> Floats:
    problem = experiment.problem
    draw = experiment.source.draw(settings.seed, range(settings.draws), problem.days)
    path = draw.noise.without_count_noise()._replace(outage=None, delivery=None)
    if tuple(problem.constraints.pacing) != (0.0, float(problem.days)):  # days bind each other
        solver = SolverSettings.of(
            {k: getattr(settings, k) for k in SolverSettings.model_fields}, "agent"
        )
        return best_plan(
            problem.constraints,
            problem.objective,
            (draw.market, draw.state),
            path,
            problem.static_plan[:, None],
            solver,
            tail_share=settings.alpha,
        ).plan[:, 0]
    worth = worst(
        plan_objective(problem, draw.market, draw.state, path), settings.draws, settings.alpha
    )
    feasible = project_daily_plan(problem.constraints, daily_minimum=daily_floors(problem.constraints))
    optimum = maximise(worth, feasible, problem.static_plan[None], settings.iterations)
    return np.asarray(optimum.plan[0])


def worst(each: PlanObjective, count: int, alpha: float) -> PlanObjective:
    """Return the value and gradient of one plan: the mean of the worst share of the markets.

    Args:
        each: value and gradient of a plan a market.
        count: number of markets.
        alpha: share of them, in (0, 1].
    """

    def worth(plans: Floats) -> tuple[Floats, Floats]:
        value, slope = each(np.repeat(plans, count, 0))
        mean, weight = rounded_tail(value, alpha)
        return np.array([mean]), np.einsum("m,mtc->tc", weight, slope)[None]

    return worth


def rounded_tail(value: Floats, alpha: float) -> tuple[float, Floats]:
    """Return the mean of the worst share of values, (markets,), its corner rounded.

    Returns:
        The mean, and the weight of every value in it: its gradient, >= 0, of sum 1.
    """
    width = _ROUND * value.std()
    if alpha == 1 or width == 0:
        return float(value.mean()), np.full(len(value), 1 / len(value))
    low, high = value.min() - 40 * width, value.max() + 40 * width
    for _ in range(_BISECTIONS):  # the share of values below eta is alpha
        eta = (low + high) / 2
        below = _sigmoid((eta - value) / width).mean() > alpha
        low, high = (low, eta) if below else (eta, high)
    short = np.logaddexp(0, (eta - value) / width) * width
    weight = _sigmoid((eta - value) / width)
    return float(eta - short.mean() / alpha), weight / weight.sum()


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))))
