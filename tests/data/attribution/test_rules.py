import numpy as np
import pytest
from helpers import attributed
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.attribution import rules
from mediagym.data.journeys.paths import paths_of

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
    for name, wanted in expected.items():
        np.testing.assert_allclose(
            credit(paths, getattr(rules, name)(paths)), wanted, rtol=0, atol=1e-12, err_msg=name
        )
    np.testing.assert_allclose(credit(paths, rules.position(paths, WEIGHTS)), (1.7, 1, 2.3))


def test_last_non_direct_passes_over_direct_unless_all_are():
    paths = paths_of(
        ["A", "B", "direct"], [["A", "B", "direct", "direct"], ["direct", "direct"]], [1, 1], [0, 0]
    )
    assert rules.last_non_direct(paths).tolist() == [0, 1, 0, 0, 0, 1]


def test_decay_halves_with_its_half_life():
    paths = paths_of("AB", ["ABA", "B"], [1, 1], [0, 0])
    time = np.array([0, 7, 14, 3]) * 86_400
    journeys = attributed.Journeys(paths, time, np.arange(2), "row", 2)
    np.testing.assert_allclose(rules.decay(journeys, 7.0), [1 / 7, 2 / 7, 4 / 7, 1])


@given(attributed.some_paths())
def test_every_rule_hands_out_each_conversion_once(paths):
    journeys = attributed.single(paths).converting()
    for name, share in rules.rule_shares(journeys, WEIGHTS, 7.0).items():
        total = np.add.reduceat(share, journeys.paths.first)
        np.testing.assert_allclose(total, 1, atol=1e-12, err_msg=name)
        assert (share >= 0).all()
        given_out = credit(journeys.paths, share).sum()
        assert given_out == pytest.approx(paths.conversions.sum(), abs=1e-9)
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
        given_out = ends if n < 3 else [p1, *[p2 / (n - 2)] * (n - 2), p3]
        for label, share in zip(path, given_out, strict=True):
            expected[0, label] += conversions * share
            expected[1, label] += conversions / n
        for label in set(path):
            expected[2, label] += conversions / len(set(path))
    found = (rules.position(paths, weights), rules.linear(paths), rules.shapley_set(paths))
    np.testing.assert_allclose([credit(paths, each) for each in found], expected, atol=1e-9)
