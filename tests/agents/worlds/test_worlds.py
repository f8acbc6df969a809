"""Worlds that policies fly in, and the flights themselves."""

import numpy as np
import pytest

from mediagym.agents.policies import Follow, RollingHorizon
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import draw_evaluation_set, rollout_policy
from mediagym.agents.worlds import Change, LogWorld, SimulatedWorld, Twist, World, fly
from mediagym.data.errors import DataError
from mediagym.envs.flight import Problem
from mediagym.envs.market import draw_noises, generator
from mediagym.envs.synthetic import RESPONSE_FORMS, DeliverySettings

FLIGHTS = 3


def world_of(problem: Problem, twist: Twist | None = None, form: str = "hill") -> SimulatedWorld:
    """The mean market of a problem as the truth."""
    twist = Twist() if twist is None else twist
    return SimulatedWorld(RESPONSE_FORMS[form], problem.market, problem.state, problem.days, twist)


def plan_of(problem: Problem) -> PlanPolicy:
    return PlanPolicy("static", problem.static_plan)


@pytest.mark.parametrize("name", ["static", "follow", "replanner"])
def test_a_flight_in_our_own_market_is_that_of_the_rollout(problem, posterior, name):
    """The world draws its noise from (seed, flight), as an evaluation does."""
    policies = {
        "static": plan_of(problem),
        "follow": Follow(problem),
        "replanner": RollingHorizon(problem, posterior, 32),
    }
    flights = fly(problem, policies[name], world_of(problem), 5, FLIGHTS)
    market, state = problem.market, problem.state
    batch = type(market)(*(None if f is None else np.stack([f] * FLIGHTS) for f in market))
    evaluation = draw_evaluation_set(batch, state, problem.days, 5)
    expected = rollout_policy(problem, policies[name], evaluation)
    np.testing.assert_allclose(flights.delivered, expected.spend, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(flights.total, expected.total, rtol=1e-9)


def test_a_seed_brings_the_same_days_whatever_is_spent_and_however_many_flights(problem):
    world: World = world_of(problem)
    runs = []
    for flights, factor in ((2, 1.0), (5, 1.0), (2, 1.3)):
        world.begin(3, flights)
        spend = factor * problem.static_plan[:, None].repeat(flights, 1)
        days = [world.spend(dollars) for dollars in spend]
        runs.append(np.stack([day.claimed for day in days])[:, :2])
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_a_change_lowers_one_campaign_from_its_day_on(problem):
    values = []
    for change in (None, Change(campaign=1, day=8, factor=0.6)):
        flights = fly(problem, plan_of(problem), world_of(problem, Twist(change)), 0, FLIGHTS)
        values.append(flights.value)
    ratio = values[1] / values[0]
    np.testing.assert_allclose(ratio[7:, :, 1], 0.6, rtol=1e-9)
    ratio[7:, :, 1] = 1
    np.testing.assert_allclose(ratio, 1, rtol=1e-9)


def test_late_reports_arrive_in_the_end_and_change_no_value(problem):
    world = world_of(problem, Twist(late=(0.5, 0.25)))
    usual = fly(problem, plan_of(problem), world_of(problem), 0, FLIGHTS)
    late = fly(problem, plan_of(problem), world, 0, FLIGHTS)
    np.testing.assert_allclose(late.value, usual.value)
    np.testing.assert_allclose(late.claimed[0], 0.5 * usual.claimed[0])
    assert (late.claimed.cumsum(0) <= usual.claimed.cumsum(0) + 1e-9).all()
    assert late.claimed.sum() > 0.9 * usual.claimed.sum()


def test_platforms_that_spend_twice_leave_less_for_later_and_the_last_day_is_exact(problem):
    delivery = DeliverySettings(sd=0.0, over=0.2, most=2.0, shares={})
    twice = fly(problem, plan_of(problem), world_of(problem, Twist(delivery=delivery)), 0, 20)
    ratio = twice.delivered / np.maximum(twice.planned, 1e-12)
    spent = twice.planned > 0.01
    assert set(np.unique(ratio[:-1][spent[:-1]].round(9))) == {1.0, 2.0}
    np.testing.assert_allclose(ratio[-1][spent[-1]], 1.0)
    assert twice.cents_off(problem).max() == 0
    total = problem.constraints.total
    last = twice.delivered.sum((0, 2))
    assert (last >= total - 0.01).all()
    assert last.max() < total + 2 * problem.static_plan.sum(1).max()


@pytest.mark.parametrize("form", ["power", "logistic", "no_carryover", "drifting"])
def test_no_constraint_is_broken_and_no_cent_is_off_in_any_form(problem, posterior, form):
    for policy in (plan_of(problem), Follow(problem), RollingHorizon(problem, posterior, 16)):
        flights = fly(problem, policy, world_of(problem, form=form), 1, FLIGHTS)
        assert flights.broken(problem).sum() == 0
        assert flights.cents_off(problem).max() == 0


def test_the_objective_is_the_value_of_the_flown_plan(problem):
    world = world_of(problem, Twist(Change(0, 3, 0.5)), "logistic")
    flights = fly(problem, plan_of(problem), world, 2, FLIGHTS)
    value, gradient = world.objective()(flights.delivered.swapaxes(0, 1))
    np.testing.assert_allclose(value, flights.total, rtol=1e-9)
    step = np.zeros_like(gradient)
    step[:, 4, 0] = 1e-3
    above = world.objective()(flights.delivered.swapaxes(0, 1) + step)[0]
    np.testing.assert_allclose((above - value) / 1e-3, gradient[:, 4, 0], rtol=1e-3)


def test_a_policy_sees_reports_alone(problem):
    """Two worlds whose reports agree, and whose values do not, are decided alike."""

    class Doubled(SimulatedWorld):
        def spend(self, dollars):
            day = super().spend(dollars)
            return day._replace(value=2 * day.value)

    worlds = [
        kind(RESPONSE_FORMS["hill"], problem.market, problem.state, problem.days)
        for kind in (SimulatedWorld, Doubled)
    ]
    one, two = (fly(problem, Follow(problem), world, 0, FLIGHTS) for world in worlds)
    np.testing.assert_array_equal(one.planned, two.planned)


def test_a_log_delivers_what_it_delivered(history):
    world = LogWorld(history, 5)
    for _ in range(2):
        world.begin(0, 2)
        for t in range(5):
            day = world.spend(np.zeros((2, len(history.names))))
            expected = np.nan_to_num(history.spend[len(history.dates) - 5 + t])
            np.testing.assert_array_equal(day.delivered, np.stack([expected, expected]))
    with pytest.raises(DataError, match="1 to"):
        LogWorld(history, len(history.dates) + 1)


def test_the_noise_is_that_of_an_evaluation(problem):
    world = world_of(problem)
    world.begin(4, 2)
    batch = type(problem.market)(*(None if f is None else np.stack([f, f]) for f in problem.market))
    drawn = draw_noises(batch, problem.days, (generator(4, i) for i in range(2)))
    np.testing.assert_array_equal(world.noise.level, drawn.level)
    np.testing.assert_array_equal(world.noise.count_normal, drawn.count_normal)
