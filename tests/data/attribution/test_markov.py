import itertools

import numpy as np
import pytest
from helpers import attributed
from helpers.attributed import paths_of
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.attribution import markov

ORDERS = st.sampled_from([1, 2, 3])


def effects(paths, order):
    return markov.removal(markov.chain_of(paths, order)).effect


def by_definition(paths, order, removed=None):
    """Conversion probability of a chain of dictionaries, by dense linear algebra."""
    rows, start, starts = {}, {}, 0.0
    for begin, end, conversions, nulls in zip(
        paths.offsets, paths.offsets[1:], paths.conversions, paths.nulls, strict=False
    ):
        labels = [-1] * (order - 1) + paths.label[begin:end].tolist()
        grams = [tuple(labels[i : i + order]) for i in range(len(labels) - order + 1)]
        weight = conversions + nulls
        start[grams[0]] = start.get(grams[0], 0) + weight
        starts += weight
        for gram, following in itertools.pairwise(grams):
            rows.setdefault(gram, {})
            rows[gram][following] = rows[gram].get(following, 0) + weight
        row = rows.setdefault(grams[-1], {})
        row["conversion"] = row.get("conversion", 0) + conversions
        row["null"] = row.get("null", 0) + nulls
    states = [state for state in rows if state[-1] != removed]
    at = {state: i for i, state in enumerate(states)}
    q, r = np.zeros((len(states), len(states))), np.zeros(len(states))
    for state, i in at.items():
        total = sum(rows[state].values())
        r[i] = rows[state].get("conversion", 0) / total
        for other, count in rows[state].items():
            if other in at:
                q[i, at[other]] = count / total
    b = np.linalg.solve(np.eye(len(states)) - q, r)
    return sum(count / starts * b[at[state]] for state, count in start.items() if state in at)


@pytest.mark.parametrize(
    ("order", "effect", "credit"),
    [
        (1, (0.514286, 0.383459, 0.8), (1.51461, 1.12932, 2.35607)),
        (2, (0.8, 0.6, 0.8), (1.81818, 1.36364, 1.81818)),
    ],
)
def test_the_worked_example(order, effect, credit):
    computed = effects(attributed.worked(), order)
    np.testing.assert_allclose(computed, effect, atol=5e-7)
    np.testing.assert_allclose(markov.credits_of_effects(computed, 5.0), credit, atol=5e-6)


@given(attributed.some_paths(), ORDERS)
def test_effects_equal_explicit_removal(paths, order):
    computed = effects(paths, order)
    rate = by_definition(paths, order)
    for label in range(4):
        without = by_definition(paths, order, removed=label)
        assert computed[label] == pytest.approx(1 - without / rate, abs=1e-9)


@given(attributed.some_paths(), ORDERS)
def test_the_chain_converts_at_the_empirical_rate(paths, order):
    rate = markov.removal(markov.chain_of(paths, order)).rate
    total = (paths.conversions + paths.nulls).sum()
    assert rate == pytest.approx(paths.conversions.sum() / total, rel=1e-11)


@given(attributed.some_paths())
def test_the_first_order_effect_is_the_closed_form(paths):
    chain = markov.chain_of(paths, 1)
    n = np.linalg.inv(np.eye(len(chain.label)) - chain.moves.toarray())
    b = n @ chain.converts
    closed = (chain.start @ n) * b / (np.diag(n) * (chain.start @ b))
    np.testing.assert_allclose(markov.removal(chain).effect[chain.label], closed, atol=1e-9)


@given(attributed.some_paths(), st.integers(0, 7), st.integers(0, 5), st.integers(1, 9))
def test_staying_at_a_label_changes_no_first_order_effect(paths, path, touch, times):
    path = path % len(paths.conversions)
    sequences = [
        [paths.names[at] for at in paths.label[begin:end]]
        for begin, end in zip(paths.offsets, paths.offsets[1:], strict=False)
    ]
    longer = [list(sequence) for sequence in sequences]
    touch = touch % len(longer[path])
    longer[path][touch:touch] = [longer[path][touch]] * times
    counts = (paths.conversions, paths.nulls)
    stayed = paths_of(paths.names, longer, *counts)
    np.testing.assert_allclose(effects(stayed, 1), effects(paths, 1), atol=1e-9)


@given(attributed.some_paths(), st.permutations(range(4)), ORDERS)
def test_the_numbering_of_labels_does_not_matter(paths, order, k):
    renumbered = effects(attributed.shuffled(paths, order), k)
    np.testing.assert_allclose(renumbered, effects(paths, k)[order], atol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_influence_of_a_journey_is_the_derivative_by_its_count(order):
    paths = attributed.worked()
    chain = markov.chain_of(paths, order)
    removal = markov.removal(chain)
    influence = markov.markov_influence(paths, chain, removal)
    for at in range(5):
        for kind in (0, 1):
            counts = [paths.conversions.copy(), paths.nulls.copy()]
            counts[kind][at] += 1e-6
            more = paths_of(attributed.NAMES, attributed.SEQUENCES, *counts)
            refitted = markov.removal(markov.chain_of(more, order))
            slope = (refitted.effect * refitted.rate - removal.effect * removal.rate) / 1e-6
            np.testing.assert_allclose(influence[kind][at], slope, atol=1e-6)


def test_very_long_journeys_are_solved_by_factorisation(monkeypatch):
    long = paths_of("AB", ["AB" * 3000, "A"], [1, 1], [1, 3])
    iterated = effects(long, 1)
    monkeypatch.setattr(markov, "_MAX_SWEEPS", 2)
    np.testing.assert_allclose(effects(long, 1), iterated, atol=1e-9)
    for label in (0, 1):
        rest = 1 - by_definition(long, 1, label) / by_definition(long, 1)
        assert iterated[label] == pytest.approx(rest, abs=1e-9)


def test_without_conversions_no_label_is_credited():
    paths = paths_of("AB", ["AB"], [0], [3])
    computed = effects(paths, 1)
    assert computed.tolist() == [0, 0]
    assert markov.credits_of_effects(computed, 0.0).tolist() == [0, 0]
