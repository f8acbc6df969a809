"""Which ends of their ranges parameters may take: those that nothing is divided by."""

import numpy as np
import pytest

from mediagym.data.errors import MediaGymError
from mediagym.envs.market import PARAMETERS, require_possible

NAMES = ("google/a", "google/b", "meta")
NOT_ZERO = {  # divisors, exponents of 0, or shares of which nothing would ever arrive
    "reference_spend", "elasticity", "slope", "reference_cpc", "click_rate", "delivery_cap",
    "audience", "same_day", "landing", "claim_rate",
}  # fmt: skip
NOT_ONE = {  # stocks that would grow without end, and prices
    "carryover", "inflation", "build", "fatigue_kept", "halo_kept", "demand_kept",
}  # fmt: skip
UP_TO_ONE = NOT_ONE | {
    "level_kept", "click_rate", "competition_kept", "halo_weight", "same_day", "landing",
    "view_through",
}  # fmt: skip
BOUNDED = sorted(p.name for p in PARAMETERS if np.isfinite(p.low))


def refused(draw_market, name, value):
    """Whether a market with a value in one field of its last campaign is refused."""
    market = draw_market(np.random.default_rng(0), slope=1.5, elasticity=0.3)
    field = getattr(market, name)
    values = np.full(3, 0.5) if field is None else field.copy()
    values[2] = value
    try:
        require_possible(market._replace(**{name: values}), NAMES)
    except MediaGymError as error:
        assert f"market: {name} of meta is {float(value)}; allowed" in str(error)  # noqa: PT017
        return True
    return False


@pytest.mark.parametrize("name", BOUNDED)
def test_zero_is_allowed_where_nothing_is_divided_by_it(draw_market, name):
    assert refused(draw_market, name, 0.0) == (name in NOT_ZERO)
    assert refused(draw_market, name, -1e-9)
    assert not refused(draw_market, name, 0.5)


@pytest.mark.parametrize("name", BOUNDED)
def test_one_is_allowed_where_a_stock_does_not_grow_for_ever(draw_market, name):
    assert refused(draw_market, name, 1.0) == (name in NOT_ONE)
    assert refused(draw_market, name, 1.25) == (name in UP_TO_ONE)
    assert refused(draw_market, name, np.nan)


@pytest.mark.parametrize("name", BOUNDED)
def test_only_a_limit_may_be_infinite(draw_market, name):
    assert refused(draw_market, name, np.inf) == (name not in ("delivery_cap", "audience"))


def test_the_elasticity_at_the_reference_lies_below_the_slope(draw_market):
    assert refused(draw_market, "elasticity", 1.5)
    assert not refused(draw_market, "elasticity", 1.499)
