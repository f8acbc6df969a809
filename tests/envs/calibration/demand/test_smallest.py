import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.envs.calibration import ObservedHistory
from mediagym.envs.calibration.demand import columns_of, summed, together

DAYS = 20


@given(st.integers(1, 60), st.integers(1, 40), st.integers(0, 2**32))
def test_the_largest_have_a_column_each_and_the_others_share_the_last(campaigns, most, seed):
    spend = np.random.default_rng(seed).gamma(0.3, 100, (DAYS, campaigns))
    columns = columns_of(spend, most)
    counts = np.bincount(columns)
    assert len(counts) == min(campaigns, most + 1)
    assert (counts[:-1] == 1).all()
    rest = columns == len(counts) - 1
    if rest.sum() > 1:
        assert spend.sum(0)[rest].max() <= spend.sum(0)[~rest].min()
    assert (np.diff(columns[~rest]) > 0).all()  # in their order


def observed_of(campaigns, rng):
    seen = rng.random((DAYS, campaigns)) < 0.8
    return ObservedHistory(
        first_day=20_000,
        spend=rng.gamma(1, 100, seen.shape),
        conversions=np.where(seen, rng.poisson(3, seen.shape), 0).astype(float),
        seen=seen,
        complete=rng.uniform(0.5, 1, seen.shape),
    )


def test_few_campaigns_stay_as_they_are():
    observed = observed_of(9, np.random.default_rng(0))
    assert together(observed, columns_of(observed.spend)) is observed


def test_columns_hold_the_sums_of_what_was_seen():
    observed = observed_of(12, np.random.default_rng(1))
    columns = columns_of(observed.spend, 4)
    pooled = together(observed, columns)
    for column in range(5):
        own = columns == column
        seen = observed.seen[:, own]
        spend = np.where(seen, observed.spend[:, own], 0)
        assert pooled.spend[:, column] == pytest.approx(spend.sum(1))
        assert pooled.conversions[:, column] == pytest.approx(observed.conversions[:, own].sum(1))
        assert np.array_equal(pooled.seen[:, column], seen.any(1))
        some = spend.sum(1) > 0
        share = (spend * observed.complete[:, own]).sum(1)[some] / spend.sum(1)[some]
        assert pooled.complete[some, column] == pytest.approx(share)


def test_sums_are_of_the_last_axis():
    values = np.arange(24.0).reshape(2, 3, 4)
    assert summed(values, np.array([0, 1, 1, 2])).tolist() == [
        [[row[0], row[1] + row[2], row[3]] for row in block] for block in values.tolist()
    ]
