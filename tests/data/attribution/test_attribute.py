from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from helpers import attributed
from hypothesis import given, settings

from mediagym.data.attribution import AttributionSettings, markov
from mediagym.data.attribution.attribute import agreement, attribute
from mediagym.data.attribution.bootstrap import Bootstrap, bootstrap_of, interval
from mediagym.data.attribution.platform_ratios import ratios_of
from mediagym.data.attribution.roles import ROLES, downstream_influence, index_of, roles_of
from mediagym.data.errors import ConfigError, DataError
from mediagym.data.journeys import Journeys, distinct


@pytest.fixture(scope="session")
def make_settings(conf):
    """Builds the shipped settings with fewer draws."""

    def make(**overrides):
        config = conf("attribution/default.yaml", draws=200, **overrides)
        return AttributionSettings.of(config, "attribution")

    return make


OBSERVED = np.ones(3, bool)


def bootstrap(journeys, draws=200, groups=100):
    return bootstrap_of(journeys.user, draws, groups, 0)


@settings(max_examples=30)
@given(attributed.some_paths())
def test_credits_of_every_method_sum_to_the_conversions(make_settings, paths):
    attribution = attribute(attributed.single(paths), make_settings())
    assert set(attribution.credits) == set(make_settings().methods)
    for name, credit in attribution.credits.items():
        assert credit.credit.sum() == pytest.approx(paths.conversions.sum(), abs=1e-9), name
        assert credit.draws.shape == (200, 4)
        if name != "shapley_rate" and not name.startswith("markov"):
            total = attribution.credits["first"].draws.sum(1)
            np.testing.assert_allclose(credit.draws.sum(1), total, atol=1e-6, err_msg=name)


def test_without_a_conversion_there_is_nothing_to_attribute(make_settings):
    journeys = attributed.single(attributed.worked())
    null = journeys.paths.conversions == 0
    touches = np.repeat(null, journeys.paths.length)
    nulls = Journeys(
        journeys.paths.select(null), journeys.time[touches], np.arange(null.sum()), "row", 2
    )
    with pytest.raises(DataError, match="not one landing"):
        attribute(nulls, make_settings())


def test_too_many_labels_leave_the_rate_game_out(make_settings):
    attribution = attribute(attributed.single(attributed.worked()), make_settings(rate_labels=2))
    assert "shapley_rate" not in attribution.credits
    assert "more than 2. Setting: attribution.rate_labels" in attribution.notes[0]
    just = attribute(attributed.single(attributed.worked()), make_settings(rate_labels=3))
    assert "shapley_rate" in just.credits
    assert just.notes == ()


@pytest.mark.parametrize(
    ("overrides", "fragments"),
    [
        ({"position": [0.5, 0.5, 0.5]}, ["attribution.position", "sum to 1"]),
        ({"orders": [0]}, ["attribution.orders"]),
        ({"lookback_days": 0}, ["attribution.lookback_days"]),
        ({"level": 1}, ["attribution.level"]),
        ({"ratios": {"method": "last"}}, ["attribution.ratios", "no value"]),
    ],
)
def test_settings_that_are_not_allowed_are_named(make_settings, overrides, fragments):
    with pytest.raises(ConfigError) as caught:
        make_settings(**overrides)
    assert all(fragment in str(caught.value) for fragment in fragments)


def test_the_method_of_the_ratios_must_be_one_of_the_methods(make_settings):
    ratios = {"method": "markov_9", "prior_conversions": 1.0, "coverage": 1.0}
    with pytest.raises(ConfigError, match=r"markov_9.*markov_1, markov_2, markov_3"):
        make_settings(ratios=ratios).check_method()
    with pytest.raises(ConfigError, match="markov_9"):
        attribute(attributed.single(attributed.worked()), make_settings(ratios=ratios))


def test_results_cannot_be_changed(make_settings):
    attribution = attribute(attributed.single(attributed.worked()), make_settings())
    for record in (attribution, attribution.credits["last"]):
        for name in vars(record):
            with pytest.raises(FrozenInstanceError):
                setattr(record, name, None)


def test_the_draws_depend_on_the_seed_alone(make_settings):
    journeys = attributed.single(attributed.worked())
    first, second = (
        attribute(journeys, make_settings()).credits["markov_1"].draws for _ in range(2)
    )
    assert np.array_equal(first, second)
    other = attribute(journeys, make_settings(seed=1)).credits["markov_1"].draws
    assert not np.array_equal(first, other)


@pytest.fixture(scope="module")
def many():
    """20,000 journeys along the worked example's paths, and two more."""
    rng = np.random.default_rng(3)
    sequences = [*attributed.SEQUENCES, "BC", "CAB"]
    path = rng.choice(len(sequences), 20_000, p=[0.1, 0.2, 0.1, 0.25, 0.15, 0.1, 0.1])
    converted = rng.random(len(path)) < np.array([0.3, 0.2, 0.1, 0.05, 0.02, 0.1, 0.15])[path]
    names = attributed.NAMES
    paths = attributed.paths_of(names, [sequences[i] for i in path], converted, ~converted)
    time = np.arange(len(paths.label)) * 3600
    return Journeys(paths, time, np.arange(len(path)), "row", 2)


def test_the_bootstrap_over_groups_has_the_variance_of_one_over_journeys(many, make_settings):
    attribution = attribute(many, make_settings())
    paths = many.paths
    share = attribution.credits["last"].credit / len(many.user)
    assert attribution.credits["last"].draws.std(0) == pytest.approx(
        np.sqrt(len(many.user) * share * (1 - share)), rel=0.2
    )
    assert paths.conversions.sum() == attribution.conversions


def test_draws_of_a_rule_count_a_conversion_as_often_as_its_user_is_drawn(make_settings):
    journeys, options = attributed.single(attributed.worked()), make_settings()
    drawn = bootstrap_of(journeys.user, options.draws, options.groups, options.seed)
    times = drawn.weights[:, drawn.group]  # (draws, journeys)
    paths = journeys.paths
    closer = paths.label[paths.offsets[1:] - 1]
    expected = [times[:, (closer == label) & (paths.conversions > 0)].sum(1) for label in range(3)]
    draws = attribute(journeys, options).credits["last"].draws
    np.testing.assert_array_equal(draws, np.transpose(expected))


@pytest.mark.parametrize("order", [1, 2])
def test_draws_of_a_chain_match_refitted_chains_in_mean_and_variance(many, make_settings, order):
    merged, path = distinct(many.paths)
    rng = np.random.default_rng(0)
    refitted = []
    for _ in range(150):
        resampled = rng.integers(0, len(path), len(path))
        size = len(merged.conversions)
        counts = [
            np.bincount(path[resampled], kind[resampled], size)
            for kind in (many.paths.conversions, many.paths.nulls)
        ]
        paths = replace(merged, conversions=counts[0], nulls=counts[1])
        effect = markov.removal(markov.chain_of(paths, order)).effect
        refitted.append(markov.credits_of_effects(effect, counts[0].sum()))
    draws = attribute(many, make_settings()).credits[f"markov_{order}"].draws
    np.testing.assert_allclose(draws.mean(0), np.mean(refitted, 0), rtol=0.02)
    np.testing.assert_allclose(draws.std(0), np.std(refitted, 0), rtol=0.25)


def test_roles_of_the_worked_example():
    converting = attributed.single(attributed.worked()).converting()
    roles = roles_of(converting, bootstrap(converting))
    expected = {"initiator": (3, 1, 0), "assist": (0, 3, 0), "closer": (1, 0, 3), "solo": (0, 0, 1)}
    assert {role: tuple(row) for role, row in zip(ROLES, roles.counts, strict=True)} == expected
    np.testing.assert_allclose(index_of(roles.counts), [0.5, 1.0, -1.0])
    assert roles.draws.shape == (200, 4, 3)


def test_downstream_influence_of_the_worked_example():
    converting = attributed.single(attributed.worked()).converting()
    pairs = downstream_influence(converting, bootstrap(converting))
    values = {
        (int(c), int(to)): (n, m, base, lift)
        for c, to, n, m, base, lift in zip(
            pairs.label, pairs.closer, pairs.journeys, pairs.closed, pairs.base, pairs.lift,
            strict=True,
        )
    }  # fmt: skip
    # of four journeys of two or more landings, C closes three (A and B, or A, before it), and A
    # closes one (B before it)
    assert values == {
        (0, 2): (3, 3, 0.75, pytest.approx(4 / 3)),
        (1, 2): (2, 3, 0.75, pytest.approx(8 / 9)),
        (1, 0): (1, 1, 0.75, pytest.approx(4 / 3)),
    }
    assert not pairs.has_interval.any()


def test_users_stay_together_in_a_draw():
    user = np.repeat(np.arange(50), 4)
    drawn = bootstrap_of(user, 300, 1000, 0)
    assert drawn.groups == 50
    assert (drawn.weights.sum(1) == 50).all()
    group = drawn.group.reshape(50, 4)
    assert (group == group[:, :1]).all()
    assert len(np.unique(group[:, 0])) == 50


def test_an_interval_covers_its_share_of_draws():
    draws = np.random.default_rng(0).normal(size=(1000, 3))
    draws[:, 2] = np.nan
    low, high = interval(draws, 0.9)
    inside = ((draws >= low) & (draws <= high)).mean(0)
    np.testing.assert_allclose(inside[:2], 0.9, atol=0.01)
    assert np.isnan([low[2], high[2]]).all()


def test_agreement_is_the_correlation_of_ranks():
    credits_by_method = [
        np.array(credit, float) for credit in ([1, 2, 3, 9], [10, 20, 30, 0], [4, 4, 4, 1])
    ]
    correlation = agreement(credits_by_method, np.arange(3))
    assert correlation[0, 1] == pytest.approx(1)
    assert np.isnan(correlation[0, 2])
    assert agreement(credits_by_method, np.arange(4))[0, 1] == pytest.approx(-0.2)


def test_credits_that_differ_by_rounding_errors_are_ties():
    tied = np.array([0.3, 0.3, 1.0, 2.0])
    other = np.array([1.0, 3.0, 4.0, 9.0])
    first, second = (
        agreement([tied + np.array([*small, 0, 0]), other], np.arange(4))
        for small in ((0, 5e-16), (5e-16, 0))
    )
    np.testing.assert_array_equal(first, second)
    assert first[0, 1] < 1


def test_ratios_follow_large_counts_and_are_the_overall_ratio_without_any(many, make_settings):
    attribution = attribute(many, make_settings())
    credit = attribution.credits["last"].credit
    platform = np.array([credit[0] * 2, 0.0, credit[2] / 4])
    ratios = ratios_of(attribution, "last", platform, OBSERVED, 1.0, 1.0)
    np.testing.assert_allclose(ratios.ratio[[0, 2]], [0.5, 4], rtol=0.01)
    count_noise = np.sqrt(1 / credit[[0, 2]] + 1 / platform[[0, 2]])
    np.testing.assert_allclose(ratios.log_sd[[0, 2]], count_noise, rtol=0.2)
    no_credit = replace(attribution.credits["last"], credit=credit * 0)
    empty = replace(attribution, credits={"last": no_credit})
    few = ratios_of(empty, "last", platform, OBSERVED, 1.0, 1.0)
    assert (few.ratio > 0).all()
    assert (few.log_sd > 1).all()
    assert few.ratio[1] == pytest.approx(few.overall)
    observed = np.array([True, True, False])
    partly_observed = ratios_of(attribution, "last", platform, observed, 1.0, 1.0)
    assert partly_observed.overall == pytest.approx(credit[:2].sum() / platform[0])


def test_a_sample_of_landings_is_scaled_up(many, make_settings):
    attribution = attribute(many, make_settings())
    platform = np.array([100.0, 100.0, 100.0])
    whole, part = (
        ratios_of(attribution, "linear", platform, OBSERVED, share, 1.0) for share in (1.0, 0.25)
    )
    np.testing.assert_allclose(part.ratio, 4 * whole.ratio)
    np.testing.assert_allclose(part.journeys, 4 * whole.journeys)
    np.testing.assert_allclose(part.log_sd, whole.log_sd)
    assert ratios_of(attribution, "linear", platform * 0, OBSERVED, 1.0, 1.0) is None


def test_a_bootstrap_sums_by_group_and_column():
    drawn = Bootstrap(np.array([0, 1, 0]), np.array([[2.0, 0.0], [1.0, 1.0]]))
    sums = drawn.sums(np.array([0, 1, 2, 2]), np.array([1, 0, 1, 0]), np.ones(4), 2)
    assert sums.tolist() == [[1, 2], [1, 0]]
    assert drawn.resample(sums).tolist() == [[2, 4], [2, 2]]
    assert drawn.deviations(sums).tolist() == [[0, 2], [0, 0]]
