import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mediagym.envs.arrays import select
from mediagym.envs.calibration import Priors
from mediagym.envs.market import Noise, draw_noises, generator, saturation, step
from mediagym.envs.planning import to_tensors
from mediagym.envs.synthetic import (
    RESPONSE_FORMS,
    ResponseForm,
    SyntheticSettings,
    expected_conversions,
    step_with_form,
    synthesize,
)
from mediagym.envs.synthetic.response_forms import demand_following_spend, with_form

SEEDS = st.integers(0, 2**32)
CURVES = {name: form.curve for name, form in RESPONSE_FORMS.items() if form.curve is not None}
ELASTICITY = st.floats(0.1, 0.85)
every_curve = pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
every_form = pytest.mark.parametrize("form", RESPONSE_FORMS.values(), ids=RESPONSE_FORMS)


@pytest.fixture
def a_flight(draw_market, draw_state):
    """Draws five markets with state, twenty days of spend, and noise."""

    def draw(seed=0):
        rng = np.random.default_rng(seed)
        market = draw_market(rng, (5,))
        state = draw_state(rng, market)
        spend = market.reference_spend * rng.gamma(2, 0.7, (20, 5, 3))
        return market, state, spend, draw_noises(market, 20, [generator(seed, i) for i in range(5)])

    return draw


@every_curve
@given(elasticity=ELASTICITY)
def test_a_curve_is_one_at_its_reference_with_the_given_elasticity(curve, elasticity):
    e = np.array(elasticity)
    assert curve(np.array(1.0), e) == pytest.approx(1, rel=1e-9)
    up, down = curve(np.array(1 + 1e-5), e), curve(np.array(1 - 1e-5), e)
    assert (up - down) / 2e-5 == pytest.approx(elasticity, rel=1e-4)


@every_curve
@given(elasticity=ELASTICITY)
def test_a_curve_increases_from_zero_and_is_concave(curve, elasticity):
    ratio = np.r_[0.0, np.geomspace(1e-7, 30, 400)]
    value = curve(ratio, np.full(401, elasticity))
    assert value[0] == 0
    assert (np.diff(value) >= 0).all()
    slope = np.diff(value) / np.diff(ratio)
    assert (np.diff(slope) <= 1e-6 * slope[:-1]).all()


@every_curve
def test_curves_differ_from_hills_far_from_the_reference(curve):
    ratio, e = np.array(5.0), np.array(0.5)
    assert abs(curve(ratio, e) / saturation(ratio, e, np.array(1.0)) - 1) > 0.15


@every_curve
@given(seed=SEEDS)
def test_numpy_and_torch_agree_and_torch_has_a_gradient(curve, seed):
    rng = np.random.default_rng(seed)
    ratio, e = np.r_[0.0, rng.gamma(1, 2, 20)], rng.uniform(0.1, 0.85, 21)
    there = torch.tensor(ratio, requires_grad=True)
    value = curve(there, torch.tensor(e))
    np.testing.assert_allclose(value.detach().numpy(), curve(ratio, e), rtol=1e-9)
    (slope,) = torch.autograd.grad(value.sum(), there)
    assert torch.isfinite(slope).all()
    assert (slope >= 0).all()


@pytest.mark.parametrize("name", ["hill", "no_carryover", "drifting", "confounded"])
@pytest.mark.parametrize("noisy", [False, True])
def test_with_hills_curve_a_day_is_that_of_the_market_bit_by_bit(a_flight, name, noisy):
    market, state, spend, noise = a_flight()
    market = with_form(RESPONSE_FORMS[name], market)
    today = select(noise, 0) if noisy else None
    ours = step_with_form(RESPONSE_FORMS[name], market, state, spend[0], today)
    for record, other in zip(ours, step(market, state, spend[0], today), strict=True):
        for one, two in zip(record, other, strict=True):
            np.testing.assert_array_equal(one, two)


@every_form
def test_a_form_changes_its_parameter_and_no_other(a_flight, form):
    market, *_ = a_flight()
    changed = with_form(form, market)._asdict()
    differ = {k for k, v in market._asdict().items() if not np.array_equal(changed[k], v)}
    assert differ == (
        {"carryover"} if not form.carryover else {"drift_sd"} if form.drift_sd else set()
    )
    if not form.carryover:
        assert (changed["carryover"] == 0).all()


@every_curve
def test_another_curve_changes_the_response_alone(a_flight, curve):
    """Conversions over demand are the curve; clicks and state are those of the market."""
    market, state, spend, noise = a_flight(3)
    today = select(noise, 0)
    after, outcome = step_with_form(ResponseForm(curve=curve), market, state, spend[0], today)
    state_after, ours = step(market, state, spend[0], today)
    for one, two in zip(after, state_after, strict=True):
        np.testing.assert_array_equal(one, two)
    ratio = after.stock / market.reference_spend
    demand = ours.expected / saturation(ratio, market.elasticity, market.slope)
    np.testing.assert_allclose(outcome.expected, demand * curve(ratio, market.elasticity))
    np.testing.assert_allclose(outcome.expected_revenue, outcome.expected * market.order_value)
    np.testing.assert_array_equal(outcome.clicks, ours.clicks)
    np.testing.assert_array_equal(outcome.claimed, outcome.conversions)
    # order values have the same noise
    np.testing.assert_allclose(
        outcome.revenue * ours.conversions, ours.revenue * outcome.conversions, rtol=1e-6
    )


@every_curve
def test_counts_average_to_their_expectation(a_flight, curve):
    market, state, spend, _ = a_flight(5)
    many, count = select(market, np.zeros(4000, int)), 4000
    state = select(state, np.zeros(count, int))
    noise = draw_noises(many, 1, [generator(1, i) for i in range(count)])
    today: Noise = select(noise, 0)
    _, outcome = step_with_form(ResponseForm(curve=curve), many, state, spend[0][:1], today)
    sd = outcome.conversions.std(0) / np.sqrt(count)
    gap = np.abs(outcome.conversions.mean(0) - outcome.expected.mean(0))
    assert (gap < 5 * sd + 1e-9).all()


@every_form
def test_expected_conversions_are_those_of_daily_steps_in_numpy_and_torch(a_flight, form):
    market, state, spend, _ = a_flight(1)
    market = with_form(form, market)
    after, days = expected_conversions(form, market, state, spend)
    here, outcomes = state, []
    for dollars in spend:
        here, outcome = step_with_form(form, market, here, dollars, None)
        outcomes.append(outcome.expected)
    np.testing.assert_array_equal(days, outcomes)
    np.testing.assert_array_equal(after.stock, here.stock)
    theirs = expected_conversions(form, to_tensors(market), to_tensors(state), torch.tensor(spend))[
        1
    ]
    np.testing.assert_allclose(theirs.numpy(), days, rtol=1e-9)


def test_confounded_spend_has_its_elasticity_to_demand_and_keeps_its_scale(draw_market):
    rng = np.random.default_rng(0)
    market = draw_market(rng)
    levels, spend = rng.normal(0, 0.4, (200, 3)), np.full((200, 3), 100.0)
    assert demand_following_spend(RESPONSE_FORMS["hill"], market, spend, levels, 19_000) is spend
    followed = demand_following_spend(RESPONSE_FORMS["confounded"], market, spend, levels, 19_000)
    demand = levels + market.weekday[(19_003 + np.arange(200)) % 7]
    slope = [np.polyfit(demand[:, k], np.log(followed[:, k]), 1)[0] for k in range(3)]
    np.testing.assert_allclose(slope, 0.5)
    np.testing.assert_allclose(np.exp(np.log(followed).mean(0)), 100)


@pytest.fixture(scope="module")
def advertisers(conf, priors: Priors, tmp_path_factory):
    """One advertiser of each form, all from the same seed."""
    given = conf("advertiser/default.yaml", path=tmp_path_factory.mktemp("x"), days=300, seed=3)
    settings = SyntheticSettings.of(given, "advertiser")
    return {
        name: synthesize(settings.model_copy(update={"form": name}), priors)
        for name in RESPONSE_FORMS
    }


def _spend_demand_correlation(advertiser) -> np.ndarray:
    """Correlation of log spend and log demand per campaign."""
    weekday = (advertiser.dates.astype(int) + 3) % 7
    demand = advertiser.levels + advertiser.market.weekday[weekday]
    pairs = zip(demand.T, np.log(advertiser.spend + 0.05).T, strict=True)
    return np.array([np.corrcoef(one, two)[0, 1] for one, two in pairs])


def test_spend_follows_demand_for_the_confounded_form_alone(advertisers):
    confounded, independent = (
        _spend_demand_correlation(advertisers[name]) for name in ("confounded", "hill")
    )
    assert (confounded > independent + 0.1).sum() >= 7
    assert confounded.mean() > independent.mean() + 0.2


def test_advertisers_of_different_forms_differ_in_nothing_else(advertisers):
    hill = advertisers["hill"]
    for name, other in advertisers.items():
        assert np.isfinite(other.conversions).all()
        np.testing.assert_array_equal(other.market.elasticity, hill.market.elasticity)
        if name != "confounded":
            np.testing.assert_array_equal(other.spend, hill.spend)
    drifted = advertisers["drifting"].levels[-1] - advertisers["drifting"].state.level
    np.testing.assert_allclose(drifted, advertisers["drifting"].state.drift)
    assert np.abs(drifted).mean() > 0.05
    assert hill.state.drift is None


def test_an_unknown_form_is_refused(conf, tmp_path):
    from mediagym.data.errors import ConfigError

    with pytest.raises(ConfigError, match=r"advertiser\.form: got .*weibull"):
        SyntheticSettings.of(
            conf("advertiser/default.yaml", path=tmp_path, form="weibull"), "advertiser"
        )
