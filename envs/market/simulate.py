"""`simulate`: a fixed plan run through `step`, day by day."""

from ..arrays import Array, select
from .records import Market, MarketState, Noise, Outcome
from .step import step


def simulate(
    market: Market, state: MarketState, plan: Array, noise: Noise | None
) -> tuple[MarketState, list[Outcome]]:
    """Return the last state and the daily outcomes of a plan, (days, ..., campaigns) dollars."""
    outcomes = []
    for t in range(plan.shape[0]):
        state, outcome = step(market, state, plan[t], None if noise is None else select(noise, t))
        outcomes.append(outcome)
    return state, outcomes
