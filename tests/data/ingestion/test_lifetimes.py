"""Lifetimes of campaigns, and campaigns that took over from others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mediagym.data.ingestion import lifetimes, successors
from mediagym.data.types import Floats

ROOT = Path(__file__).parents[3]
DAYS = np.arange("2024-01-01", "2024-04-30", dtype="datetime64[D]")


def _spend(*periods: tuple[int, int, float]) -> Floats:
    """(days, campaigns) spend of campaigns that each run from a day to before another."""
    spend = np.full((len(DAYS), len(periods)), np.nan)
    for at, (start, stop, amount) in enumerate(periods):
        spend[start:stop, at] = amount
    return spend


def _pairs(spend: Floats, groups: list[str] | None = None) -> list[tuple[int, int]]:
    names = [f"campaign {at}" for at in range(spend.shape[1])]
    found = successors(DAYS, spend, names, groups or ["google"] * len(names))
    return [(pair.ended, pair.started) for pair in found]


@pytest.mark.parametrize("gap", [0.0, np.nan])
def test_gaps_of_more_than_three_days_end_a_run(gap: float) -> None:
    spend = _spend((0, 30, 10.0))
    spend[5:8], spend[20:24] = gap, gap
    (life,) = lifetimes(DAYS, spend, ["a"])
    assert [(run.first, run.last, run.days) for run in life.runs] == [
        (DAYS[0], DAYS[19], 17),
        (DAYS[24], DAYS[29], 6),
    ]
    assert (life.first, life.last, life.days, life.gap_days) == (DAYS[0], DAYS[29], 23, 4)


def test_a_campaign_without_spend_has_no_lifetime() -> None:
    idle, _ = lifetimes(DAYS, _spend((0, 9, 0.0), (0, 9, 1.0)), ["a", "b"])
    assert (idle.first, idle.last, idle.runs, idle.days) == (None, None, (), 0)


def test_a_campaign_that_was_rebuilt_under_a_new_name_is_found_with_its_numbers() -> None:
    (pair,) = successors(DAYS, _spend((0, 50, 10.0), (50, 120, 12.0)), ["Spring", "Spring 2"], "gg")
    assert (pair.ended, pair.started, pair.end, pair.start) == (0, 1, DAYS[49], DAYS[50])
    assert (pair.lag, pair.spend_before, pair.spend_after) == (1, 10.0, 12.0)
    assert pair.certainty == pytest.approx(10 / 12)
    assert 0.8 < pair.name_similarity < 1


@pytest.mark.parametrize(
    ("start", "stop", "amount", "is_found"),
    [
        (63, 120, 10.0, True),  # 14 days after the last
        (64, 120, 10.0, False),
        (35, 120, 10.0, True),  # 14 days before the last
        (34, 120, 10.0, False),
        (50, 120, 30.0, True),  # three times the spend
        (50, 120, 30.1, False),
        (50, 120, 3.3, False),
        (45, 50, 10.0, False),  # ends with the other
        (50, 52, 10.0, False),  # too short to have a level
        (0, 120, 10.0, False),  # may be older than the table
    ],
)
def test_limits_of_days_and_spend(start: int, stop: int, amount: float, is_found: bool) -> None:
    assert bool(_pairs(_spend((0, 50, 10.0), (start, stop, amount)))) is is_found


def test_a_campaign_that_spent_in_the_last_two_weeks_has_not_ended() -> None:
    assert _pairs(_spend((0, 106, 10.0), (106, 120, 10.0))) == [(0, 1)]
    assert _pairs(_spend((0, 107, 10.0), (107, 120, 10.0))) == []


def test_only_campaigns_of_one_group_follow_each_other() -> None:
    assert _pairs(_spend((0, 50, 10.0), (50, 120, 10.0)), ["google", "meta"]) == []


def test_each_campaign_has_one_successor_and_one_predecessor_the_most_certain_ones() -> None:
    spend = _spend((0, 50, 10.0), (50, 120, 12.0), (50, 120, 10.0), (0, 49, 20.0))
    assert _pairs(spend) == [(0, 2), (3, 1)]


def test_advertiser_d_ended_and_rebuilt_its_campaign_again_and_again() -> None:
    file = ROOT.parent / "shared" / "data" / "advertiser_d" / "google.csv"
    if not file.is_file():
        pytest.skip("advertiser D (../shared/data/advertiser_d) is not here")
    table = pd.read_csv(file, parse_dates=["Day"]).pivot_table(
        index="Day", columns=["Campaign", "Campaign type"], values="Cost", aggfunc="sum"
    )
    table = table.asfreq("D")
    days = table.index.to_numpy().astype("datetime64[D]")
    names, types = zip(*table.columns, strict=True)
    found = {
        (names[pair.ended], names[pair.started]): pair
        for pair in successors(days, table.to_numpy(), names, types)
    }
    rebuilt = [("09", "10"), ("10", "12"), ("12", "13"), ("16", "24"), ("24", "27"), ("31", "32")]
    assert {(f"Search {a}", f"Search {b}") for a, b in rebuilt} <= set(found)
    assert found["Search 24", "Search 27"].lag == 1
    assert len({started for _, started in found}) == len(found)
