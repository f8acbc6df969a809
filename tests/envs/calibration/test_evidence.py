import numpy as np
import pytest
from scipy import stats

from mediagym.data.errors import ConfigError
from mediagym.data.names import short_ids
from mediagym.envs.calibration import (
    DIMENSIONS,
    Priors,
    calibrate,
    likelihood_of,
    observed_history_from,
    prior_centres_of,
)
from mediagym.envs.calibration.evidence import EvidenceLikelihood, PriorEvidence
from mediagym.envs.calibration.filtering import filter_history
from mediagym.envs.calibration.markets import markets_from_normals
from mediagym.envs.market import MarketState, simulate
from mediagym.envs.market.step import expected_conversions

NAMES = ("google/Search Network", "meta")
ELASTICITY = {"campaign": "meta", "spend": 600, "elasticity": 0.3, "sd": 0.1}
LIFT = {"campaign": "meta", "spend": 600, "instead_of": 100, "conversions": 9, "sd": 3}


def likelihood(*entries, names=NAMES):
    return EvidenceLikelihood.of(
        [PriorEvidence.of(entry, "priors.evidence") for entry in entries], names
    )


@pytest.fixture
def markets(draw_market):
    return draw_market(np.random.default_rng(0), (50,), campaigns=2, level_kept=0.9)


def test_without_evidence_the_loglik_is_zero(markets):
    assert np.all(likelihood().loglik(markets) == 0)


def test_an_elasticity_applies_at_its_stated_spend(markets):
    """At the reference spend it is the market's parameter."""
    at = markets._replace(reference_spend=np.full((50, 2), 600.0))
    loglik = likelihood(ELASTICITY).loglik(at)
    exact = stats.norm.logpdf(at.elasticity[:, 1], 0.3, 0.1)
    np.testing.assert_allclose(loglik[:, 1] - loglik[0, 1], exact - exact[0], atol=1e-3)
    assert (loglik[:, 0] == 0).all()


def test_the_elasticity_of_a_hill_curve_falls_beyond_the_reference(markets):
    """It is o / (r + o) at the ratio r, with o the odds of the elasticity at 1."""
    at = markets._replace(reference_spend=np.full((50, 2), 300.0))
    odds = at.elasticity / (1 - at.elasticity)
    local = odds / (2 + odds)
    loglik = likelihood(ELASTICITY).loglik(at)[:, 1]
    exact = stats.norm.logpdf(local[:, 1], 0.3, 0.1)
    np.testing.assert_allclose(loglik - loglik[0], exact - exact[0], atol=1e-3)


def test_a_lift_is_that_of_a_month_of_constant_spend(markets):
    """Difference in the simulator's daily conversions, averaged over weekdays."""
    loglik = likelihood(LIFT).loglik(markets)[:, 1]
    days = []
    for spend in (600.0, 100.0):
        stock = np.full((50, 2), spend)
        _, outcomes = simulate(
            markets, MarketState(19_000, stock, 0 * stock), stock[None].repeat(28, 0), None
        )
        days.append(np.mean([outcome.expected[:, 1] for outcome in outcomes], axis=0))
    exact = stats.norm.logpdf(days[0] - days[1], 9, 3)
    np.testing.assert_allclose(loglik - loglik[0], exact - exact[0], rtol=1e-6, atol=1e-9)


def test_entries_add_up_also_for_one_campaign(markets):
    search = ELASTICITY | {"campaign": "google/Search Network"}
    together = likelihood(ELASTICITY, LIFT, search).loglik(markets)
    separate = sum(likelihood(entry).loglik(markets) for entry in (ELASTICITY, LIFT, search))
    np.testing.assert_allclose(together, separate)


@pytest.fixture(scope="module")
def calibrate_with(history, calibration_settings, priors):
    """Calibrates the shared history with prior evidence."""
    settings = calibration_settings.model_copy(update={"final_mcmc_steps": 6})

    def calibrated(*entries):
        given = priors.model_dump() | {"evidence": list(entries)}
        return calibrate(history, Priors.of(given, "priors"), settings)

    return calibrated


@pytest.mark.parametrize("stated", [0.15, 0.8])
def test_a_stated_elasticity_dominates_a_small_campaign(calibrate_with, posterior, stated):
    k = posterior.names.index("google/YouTube")
    spend = float(posterior.market.reference_spend[0, k])
    entry = {"campaign": "google/YouTube", "spend": spend, "elasticity": stated, "sd": 0.02}
    elasticity = calibrate_with(entry).market.elasticity
    assert elasticity[:, k].mean() == pytest.approx(stated, abs=0.04)
    assert elasticity[:, k].std() < 0.05
    others = [j for j in range(len(posterior.names)) if j != k]
    before = posterior.market.elasticity[:, others]
    moved = np.abs(elasticity[:, others].mean(0) - before.mean(0)) / before.std(0)
    assert moved.max() < 1  # partial pooling moves the others slightly


def test_a_lift_test_dominates_a_campaign_with_constant_spend(calibrate_with, posterior):
    name = "microsoft/Audience"  # $24 per day with almost no variation
    k = posterior.names.index(name)
    lift = {"campaign": name, "spend": 200, "instead_of": 20, "conversions": 4.0, "sd": 0.2}
    market = calibrate_with(lift).market
    conversions = [weekly_mean(market, k, d) for d in (200.0, 20.0)]
    assert (conversions[0] - conversions[1]).mean() == pytest.approx(4, abs=0.5)
    before = [weekly_mean(posterior.market, k, d) for d in (200.0, 20.0)]
    assert (before[0] - before[1]).mean() < 3


def weekly_mean(market, k, spend):
    """A campaign's conversions per day at a constant spend, mean of the week."""
    stock = spend + 0 * market.elasticity
    return np.mean([expected_conversions(market, stock, 0.0, d)[:, k] for d in range(7)], axis=0)


def test_the_likelihood_is_that_of_the_history_and_the_evidence(history, priors):
    observed = observed_history_from(history)
    centres = prior_centres_of(history, observed, priors)
    with_one = Priors.of(priors.model_dump() | {"evidence": [ELASTICITY]}, "priors")
    z = np.random.default_rng(0).standard_normal((4, len(history.names), DIMENSIONS))
    market = markets_from_normals(z, priors, centres)
    entry = likelihood(ELASTICITY, names=history.names)
    ours = likelihood_of(history, observed, with_one, centres)(z)
    np.testing.assert_allclose(ours, filter_history(market, observed).loglik + entry.loglik(market))


def test_an_unknown_campaign_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"priors\.evidence: 'tiktok' is not a campaign.*meta"):
        likelihood(ELASTICITY | {"campaign": "tiktok"})


def test_a_campaign_is_named_in_full_by_its_id_or_by_its_type():
    names = ["google/YouTube", "microsoft/Search & content"]
    for written in (names[1], "Search & content", *short_ids([names[1]])):
        entry = likelihood(ELASTICITY | {"campaign": written}, names=names)
        assert entry.campaign_index.tolist() == [1]


MIXED = [
    {"campaign": "meta", "spend": 600, "sd": 0.1},
    ELASTICITY | {"conversions": 9},
    ELASTICITY | {"conversions": 9, "instead_of": 100},
    {k: v for k, v in LIFT.items() if k != "instead_of"},
    {k: v for k, v in LIFT.items() if k != "conversions"},
]


@pytest.mark.parametrize("entry", MIXED)
def test_an_entry_of_two_kinds_or_none_is_refused_with_the_allowed_keys(priors, entry):
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
def test_an_impossible_value_is_refused_by_key(priors, change, key):
    with pytest.raises(ConfigError, match=rf"priors\.evidence\.0\.{key}"):
        Priors.of(priors.model_dump() | {"evidence": [ELASTICITY | change]}, "priors")
