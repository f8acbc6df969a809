import numpy as np
import pytest
from scipy import stats

from mediagym.data.errors import ConfigError
from mediagym.envs.calibration import (
    DIMENSIONS,
    Priors,
    calibrate,
    likelihood_of,
    observed_history_from,
    prior_centres_of,
)
from mediagym.envs.calibration.calibrate import markets_from_normals
from mediagym.envs.calibration.evidence import EvidenceLikelihood, PriorEvidence
from mediagym.envs.calibration.likelihood import filter_history
from mediagym.envs.market import MarketState, simulate
from mediagym.envs.market.step import expected_conversions

NAMES = ("google/Search Network", "meta")
ELASTICITY = {"campaign": "meta", "spend": 600, "elasticity": 0.3, "sd": 0.1}
LIFT = {"campaign": "meta", "spend": 600, "instead_of": 100, "conversions": 9, "sd": 3}


def believed(*entries, names=NAMES):
    return EvidenceLikelihood.of(
        [PriorEvidence.of(entry, "priors.evidence") for entry in entries], names
    )


@pytest.fixture
def markets(draw_market):
    return draw_market(np.random.default_rng(0), (50,), campaigns=2, level_kept=0.9)


def test_nothing_believed_changes_nothing(markets):
    assert np.all(believed().loglik(markets) == 0)


def test_an_elasticity_is_weighed_where_it_was_stated(markets):
    """At the reference spend it is the market's own parameter."""
    at = markets._replace(reference_spend=np.full((50, 2), 600.0))
    loglik = believed(ELASTICITY).loglik(at)
    exact = stats.norm.logpdf(at.elasticity[:, 1], 0.3, 0.1)
    np.testing.assert_allclose(loglik[:, 1] - loglik[0, 1], exact - exact[0], atol=1e-3)
    assert (loglik[:, 0] == 0).all()


def test_a_curve_that_bends_is_less_elastic_beyond_its_reference(markets):
    """Hill: e (1 + o) / (r + o) falls with the ratio; so must what is weighed."""
    at = markets._replace(reference_spend=np.full((50, 2), 300.0))
    odds = at.elasticity / (1 - at.elasticity)
    local = odds / (2 + odds)
    loglik = believed(ELASTICITY).loglik(at)[:, 1]
    exact = stats.norm.logpdf(local[:, 1], 0.3, 0.1)
    np.testing.assert_allclose(loglik - loglik[0], exact - exact[0], atol=1e-3)


def test_a_lift_is_that_of_a_steady_month(markets):
    """What the simulator brings a day at one spend more than at the other, weekdays evened out."""
    loglik = believed(LIFT).loglik(markets)[:, 1]
    days = []
    for spend in (600.0, 100.0):
        stock = np.full((50, 2), spend)
        _, outcomes = simulate(
            markets, MarketState(19_000, stock, 0 * stock), stock[None].repeat(28, 0), None
        )
        days.append(np.mean([outcome.expected[:, 1] for outcome in outcomes], axis=0))
    exact = stats.norm.logpdf(days[0] - days[1], 9, 3)
    np.testing.assert_allclose(loglik - loglik[0], exact - exact[0], rtol=1e-6, atol=1e-9)


def test_beliefs_add_up_and_may_be_several_of_one_campaign(markets):
    search = ELASTICITY | {"campaign": "google/Search Network"}
    together = believed(ELASTICITY, LIFT, search).loglik(markets)
    apart = sum(believed(entry).loglik(markets) for entry in (ELASTICITY, LIFT, search))
    np.testing.assert_allclose(together, apart)


@pytest.fixture(scope="module")
def spoken(history, calibration_settings, priors):
    """Calibrates the shared history with beliefs."""
    settings = calibration_settings.model_copy(update={"final_mcmc_steps": 6})

    def calibrated(*beliefs):
        given = priors.model_dump() | {"evidence": list(beliefs)}
        return calibrate(history, Priors.of(given, "priors"), settings)

    return calibrated


@pytest.mark.parametrize("wanted", [0.15, 0.8])
def test_a_belief_pulls_the_elasticity_to_it(spoken, posterior, wanted):
    k = posterior.names.index("google/YouTube")
    spend = float(posterior.market.reference_spend[0, k])
    entry = {"campaign": "google/YouTube", "spend": spend, "elasticity": wanted, "sd": 0.02}
    elasticity = spoken(entry).market.elasticity
    assert elasticity[:, k].mean() == pytest.approx(wanted, abs=0.04)
    assert elasticity[:, k].std() < 0.05
    others = [j for j in range(len(posterior.names)) if j != k]
    before = posterior.market.elasticity[:, others]
    moved = np.abs(elasticity[:, others].mean(0) - before.mean(0)) / before.std(0)
    assert moved.max() < 1  # relatives may follow a little


def test_a_lift_test_pulls_the_conversions_to_it(spoken, posterior):
    name = "microsoft/Audience"  # $24 a day at next to no variation
    k = posterior.names.index(name)
    lift = {"campaign": name, "spend": 200, "instead_of": 20, "conversions": 4.0, "sd": 0.2}
    market = spoken(lift).market
    gained = [brought(market, k, d) for d in (200.0, 20.0)]
    assert (gained[0] - gained[1]).mean() == pytest.approx(4, abs=0.5)
    before = [brought(posterior.market, k, d) for d in (200.0, 20.0)]
    assert (before[0] - before[1]).mean() < 3


def brought(market, k, spend):
    """A campaign's conversions a day at a steady spend, mean of the week."""
    stock = spend + 0 * market.elasticity
    return np.mean([expected_conversions(market, stock, 0.0, d)[:, k] for d in range(7)], axis=0)


def test_the_likelihood_is_the_historys_and_the_beliefs(history, priors):
    record = observed_history_from(history)
    centres = prior_centres_of(history, record, priors)
    with_one = Priors.of(priors.model_dump() | {"evidence": [ELASTICITY]}, "priors")
    z = np.random.default_rng(0).standard_normal((4, len(history.names), DIMENSIONS))
    market = markets_from_normals(z, priors, centres)
    entry = believed(ELASTICITY, names=history.names)
    ours = likelihood_of(history, record, with_one, centres)(z)
    np.testing.assert_allclose(ours, filter_history(market, record).loglik + entry.loglik(market))


def test_an_unknown_campaign_is_named_beside_those_that_are_known():
    with pytest.raises(ConfigError, match=r"priors\.evidence: campaign 'tiktok' .*meta"):
        believed(ELASTICITY | {"campaign": "tiktok"})


MIXED = [
    {"campaign": "meta", "spend": 600, "sd": 0.1},
    ELASTICITY | {"conversions": 9},
    ELASTICITY | {"conversions": 9, "instead_of": 100},
    {k: v for k, v in LIFT.items() if k != "instead_of"},
    {k: v for k, v in LIFT.items() if k != "conversions"},
]


@pytest.mark.parametrize("entry", MIXED)
def test_an_entry_that_says_two_things_or_none_is_told_what_is_allowed(priors, entry):
    with pytest.raises(ConfigError, match=r"priors\.evidence: meta gives .*lift test") as error:
        Priors.of(priors.model_dump() | {"evidence": [entry]}, "priors")
    for key in entry:
        assert key in str(error.value)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"sd": 0}, "sd"),
        ({"spend": -5}, "spend"),
        ({"elasticity": 0}, "elasticity"),
        ({"elastisity": 0.3}, "elastisity"),
        ({"spend": "lots"}, "spend"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_key(priors, change, key):
    with pytest.raises(ConfigError, match=rf"priors\.evidence\.0\.{key}"):
        Priors.of(priors.model_dump() | {"evidence": [ELASTICITY | change]}, "priors")
