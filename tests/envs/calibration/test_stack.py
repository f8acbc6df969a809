import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.envs.calibration import observed_history_from, prior_centres_of
from mediagym.envs.calibration.markets import markets_from_normals
from mediagym.envs.calibration.stack import (
    LEAST_WEIGHT,
    _apportion,
    _heaviest,
    demand_data,
    priors_of,
    stack_of,
)

WEIGHTS = {"slow": 0.5, "shared": 0.3, "month": 0.03, "steady": 0.17, "restless": 0.0}


@pytest.fixture(scope="module")
def inputs(history, priors):
    observed = observed_history_from(history)
    return history, observed, priors, prior_centres_of(history, observed, priors)


@pytest.fixture(scope="module")
def stack(inputs, calibration_settings):
    return stack_of(*inputs, calibration_settings, np.random.default_rng(0), weights=WEIGHTS)


def test_structures_that_are_too_light_are_left_out(stack, calibration_settings):
    assert [part.name for part in stack.parts] == ["slow", "shared", "steady"]
    assert [part.weight for part in stack.parts] == [0.5, 0.3, 0.17]
    assert stack.weights == WEIGHTS
    assert sum(part.draws for part in stack.parts) == calibration_settings.draws
    shares = np.array([part.draws for part in stack.parts]) / calibration_settings.draws
    np.testing.assert_allclose(shares, np.array([0.5, 0.3, 0.17]) / 0.97, atol=0.011)


def test_weights_that_are_kept_need_no_forecasts_of_the_past(stack):
    assert stack.forecasts is None


def test_without_structures_the_priors_are_one_part(inputs, calibration_settings):
    settings = calibration_settings.model_copy(update={"structures": {}})
    stack = stack_of(*inputs, settings, np.random.default_rng(0))
    (part,) = stack.parts
    assert (part.priors, part.demand, part.draws) == (inputs[2], None, settings.draws)
    assert (stack.spend_index, stack.forecasts) == (None, None)
    market = markets_from_normals(np.zeros((2, 9, 14)), inputs[2], inputs[3])
    assert part.market(market) is market


def test_forecasts_of_the_past_weigh_the_structures(inputs, calibration_settings):
    lines = []
    rng = np.random.default_rng(0)
    stack = stack_of(*inputs, calibration_settings, rng, lines.append)
    assert list(stack.weights) == list(calibration_settings.structures)
    assert sum(stack.weights.values()) == pytest.approx(1)
    assert lines == [f"forecasting the past: {name}" for name in stack.weights]
    assert {part.name for part in stack.parts} == {
        name for name, weight in stack.weights.items() if weight >= LEAST_WEIGHT
    }


def test_each_part_knows_its_demand_and_the_spend_index(stack, inputs):
    observed = inputs[1]
    for part in stack.parts:
        assert part.observed.demand.shape == observed.spend.shape
        for k in range(observed.spend.shape[1]):
            assert np.array_equal(part.observed.demand[:, k], part.demand.history)
        index = stack.spend_index.values(observed.spend)
        assert np.array_equal(part.observed.spend_index, index)
        assert np.array_equal(part.observed.conversions, observed.conversions)
    assert len({part.demand.history.tobytes() for part in stack.parts}) == 3


def test_a_part_has_the_levels_and_the_shared_demand_of_its_structure(
    stack, inputs, calibration_settings
):
    for part in stack.parts:
        structure = calibration_settings.structures[part.name]
        assert part.priors.level_sd.median == structure.level_sd
        assert part.priors.level_half_life.median == structure.level_half_life
        z = np.zeros((2, 9, 14))
        market = part.market(markets_from_normals(z, part.priors, inputs[3]))
        np.testing.assert_allclose(market.level_kept, structure.level_kept)
        np.testing.assert_allclose(market.demand_kept, structure.demand_kept)
        np.testing.assert_allclose(market.demand_sd, structure.demand_step)
        stationary = market.level_sd / np.sqrt(1 - market.level_kept**2)
        np.testing.assert_allclose(stationary, structure.level_sd)


def test_other_priors_are_those_of_the_settings(inputs, calibration_settings):
    priors, structure = inputs[2], calibration_settings.structures["slow"]
    own = {"level_sd", "level_half_life", "level_shared"}
    given = priors_of(priors, structure)
    assert given.model_dump(exclude=own) == priors.model_dump(exclude=own)
    assert given.level_shared == 0  # it is a process of its own


def test_the_calendar_goes_on_after_the_history(inputs, calibration_settings):
    data = demand_data(*inputs, calibration_settings)
    assert data.days == len(inputs[0].dates)
    assert data.events.shape == (data.days + 400, len(data.names))
    assert len(data.names) > 3  # trade events of all countries


@given(
    weights=st.lists(st.floats(0.04, 1), min_size=1, max_size=8),
    total=st.integers(8, 4000),
)
def test_draws_are_whole_at_least_one_and_sum_to_the_total(weights, total):
    counts = _apportion(np.array(weights), total)
    assert counts.sum() == total
    assert counts.min() >= 1
    exact = np.array(weights) / sum(weights) * total
    assert np.abs(counts - np.maximum(exact, 1)).max() < len(weights) + 1


@pytest.mark.parametrize("draws", [2, 3, 96])
def test_few_draws_are_of_the_heaviest_structures(draws):
    kept = _heaviest(WEIGHTS, draws)
    assert list(kept) == ["slow", "shared", "steady"][: min(draws, 3)]
    assert _apportion(np.array(list(kept.values())), draws).min() >= 1


def test_many_structures_of_equal_weight_are_all_kept():
    weights = {str(k): 1 / 40 for k in range(40)}
    assert _heaviest(weights, 96) == weights
