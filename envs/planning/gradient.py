"""The best plan by gradient ascent through ``market.step`` and the daily projection.

One solver serves the static plan (one plan shared by many markets) and the clairvoyant (one plan
per market). With concave response curves the objective is concave and the constraints are convex,
so a local optimum is global. torch is imported on first use only.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import numpy as np
from pydantic import Field

from ...data.settings import Seed, Settings
from ...data.types import Floats, Progress
from ..arrays import Array
from ..constraints import Constraints, Ledger, remaining, spend_day, total_range
from ..flight import Problem
from ..market import Market, MarketState, Noise, Objective, simulate
from .spectral import PlanObjective

if TYPE_CHECKING:
    import torch

Record = TypeVar("Record", bound=tuple[Any, ...] | Problem)
_LOG_OFFSET = 0.01  # dollars: keeps the logarithm of a spend finite
_MIN_UNSPENT_SHARE = 0.01  # lowest initial share of the total left unspent, if any may be
# steps after which the logits are reset to the projected plan: far outside the feasible set the
# gradient vanishes
_RESET_INTERVAL = 20


MAX_ITERATIONS = 1_000_000
MAX_DRAWS = 100_000  # markets that stand for the posterior


class SolverSettings(Settings):
    """Iterations and step of the solver, and the sample that stands for the posterior."""

    iterations: Annotated[int, Field(ge=1, le=MAX_ITERATIONS)]
    rate: Annotated[float, Field(gt=0, le=100)]  # first step of Adam, in log dollars
    draws: Annotated[int, Field(ge=1, le=MAX_DRAWS)]  # markets that stand for the posterior
    seed: Seed  # seed of the markets' demand paths


class Optimum(NamedTuple):
    """The best plans and their value in every market."""

    plan: Floats  # (days, plans, campaigns) dollars
    value: Floats  # (markets,) expected objective over the flight


def to_tensors(record: Record) -> Record:
    """Return a problem or record, and the records nested in it, with arrays as torch tensors."""
    import torch

    def to_tensor(field: Any) -> Any:
        if hasattr(field, "_fields"):
            return to_tensors(field)
        return torch.as_tensor(np.asarray(field)) if hasattr(field, "shape") else field

    if isinstance(record, Problem):
        values = (getattr(record, field.name) for field in fields(record))
        return type(record)(*map(to_tensor, values))
    return type(record)(*map(to_tensor, record))


def objective_with_gradient(
    value: "Callable[[torch.Tensor], torch.Tensor]", days: int
) -> PlanObjective:
    """Return the function from plans to value and gradient that ``maximise`` takes.

    Args:
        value: (days, rows, campaigns) dollars -> (rows,).
        days: length of the flight; plans of one day are repeated every day.
    """
    import torch

    def objective(plans: Floats) -> tuple[Floats, Floats]:
        dollars = torch.tensor(plans, requires_grad=True)
        values = value(dollars.expand(-1, days, -1).transpose(0, 1))
        (gradient,) = torch.autograd.grad(values.sum(), dollars)
        return values.detach().numpy(), gradient.numpy()

    return objective


def best_plan(
    constraints: Constraints,
    objective: Objective,
    markets: tuple[Market, MarketState],
    path: Noise | None,
    initial_plan: Floats,
    settings: SolverSettings,
    progress: Progress = lambda _: None,
    tail_share: float = 1.0,
) -> Optimum:
    """Improve a plan by Adam and return the best feasible plans met on the way.

    Args:
        constraints: constraints of the flight.
        objective: objective, maximised in expectation over the markets that share a plan.
        markets: parameters and states, fields (markets, campaigns).
        path: the markets' demand paths, fields (days, markets, campaigns); None: no change.
        initial_plan: (days, plans, campaigns) dollars, feasible; plans is 1 (shared) or the
            number of markets.
        settings: iterations and step.
        progress: receives a line every 50 iterations.
        tail_share: share of the markets, the worst ones, whose mean a shared plan maximises.

    Returns:
        Plans that are never worse than the initial one.
    """
    import torch

    market, state = to_tensors(markets[0]), to_tensors(markets[1])
    noise = None if path is None else to_tensors(path)
    start = torch.as_tensor(initial_plan)
    logits = [part.clone().requires_grad_() for part in _logits_of(constraints, start)]
    optimizer = torch.optim.Adam(logits, lr=settings.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.iterations)
    best = _BestPlans(start.shape, tail_share)
    with torch.no_grad():
        best.update(start, _expected_value(objective, market, state, start, noise))
    for i in range(settings.iterations):
        plan = _plan_of(constraints, *logits)
        value = _expected_value(objective, market, state, plan, noise)
        best.update(plan.detach(), value.detach())
        optimizer.zero_grad()
        (-_per_plan(value, plan, tail_share).sum() / best.scale).backward()  # type: ignore[no-untyped-call]
        if i and i % _RESET_INTERVAL == 0:
            for part, reset in zip(logits, _logits_of(constraints, plan.detach()), strict=True):
                part.data = reset
        optimizer.step()
        schedule.step()
        if i % 50 == 0:
            progress(f"optimising the plan: {i} of {settings.iterations}")
    value = _expected_value(objective, market, state, best.plan, noise)
    return Optimum(best.plan.numpy(), value.numpy())


class _BestPlans:
    """The best plans so far."""

    def __init__(self, shape: "torch.Size", tail_share: float) -> None:
        import torch

        self.tail_share = tail_share
        self.plan = torch.zeros(shape, dtype=torch.float64)
        self.value = torch.full(shape[1:2], -torch.inf, dtype=torch.float64)
        self.scale = torch.tensor(1.0, dtype=torch.float64)

    def update(self, plan: "torch.Tensor", value: "torch.Tensor") -> None:
        import torch

        mean = _per_plan(value, plan, self.tail_share)
        if not bool(torch.isfinite(self.value).any()):
            self.scale = mean.abs().mean() + 1e-9
        better = mean > self.value
        self.plan = torch.where(better[:, None], plan, self.plan)
        self.value = torch.where(better, mean, self.value)


def _logits_of(
    constraints: Constraints, plan: "torch.Tensor"
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Return the logits that yield a feasible plan: the inverse of ``_plan_of``."""
    import torch

    days = plan.sum(-1)
    if not constraints.spend_all:
        unspent = constraints.total - days.sum(0, keepdim=True)
        days = torch.cat([days, torch.clamp(unspent, _MIN_UNSPENT_SHARE * constraints.total)])
    return torch.log(plan + _LOG_OFFSET), torch.log(days + _LOG_OFFSET)


def _plan_of(
    constraints: Constraints, split_logits: "torch.Tensor", pace_logits: "torch.Tensor"
) -> "torch.Tensor":
    """Return the feasible plan of logits, projected day by day.

    Args:
        constraints: constraints of the flight.
        split_logits: (days, plans, campaigns) log dollars, up to a constant per day.
        pace_logits: (days, plans) log dollars in all, up to a constant; one more row is money
            that stays unspent.
    """
    import torch

    batch = tuple(split_logits.shape[1:-1])
    ledger, days = Ledger.start(constraints, batch, split_logits.detach()), []
    log_left = torch.logcumsumexp(pace_logits.flip(0), 0).flip(0)
    for t in range(len(split_logits)):
        total = remaining(constraints, ledger) * torch.exp(pace_logits[t] - log_left[t])
        if not constraints.is_continued:  # there a day's total follows from its levels
            total = total.clamp(*total_range(constraints, ledger))
        requested_spend = total[..., None] * torch.softmax(split_logits[t], -1)
        spend, ledger = spend_day(constraints, ledger, requested_spend, total)
        days.append(spend)
    return torch.stack(days)


def _expected_value(
    objective: Objective, market: Market, state: MarketState, plan: Array, noise: Noise | None
) -> "torch.Tensor":
    """Return the expected objective of each market, (markets,)."""
    _, outcomes = simulate(market, state, plan, noise)
    days = [objective.expected(o, plan[t]).sum(-1) for t, o in enumerate(outcomes)]
    total: torch.Tensor = sum(days[1:], start=days[0])
    return total


def _per_plan(value: "torch.Tensor", plan: "torch.Tensor", tail_share: float) -> "torch.Tensor":
    """Return the mean value of the markets that share a plan, or of the worst share of them."""
    if plan.shape[1] == len(value):
        return value
    if tail_share < 1:
        value = value.sort().values[: max(round(tail_share * len(value)), 1)]
    return value.mean(0, keepdim=True)
