import numpy as np
import pytest
import torch

from mediagym.envs.arrays import select
from mediagym.envs.flight import BLOCKS, BOUND, observation_size, observe, rollout, step_day
from mediagym.envs.market import weekday_of
from mediagym.envs.planning import to_tensors

COUNT = 5


@pytest.fixture(scope="module")
def observed(problem, flights, varying_policy):
    """Every view of a few flights with its observation; the last is after the flight."""
    market, flight, noise = flights(COUNT)
    act, views = varying_policy(problem, COUNT), []

    def recording(view, memory):
        views.append(view)
        return act(view, memory)

    end, _ = rollout(problem, market, flight, noise, recording)
    return [(view, observe(problem, view)) for view in [*views, end.view]]


def blocks(problem, observation):
    """The observation split into its documented blocks."""
    sizes = {
        "campaigns": len(problem.constraints.names),
        "channels": len(problem.constraints.channels),
    }
    widths = [sizes.get(block.size) or int(block.size) for block in BLOCKS]
    parts = np.split(observation, np.cumsum(widths)[:-1], axis=-1)
    return dict(zip([block.name for block in BLOCKS], parts, strict=True))


def test_an_observation_is_as_long_as_its_blocks(problem, observed):
    size = observation_size(len(problem.constraints.names), len(problem.constraints.channels))
    assert all(observation.shape == (COUNT, size) for _, observation in observed)
    assert len({block.name for block in BLOCKS}) == len(BLOCKS)
    assert all(block.meaning for block in BLOCKS)


def test_every_entry_is_bounded_and_finite(observed):
    for _, observation in observed:
        assert np.isfinite(observation).all()
        assert (np.abs(observation) <= BOUND).all()


def test_absurd_reports_stay_bounded(problem, flights):
    market, flight, noise = flights(COUNT)
    absurd = market._replace(reference_conversions=1e9 * market.reference_conversions)
    spend = problem.static_plan[0] + np.zeros((COUNT, 1))
    after, _ = step_day(problem, absurd, flight, spend, spend.sum(-1), select(noise, 0))
    observation = observe(problem, after.view)
    assert np.isfinite(observation).all()
    assert np.abs(observation).max() == BOUND


def test_blocks_hold_what_they_are_documented_to_hold(problem, observed):
    total, days = problem.constraints.total, problem.days
    for t, (view, observation) in enumerate(observed):
        part = blocks(problem, observation)
        assert (part["weekday"].argmax(-1) == weekday_of(problem.state.day + t)).all()
        assert (part["weekday"].sum(-1) == 1).all()
        np.testing.assert_allclose(part["days_left"], (days - t) / days)
        money = 1 - view.ledger.spent.sum(-1, keepdims=True) / total
        np.testing.assert_allclose(part["money_left"], money, atol=1e-12)
        mean_spend = problem.static_plan.mean(0) + 1
        np.testing.assert_allclose(part["last_spend"], np.log1p(view.ledger.last / mean_spend))
        np.testing.assert_allclose(part["innovation"], view.belief.innovation)
        np.testing.assert_allclose(part["level_sd"] ** 2, view.belief.covariance.level)
        if 0 < t < days:
            rich = money > 0.1  # a dollar more, which the block adds, is nothing there
            pace = np.log(money[rich] * days / (days - t))
            np.testing.assert_allclose(part["pace"][rich], pace, atol=0.01)


def test_before_the_first_day_there_is_nothing_but_the_calendar_and_the_uncertainty(
    problem, observed
):
    part = blocks(problem, observed[0][1])
    for name in ("last_spend", "innovation", "residual", "level_shift", "elasticity_shift"):
        assert (part[name] == 0).all(), name
    assert (part["money_left"] == 1).all()
    assert (part["days_left"] == 1).all()
    assert (np.abs(part["pace"]) < 0.01).all()
    assert ((part["floor_remaining"] > 0) == (problem.constraints.floor_cents[1] > 0)).all()


def test_floors_are_met_when_the_flight_is_over(problem, observed):
    part = blocks(problem, observed[-1][1])
    assert (part["floor_remaining"] < 1e-6).all()
    assert (part["channel_floor_remaining"] < 1e-6).all()
    assert (part["money_left"] < 1e-9).all()


def test_numpy_and_torch_observe_alike(problem, observed):
    tensor = to_tensors(problem)
    for view, observation in observed:
        theirs = observe(tensor, to_tensors(view))
        assert isinstance(theirs, torch.Tensor)
        np.testing.assert_allclose(theirs.numpy(), observation, rtol=1e-9, atol=1e-9)
