from dataclasses import replace

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
def asked(conf):
    """The shipped settings with fewer draws."""

    def make(**overrides):
        own = conf("attribution/default.yaml", draws=200, **overrides)
        return AttributionSettings.of(own, "attribution")

    return make


SEEN = np.ones(3, bool)


def bootstrap(journeys, draws=200, groups=100):
    return bootstrap_of(journeys.user, draws, groups, 0)


@settings(max_examples=30)
@given(attributed.some_paths())
def test_credits_of_every_method_sum_to_the_conversions(asked, paths):
    found = attribute(attributed.single(paths), asked())
    assert set(found.credits) == set(asked().methods)
    for name, credit in found.credits.items():
        assert credit.credit.sum() == pytest.approx(paths.conversions.sum(), abs=1e-9), name
        assert credit.draws.shape == (200, 4)
        if name != "shapley_rate" and not name.startswith("markov"):
            total = found.credits["first"].draws.sum(1)
            np.testing.assert_allclose(credit.draws.sum(1), total, atol=1e-6, err_msg=name)


def test_without_a_conversion_there_is_nothing_to_attribute(asked):
    journeys = attributed.single(attributed.worked())
    chosen = journeys.paths.conversions == 0
    touches = np.repeat(chosen, journeys.paths.length)
    lost = Journeys(
        journeys.paths.select(chosen), journeys.time[touches], np.arange(chosen.sum()), "row", 2
    )
    with pytest.raises(DataError, match="not one landing"):
        attribute(lost, asked())


def test_too_many_labels_leave_the_rate_game_out(asked):
    found = attribute(attributed.single(attributed.worked()), asked(rate_labels=2))
    assert "shapley_rate" not in found.credits
    assert "rate_labels (2)" in found.notes[0]


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
def test_settings_that_are_not_allowed_are_named(asked, overrides, fragments):
    with pytest.raises(ConfigError) as caught:
        asked(**overrides)
    assert all(fragment in str(caught.value) for fragment in fragments)


def test_the_method_of_the_ratios_is_one(asked):
    own = {"method": "markov_9", "prior_conversions": 1.0, "coverage": 1.0}
    with pytest.raises(ConfigError, match=r"markov_9.*markov_1, markov_2, markov_3"):
        asked(ratios=own).check_method()


def test_a_seed_decides_the_draws(asked):
    journeys = attributed.single(attributed.worked())
    one, two = (attribute(journeys, asked()).credits["markov_1"].draws for _ in range(2))
    assert np.array_equal(one, two)
    other = attribute(journeys, asked(seed=1)).credits["markov_1"].draws
    assert not np.array_equal(one, other)


@pytest.fixture(scope="module")
def many():
    """20,000 journeys along the worked example's paths, and two more."""
    rng = np.random.default_rng(3)
    sequences = [*attributed.SEQUENCES, "BC", "CAB"]
    chosen = rng.choice(len(sequences), 20_000, p=[0.1, 0.2, 0.1, 0.25, 0.15, 0.1, 0.1])
    won = rng.random(len(chosen)) < np.array([0.3, 0.2, 0.1, 0.05, 0.02, 0.1, 0.15])[chosen]
    names = attributed.NAMES
    paths = attributed.paths_of(names, [sequences[i] for i in chosen], won, ~won)
    time = np.arange(len(paths.label)) * 3600
    return Journeys(paths, time, np.arange(len(chosen)), "row", 2)


def test_the_bootstrap_of_groups_spreads_as_one_of_journeys(many, asked):
    found = attribute(many, asked())
    paths = many.paths
    share = found.credits["last"].credit / len(many.user)
    assert found.credits["last"].draws.std(0) == pytest.approx(
        np.sqrt(len(many.user) * share * (1 - share)), rel=0.2
    )
    assert paths.conversions.sum() == found.conversions


@pytest.mark.parametrize("order", [1, 2])
def test_draws_of_a_chain_spread_as_refitted_ones(many, asked, order):
    merged, path = distinct(many.paths)
    rng = np.random.default_rng(0)
    refitted = []
    for _ in range(150):
        taken = rng.integers(0, len(path), len(path))
        size = len(merged.conversions)
        counts = [
            np.bincount(path[taken], kind[taken], size)
            for kind in (many.paths.conversions, many.paths.nulls)
        ]
        again = replace(merged, conversions=counts[0], nulls=counts[1])
        effect = markov.removal(markov.chain_of(again, order)).effect
        refitted.append(markov.credits_of_effects(effect, counts[0].sum()))
    draws = attribute(many, asked()).credits[f"markov_{order}"].draws
    np.testing.assert_allclose(draws.mean(0), np.mean(refitted, 0), rtol=0.02)
    np.testing.assert_allclose(draws.std(0), np.std(refitted, 0), rtol=0.25)


def test_roles_of_the_worked_example():
    converting = attributed.single(attributed.worked()).converting()
    roles = roles_of(converting, bootstrap(converting))
    expected = {"initiator": (3, 1, 0), "assist": (0, 3, 0), "closer": (1, 0, 3), "solo": (0, 0, 1)}
    assert {role: tuple(row) for role, row in zip(ROLES, roles.counts, strict=True)} == expected
    np.testing.assert_allclose(index_of(roles.counts), [0.5, 1.0, -1.0])
    assert roles.draws.shape == (200, 4, 3)


def test_influence_of_the_worked_example():
    converting = attributed.single(attributed.worked()).converting()
    found = downstream_influence(converting, bootstrap(converting))
    pairs = {
        (int(c), int(to)): (n, m, base, lift)
        for c, to, n, m, base, lift in zip(
            found.label, found.closer, found.journeys, found.closed, found.base, found.lift,
            strict=True,
        )
    }  # fmt: skip
    # of four journeys of two or more, C closes three (A,B before; A before), A closes one (B)
    assert pairs == {
        (0, 2): (3, 3, 0.75, pytest.approx(4 / 3)),
        (1, 2): (2, 3, 0.75, pytest.approx(8 / 9)),
        (1, 0): (1, 1, 0.75, pytest.approx(4 / 3)),
    }
    assert not found.told.any()


def test_users_stay_together_in_a_draw():
    user = np.repeat(np.arange(50), 4)
    found = bootstrap_of(user, 300, 1000, 0)
    assert found.groups == 50
    assert (found.weights.sum(1) == 50).all()
    own = found.group.reshape(50, 4)
    assert (own == own[:, :1]).all()
    assert len(np.unique(own[:, 0])) == 50


def test_an_interval_covers_its_share_of_draws():
    draws = np.random.default_rng(0).normal(size=(1000, 3))
    draws[:, 2] = np.nan
    low, high = interval(draws, 0.9)
    inside = ((draws >= low) & (draws <= high)).mean(0)
    np.testing.assert_allclose(inside[:2], 0.9, atol=0.01)
    assert np.isnan([low[2], high[2]]).all()


def test_agreement_is_the_correlation_of_ranks():
    given_out = [np.array(each, float) for each in ([1, 2, 3, 9], [10, 20, 30, 0], [4, 4, 4, 1])]
    found = agreement(given_out, np.arange(3))
    assert found[0, 1] == pytest.approx(1)
    assert np.isnan(found[0, 2])
    assert agreement(given_out, np.arange(4))[0, 1] == pytest.approx(-0.2)


def test_ratios_follow_the_counts_where_there_are_many_and_the_overall_ratio_where_none(
    many, asked
):
    found = attribute(many, asked())
    credit = found.credits["last"].credit
    platform = np.array([credit[0] * 2, 0.0, credit[2] / 4])
    ratios = ratios_of(found, "last", platform, SEEN, 1.0, 1.0)
    np.testing.assert_allclose(ratios.ratio[[0, 2]], [0.5, 4], rtol=0.01)
    count_noise = np.sqrt(1 / credit[[0, 2]] + 1 / platform[[0, 2]])
    np.testing.assert_allclose(ratios.log_sd[[0, 2]], count_noise, rtol=0.2)
    empty = replace(found, credits={"last": replace(found.credits["last"], credit=credit * 0)})
    few = ratios_of(empty, "last", platform, SEEN, 1.0, 1.0)
    assert (few.ratio > 0).all()
    assert (few.log_sd > 1).all()
    assert few.ratio[1] == pytest.approx(few.overall)
    unseen = ratios_of(found, "last", platform, np.array([True, True, False]), 1.0, 1.0)
    assert unseen.overall == pytest.approx(credit[:2].sum() / platform[0])


def test_a_sample_of_landings_is_scaled_up(many, asked):
    found = attribute(many, asked())
    platform = np.array([100.0, 100.0, 100.0])
    whole, part = (ratios_of(found, "linear", platform, SEEN, share, 1.0) for share in (1.0, 0.25))
    np.testing.assert_allclose(part.ratio, 4 * whole.ratio)
    np.testing.assert_allclose(part.journeys, 4 * whole.journeys)
    np.testing.assert_allclose(part.log_sd, whole.log_sd)
    assert ratios_of(found, "linear", platform * 0, SEEN, 1.0, 1.0) is None


def test_a_bootstrap_sums_by_group_and_column():
    found = Bootstrap(np.array([0, 1, 0]), np.array([[2.0, 0.0], [1.0, 1.0]]))
    sums = found.sums(np.array([0, 1, 2, 2]), np.array([1, 0, 1, 0]), np.ones(4), 2)
    assert sums.tolist() == [[1, 2], [1, 0]]
    assert found.draw(sums).tolist() == [[2, 4], [2, 2]]
    assert found.shift(sums).tolist() == [[0, 2], [0, 0]]
