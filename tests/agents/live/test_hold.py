"""Changes are adopted where they pay, and held where they do not."""

from dataclasses import replace

import numpy as np
import pytest

from mediagym.agents.live.hold import _gains, chosen
from mediagym.agents.live.settings import HoldSettings
from mediagym.agents.live.updated import held_out_particles, resampled
from mediagym.data.errors import ConfigError
from mediagym.envs.constraints import violations

from .conftest import HOLD


class Straight:
    """An outlook in which campaign k returns `returns[:, k]` per unit of money."""

    def __init__(self, returns):
        self.returns = returns

    def value(self, plan):
        return self.returns * plan.sum(0)


@pytest.fixture
def plans(cents, planned):
    """The plan before, and one that moves a tenth of the first campaign to the third."""
    old = cents[-20:]
    rest = planned.problem.constraints
    moved = old.copy()
    step = old[:, 0] // 10
    moved[:, 0] -= step
    moved[:, 2] += step
    return rest, old, moved


@pytest.fixture
def rest(planned, cents):
    """Constraints of the last twenty days."""
    from mediagym.envs.constraints import rest_of

    return rest_of(planned.problem.constraints, cents[:10])


def hold(**keys):
    return HoldSettings(**{**HOLD, **keys})


def returns(third, count=100):
    """All campaigns return 1, the third what is given."""
    table = np.ones((count, 9))
    table[:, 2] = third
    return table


def test_a_change_that_surely_pays_is_adopted(plans, rest):
    _, old, new = plans
    choice = chosen(rest, old, new, Straight(returns(2.0)), hold())
    assert choice.adopted.tolist() == [k in (0, 2) for k in range(9)]
    assert choice.together == 1.0
    assert choice.gain > 0
    assert choice.plan.sum() == old.sum()
    assert violations(rest, choice.plan) == []


def test_a_change_that_pays_too_seldom_is_held(plans, rest):
    _, old, new = plans
    third = np.where(np.arange(100) < 70, 2.0, 0.5)
    choice = chosen(rest, old, new, Straight(returns(third)), hold())
    np.testing.assert_array_equal(choice.plan, old)
    assert not choice.adopted.any()
    assert choice.probability[2] == pytest.approx(0.7)
    adopted = chosen(rest, old, new, Straight(returns(third)), hold(probability=0.6))
    assert adopted.adopted[2]


def test_a_small_change_is_held_though_it_pays(plans, rest):
    _, old, new = plans
    choice = chosen(rest, old, new, Straight(returns(2.0)), hold(amount=1e6))
    np.testing.assert_array_equal(choice.plan, old)
    assert not choice.big_enough.any()


def test_without_a_hold_everything_is_adopted(plans, rest):
    _, old, new = plans
    choice = chosen(rest, old, new, Straight(returns(0.1)), None)
    np.testing.assert_array_equal(choice.plan, new)
    assert choice.gain < 0


def test_gains_are_told_against_the_other_side():
    gained, money = np.array([[-10.0, 15.0, 5.0]]), np.array([-10.0, 5.0, 5.0])
    np.testing.assert_allclose(_gains(gained, money, np.ones(3, bool)), [[10.0, 10.0, 0.0]])


@pytest.mark.parametrize(
    ("held_out", "is_enough"), [(1, False), (15, False), (16, True), (0, True)]
)
def test_probabilities_need_held_out_draws(posterior, held_out, is_enough):
    few = replace(posterior, held_out=held_out)
    if is_enough:
        assert held_out_particles(few, 256).particle_set.variance.size
        return
    with pytest.raises(ConfigError, match=f"calibration.held_out: {held_out} draws are held out"):
        held_out_particles(few, 256)


def test_dates_that_all_campaigns_share_are_each_campaigns_own_draws(posterior):
    """As with more than a year of history, whose season is one for all campaigns."""
    known = held_out_particles(posterior, 16)
    count, campaigns = known.draws.market.elasticity.shape
    calendar = np.arange(count * 40.0).reshape(count, 40, 1)
    market = known.draws.market._replace(calendar=calendar)
    wanted = np.arange(campaigns) % count  # the draw of each campaign
    log_weight = np.where(np.arange(count)[:, None] == wanted, 0.0, -1e3)[None]
    particle_set = known.particle_set._replace(log_weight=log_weight)
    draws = known.draws._replace(market=market)
    found = resampled(known._replace(draws=draws, particle_set=particle_set)).market
    np.testing.assert_array_equal(found.calendar[3], calendar[wanted, :, 0].T)
    np.testing.assert_array_equal(found.elasticity[3], market.elasticity[wanted, range(campaigns)])
