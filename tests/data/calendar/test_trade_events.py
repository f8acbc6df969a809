"""Rules of the trade events: the dates of each are those of known years."""

import datetime
import itertools

import pytest

from mediagym.data.calendar import TradeEvent, trade_events
from mediagym.data.calendar.days_off import country_codes
from mediagym.data.calendar.trade_events import check_trade_events
from mediagym.data.errors import ConfigError

BLACK_FRIDAYS = {  # 2019 to 2030
    "2019-11-29", "2020-11-27", "2021-11-26", "2022-11-25", "2023-11-24", "2024-11-29",
    "2025-11-28", "2026-11-27", "2027-11-26", "2028-11-24", "2029-11-23", "2030-11-29",
}  # fmt: skip
RULE = {"month": 5, "day": 10, "days": 1}


def windows(name, country, years):
    """First and last days of an event, as texts."""
    event = next(e for e in trade_events() if e.name == name and e.holds_in(country))
    found = event.windows(years, dict)
    return [(window.first.isoformat(), window.last.isoformat()) for window in found]


def firsts(name, country, *years):
    return [first for first, _ in windows(name, country, years)]


def test_black_friday_of_known_years_ends_with_cyber_monday():
    found = windows("Black Friday and Cyber Monday", "US", range(2019, 2031))
    assert {first for first, _ in found} == BLACK_FRIDAYS
    for first, last in found:
        monday = datetime.date.fromisoformat(last)
        assert monday.weekday() == 0
        assert (monday - datetime.date.fromisoformat(first)).days == 3


@pytest.mark.parametrize(
    ("country", "days"),
    [
        ("US", ["2024-05-12", "2025-05-11", "2026-05-10"]),
        ("GB", ["2024-03-10", "2025-03-30", "2026-03-15"]),
        ("FR", ["2023-06-04", "2024-05-26", "2025-05-25", "2026-05-31"]),  # 2023: Pentecost
        ("SE", ["2023-05-28", "2024-05-26", "2025-05-25"]),
        ("ES", ["2024-05-05", "2025-05-04"]),
        ("NO", ["2024-02-11", "2025-02-09"]),
        ("MX", ["2024-05-10", "2025-05-10"]),
        ("AR", ["2024-10-20", "2025-10-19"]),
    ],
)
def test_mothers_day_of_known_years(country, days):
    assert firsts("Mother's Day", country, *(int(day[:4]) for day in days)) == days


@pytest.mark.parametrize(
    ("country", "day"),
    [
        ("US", "2025-06-15"), ("AU", "2025-09-07"), ("DE", "2025-05-29"), ("SE", "2025-11-09"),
        ("BR", "2025-08-10"), ("AT", "2025-06-08"), ("IT", "2025-03-19"),
    ],
)  # fmt: skip
def test_fathers_day_of_known_years(country, day):
    assert firsts("Father's Day", country, 2025) == [day]


@pytest.mark.parametrize(
    ("name", "country", "window"),
    [
        ("Easter", "US", ("2025-04-18", "2025-04-21")),
        ("Easter", "GR", ("2024-05-03", "2024-05-06")),
        ("Between the years", None, ("2025-12-24", "2026-01-01")),
        ("Boxing Week", "AU", ("2025-12-26", "2025-12-31")),
        ("Golden Week", "JP", ("2025-04-29", "2025-05-05")),
        ("Obon", "JP", ("2025-08-13", "2025-08-16")),
    ],
)
def test_windows_of_several_days(name, country, window):
    assert windows(name, country, [int(window[0][:4])]) == [window]


@pytest.mark.parametrize(
    ("country", "present", "absent"),
    [
        ("US", set(), {"End of financial year", "Singles' Day", "Boxing Week", "Obon"}),
        ("AU", {"End of financial year", "Boxing Week"}, {"Chinese New Year"}),
        ("JP", {"Golden Week", "Obon", "End of financial year"}, {"Easter"}),
        ("CN", {"Chinese New Year", "Singles' Day"}, {"Easter", "Father's Day"}),
        (None, {"Easter", "Valentine's Day"}, {"Mother's Day", "Father's Day"}),
    ],
)
def test_each_country_has_its_own_events(country, present, absent):
    names = {event.name for event in trade_events() if event.holds_in(country)}
    assert present | {"Black Friday and Cyber Monday", "Christmas shopping"} <= names
    assert not absent & names


def test_every_rule_has_dates_in_every_year():
    for event, country in itertools.product(trade_events(), country_codes()):
        if event.holds_in(country) and event.name != "Chinese New Year":
            found = event.windows(range(2000, 2050), dict)
            assert [window.first.year for window in found] == list(range(2000, 2050)), event.name


def event_of(countries):
    given = {"name": "Sale", "countries": countries, "core": RULE, "run_up": 0}
    return TradeEvent.of(given, "event")


def test_two_rules_of_one_name_in_one_country_are_refused():
    with pytest.raises(ConfigError, match=r"Sale has DE in its countries.*one rule per name"):
        check_trade_events([event_of(["DE", "FR"]), event_of(["DE"])])
    with pytest.raises(ConfigError, match="Sale has an unknown country"):
        check_trade_events([event_of("all"), event_of({"all_but": ["DE"]})])
    check_trade_events([event_of(["DE"]), event_of({"all_but": ["DE"]})])


def test_an_unknown_country_of_a_rule_is_refused():
    with pytest.raises(ConfigError, match="Sale has UK in its countries"):
        check_trade_events([event_of(["UK"])])
