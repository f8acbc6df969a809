"""Updates of a posterior by new days, against calibrations of all days."""

import dataclasses

import numpy as np
import pytest

from mediagym.data.errors import ConfigError, DataError
from mediagym.data.history import METRICS, MISSING
from mediagym.envs.calibration import (
    calibrate,
    load_posterior,
    observed_history_from,
    save_posterior,
    update,
)
from mediagym.envs.calibration.assemble import filtered
from mediagym.envs.calibration.sampling import resample, resample_in_place
from mediagym.envs.calibration.stack import stack_of
from mediagym.envs.market import generator

DAYS = 136  # of 150, in the first calibration


@pytest.fixture(scope="module")
def sizes(calibration_settings):
    """Enough draws for a statement about accuracy."""
    more = {"particles": 512, "mcmc_steps": 3, "draws": 768, "held_out": 64, "final_mcmc_steps": 6}
    return calibration_settings.model_copy(update=more)


@pytest.fixture(scope="module")
def early(history, priors, sizes):
    """The posterior of all but the last two weeks."""
    return calibrate(history.window(None, DAYS), priors, sizes)


@pytest.fixture(scope="module")
def updated(early, history, priors, sizes):
    """That posterior after the last two weeks."""
    return update(early, history, priors, sizes)


@pytest.fixture(scope="module")
def refitted(history, priors, sizes):
    """A calibration of all days from the start."""
    return calibrate(history, priors, sizes)


def test_an_update_agrees_with_a_refit_within_monte_carlo_error(updated, refitted):
    for name in ("elasticity", "carryover", "dispersion", "reference_conversions"):
        pair = [np.log(getattr(p.market, name)) for p in (updated, refitted)]
        if name == "reference_conversions":  # at the same spend, as reference spends differ
            at = np.log(refitted.market.reference_spend / updated.market.reference_spend)
            pair[0] = pair[0] + at * updated.market.elasticity
        spread = np.maximum(pair[0].std(0), pair[1].std(0))
        gap = np.abs(pair[0].mean(0) - pair[1].mean(0)) / spread
        assert gap.mean() < 0.3, (name, gap)
        assert gap.max() < 0.8, (name, gap)
        ratio = pair[0].std(0) / pair[1].std(0)
        assert 0.6 < ratio.min() <= ratio.max() < 1.6, (name, ratio)
    current = [p.market.reference_conversions * np.exp(p.state.level) for p in (updated, refitted)]
    large = current[1].mean(0) > 3
    np.testing.assert_allclose(current[0].mean(0)[large], current[1].mean(0)[large], rtol=0.15)


def test_an_updated_posterior_starts_after_the_last_day(updated, refitted, early):
    assert updated.state.day == refitted.state.day == early.state.day + 14
    assert updated.report["history"] == refitted.report["history"]
    for name in ("spend", "spend_max", "recent"):
        np.testing.assert_array_equal(getattr(updated, name), getattr(refitted, name))
    assert updated.draws == early.draws


def test_its_update_state_is_that_of_the_whole_history(updated, early, history, priors, sizes):
    """Log-likelihood and level of every draw agree with a filter of all days."""
    saved = updated.update_state
    observed, rng = observed_history_from(history), generator(sizes.seed, len(history.dates))
    weights = early.report["structures"]["weights"]
    stack = stack_of(history, observed, priors, saved.centres, sizes, rng, weights=weights)
    assert len(stack.parts) > 1
    for number, part in enumerate(stack.parts):
        own = saved.structure == number
        fit = filtered(saved.z[own], part, saved.centres)
        np.testing.assert_allclose(saved.loglik[own], fit.loglik, rtol=1e-4, atol=0.05)
        np.testing.assert_allclose(saved.level[own], fit.state.level, atol=0.01)
        np.testing.assert_allclose(saved.variance[own], fit.variance, rtol=0.02, atol=1e-6)


def test_an_update_keeps_the_structures_and_their_draws(updated, early):
    assert updated.report["structures"] == early.report["structures"]
    counts = [np.bincount(p.update_state.structure.astype(int)) for p in (early, updated)]
    assert np.array_equal(*counts)
    assert len(counts[0]) == len(early.report["structures"]["names"]) > 1


def test_other_structures_are_refused(early, history, priors, sizes):
    name, first = next(iter(sizes.structures.items()))
    faster = sizes.structures | {name: first.model_copy(update={"level_half_life": 9.0})}
    more = sizes.structures | {"new": first}
    for structures in ({}, {name: first}, faster, more):
        other = sizes.model_copy(update={"structures": structures})
        refused(early, history, priors, other, "its structures are others")


def test_a_calibration_without_structures_is_updated_without(history, priors, sizes):
    plain = sizes.model_copy(update={"structures": {}, "particles": 128, "draws": 128})
    first = calibrate(history.window(None, DAYS), priors, plain)
    assert update(first, history, priors, plain).follow is None
    refused(first, history, priors, sizes, "its structures are others")


def test_a_seed_determines_every_bit_of_an_update(updated, early, history, priors, sizes):
    assert update(early, history, priors, sizes).fingerprint() == updated.fingerprint()
    other = sizes.model_copy(update={"seed": 9})
    assert update(early, history, priors, other).fingerprint() != updated.fingerprint()


def test_a_loaded_posterior_can_be_updated_repeatedly(early, history, priors, sizes, tmp_path):
    save_posterior(early, tmp_path / "a")
    first = update(load_posterior(tmp_path / "a"), history.window(None, 143), priors, sizes)
    save_posterior(first, tmp_path / "b")
    lines = []
    second = update(load_posterior(tmp_path / "b"), history, priors, sizes, lines.append)
    assert second.report["history"]["days"] == 150
    assert lines == ["weighting by 7 new days"]
    for facts in second.report["campaigns"].values():
        assert facts["start"] > 0.02
        assert 0 < facts["acceptance"] <= 1


def test_prior_evidence_keeps_its_weight(history, priors, sizes):
    from mediagym.envs.calibration import Priors

    entry = {"campaign": "google/YouTube", "spend": 100, "elasticity": 0.8, "sd": 0.01}
    with_evidence = Priors.of(priors.model_dump() | {"evidence": [entry]}, "priors")
    small = sizes.model_copy(update={"particles": 128, "draws": 128})
    first = calibrate(history.window(None, DAYS), with_evidence, small)
    k = first.names.index("google/YouTube")
    later = update(first, history, with_evidence, small).market.elasticity[:, k]
    # the evidence is about $100 per day, the draws about the reference spend, which is close
    assert later.mean() == pytest.approx(first.market.elasticity[:, k].mean(), abs=0.03)
    assert later.std() < 0.05


def _changed(history, name, day, value, presence=None):
    arrays = {metric: getattr(history, metric).copy() for metric in (*METRICS, "presence")}
    arrays[name][day, 0] = value
    if presence is not None:
        arrays["presence"][day, 0] = presence
    return dataclasses.replace(history, **arrays)


def refused(posterior, history, priors, settings, why):
    with pytest.raises(DataError, match=why) as error:
        update(posterior, history, priors, settings)
    assert str(error.value).startswith("update: the calibration cannot be continued")
    assert "calibrate without update" in str(error.value)


def test_a_history_with_changed_days_is_refused(early, history, priors, sizes):
    message = "the days from 2024-01-01 to 2024-05-15 have changed since"
    refused(early, _changed(history, "conversions", 100, 7.0), priors, sizes, message)
    refused(early, _changed(history, "spend", 100, np.nan, MISSING), priors, sizes, message)
    refused(early, history.window(1, None), priors, sizes, message)
    refused(early, history.window(None, 100), priors, sizes, message)
    new = _changed(history, "conversions", DAYS, 7.0)  # new days may have any value
    assert update(early, new, priors, sizes).draws == early.draws


def test_a_history_without_new_days_is_refused(early, history, priors, sizes):
    refused(early, history.window(None, DAYS), priors, sizes, "no day after 2024-05-15")


def test_other_campaigns_are_refused(early, history, priors, sizes):
    order = [1, 0, *range(2, 9)]
    arrays = {name: getattr(history, name)[:, order] for name in (*METRICS, "presence")}
    campaigns = tuple(history.campaigns[k] for k in order)
    other = dataclasses.replace(history, campaigns=campaigns, **arrays)
    refused(early, other, priors, sizes, "it is of other campaigns")


def test_a_posterior_without_an_update_state_is_refused(early, history, priors, sizes):
    message = "it holds no state"
    refused(dataclasses.replace(early, update_state=None), history, priors, sizes, message)
    task = dataclasses.replace(early, update_state=None, report={})  # a task's posterior
    refused(task, history, priors, sizes, message)


def test_holding_out_every_draw_is_refused(early, history, priors, sizes):
    many = sizes.model_copy(update={"held_out": early.draws, "draws": early.draws + 1})
    with pytest.raises(ConfigError, match=rf"calibration\.held_out: {early.draws} .* fewer"):
        update(early, history, priors, many)


def test_resampling_in_place_keeps_positions_and_counts():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((4000, 1)) * 0.6 + rng.standard_normal((4000, 2)) * 0.8
    logw = 0.3 * rng.standard_normal((4000, 2))
    in_place = resample_in_place(logw, np.random.default_rng(1))
    shuffled = resample(logw, 4000, np.random.default_rng(1))
    for column in range(2):  # the same draws with the same counts
        assert np.array_equal(np.sort(in_place[:, column]), np.sort(shuffled[:, column]))
    moved = np.take_along_axis(z, in_place, 0)
    assert np.corrcoef(moved.T)[0, 1] > 0.6 * np.corrcoef(z.T)[0, 1]
    assert abs(np.corrcoef(np.take_along_axis(z, shuffled, 0).T)[0, 1]) < 0.1


def test_other_priors_are_refused(posterior, history, priors, calibration_settings):
    other = priors.model_copy(update={"conversions_sd": 2.0})
    with pytest.raises(DataError, match="priors"):
        update(posterior, history, other, calibration_settings)
