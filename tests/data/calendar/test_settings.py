"""Settings of the calendar: what a wrong country is answered with."""

from pathlib import Path

import pytest

from mediagym.data.calendar import CalendarSettings
from mediagym.data.errors import ConfigError


def test_the_shipped_settings_fit_the_record(conf):
    settings = CalendarSettings.of(conf("calendar/default.yaml"))
    assert (settings.country, settings.holidays, settings.trade_events) == (None, True, True)
    assert settings.own_file() is None


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("UK", "did you mean GB (United Kingdom)?"),
        ("us", "did you mean US (United States)?"),
        ("Germny", "did you mean DE (Germany)"),
        ("DEU", "did you mean DE (Germany)?"),
        ("Norway", "did you mean NO (Norway)?"),
        ("#", "or null. To fix: set the code of your main market"),
    ],
)
def test_an_unknown_country_is_answered_with_near_ones(conf, given, near):
    with pytest.raises(ConfigError) as error:
        CalendarSettings.of(conf("calendar/default.yaml", country=given))
    begin = f"calibration.calendar.country: '{given}' was given. Allowed: "
    assert str(error.value).startswith(begin)
    assert near in str(error.value)


def test_norway_without_quotes_is_explained(conf):
    with pytest.raises(ConfigError, match=r'False was given.*write Norway in quotes, "NO"'):
        CalendarSettings.of(conf("calendar/default.yaml", country=False))
    assert CalendarSettings.of(conf("calendar/default.yaml", country="NO")).country == "NO"


def test_the_home_folder_is_expanded(conf, monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    settings = CalendarSettings.of(conf("calendar/default.yaml", events="~/events.csv"))
    assert settings.own_file() == Path("/somewhere/events.csv")
