import numpy as np
import pytest

from mediagym.envs.environment.render import flight_picture, flight_text

NAMES = ("google/Search Network", "meta")
FIRST = 19_723  # 2024-01-01


def flight(days):
    return np.tile([30.0, 10.0], (days, 1)), np.full(days, 2.5)


def test_the_text_has_a_line_per_campaign_and_the_sums():
    spend, value = flight(3)
    lines = flight_text(NAMES, FIRST, spend, value, 400.0).splitlines()
    assert lines[0] == "day 3, 2024-01-03"
    assert lines[1].split()[-2:] == ["90.00", "#########"]
    assert lines[2].split() == ["meta", "30.00", "###"]
    assert lines[3].split() == ["spent", "120.00", "of", "400.00"]
    assert lines[4].split() == ["expected", "7.5"]


def test_the_text_of_a_flight_before_its_first_day():
    lines = flight_text(NAMES, FIRST, *flight(0), 400.0).splitlines()
    assert lines[0] == "day 0, 2024-01-01"
    assert lines[3].split() == ["spent", "0.00", "of", "400.00"]


@pytest.mark.parametrize(
    ("currency", "spent"),
    [("EUR", "120.00 of 400.00 €"), ("JPY", "120 of 400 ¥"), (None, "120.00 of 400.00")],
)
def test_the_text_is_in_the_currency_and_its_decimals(currency, spent):
    lines = flight_text(NAMES, FIRST, *flight(3), 400.0, currency).splitlines()
    assert " ".join(lines[3].split()) == f"spent {spent}"
    assert "$" not in "".join(lines)


@pytest.mark.parametrize("days", [0, 1, 30])
def test_the_picture_has_one_size_on_any_day(days):
    picture = flight_picture(NAMES, FIRST, *flight(days), 400.0)
    assert picture.dtype == np.uint8
    assert picture.shape == (400, 720, 3)
    assert picture.flags.c_contiguous


def test_the_picture_shows_the_spend():
    pictures = [flight_picture(NAMES, FIRST, *flight(days), 400.0) for days in (0, 5, 6)]
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def test_the_picture_is_in_the_currency():
    unnamed, euros = (flight_picture(NAMES, FIRST, *flight(5), 400.0, c) for c in (None, "EUR"))
    assert not np.array_equal(unnamed, euros)
