"""Recent spend, the season's spend, days without spend, and which spend is extrapolated."""

import dataclasses

import numpy as np
import pytest
from helpers import histories

from mediagym.data.forecasting import extrapolated_campaigns, season_windows, spending_facts
from mediagym.data.forecasting.spending import spending_facts_of
from mediagym.data.history import History


def test_the_recent_maximum_is_that_of_the_last_56_days():
    spend = np.ones((100, 3))
    spend[43, 0] = 50.0  # a day too early
    spend[44, 1] = 50.0
    spend[99, 2] = 50.0
    assert spending_facts_of(spend).recent_max.tolist() == [1.0, 50.0, 50.0]


def test_a_short_history_is_recent_as_a_whole():
    facts = spending_facts_of(np.array([[3.0], [1.0]]))
    assert facts.recent_max.tolist() == [3.0]
    assert np.isnan(facts.season_max).all()


def test_the_season_is_28_days_around_the_flight_in_every_earlier_year():
    spend = np.zeros((1000, 6))
    flight = np.array([1000, 1029])
    (first, last) = flight - 365 + [-28, 28]
    spend[first, 0] = spend[last, 1] = 7.0
    spend[first - 1, 2] = spend[last + 1, 3] = 7.0
    spend[1000 - 730, 4] = 9.0
    spend[1000 - 730, 5], spend[1000 - 365, 5] = 9.0, 4.0
    assert spending_facts_of(spend).season_max.tolist() == [7, 7, 0, 0, 9, 9]
    assert season_windows(1000)[0] == (first, last)


@pytest.mark.parametrize(("days", "count"), [(56, 0), (307, 0), (308, 1), (672, 1), (673, 2)])
def test_a_season_needs_an_earlier_year(days, count):
    windows = season_windows(days)
    assert len(windows) == count
    assert all(0 <= first <= last < days for first, last in windows)
    is_known = np.isfinite(spending_facts_of(np.ones((days, 1))).season_max[0])
    assert is_known == (count > 0)


def test_days_off_count_from_the_last_day_with_spend():
    spend = np.zeros((40, 4))
    spend[39, 0] = spend[38, 1] = spend[0, 2] = 1.0
    assert spending_facts_of(spend).days_off.tolist() == [0, 1, 39, 40]


def test_days_without_a_row_are_days_without_spend():
    history = histories.structured_history(0, 90)
    spend = np.array(history.spend)
    spend[-30:, 0] = np.nan
    facts = spending_facts(dataclasses.replace(history, spend=spend))
    assert facts.days_off[0] == 30
    assert np.isfinite(facts.recent_max).all()


def test_campaigns_with_more_spend_than_on_any_day_are_listed():
    history = histories.structured_history(0, 60)
    spend = np.full((30, 3), 100.0)
    spend[7, 2] = 1e6
    assert extrapolated_campaigns(history, spend) == ["meta"]


def _spent_on(day: int, days: int = 400) -> History:
    """Two months and more of steady spend, with one day on which all campaigns spent a lot."""
    history = histories.structured_history(0, days)
    spend = np.full(history.spend.shape, 100.0)
    spend[day] = 1000.0
    return dataclasses.replace(history, spend=spend)


@pytest.mark.parametrize(
    ("day", "is_known"),
    [
        (399, True),  # the last day
        (344, True),  # the first of the last 56 days
        (343, False),  # a day too early
        (200, False),  # a sale half a year ago
        (40, True),  # the season of a year ago
        (93, False),  # 28 days after it, and one
    ],
)
def test_a_dear_day_is_known_only_if_recent_or_of_the_season(day, is_known):
    history = _spent_on(day)
    spend = np.full((30, 3), 500.0)
    assert extrapolated_campaigns(history, spend) == ([] if is_known else list(history.names))
