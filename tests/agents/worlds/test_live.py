"""Flights through the live engine spend what those of `fly` spend."""

from dataclasses import replace

import numpy as np
import pytest

from mediagym.agents.live import LiveSettings, flight_of_problem
from mediagym.agents.networks import UNIVERSAL, load_policy
from mediagym.agents.policies import Ensemble, Follow, RollingHorizon
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.worlds import SimulatedWorld, fly, fly_live
from mediagym.data.storage import shipped_yaml
from mediagym.envs.constraints import to_cents, violations
from mediagym.envs.synthetic import RESPONSE_FORMS

FLIGHTS = 2


class FromDayTwo:
    """A pilot that takes over on the second day: the first is the plan's, as in a live flight."""

    open_loop = False

    def __init__(self, pilot, plan):
        self.pilot, self.plan, self.name = pilot, plan, pilot.name

    def act(self, observable, memory):
        spend, total, memory = self.pilot.act(observable, memory)
        if observable.ledger.day:
            return spend, total, memory
        first = self.plan[0] + 0 * observable.ledger.spent
        return first, first.sum(-1), memory


@pytest.mark.parametrize("name", ["static", "follow", "replanner", "ensemble"])
def test_a_month_through_the_live_engine_without_hold_spends_what_fly_spends(
    problem, posterior, name
):
    plan = to_cents(problem.static_plan, problem.constraints) / 100
    problem = replace(problem, static_plan=plan)
    pilots = {
        "static": lambda: PlanPolicy("static", plan),
        "follow": lambda: Follow(problem),
        "replanner": lambda: RollingHorizon(problem, posterior, 16),
        "ensemble": lambda: Ensemble(
            "ensemble", [RollingHorizon(problem, posterior, 16), load_policy(UNIVERSAL, problem)]
        ),
    }
    world = SimulatedWorld(RESPONSE_FORMS["hill"], problem.market, problem.state, problem.days)
    settings = LiveSettings.of({**shipped_yaml("replan")["live"], "hold": None}, "live")
    pilot = pilots[name]()
    flights = [flight_of_problem(problem, posterior, pilot, settings) for _ in range(FLIGHTS)]
    live = fly_live(flights, world, 5)
    other = fly(problem, FromDayTwo(pilot, plan), world, 5, FLIGHTS)
    assert np.abs(live.planned - other.planned).max() < 0.025  # cents round at most two ways
    np.testing.assert_allclose(live.delivered.sum((0, 2)), other.delivered.sum((0, 2)), atol=1e-6)
    for flight in flights:
        assert flight.reports.spend.sum() == problem.constraints.total_cents
        assert violations(problem.constraints, flight.reports.spend) == []
