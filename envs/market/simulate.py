"""A fixed plan run through ``market.step``, day by day."""

from ..arrays import Array, select
from .records import Market, MarketState, Noise, Outcome
from .step import step


def simulate(
    market: Market, state: MarketState, plan: Array, noise: Noise | None
) -> tuple[MarketState, list[Outcome]]:
    """Return what markets make of a fixed plan, (days, ..., campaigns) dollars."""
    outcomes = []
    for t in range(plan.shape[0]):
        state, outcome = step(market, state, plan[t], None if noise is None else select(noise, t))
        outcomes.append(outcome)
    return state, outcomes
