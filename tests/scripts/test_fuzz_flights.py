"""Random constraint sets: every flight keeps them to the cent, or is refused with its node."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.errors import MediaGymError
from mediagym.envs.synthetic import constraint_set
from mediagym.scripts.fuzzing.flights import fly, shipped_account
from mediagym.scripts.fuzzing.flights import judge as judging

ACCOUNT = shipped_account()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_any_flight_in_the_environment_is_feasible_and_exact_or_refused(seed):
    verdict = fly(ACCOUNT, seed, 0, live=False)
    assert verdict.outcome in ("kept", "refused"), verdict.reason


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_any_live_flight_is_feasible_and_exact_or_refused(seed):
    verdict = fly(ACCOUNT, seed, seed)
    assert verdict.outcome in ("kept", "refused"), verdict.reason


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_a_refusal_names_its_node_or_its_key(seed):
    case = constraint_set(np.random.default_rng(seed), ACCOUNT.campaigns)
    channels = {campaign.channel for campaign in case.campaigns}
    named = {campaign.name for campaign in case.campaigns} | channels | {"total", "constraints."}
    said = ""
    try:
        case.parsed()
    except MediaGymError as error:
        said = str(error)
    assert not said or said.startswith(tuple(named))


def test_a_cent_too_much_is_seen(monkeypatch):
    kept = judging.lived

    def careless(*arguments):
        for day in kept(*arguments):
            yield day._replace(plan=day.plan + 1, today=day.today + 1)

    monkeypatch.setattr(judging, "lived", careless)
    outcomes = [fly(ACCOUNT, 0, number) for number in range(4)]
    assert "broken" in {verdict.outcome for verdict in outcomes}


@pytest.mark.parametrize("number", [58, 69, 98, 164, 195, 274, 334])
def test_cases_that_once_failed(number):
    verdict = fly(ACCOUNT, 0, number)
    assert verdict.outcome == "kept", verdict.reason
