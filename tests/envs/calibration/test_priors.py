import numpy as np
import pytest
from scipy import stats

from mediagym.data.errors import ConfigError
from mediagym.data.history import Campaign
from mediagym.data.names import short_ids
from mediagym.envs.calibration import (
    CORE_DIMENSIONS,
    DIMENSIONS,
    PriorCentres,
    Priors,
    contrast_basis,
    parameters_from_normals,
)
from mediagym.envs.calibration.priors import EXTRA_SCALARS, PARAMETER_INDEX

CENTRES = PriorCentres(
    spend=np.array([10.0, 2000.0]),
    conversions=np.array([0.1, 40.0]),
    half_life=np.array([0.7, 5.0]),
    half_life_sd=np.array([0.5, 0.6]),
    weekday=np.linspace(-0.3, 0.3, 7)[:, None],
)


@pytest.fixture(scope="module")
def draws(priors):
    z = np.random.default_rng(0).standard_normal((50_000, 2, DIMENSIONS))
    return z, parameters_from_normals(z, priors, CENTRES)


@pytest.mark.parametrize(
    ("channel", "campaign_type", "kind"),
    [
        ("google", "Search Network", "search"),
        ("google", "search network", "search"),
        ("microsoft", "Search & content", "search"),
        ("google", "Cross-network", "cross_network"),
        ("microsoft", "Audience", "display"),
        ("google", "YouTube", "video"),
        ("meta", None, "social"),
        ("google", "Something new", "cross_network"),
    ],
)
def test_a_campaigns_kind_follows_from_its_type_or_channel(priors, channel, campaign_type, kind):
    assert priors.kind(Campaign(channel, campaign_type)) == kind


def test_a_campaigns_own_name_or_id_goes_before_its_type(priors):
    campaign, other = Campaign("google", "Search"), Campaign("microsoft", "Search")
    for written in (campaign.name, *short_ids([campaign.name])):
        kinds = priors.kinds | {"video": [*priors.kinds["video"], written]}
        changed = priors.model_copy(update={"kinds": kinds})
        assert (changed.kind(campaign), changed.kind(other)) == ("video", "search")


def test_every_kind_has_a_half_life(priors):
    assert set(priors.kinds) == set(priors.half_life)
    assert "cross_network" in priors.half_life


def test_the_elasticity_is_a_truncated_normal(priors, draws):
    e = priors.elasticity
    exact = stats.truncnorm((e.low - e.mean) / e.sd, (e.high - e.mean) / e.sd, e.mean, e.sd)
    values = draws[1].elasticity[:, 0]
    assert ((values >= e.low) & (values <= e.high)).all()
    assert stats.kstest(values, exact.cdf).statistic < 0.01


LOGNORMALS = ["conversions", "half_life", "dispersion", "level_sd", "level_half_life"]


@pytest.mark.parametrize("name", LOGNORMALS)
def test_lognormals_have_their_median_and_spread(priors, draws, name):
    median, sd = {
        "conversions": (CENTRES.conversions, priors.conversions_sd),
        "half_life": (CENTRES.half_life, CENTRES.half_life_sd),
        "dispersion": (priors.dispersion.median, priors.dispersion.sd),
        "level_sd": (priors.level_sd.median, priors.level_sd.sd),
        "level_half_life": (priors.level_half_life.median, priors.level_half_life.sd),
    }[name]
    logs = np.log(getattr(draws[1], name))
    np.testing.assert_allclose(np.median(logs, 0), np.log(median) * np.ones(2), atol=0.03)
    np.testing.assert_allclose(logs.std(0), sd * np.ones(2), rtol=0.02)


def test_weekdays_spread_around_the_advertisers_profile_and_average_to_it(priors, draws):
    around = draws[1].weekday - CENTRES.weekday
    np.testing.assert_allclose(around.mean(1), 0, atol=1e-12)
    np.testing.assert_allclose(around.std(0), priors.weekday_sd, rtol=0.03)


def test_the_basis_of_weekdays_is_orthogonal_and_of_unit_spread():
    basis = contrast_basis()
    np.testing.assert_allclose(basis.sum(0), 0, atol=1e-12)
    np.testing.assert_allclose(basis.T @ basis, 7 / 6 * np.eye(6), atol=1e-12)
    np.testing.assert_allclose((basis**2).sum(1), 1, atol=1e-12)


def test_each_scalar_increases_with_its_normal_alone(priors):
    given = priors.model_dump() | {
        "curve": {"less": 0.6, "less_shape": 2.0, "more": 0.4, "most": 2.0}
    }
    no_flat_part = Priors.of(given, "priors")
    base = np.zeros((2, DIMENSIONS))
    at = parameters_from_normals(base, no_flat_part, CENTRES)
    for name, j in PARAMETER_INDEX.items():
        moved = base.copy()
        moved[:, j] = 1
        there = parameters_from_normals(moved, no_flat_part, CENTRES)
        assert (getattr(there, name) > getattr(at, name)).all()
        dependent = (
            {"slope"} if name == "elasticity" else set()
        )  # its lower bound is the elasticity
        for other in set(at._fields) - {name} - dependent:
            assert np.array_equal(getattr(there, other), getattr(at, other))


@pytest.mark.parametrize(
    ("less", "shape", "more", "most"),
    [(0.25, 1, 0.25, 2.0), (0.6, 1, 0.4, 1.5), (0.5, 3, 0.5, 3.0), (0, 1, 0, 2)],
)
def test_the_curve_saturates_less_and_more_than_hills_with_its_probabilities(
    priors, draws, less, shape, more, most
):
    curve = {"less": less, "less_shape": shape, "more": more, "most": most}
    given = priors.model_dump() | {"curve": curve}
    p = parameters_from_normals(draws[0], Priors.of(given, "priors"), CENTRES)
    assert (p.slope > p.elasticity).all()
    assert p.slope.max() <= most
    for share, hit in ((less, p.slope < 1 - 1e-9), (more, p.slope > 1 + 1e-9)):
        assert hit.mean() == pytest.approx(share, abs=0.01)
    share = ((p.slope - p.elasticity) / (1 - p.elasticity))[p.slope < 1 - 1e-9]
    if less:  # between a power law and Hill's curve, uniform for a shape of 1
        assert share.mean() == pytest.approx(1 / (1 + shape), abs=0.02)
        assert share.min() == pytest.approx(0.02)
    if more:
        assert p.slope[p.slope > 1 + 1e-9].mean() == pytest.approx((1 + most) / 2, abs=0.02)


def test_shares_of_the_spend_index_are_half_normal_and_at_most_one(priors, draws):
    follow = draws[1].follow
    assert (follow >= 0).all()
    assert follow.max() <= 1
    assert np.median(follow) == pytest.approx(0.674 * priors.follow_sd, rel=0.03)
    none = parameters_from_normals(
        draws[0], Priors.of(priors.model_dump() | {"follow_sd": 0.0}, "priors"), CENTRES
    )
    assert not none.follow.any()


def test_extra_scalars_are_at_their_median_if_they_are_not_given(priors, draws):
    z = draws[0][:50]
    short = parameters_from_normals(z[..., :CORE_DIMENSIONS], priors, CENTRES)
    whole = parameters_from_normals(
        np.where(np.arange(DIMENSIONS) < CORE_DIMENSIONS, z, 0.0), priors, CENTRES
    )
    for one, other in zip(short, whole, strict=True):
        assert np.array_equal(one, other)
    np.testing.assert_allclose(short.level_half_life, priors.level_half_life.median)
    assert len(EXTRA_SCALARS) == DIMENSIONS - CORE_DIMENSIONS


def test_the_innovation_sd_of_the_level_gives_its_stationary_sd(draws):
    p = draws[1]
    np.testing.assert_allclose(p.level_kept**p.level_half_life, 0.5)
    spread = p.level_step / np.sqrt(1 - p.level_kept**2)
    np.testing.assert_allclose(spread, p.level_sd, rtol=1e-6)


def test_extreme_normals_give_parameters_within_bounds(priors):
    for end in (-40.0, 40.0):
        p = parameters_from_normals(np.full((2, DIMENSIONS), end), priors, CENTRES)
        assert priors.elasticity.low <= p.elasticity.min()
        assert p.elasticity.max() <= priors.elasticity.high
        assert np.isfinite(p.weekday).all()


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("curve", {"less": 0.6, "less_shape": 1, "more": 0.5, "most": 2.0}, "curve"),
        ("curve", {"less": 0.2, "less_shape": 1, "more": 0.2, "most": 0.9}, "curve.most"),
        ("follow_sd", 1.5, "follow_sd"),
        ("curve", {"less": 0.2, "less_shape": 0.5, "more": 0.2, "most": 2}, "curve.less_shape"),
        ("pooling", {"advertiser": 0.6, "channel": 0.4, "curve": 0}, "pooling"),
        ("pooling", {"advertiser": -0.1, "channel": 0.4, "curve": 0}, "pooling.advertiser"),
        ("pooling", {"advertiser": 0.1, "channel": 0.4, "curve": 1}, "pooling.curve"),
        ("elasticity", {"mean": 0.5, "sd": 0.1, "low": 0.8, "high": 0.2}, "elasticity"),
        ("inflation", {"low": 0.4, "high": 0.1}, "inflation"),
        ("inflation", {"low": 0.4, "high": 1.1}, "inflation"),
        ("half_life", {"search": {"median": 1, "sd": 0.1}}, "half_life"),
        ("dispersion", {"median": 0, "sd": 0.1}, "dispersion"),
        ("level_half_life", {"median": 0, "sd": 0.5}, "level_half_life"),
        ("elasticty", 1, "elasticity"),
    ],
)
def test_impossible_priors_are_refused_by_key(conf, key, value, named):
    with pytest.raises(ConfigError, match=rf"priors\.[\w.]*{named}|did you mean '{named}'"):
        Priors.of(conf("priors/default.yaml") | {key: value}, "priors")
