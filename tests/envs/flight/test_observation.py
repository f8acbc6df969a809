import numpy as np
import pytest
import torch

from mediagym.envs.arrays import select
from mediagym.envs.flight import BLOCKS, BOUND, observation_size, observe, rollout, step_day
from mediagym.envs.market import weekday_of
from mediagym.envs.planning import to_tensors

COUNT = 5


@pytest.fixture(scope="module")
def seen(problem, flights, restless):
    """Every view of a few flights, with the observation of it; the last is after the flight."""
    market, flight, noise = flights(COUNT)
    act, views = restless(problem, COUNT), []

    def watch(view, memory):
        views.append(view)
        return act(view, memory)

    end, _ = rollout(problem, market, flight, noise, watch)
    return [(view, observe(problem, view)) for view in [*views, end.view]]


def blocks(problem, observation):
    """The observation cut into its documented blocks."""
    sizes = {
        "campaigns": len(problem.constraints.names),
        "channels": len(problem.constraints.channels),
    }
    widths = [sizes.get(block.size) or int(block.size) for block in BLOCKS]
    cuts = np.split(observation, np.cumsum(widths)[:-1], axis=-1)
    return dict(zip([block.name for block in BLOCKS], cuts, strict=True))


def test_an_observation_is_as_long_as_its_blocks(problem, seen):
    size = observation_size(len(problem.constraints.names), len(problem.constraints.channels))
    assert all(observation.shape == (COUNT, size) for _, observation in seen)
    assert len({block.name for block in BLOCKS}) == len(BLOCKS)
    assert all(block.meaning for block in BLOCKS)


def test_every_entry_is_bounded_and_finite(seen):
    for _, observation in seen:
        assert np.isfinite(observation).all()
        assert (np.abs(observation) <= BOUND).all()


def test_absurd_reports_stay_bounded(problem, flights):
    market, flight, noise = flights(COUNT)
    wild = market._replace(reference_conversions=1e9 * market.reference_conversions)
    target = problem.static_plan[0] + np.zeros((COUNT, 1))
    after, _ = step_day(problem, wild, flight, target, target.sum(-1), select(noise, 0))
    observation = observe(problem, after.view)
    assert np.isfinite(observation).all()
    assert np.abs(observation).max() == BOUND


def test_the_blocks_say_what_they_are_documented_to_say(problem, seen):
    total, days = problem.constraints.total, problem.days
    for t, (view, observation) in enumerate(seen):
        part = blocks(problem, observation)
        assert (part["weekday"].argmax(-1) == weekday_of(problem.state.day + t)).all()
        assert (part["weekday"].sum(-1) == 1).all()
        np.testing.assert_allclose(part["days_left"], (days - t) / days)
        money = 1 - view.ledger.spent.sum(-1, keepdims=True) / total
        np.testing.assert_allclose(part["money_left"], money, atol=1e-12)
        usual = problem.static_plan.mean(0) + 1
        np.testing.assert_allclose(part["last_spend"], np.log1p(view.ledger.last / usual))
        np.testing.assert_allclose(part["surprise"], view.belief.innovation)
        np.testing.assert_allclose(part["doubt"] ** 2, view.belief.covariance.level)
        if 0 < t < days:
            np.testing.assert_allclose(part["pace"], np.log(money * days / (days - t)), atol=0.01)


def test_before_the_first_day_there_is_nothing_but_the_calendar_and_the_doubt(problem, seen):
    part = blocks(problem, seen[0][1])
    for name in ("last_spend", "surprise", "residual", "belief"):
        assert (part[name] == 0).all(), name
    assert (part["money_left"] == 1).all()
    assert (part["days_left"] == 1).all()
    assert (np.abs(part["pace"]) < 0.01).all()
    assert ((part["owed"] > 0) == (problem.constraints.floor_cents[1] > 0)).all()


def test_floors_are_met_when_the_flight_is_over(problem, seen):
    part = blocks(problem, seen[-1][1])
    assert (part["owed"] < 1e-6).all()
    assert (part["channel_owed"] < 1e-6).all()
    assert (part["money_left"] < 1e-9).all()


def test_numpy_and_torch_observe_alike(problem, seen):
    tensor = to_tensors(problem)
    for view, observation in seen:
        theirs = observe(tensor, to_tensors(view))
        assert isinstance(theirs, torch.Tensor)
        np.testing.assert_allclose(theirs.numpy(), observation, rtol=1e-9, atol=1e-9)
