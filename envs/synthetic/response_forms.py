"""Misspecified simulators, to test the calibration on data that its model does not describe.

Each form is ``market.step`` with one change: another response curve, no carry-over, an efficiency
that drifts permanently, or a history in which spend followed demand. Only the synthetic advertiser
and the studies that know its truth use them; calibrations and plans do not.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

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

_LINEAR_BELOW = (
    1e-6  # ratio of spend below which a power curve is linear: its slope at 0 is infinite
)
_NEWTON_STEPS = 12  # make the logistic steepness exact for elasticities in [.05, .97]


class ResponseForm(NamedTuple):
    """A misspecified simulator: its differences from ``market.step``."""

    curve: Callable[[Array, Array], Array] | None = None  # (ratio, elasticity) -> response, 1 at 1
    carryover: bool = True  # False: spend has no effect after its day
    drift_sd: float = 0.0  # daily sd of a random walk of log efficiency
    demand_elasticity: float = 0.0  # elasticity of the history's spend to demand


def power(ratio: Array, elasticity: Array) -> Array:
    """Return a power law of spend: constant elasticity, no saturation."""
    xp = namespace(ratio, elasticity)
    bounded = xp.clip(ratio, _LINEAR_BELOW, None)
    linear = ratio / _LINEAR_BELOW * _LINEAR_BELOW**elasticity
    return xp.where(ratio > _LINEAR_BELOW, bounded**elasticity, linear)


def logistic(ratio: Array, elasticity: Array) -> Array:
    """Return ``tanh(b r / 2) / tanh(b / 2)``, the logistic saturation of several mix models.

    Its local elasticity is ``b / sinh b``, from which b is solved for; it saturates much faster
    than Hill's curve.
    """
    xp = namespace(ratio, elasticity)
    b = _steepness(elasticity)
    return xp.tanh(b * ratio / 2) / xp.tanh(b / 2)


def _steepness(elasticity: Array) -> Array:
    """Solve ``b / sinh b = elasticity`` by Newton's method on ``log(sinh b / b)``."""
    xp = namespace(elasticity)
    b = 1 + 0 * elasticity
    for _ in range(_NEWTON_STEPS):
        gap = xp.log(xp.sinh(b) / b) + xp.log(elasticity)
        b = xp.clip(b - gap / (1 / xp.tanh(b) - 1 / b), 1e-3, 30.0)
    return b


FormName = Literal["hill", "power", "logistic", "no_carryover", "drifting", "confounded"]

RESPONSE_FORMS: dict[FormName, ResponseForm] = {
    "hill": ResponseForm(),  # the simulator's own
    "power": ResponseForm(curve=power),
    "logistic": ResponseForm(curve=logistic),
    "no_carryover": ResponseForm(carryover=False),
    "drifting": ResponseForm(drift_sd=0.02),
    "confounded": ResponseForm(demand_elasticity=0.5),
}


def with_form(form: ResponseForm, market: Market) -> Market:
    """Return the market with the parameters that a misspecified simulator changes."""
    if not form.carryover:
        market = market._replace(carryover=0 * market.carryover)
    if form.drift_sd:
        market = market._replace(drift_sd=form.drift_sd + 0 * market.elasticity)
    return market


def step_with_form(
    form: ResponseForm, market: Market, state: MarketState, spend: Array, noise: Noise | None
) -> tuple[MarketState, Outcome]:
    """Advance a misspecified simulator by one day; see ``market.step`` for the other arguments."""
    after, outcome = step(market, state, spend, noise)
    if form.curve is None:
        return after, outcome
    ratio = after.stock / market.reference_spend
    hill = saturation(ratio, market.elasticity, market.slope)
    xp = namespace(hill)
    expected = outcome.expected * (
        form.curve(ratio, market.elasticity) / xp.clip(hill, 1e-12, None)
    )
    counted = noise is not None and noise.count_normal is not None
    counts = poisson_quantile(expected * noise.gamma, noise.count_normal) if counted else expected  # type: ignore[union-attr]
    order_value = market.order_value
    if counted:
        order_value = order_value * unit_lognormal(market.order_value_sd, noise.order_value)  # type: ignore[union-attr]
    return after, outcome._replace(
        expected=expected,
        expected_revenue=expected * market.order_value,
        conversions=counts,
        claimed=counts,
        revenue=counts * order_value,
    )


def expected_conversions(
    form: ResponseForm, market: Market, state: MarketState, plan: Array
) -> tuple[MarketState, Array]:
    """Return the state after a plan and its expected conversions, (days, ..., campaigns)."""
    days = []
    for spend in plan:
        state, outcome = step_with_form(form, market, state, spend, None)
        days.append(outcome.expected)
    return state, namespace(plan).stack(days)


def demand_following_spend(
    form: ResponseForm, market: Market, spend: Floats, levels: Floats, first_day: int
) -> Floats:
    """Return spend, (days, campaigns), made to follow demand: a confounded history.

    Args:
        form: misspecified simulator, with the elasticity of spend to demand.
        market: true parameters.
        spend: (days, campaigns) dollars, independent of demand.
        levels: (days, campaigns) log levels.
        first_day: days since 1970-01-01.
    """
    if not form.demand_elasticity:
        return spend
    weekday = weekday_of(first_day + np.arange(len(spend)))
    demand = levels + market.weekday[weekday]
    return np.asarray(spend * np.exp(form.demand_elasticity * (demand - demand.mean(0))))
