"""Draws of several structures in one posterior: each with its own market, level and structure."""

import numpy as np
import pytest

from mediagym.envs.calibration import observed_history_from, parameters_from_normals
from mediagym.envs.calibration.assemble import PartResult, _mixed, filtered
from mediagym.envs.calibration.demand import CALENDAR_DAYS
from mediagym.envs.calibration.markets import market_of
from mediagym.envs.calibration.sampling import Sample
from mediagym.envs.calibration.stack import priors_of, stack_of


@pytest.fixture(scope="module")
def structures(posterior, calibration_settings):
    """The structure of every draw of the posterior."""
    names = posterior.report["structures"]["names"]
    index = posterior.update_state.structure.astype(int)
    assert len(names) > 1
    return [calibration_settings.structures[names[j]] for j in index]


def test_a_draws_market_is_that_of_its_normals_and_its_structure(posterior, priors, structures):
    saved = posterior.update_state
    for i, structure in enumerate(structures):
        own = priors_of(priors, structure)
        parameters = parameters_from_normals(saved.z[i], own, saved.centres)
        market = market_of(parameters, own, saved.centres)
        for name in ("elasticity", "slope", "carryover", "level_sd", "level_kept", "dispersion"):
            given = getattr(posterior.market, name)[i]
            np.testing.assert_allclose(given, getattr(market, name), err_msg=name)
        np.testing.assert_allclose(posterior.market.demand_sd[i], structure.demand_step)
        np.testing.assert_allclose(posterior.market.demand_kept[i], structure.demand_kept)
        np.testing.assert_allclose(posterior.follow.strength[i], parameters.follow)


def test_a_draws_level_is_around_its_own_filter(posterior):
    """Plus what the last value of the spend index says."""
    saved, follow = posterior.update_state, posterior.follow
    usual = saved.level + follow.strength * follow.spend_index.latest
    error = (posterior.state.level - usual) / np.sqrt(saved.variance)
    assert error.std() == pytest.approx(1, abs=0.15)
    assert np.abs(error).max() < 6


def test_structures_are_mixed_in_random_order(posterior):
    """So that training draws and those held out have all of them."""
    structure = posterior.update_state.structure
    counts = np.bincount(structure.astype(int))
    training = np.bincount(structure[: -posterior.held_out].astype(int), minlength=len(counts))
    large = counts >= 15
    assert large.any()
    assert (np.abs(training / counts - 64 / 96) < 0.3)[large].all()
    assert np.abs(np.diff(structure)).sum() > 2 * len(counts)


def test_shared_demand_is_one_number_per_draw(posterior):
    demand = posterior.state.demand
    assert demand.shape == posterior.market.elasticity.shape
    assert (demand == demand[:, :1]).all()
    assert len(np.unique(demand[:, 0])) == posterior.draws


def test_shares_of_the_draws_are_the_weights(posterior):
    report = posterior.report["structures"]
    weights = np.array([report["weights"][name] for name in report["names"]])
    counts = np.bincount(posterior.update_state.structure.astype(int))
    np.testing.assert_allclose(counts / counts.sum(), weights / weights.sum(), atol=0.02)


class Calendared:
    """A demand whose draws say which draw they are."""

    def __init__(self, structure, seasonal):
        self.structure, self.seasonal = structure, seasonal

    def draw(self, count, rng):
        marks = np.arange(count, dtype=float)
        calendar = None
        if self.seasonal:
            calendar = np.repeat(marks[:, None, None] + 1, CALENDAR_DAYS, 1).astype(np.float32)
        return calendar, marks[:, None]


def test_calendar_and_demand_stay_with_their_draw(posterior, history, priors, calibration_settings):
    """Also where one structure has a season and another has none."""
    centres = posterior.update_state.centres
    observed, rng = observed_history_from(history), np.random.default_rng(0)
    weights = dict.fromkeys(calibration_settings.structures, 0.2)
    stack = stack_of(history, observed, priors, centres, calibration_settings, rng, weights=weights)
    results = []
    for part, seasonal in zip(stack.parts[:2], (True, False), strict=True):
        demand = Calendared(calibration_settings.structures[part.name], seasonal)
        part = part._replace(demand=demand)
        z = rng.standard_normal((7, 9, posterior.update_state.z.shape[2]))
        z[:, 0, 0] = 0.01 * np.arange(7)  # says which draw it is
        draws = Sample(z, np.ones(9), np.ones(9), 1, np.ones(9))
        results.append(PartResult(part, draws, filtered(z, part, centres)))
    mixed = _mixed(results, centres, np.random.default_rng(1))
    draw = np.round(100 * mixed.z[:, 0, 0])
    assert not np.array_equal(mixed.structure, np.repeat([0, 1], 7))
    assert sorted(zip(mixed.structure, draw, strict=True)) == [
        (j, i) for j in range(2) for i in range(7)
    ]
    assert np.array_equal(mixed.shared[:, 0], draw)
    expected = np.where(mixed.structure == 0, draw + 1, 0)
    assert mixed.market.calendar.shape == (14, CALENDAR_DAYS, 1)
    assert np.array_equal(mixed.market.calendar[:, 5, 0], expected)
    conversions = centres.conversions[0] * np.exp(priors.conversions_sd * 0.01 * draw)
    np.testing.assert_allclose(mixed.market.reference_conversions[:, 0], conversions)
    np.testing.assert_allclose(mixed.parameters.conversions[:, 0], conversions)
    for j, result in enumerate(results):
        order = draw[mixed.structure == j].astype(int)
        assert np.array_equal(mixed.level[mixed.structure == j], result.fit.state.level[order])
        assert np.array_equal(mixed.loglik[mixed.structure == j], result.fit.loglik[order])
