import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mediagym.envs.calibration.demand import latent, past_forecasts, prequential_weights, weighting
from mediagym.envs.calibration.demand.weighting import PastForecasts, origins_of


def forecasts_of(data, structures, seed=0):
    return past_forecasts(data, structures, np.random.default_rng(seed))


def weights_of(data, structures, seed=0):
    return dict(
        zip(
            structures,
            prequential_weights(forecasts_of(data, structures, seed), structures),
            strict=True,
        )
    )


@given(days=st.integers(1, 2000), campaigns=st.integers(1, 300))
def test_origins_leave_six_weeks_before_and_a_horizon_after(days, campaigns):
    origins, horizon = origins_of(days, campaigns)
    assert horizon == (28 if days >= 400 else 14)
    assert list(origins) == sorted(set(origins))
    if days < 42 + horizon:
        assert origins == ()
        return
    assert origins[-1] + horizon == days
    assert origins[0] >= 42
    step = horizon if days >= 400 else horizon // 2
    assert (np.diff(origins) == step).all()
    possible = 1 + (days - horizon - 42) // step
    assert min(possible, 4) <= len(origins) <= min(possible, 16)
    assert len(origins_of(days, campaigns + 50)[0]) <= len(origins)


def test_usual_advertisers_have_all_forecasts_and_large_ones_fewer():
    assert len(origins_of(365, 9)[0]) == 16
    assert len(origins_of(730, 300)[0]) == 4


def test_a_forecast_does_not_depend_on_later_days(simulated, structures):
    """Neither its totals nor their density; the spend of its own days is given."""
    one = {"restless": structures["restless"]}
    data = simulated(structures["steady"], 120, 2, events=1)
    whole = forecasts_of(data, one)
    row = 5
    day = whole.origins[row]
    end, observed = day + whole.horizon, data.observed
    spend, conversions = observed.spend.copy(), observed.conversions.copy()
    spend[end:], conversions[end:] = 1.0, 900.0
    changed = observed._replace(spend=spend, conversions=conversions)
    later = forecasts_of(data._replace(observed=changed), one)
    assert np.array_equal(later.log_density[: row + 1], whole.log_density[: row + 1])
    assert np.array_equal(later.totals[: row + 1], whole.totals[: row + 1])
    assert not np.array_equal(later.log_density[row + 1 :], whole.log_density[row + 1 :])
    conversions[day:] = 900.0  # the forecast days themselves
    hidden = forecasts_of(data._replace(observed=changed._replace(conversions=conversions)), one)
    assert np.array_equal(hidden.totals[: row - 1], whole.totals[: row - 1])  # do not overlap


def test_the_totals_of_an_origin_are_blind_to_its_own_days(simulated, structures):
    one = {"steady": structures["steady"]}
    data = simulated(structures["steady"], 56, 2)  # one origin
    whole = forecasts_of(data, one)
    assert whole.origins == (42,)
    conversions = data.observed.conversions.copy()
    conversions[42:] *= 3
    tripled = data.observed._replace(conversions=conversions)
    blind = forecasts_of(data._replace(observed=tripled), one)
    assert np.array_equal(blind.totals, whole.totals)
    assert (blind.log_density < whole.log_density).all()
    np.testing.assert_allclose(blind.actual, 3 * whole.actual)


def test_a_seed_determines_every_forecast(simulated, structures):
    data = simulated(structures["restless"], 70, 2)
    for ours, theirs in zip(
        forecasts_of(data, structures), forecasts_of(data, structures), strict=True
    ):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("true", ["steady", "restless"])
def test_weights_prefer_the_structure_that_made_the_history(simulated, structures, true):
    weights = weights_of(simulated(structures[true], 320, 4, seed=5), structures)
    assert sum(weights.values()) == pytest.approx(1)
    assert weights[true] > 0.9


def test_weights_do_not_depend_on_the_order_of_campaigns(simulated, structures, monkeypatch):
    """But for the noise of the draws."""
    monkeypatch.setattr(latent, "_dispersion", lambda design, reports, *_: np.full(3, 0.05))
    monkeypatch.setattr(weighting, "_DRAWS", 4000)
    data, order = simulated(structures["steady"], 98, 3, seed=2), [2, 0, 1]
    fields = {name: getattr(data.observed, name)[:, order] for name in data.observed._fields[1:]}
    permuted = data._replace(observed=data.observed._replace(**fields))
    ours, theirs = forecasts_of(data, structures), forecasts_of(permuted, structures)
    assert np.array_equal(ours.actual[:, order], theirs.actual)
    np.testing.assert_allclose(theirs.totals, ours.totals[:, :, order], rtol=0.05)
    pair = [prequential_weights(each, structures) for each in (ours, theirs)]
    np.testing.assert_allclose(*pair, atol=0.05)


def test_before_a_year_a_season_forecasts_as_without(simulated, structures):
    data = simulated(structures["steady"], 84, 2, events=2)
    seasonal = structures["steady"].model_copy(update={"season": True})
    plain, twin = (forecasts_of(data, {"only": each}) for each in (structures["steady"], seasonal))
    assert np.array_equal(plain.totals, twin.totals)
    assert np.array_equal(plain.log_density, twin.log_density)


def test_without_forecasts_weights_are_the_priors(simulated, structures):
    priors = {
        "steady": structures["steady"].model_copy(update={"weight": 3.0}),
        "restless": structures["restless"],
    }
    weights = weights_of(simulated(structures["steady"], 50, 2), priors)
    np.testing.assert_allclose(list(weights.values()), [0.75, 0.25])


def test_each_forecast_counts_for_the_days_that_it_adds(structures):
    density = np.log([[0.5, 0.25], [0.5, 0.25]])

    def weights(origins):
        totals = np.ones((2, 2, 1))
        parts = density, totals, totals[:, 0], np.arange(1)
        forecasts = PastForecasts(origins, 14, tuple(structures), *parts)
        return prequential_weights(forecasts, structures)

    np.testing.assert_allclose(weights((42, 56)), [4 / 5, 1 / 5])  # 2 per forecast
    np.testing.assert_allclose(weights((42, 49)), [2 / 3, 1 / 3])  # they share half their days


def test_the_density_is_students_of_log_totals():
    counted = np.exp(np.random.default_rng(0).normal(3, 0.3, (200_000, 1)))
    actual = np.array([30.0])
    logs = np.log(counted + 0.5)
    sd = np.hypot(logs.std(), 0.01)
    error = (np.log(30.5) - logs.mean()) / sd
    one = stats.t.logpdf(error, 7) - np.log(sd)
    density = weighting._log_density(counted, actual, np.array([True]))
    assert density == pytest.approx(2 * one)  # the sum, and the only campaign
    idle = weighting._log_density(counted, actual, np.array([False]))
    assert idle == pytest.approx(one)


def test_a_campaign_without_spend_is_forecast_to_have_nothing(simulated, structures):
    data = simulated(structures["steady"], 70, 2)
    spend, conversions = data.observed.spend.copy(), data.observed.conversions.copy()
    spend[:, 1] = conversions[:, 1] = 0.0
    observed = data.observed._replace(spend=spend, conversions=conversions)
    forecasts = forecasts_of(data._replace(observed=observed), structures)
    assert not forecasts.totals[:, :, 1].any()
    assert np.isfinite(forecasts.log_density).all()
