import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.parsing import rhythm_of


@given(
    start=st.integers(0, 20_000),
    count=st.integers(12, 400),
    dropped=st.sets(st.integers(0, 399)),
    rhythm=st.sampled_from(["daily", "weekly", "monthly"]),
)
def test_the_rhythm_is_found_with_a_third_of_the_days_missing(
    start: int, count: int, dropped: set[int], rhythm: str
) -> None:
    if rhythm == "monthly":
        days = (np.datetime64("1990-01") + np.arange(count)).astype("datetime64[D]")
        days += start % 28
    else:
        days = np.datetime64(start, "D") + np.arange(count) * (7 if rhythm == "weekly" else 1)
    missing = sorted(day for day in dropped if day < count)[: count // 4]
    kept = np.delete(days, missing)
    assert rhythm_of(kept) == rhythm
    assert rhythm_of(np.concatenate([kept, kept])[::-1]) == rhythm


@pytest.mark.parametrize("days", [[], ["2025-01-01"], ["2025-01-01", "2025-01-03", "2025-01-20"]])
def test_days_without_a_rhythm_are_other(days: list[str]) -> None:
    assert rhythm_of(np.array(days, dtype="datetime64[D]")) == "other"
