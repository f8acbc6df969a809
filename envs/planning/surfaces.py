"""What the solver climbs: the expected value of a plan over a posterior, and its guardrails."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...data.errors import bound_error
from ...data.types import Floats
from ..arrays import select
from ..calibration import Posterior
from ..constraints import Constraints, Guardrail
from ..flight import BeliefCovariance, Problem
from ..market import Market, MarketState, Noise, Objective, draw_noises, generator, simulate
from .clairvoyant import plan_objective
from .gradient import SolverSettings, objective_with_gradient, to_tensors
from .newton import Surface, climb, differences
from .quadratic import QuadraticProgram
from .spectral import PlanObjective

if TYPE_CHECKING:
    import torch

_CURVED = 48  # markets from which the curvature is taken
_MARGIN = 1e-6  # of the total, by which guardrails are kept more strictly
_DINKELBACH = 6  # most rounds of the search for the best ratio


class Sample(NamedTuple):
    """Markets that stand for the posterior, and their demand paths."""

    market: Market  # (markets, campaigns)
    state: MarketState
    path: Noise  # (days, markets, campaigns), counts averaged out

    @classmethod
    def of(cls, posterior: Posterior, days: int, count: int, seed: int) -> "Sample":
        """Return training draws with their own demand paths."""
        market, state = posterior.sample_training(count)
        rngs = (generator(seed, i) for i in range(len(market.elasticity)))
        return cls(market, state, draw_noises(market, days, rngs).without_count_noise())

    def thinned(self, count: int = _CURVED) -> "Sample":
        """Return evenly spaced markets of these, as many as curvatures are taken from."""
        size = len(self.market.elasticity)
        rows = np.linspace(0, size - 1, min(count, size)).astype(int)
        path = Noise(*(None if field is None else field[:, rows] for field in self.path))
        return Sample(select(self.market, rows), select(self.state, rows), path)


class Landscape(NamedTuple):
    """The expected value of plans, and what guardrails are computed from."""

    value: Surface
    samples: tuple[Sample, Sample]  # for values, and the smaller one for curvatures
    objective: Objective
    constraints: Constraints

    def guards(self, guardrails: tuple[Guardrail, ...]) -> tuple[Surface, ...]:
        """Return guardrails as functions that must not be negative, in dollars."""
        days, margin = self.constraints.days, _MARGIN * self.constraints.total
        return tuple(
            _shared(*(_guard(self, guardrail, sample, days, margin) for sample in self.samples))
            for guardrail in guardrails
        )


def landscape(
    posterior: Posterior,
    constraints: Constraints,
    objective: Objective,
    days: int,
    solver: SolverSettings,
) -> Landscape:
    """Return the expected value over the posterior's training draws as the solver sees it."""
    full = Sample.of(posterior, days, solver.draws, solver.seed)
    few = Sample.of(posterior, days, min(_CURVED, solver.draws), solver.seed)
    plan = np.full((days, len(constraints.names)), constraints.total / days)
    problem = Problem(
        constraints, objective, *posterior.mean(), BeliefCovariance.none(plan[0]), plan
    )
    return landscape_on((full, few), problem)


def landscape_on(samples: tuple[Sample, Sample], problem: Problem) -> Landscape:
    """Return the expected value over given markets.

    Args:
        samples: for values, and a smaller one for curvatures.
        problem: objective, constraints, and the number of days by its static plan.
    """
    objectives = [
        _mean(plan_objective(problem, *sample), len(sample.market.elasticity)) for sample in samples
    ]
    return Landscape(_shared(*objectives), samples, problem.objective, problem.constraints)


def require_reachable(
    scene: Landscape, program: QuadraticProgram, guardrails: tuple[Guardrail, ...], start: Floats
) -> None:
    """Raise an error for the first guardrail that no feasible plan keeps by itself.

    Raises:
        ConstraintError: with the node, its bound and the best ratio that is reached.
    """
    for guardrail in guardrails:
        bound, plan = guardrail.bound, start
        for _ in range(_DINKELBACH):  # Dinkelbach, Management Science 13(7), 1967
            (guard,) = scene.guards((guardrail._replace(bound=bound),))
            peak = climb(guard, program, plan, tolerance=1e-4)
            if peak.value >= -_MARGIN * scene.constraints.total:
                break
            plan, bound = peak.plan, _ratio(scene, guardrail, peak.plan)
        better = bound > guardrail.bound if guardrail.kind == "cpa" else bound < guardrail.bound
        if better:
            node = guardrail.node or "all campaigns"
            sign = "<=" if guardrail.kind == "cpa" else ">="
            raise bound_error(
                f"{node}: {guardrail.kind} {sign} {guardrail.bound:g} is out of reach: the best "
                f"that any plan within the other constraints is expected to reach is {bound:.4g}; "
                "loosen the guardrail, or lower the floors or the total",
                *(guardrail.node or "total", guardrail.kind, guardrail.bound, float(bound)),
            )


def _ratio(scene: Landscape, guardrail: Guardrail, plan: Floats) -> float:
    """Return the expected cost per conversion, or return, of a guardrail's node."""
    spend = float(plan[:, _members(scene.constraints, guardrail.node)].sum())
    (guard,) = scene.guards((guardrail._replace(bound=1.0),))
    slack = guard.value(plan)[0] + _MARGIN * scene.constraints.total
    if guardrail.kind == "cpa":
        return spend / max(slack + spend, 1e-300)
    return (slack + spend) / max(spend, 1e-300)


def _members(constraints: Constraints, node: str | None) -> Floats:
    owners = [constraints.channel_of[name] for name in constraints.names]
    return np.array(
        [node is None or node in pair for pair in zip(constraints.names, owners, strict=True)]
    )


MeanObjective = Callable[[Floats], tuple[float, Floats]]


def _mean(by_market: PlanObjective, markets: int) -> MeanObjective:
    def mean(plan: Floats) -> tuple[float, Floats]:
        value, gradient = by_market(np.broadcast_to(plan, (markets, *plan.shape)))
        return float(value.mean()), np.asarray(gradient.mean(0))

    return mean


def _shared(full: MeanObjective, few: MeanObjective) -> Surface:
    return Surface(full, lambda plan: differences(lambda one: few(one)[1], plan))


def _guard(
    scene: Landscape, guardrail: Guardrail, sample: Sample, days: int, margin: float
) -> MeanObjective:
    """Return bound x conversions - spend, or revenue - bound x spend, of a node, in the mean.

    A margin in dollars is taken off, so that guardrails hold where the solver ends.
    """
    import torch

    market, state = to_tensors(sample.market), to_tensors(sample.state)
    path = to_tensors(sample.path)
    inside = torch.as_tensor(_members(scene.constraints, guardrail.node)).double()
    bound, by_cost = guardrail.bound, guardrail.kind == "cpa"
    weights = scene.objective.conversion_weights(market.elasticity)

    def slack(plans: "torch.Tensor") -> "torch.Tensor":
        _, outcomes = simulate(market, state, plans, path)
        gains = [
            bound * outcome.expected * weights - spend
            if by_cost
            else outcome.expected_revenue - bound * spend
            for outcome, spend in zip(outcomes, plans, strict=True)
        ]
        return (torch.stack(gains) * inside).sum((0, 2)) - margin

    return _mean(objective_with_gradient(slack, days), len(sample.market.elasticity))
