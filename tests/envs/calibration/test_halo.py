import numpy as np
import pytest

from mediagym.data.history import Campaign
from mediagym.envs.calibration.calibrate import half_lives
from mediagym.envs.calibration.halo import with_halo
from mediagym.envs.calibration.journeys import NO_FINDINGS, JourneyFindings
from mediagym.envs.market import MarketState, simulate

NAMES = ("google/Search Network", "google/YouTube", "meta")
CAMPAIGNS = (
    Campaign("google", "Search Network"),
    Campaign("google", "YouTube"),
    Campaign("meta", None),
)


@pytest.fixture
def markets(draw_market):
    rng = np.random.default_rng(3)
    return draw_market(rng, (50,), level_sd=0.0, demand_sd=0.0)


@pytest.fixture
def lifted(markets, priors):
    """The markets with a halo, by who led whom."""

    def make(led, halo=True):
        asked = priors.journeys.model_copy(update={"halo": halo})
        findings = JourneyFindings(led_share=led)
        return with_halo(markets, NAMES, asked, findings, np.random.default_rng(0))

    return make


LED = {
    "google/Search Network": {"google/YouTube": 0.6, "meta": 0.2},
    "meta": {"google/YouTube": 0.1},
}


def test_without_journeys_there_is_no_halo(markets, lifted):
    assert lifted({}, halo=False) is markets
    assert lifted(LED, halo=False) is markets
    assert lifted({}) is markets
    assert lifted({"elsewhere": {"nowhere": 1.0}}) is markets


def test_who_is_led_is_lifted_and_who_leads_has_the_weight(markets, lifted, priors):
    market = lifted(LED)
    most = priors.journeys.halo_most
    assert (market.halo[:, 0] <= 0.6 * most).all()
    assert market.halo[:, 0].max() > 0.5 * 0.6 * most
    assert (market.halo[:, 1] == 0).all()
    assert 0 < market.halo[:, 2].max() <= 0.1 * most
    np.testing.assert_allclose(market.halo_weight[0], [0, 0.7 / 0.9, 0.2 / 0.9])
    assert market.halo.shape == market.halo_kept.shape == markets.elasticity.shape


def test_a_halo_says_only_what_other_spends_would_do(markets, lifted):
    """At the reference spends nothing changes; more on who leads lifts who is led, later."""
    market = lifted(LED)
    state = MarketState(19_000, markets.reference_spend, 0 * markets.elasticity)
    usual = np.repeat(markets.reference_spend[None], 20, 0)
    brought = [
        np.stack([o.expected for o in simulate(m, state, usual, None)[1]])
        for m in (markets, market)
    ]
    np.testing.assert_allclose(*brought, rtol=1e-12)
    more = usual.copy()
    more[..., 1] *= 4
    raised = np.stack([o.expected for o in simulate(market, state, more, None)[1]])
    assert (raised[-1, :, 0] > brought[1][-1, :, 0]).all()
    gain = (raised / brought[1])[..., 0].mean(1)
    assert gain[-1] > gain[0]


def test_half_lives_are_those_of_their_kinds_without_journeys(priors):
    median, sd = half_lives(CAMPAIGNS, priors, NO_FINDINGS)
    kinds = [priors.half_life[priors.kind(campaign)] for campaign in CAMPAIGNS]
    np.testing.assert_allclose(median, [kind.median for kind in kinds])
    np.testing.assert_allclose(sd, [kind.sd for kind in kinds])


def test_days_between_landings_are_a_measurement_of_the_half_life(priors):
    findings = JourneyFindings(days_between_visits={"meta": 30.0, "google/YouTube": 0.0})
    before, prior_sd = half_lives(CAMPAIGNS, priors, NO_FINDINGS)
    median, sd = half_lives(CAMPAIGNS, priors, findings)
    assert before[2] < median[2] < 30
    weight = prior_sd[2] ** -2 / (prior_sd[2] ** -2 + priors.journeys.touch_sd**-2)
    assert np.log(median[2]) == pytest.approx(
        weight * np.log(before[2]) + (1 - weight) * np.log(30)
    )
    assert sd[2] < prior_sd[2]
    np.testing.assert_allclose(median[:2], before[:2])  # nothing was measured there
