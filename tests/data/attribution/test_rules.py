import numpy as np
import pytest
from helpers import attributed
from helpers.attributed import paths_of
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.attribution import rules

WEIGHTS = (0.4, 0.2, 0.4)
METHODS = ("first", "last", "last_non_direct", "linear", "position", "decay", "shapley_set")


def credit(paths, share):
    return rules.credits_of(paths, share)


def test_the_worked_example():
    paths = attributed.worked()
    expected = {
        "first": (3, 1, 1),
        "last": (1, 0, 4),
        "linear": (1.5, 4 / 3, 13 / 6),
        "shapley_set": (5 / 3, 7 / 6, 13 / 6),
    }
    for name, conversions in expected.items():
        computed = credit(paths, getattr(rules, name)(paths))
        np.testing.assert_allclose(computed, conversions, rtol=0, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(credit(paths, rules.position(paths, WEIGHTS)), (1.7, 1, 2.3))


def test_last_non_direct_skips_direct_landings_unless_all_are_direct():
    paths = paths_of(
        ["A", "B", "direct"], [["A", "B", "direct", "direct"], ["direct", "direct"]], [1, 1], [0, 0]
    )
    assert rules.last_non_direct(paths).tolist() == [0, 1, 0, 0, 0, 1]


def test_a_landing_loses_half_its_weight_per_half_life():
    paths = paths_of("AB", ["ABA", "B"], [1, 1], [0, 0])
    time = np.array([0, 7, 14, 3]) * 86_400
    journeys = attributed.Journeys(paths, time, np.arange(2), "row", 2)
    np.testing.assert_allclose(rules.decay(journeys, 7.0), [1 / 7, 2 / 7, 4 / 7, 1])


@given(attributed.some_paths())
def test_the_shares_of_every_rule_sum_to_one_per_conversion(paths):
    journeys = attributed.single(paths).converting()
    for name, share in rules.rule_shares(journeys, WEIGHTS, 7.0).items():
        total = np.add.reduceat(share, journeys.paths.first)
        np.testing.assert_allclose(total, 1, atol=1e-12, err_msg=name)
        assert (share >= 0).all()
        credited = credit(journeys.paths, share).sum()
        assert credited == pytest.approx(paths.conversions.sum(), abs=1e-9)
    assert set(rules.rule_shares(journeys, WEIGHTS, 7.0)) == set(METHODS)


@given(attributed.some_paths(), st.tuples(*[st.floats(0.1, 1)] * 3))
def test_rules_equal_their_definition_journey_by_journey(paths, raw):
    weights = tuple(np.array(raw) / sum(raw))
    expected = np.zeros((3, 4))
    for begin, end, conversions in zip(
        paths.offsets, paths.offsets[1:], paths.conversions, strict=False
    ):
        path = paths.label[begin:end].tolist()
        n = len(path)
        p1, p2, p3 = weights
        ends = [1.0] if n == 1 else [p1 + p2 / 2, p3 + p2 / 2]
        shares = ends if n < 3 else [p1, *[p2 / (n - 2)] * (n - 2), p3]
        for label, share in zip(path, shares, strict=True):
            expected[0, label] += conversions * share
            expected[1, label] += conversions / n
        for label in set(path):
            expected[2, label] += conversions / len(set(path))
    shares = (rules.position(paths, weights), rules.linear(paths), rules.shapley_set(paths))
    computed = [credit(paths, share) for share in shares]
    np.testing.assert_allclose(computed, expected, atol=1e-9)
