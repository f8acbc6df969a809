"""Easter Sunday of known years, and every year as the library `holidays` has it."""

import datetime

import holidays
import pytest

from mediagym.data.calendar import easter_sunday


@pytest.mark.parametrize(
    ("western", "orthodox"),
    [
        ("1961-04-02", "1961-04-09"),
        ("2008-03-23", "2008-04-27"),  # nearly the earliest
        ("2011-04-24", "2011-04-24"),
        ("2016-03-27", "2016-05-01"),
        ("2019-04-21", "2019-04-28"),
        ("2024-03-31", "2024-05-05"),
        ("2025-04-20", "2025-04-20"),
        ("2026-04-05", "2026-04-12"),
        ("2038-04-25", "2038-04-25"),  # the latest
    ],
)
def test_easter_of_known_years(western, orthodox):
    year = int(western[:4])
    assert easter_sunday(year).isoformat() == western
    assert easter_sunday(year, "orthodox").isoformat() == orthodox


@pytest.mark.parametrize(("country", "church"), [("DE", "western"), ("GR", "orthodox")])
def test_easter_monday_is_a_holiday_of_the_library(country, church):
    years = range(1991, 2099)  # the table of Germany begins in October 1990
    table = holidays.country_holidays(country, years=years, language="en_US")
    for year in years:
        monday = easter_sunday(year, church) + datetime.timedelta(1)
        assert "Easter Monday" in table.get(monday, ""), year
