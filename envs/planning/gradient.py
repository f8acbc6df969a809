"""The best plan for known markets, by gradient through ``market.step`` and the projection.

One solver serves the posterior-static plan (one plan, many markets) and the clairvoyant (every
market its own plan). With concave curves the objective is concave and what the constraints allow
is convex, so a local optimum is the optimum. torch is imported on first use only.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import numpy as np
from pydantic import Field

from ...data.settings import Settings
from ...data.types import Floats
from ..arrays import Array
from ..constraints import Constraints, Ledger, remaining, spend_day, total_range
from ..market import Market, MarketState, Noise, Objective, simulate
from .spectral import PlanObjective

if TYPE_CHECKING:
    import torch

Record = TypeVar("Record", bound=tuple[Any, ...])
_CENT = 0.01  # dollars: keeps the logarithm of a spend finite
_SPARE = 0.01  # least share of the total that the search first leaves unspent, if that is allowed
_RENEW = 20  # steps after which the wishes are those that were allowed: one far out learns nothing


class SolverSettings(Settings):
    """How long and how boldly to climb."""

    iterations: Annotated[int, Field(ge=1)]
    rate: Annotated[float, Field(gt=0)]  # first step of Adam, in log dollars
    draws: Annotated[int, Field(ge=1)]  # markets that stand for the posterior
    seed: Annotated[int, Field(ge=0)]  # of their demand paths


class Optimum(NamedTuple):
    """The best plans and what they are worth."""

    plan: Floats  # (days, plans, campaigns) dollars
    value: Floats  # (markets,) expected objective over the flight


def to_tensors(record: Record) -> Record:
    """Return a record, and the records in it, as torch tensors; anything else stays."""
    import torch

    def turned(field: Any) -> Any:
        if hasattr(field, "_fields"):
            return to_tensors(field)
        return torch.as_tensor(np.asarray(field)) if hasattr(field, "shape") else field

    return type(record)(*map(turned, record))


def objective_with_gradient(
    value: "Callable[[torch.Tensor], torch.Tensor]", days: int
) -> PlanObjective:
    """Return the function from plans to value and gradient that ``ascent`` climbs.

    Args:
        value: (days, rows, campaigns) dollars -> (rows,).
        days: of the flight; plans of one day are the same every day.
    """
    import torch

    def worth(plans: Floats) -> tuple[Floats, Floats]:
        dollars = torch.tensor(plans, requires_grad=True)
        total = value(dollars.expand(-1, days, -1).transpose(0, 1))
        (slope,) = torch.autograd.grad(total.sum(), dollars)
        return total.detach().numpy(), slope.numpy()

    return worth


def best_plan(
    constraints: Constraints,
    objective: Objective,
    markets: tuple[Market, MarketState],
    path: Noise | None,
    begin: Floats,
    settings: SolverSettings,
    progress: Callable[[str], None] = lambda _: None,
    tail: float = 1.0,
) -> Optimum:
    """Climb from a plan to the best plan.

    Args:
        constraints: what is allowed.
        objective: what is maximised, in expectation over the markets that share a plan.
        markets: parameters and states, fields (markets, campaigns).
        path: the markets' demand paths, fields (days, markets, campaigns); None: no change.
        begin: (days, plans, campaigns) dollars, feasible; plans is 1 (shared) or as many as
            markets.
        settings: iterations and step.
        progress: called with a line now and then.
        tail: share of the markets, the worst ones, whose mean a shared plan maximises.

    Returns:
        The best feasible plans that were met on the way; never worse than the beginning.
    """
    import torch

    market, state = to_tensors(markets[0]), to_tensors(markets[1])
    noise = None if path is None else to_tensors(path)
    shape = torch.as_tensor(begin)
    wishes = [wish.clone().requires_grad_() for wish in _wishes(constraints, shape)]
    climb = torch.optim.Adam(wishes, lr=settings.rate)
    ease = torch.optim.lr_scheduler.CosineAnnealingLR(climb, settings.iterations)
    best = _Best(shape.shape, tail)
    with torch.no_grad():
        best.keep(shape, _worth(objective, market, state, shape, noise))
    for i in range(settings.iterations):
        plan = _feasible(constraints, *wishes)
        value = _worth(objective, market, state, plan, noise)
        best.keep(plan.detach(), value.detach())
        climb.zero_grad()
        (-_per_plan(value, plan, tail).sum() / best.scale).backward()  # type: ignore[no-untyped-call]
        if i and i % _RENEW == 0:
            for wish, allowed in zip(wishes, _wishes(constraints, plan.detach()), strict=True):
                wish.data = allowed
        climb.step()
        ease.step()
        if i % 50 == 0:
            progress(f"climbing {i}/{settings.iterations}")
    return Optimum(best.plan.numpy(), _worth(objective, market, state, best.plan, noise).numpy())


class _Best:
    """The best plan of each problem so far."""

    def __init__(self, shape: "torch.Size", tail: float) -> None:
        import torch

        self.tail = tail
        self.plan = torch.zeros(shape, dtype=torch.float64)
        self.value = torch.full(shape[1:2], -torch.inf, dtype=torch.float64)
        self.scale = torch.tensor(1.0, dtype=torch.float64)

    def keep(self, plan: "torch.Tensor", value: "torch.Tensor") -> None:
        import torch

        mean = _per_plan(value, plan, self.tail)
        if not bool(torch.isfinite(self.value).any()):
            self.scale = mean.abs().mean() + 1e-9
        better = mean > self.value
        self.plan = torch.where(better[:, None], plan, self.plan)
        self.value = torch.where(better, mean, self.value)


def _wishes(
    constraints: Constraints, plan: "torch.Tensor"
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Return the wishes that come to a feasible plan: the arguments of ``_feasible``."""
    import torch

    days = plan.sum(-1)
    if not constraints.spend_all:
        spare = constraints.total - days.sum(0, keepdim=True)
        days = torch.cat([days, torch.clamp(spare, _SPARE * constraints.total)])
    return torch.log(plan + _CENT), torch.log(days + _CENT)


def _feasible(
    constraints: Constraints, logits: "torch.Tensor", pace: "torch.Tensor"
) -> "torch.Tensor":
    """Return the plan that wishes come to, day by day.

    Args:
        constraints: what is allowed.
        logits: (days, plans, campaigns) log dollars, up to a constant a day.
        pace: (days, plans) log dollars in all, up to a constant; one row more is money left over.
    """
    import torch

    zero = 0 * logits[0].detach()
    ledger, days = Ledger(0, zero, zero), []
    later = torch.logcumsumexp(pace.flip(0), 0).flip(0)
    for t in range(len(logits)):
        total = remaining(constraints, ledger) * torch.exp(pace[t] - later[t])
        total = total.clamp(*total_range(constraints, ledger))
        target = total[..., None] * torch.softmax(logits[t], -1)
        spend, ledger = spend_day(constraints, ledger, target, total)
        days.append(spend)
    return torch.stack(days)


def _worth(
    objective: Objective, market: Market, state: MarketState, plan: Array, noise: Noise | None
) -> "torch.Tensor":
    """Return the expected objective of each market, (markets,)."""
    _, outcomes = simulate(market, state, plan, noise)
    days = [objective.expected(o, plan[t]).sum(-1) for t, o in enumerate(outcomes)]
    total: torch.Tensor = sum(days[1:], start=days[0])
    return total


def _per_plan(value: "torch.Tensor", plan: "torch.Tensor", tail: float) -> "torch.Tensor":
    """Return the mean value of the markets that share a plan, or of the worst share of them."""
    if plan.shape[1] == len(value):
        return value
    if tail < 1:
        value = value.sort().values[: max(round(tail * len(value)), 1)]
    return value.mean(0, keepdim=True)
