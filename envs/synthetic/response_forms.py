"""Markets whose form is not ours, to see what a calibration makes of them.

Each form is ``market.step`` with one thing changed: another response curve, no carry-over, an
efficiency that wanders off for good, or a history in which spend followed demand. Only the
synthetic advertiser and the studies that know its truth use them; nothing is calibrated with them.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..arrays import Array, namespace
from ..market import (
    Market,
    MarketState,
    Noise,
    Outcome,
    poisson_quantile,
    saturation,
    step,
    unit_lognormal,
    weekday_of,
)

_TINY = 1e-6  # ratio of spend below which a power curve is straight: its slope at 0 is infinite
_NEWTON = 12  # steps to the logistic curve's steepness: exact from an elasticity of .05 to .97


class ResponseForm(NamedTuple):
    """What is different about a market."""

    curve: Callable[[Array, Array], Array] | None = None  # (ratio, elasticity) -> 1 at a ratio of 1
    carries: bool = True  # whether spend has an effect after its day
    drift_sd: float = 0.0  # of a day's lasting change of log efficiency
    follows: float = 0.0  # elasticity of spend to demand in the history


def power(ratio: Array, elasticity: Array) -> Array:
    """Return a curve of constant elasticity, which never saturates."""
    xp = namespace(ratio, elasticity)
    low = xp.clip(ratio, _TINY, None)
    return xp.where(ratio > _TINY, low**elasticity, ratio / _TINY * _TINY**elasticity)


def logistic(ratio: Array, elasticity: Array) -> Array:
    """Return ``tanh(b r / 2) / tanh(b / 2)``, the logistic saturation of several mix models.

    Its local elasticity is ``b / sinh b``, from which b is found; it saturates much faster than
    Hill's curve.
    """
    xp = namespace(ratio, elasticity)
    steep = _steepness(elasticity)
    return xp.tanh(steep * ratio / 2) / xp.tanh(steep / 2)


def _steepness(elasticity: Array) -> Array:
    """Solve ``b / sinh b = elasticity`` by Newton's method on ``log(sinh b / b)``."""
    xp = namespace(elasticity)
    b = 1 + 0 * elasticity
    for _ in range(_NEWTON):
        gap = xp.log(xp.sinh(b) / b) + xp.log(elasticity)
        b = xp.clip(b - gap / (1 / xp.tanh(b) - 1 / b), 1e-3, 30.0)
    return b


RESPONSE_FORMS = {
    "hill": ResponseForm(),  # the simulator's own
    "power": ResponseForm(curve=power),
    "logistic": ResponseForm(curve=logistic),
    "no_carryover": ResponseForm(carries=False),
    "drifting": ResponseForm(drift_sd=0.02),
    "confounded": ResponseForm(follows=0.5),
}


def with_form(form: ResponseForm, market: Market) -> Market:
    """Return a market with what the form changes in its parameters."""
    if not form.carries:
        market = market._replace(carryover=0 * market.carryover)
    if form.drift_sd:
        market = market._replace(drift_sd=form.drift_sd + 0 * market.elasticity)
    return market


def step_with_form(
    form: ResponseForm, market: Market, state: MarketState, spend: Array, noise: Noise | None
) -> tuple[MarketState, Outcome]:
    """Advance a market of any form by one day; the arguments are those of ``market.step``."""
    after, outcome = step(market, state, spend, noise)
    if form.curve is None:
        return after, outcome
    ratio = after.stock / market.reference_spend
    ours = saturation(ratio, market.elasticity, market.slope)
    xp = namespace(ours)
    change = form.curve(ratio, market.elasticity) / xp.clip(ours, 1e-12, None)
    expected = outcome.expected * change
    counted = noise is not None and noise.count_normal is not None
    counts = poisson_quantile(expected * noise.gamma, noise.count_normal) if counted else expected  # type: ignore[union-attr]
    worth = market.order_value
    if counted:
        worth = worth * unit_lognormal(market.order_value_sd, noise.order_value)  # type: ignore[union-attr]
    return after, outcome._replace(
        expected=expected,
        expected_revenue=expected * market.order_value,
        conversions=counts,
        claimed=counts,
        revenue=counts * worth,
    )


def expected_conversions(
    form: ResponseForm, market: Market, state: MarketState, plan: Array
) -> tuple[MarketState, Array]:
    """Return what a plan is expected to bring, (days, ..., campaigns), nothing unforeseen."""
    days = []
    for spend in plan:
        state, outcome = step_with_form(form, market, state, spend, None)
        days.append(outcome.expected)
    return state, namespace(plan).stack(days)


def demand_following_spend(
    form: ResponseForm, market: Market, spend: Floats, levels: Floats, first_day: int
) -> Floats:
    """Return the spend, (days, campaigns), of an advertiser whose budgets follow demand.

    Args:
        form: says how much.
        market: the truth.
        spend: dollars that demand has nothing to do with.
        levels: (days, campaigns) log levels.
        first_day: days since 1970-01-01.
    """
    if not form.follows:
        return spend
    weekday = weekday_of(first_day + np.arange(len(spend)))
    demand = levels + market.weekday[weekday]
    return np.asarray(spend * np.exp(form.follows * (demand - demand.mean(0))))
